"""What one event costs, whatever the history of the customer and their number."""

from __future__ import annotations

from bench.feature_cost import GOAL, LONG, OTHERS, SHORT, measure
from bench.installation import installation
from bench.proof import Proof


def prove() -> Proof:
    with installation() as here:
        found = measure(here)
    return Proof(
        claim=(
            f"An event costs ≤ {GOAL} × as much for a customer with {LONG:,} events as "
            f"for one with {SHORT}, and ≤ {GOAL} × with {OTHERS:,} more customers"
        ),
        figure=str(found),
        holds=found.meets_the_goal,
    )
