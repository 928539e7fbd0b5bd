"""The life cycle under a Hypothesis state machine: ten invariants, no counter-example.

The full count runs over the product's pure rules; a smaller one over the real actions,
queries and triggers on PostgreSQL, with the same machine and the same oracle.
"""

from __future__ import annotations

from typing import Any

from bench.installation import installation
from bench.proof import Proof

PURE = (2_000, 100)
REAL = (60, 60)


def prove() -> Proof:
    with installation() as here:
        pure, seen = _run_pure()
        real, also = _run_real(here.now())
    found = [text for text in (pure, real) if text]
    served, stored = seen["serving"], also["serving"]
    return Proof(
        claim=(
            "Invariants I1 to I10 of the life cycle hold whatever people do in "
            "whatever order"
        ),
        figure=(
            f"{_told(PURE)} over the rules ({served:,} moments served, "
            f"{seen['sign taken']:,} signatures given, {seen['sign refused']:,} "
            f"refused), {_told(REAL)} over the actions on PostgreSQL "
            f"({stored:,} moments served): "
            f"{'; '.join(found) or 'no counter-example'}"
        ),
        holds=not found and served > 0 and stored > 0,
    )


def _told(count: tuple[int, int]) -> str:
    return f"{count[0]:,} × {count[1]} steps"


def _run_pure() -> tuple[str, dict[str, int]]:
    from bench.life.running import how_many, pure_machine

    return _run(pure_machine(), how_many(*PURE))


def _run_real(now: Any) -> tuple[str, dict[str, int]]:
    from bench.life.running import how_many, real_machine
    from tests.governance.conftest import REFERENCES, build_house

    return _run(real_machine(build_house(now), REFERENCES), how_many(*REAL))


def _run(machine: Any, settings: Any) -> tuple[str, dict[str, int]]:
    from hypothesis.stateful import run_state_machine_as_test

    machine.seen.clear()
    try:
        run_state_machine_as_test(machine, settings=settings)
    except AssertionError as error:
        return str(error).splitlines()[0] or "counter-example", dict(machine.seen)
    return "", dict(machine.seen)
