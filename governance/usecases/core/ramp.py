"""Widening what was scaled: in steps, each a day at least, never past the holdout."""

from dataclasses import dataclass
from datetime import datetime, timedelta

STEPS = (0.10, 0.25, 0.50)
AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the numbers say since the last step; empty tuples are good news.

    ``harmed`` names guardrails that are certainly worse than agreed, ``violations``
    what may not happen even once.
    """

    harmed: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    is_ratio_alarm: bool = False

    @property
    def is_clear(self) -> bool:
        """Whether nothing stands against going on."""
        return not (self.harmed or self.violations or self.is_ratio_alarm)


def widest(holdout: float | None, largest: float | None) -> float:
    """The last step of a ramp.

    Parameters
    ----------
    holdout
        Share left alone for good.
    largest
        Largest share that was signed.

    Returns
    -------
    float
        Everybody but the holdout, or less where less was signed.
    """
    return min(1 - (holdout or 0.0), 1.0 if largest is None else largest)


def next_share(share: float, top: float) -> float | None:
    """The next step of a ramp.

    Parameters
    ----------
    share
        Share that is reached now.
    top
        The last step, as ``widest`` gives it.

    Returns
    -------
    float or None
        ``None`` once the last step is reached.

    References
    ----------
    ``governance.md`` 3, row 8: 10, 25, 50, 100 minus holdout.
    """
    further = [step for step in STEPS if share < step < top]
    if further:
        return further[0]
    return top if share < top else None


def may_widen(
    last_step_at: datetime, now: datetime, health: Health
) -> tuple[bool, str]:
    """Whether the next step may be taken, and if not why.

    Parameters
    ----------
    last_step_at
        When the present share was set.
    now
        Moment of judgement.
    health
        What the numbers say since then.

    Returns
    -------
    tuple of bool and str
        The reason in words where it may not.
    """
    if now - last_step_at < AT_LEAST:
        return False, "The present step has not stood for 24 hours."
    if not health.is_clear:
        return False, "A guardrail is not clear."
    return True, ""
