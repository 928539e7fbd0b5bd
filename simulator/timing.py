"""Which time an event carries, in the three ways of playing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SQUEEZE = 20_000.0
LONGEST_OFFSET = 12 * 3600.0


class Timing:
    """Times after a decision.

    In a stepped past the product's clock stands at ``base`` when the caller says
    go and then runs on, so ``elapsed`` real seconds are added. ``squeezed`` packs
    hours into seconds, for moments after which nobody moves the clock.
    """

    def __init__(
        self,
        base: datetime,
        *,
        runs: bool,
        squeezed: bool,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base, self.runs, self.squeezed = base, runs, squeezed
        self.monotonic, self.sleep = monotonic, sleep
        self.started = monotonic()
        self.decided_at = base

    def mark(self) -> None:
        elapsed = self.monotonic() - self.started if self.runs else 0.0
        self.decided_at = self.base + timedelta(seconds=elapsed)

    def stamp(self, offset: float) -> datetime:
        seconds = offset / SQUEEZE if self.squeezed else offset
        return self.decided_at + timedelta(seconds=seconds)

    def settle(self) -> None:
        """Wait until no squeezed event lies in the future."""
        if self.squeezed and self.runs:
            self.sleep(LONGEST_OFFSET / SQUEEZE)


def live() -> Timing:
    return Timing(datetime.now(UTC), runs=True, squeezed=True)
