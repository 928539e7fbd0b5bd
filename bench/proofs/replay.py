"""Logged decisions decided again after the world has moved on.

Between deciding and deciding again, people withdraw and others answer, and offers
change by SQL; what comes out must still be what was served, to the byte.
"""

from __future__ import annotations

from bench import replayed
from bench.installation import Installation, installation
from bench.proof import Proof

WANTED = 10_000
PEOPLE = 2_200


def prove() -> Proof:
    with installation(has_web=True) as here:
        return _proved(here)


def _proved(here: Installation) -> Proof:
    from decisioning.engine import replaying

    replayed.reach_everybody()
    ids, places = replayed.send_in(here, PEOPLE), replayed.places()
    half = len(ids) // 2
    n_decided = replayed.decide(ids[:half], places)
    replayed.leave(here, ids[: half // 10])
    n_decided += replayed.decide(ids[half:], places)
    replayed.change_prices()
    n_decided += replayed.decide(ids[: half // 4], places)
    tally = replaying.sample(WANTED, seed="proof")
    columns = sorted({d.column for one in tally.different for d in one.differences})
    modes = ", ".join(f"{n:,} {mode}" for mode, n in tally.modes.most_common())
    return Proof(
        claim=(
            "Of 10,000 sampled decisions each comes out with the same choice, reasons "
            "and explanation, byte for byte, after consent and offers have changed"
        ),
        figure=(
            f"{tally.n_same:,} of {tally.n:,} the same ({modes}; {n_decided:,} asked)"
            + (f"; otherwise in {', '.join(columns)}" if columns else "")
            + "".join(f"; {n:,} {why}" for why, n in tally.missing.items())
        ),
        holds=tally.n_same == tally.n == WANTED and tally.modes["personalised"] > 100,
    )
