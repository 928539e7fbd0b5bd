"""The import of 64,000 customers and their events: how fast, in how much memory."""

from __future__ import annotations

from bench.ingest_rate import GOAL_MEMORY_MB, GOAL_RATE, of_file
from bench.installation import installation
from bench.proof import Proof


def prove() -> Proof:
    with installation(is_seeded=True) as here:
        found = of_file(here)
    return Proof(
        claim=(
            f"Importing 64,000 customers and their events takes ≥ {GOAL_RATE:,} "
            f"events/s and < {GOAL_MEMORY_MB:,} MB"
        ),
        figure=str(found),
        holds=found.meets_the_goal and found.customers == 64_000,
    )
