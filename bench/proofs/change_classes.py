"""Every field of every configuration model: classified, and void where it is material.

Columns are changed by SQL under a signed use case; then 10,000 random risk-reducing
changes are held against an oracle of what may be served, written apart.
"""

from __future__ import annotations

from typing import Any

from bench.installation import installation
from bench.proof import Proof

EXAMPLES = 10_000


def prove() -> Proof:
    with installation() as here:
        columns, loose = _columns(here.now())
    settings = _settings()
    from bench.change_classes import unnamed

    lacking, wider = unnamed(), _widened()
    wrong = [str(one) for one in columns if not one.is_right] + loose
    wrong += [path for path, holds in settings if not holds]
    faults = [*wrong, *lacking, *wider]
    return Proof(
        claim=(
            "Every column and setting of the configuration has a change class; a "
            "material one voids the signatures, a safer one never lets more through"
        ),
        figure=(
            f"{len(columns)} mutations of {len({(c.table, c.column) for c in columns})}"
            f" columns by SQL and {len(settings)} settings of a use case, "
            f"{len(wrong)} answered wrongly, {len(lacking)} unclassified; "
            f"{EXAMPLES:,} safer changes, {len(wider)} wider"
            + (f" ({'; '.join(faults[:5])})" if faults else "")
        ),
        holds=not faults,
    )


def _columns(now: Any) -> tuple[list[Any], list[str]]:
    from bench.change_classes import configured, fixed_rows, mutations

    pinned = configured(now)
    return list(mutations(pinned, now)), fixed_rows()


def _settings() -> list[tuple[str, bool]]:
    from bench.change_classes import settings
    from bench.life.pure import ACTORS
    from tests.governance.conftest import complete

    content = complete({name: actor.id for name, actor in ACTORS.items()})
    return list(settings(content))


def _widened() -> list[str]:
    from hypothesis import given

    from bench.life.running import how_many
    from bench.monotone import enlarges, moments, settings_drawn

    found: list[str] = []

    @how_many(EXAMPLES, 1)
    @given(settings_drawn, settings_drawn, moments)
    def never_wider(before: Any, wanted: Any, at: Any) -> None:
        told = enlarges(before, wanted, at)
        if told:
            found.append(told)
        assert not told

    try:
        never_wider()
    except AssertionError:
        return found[:1]
    return []
