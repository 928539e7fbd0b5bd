"""Storing events beside one bare COPY of the same bytes."""

from __future__ import annotations

from bench.copy_ratio import GOAL, measure
from bench.installation import installation
from bench.proof import Proof

EVENTS = 100_000


def prove() -> Proof:
    with installation() as here:
        found = measure(here, events=EVENTS)
    return Proof(
        claim=(
            "Events, each message id claimed for ever first, are stored in the "
            f"partitioned and indexed log at ≥ {GOAL} of the rate of a bare COPY of "
            "the same bytes"
        ),
        figure=str(found),
        holds=found.meets_the_goal,
    )
