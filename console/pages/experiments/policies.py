"""An off-policy evaluation in words and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.templatetags.fmt import number
from decisioning.stats.offpolicy import Estimate, Evaluation
from decisioning.stats.sufficient import NotEnoughData

PLACES = 6
HEADINGS = (
    {"label": "by"},
    {"label": "earned a choice", "num": True},
    {"label": "95 % interval", "num": True},
)
WAYS = {
    "ips": "Inverse propensity (IPS): right on average, wide",
    "snips": "Self-normalised (SNIPS): narrower, slightly off in small logs",
    "dr": "Doubly robust: a model, corrected by the log",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says; ``refusal`` stands alone where the log cannot tell."""

    sentence: str
    refusal: str = ""
    headings: tuple[dict[str, Any], ...] = HEADINGS
    rows: tuple[dict[str, Any], ...] = ()
    facts: tuple[dict[str, str], ...] = ()


def shown(found: Evaluation | NotEnoughData) -> Shown:
    if isinstance(found, NotEnoughData):
        return Shown("The log cannot tell.", refusal=found.message)
    rows = [_row(WAYS["ips"], found.ips), _row(WAYS["snips"], found.snips)]
    return Shown(
        sentence=_sentence(found),
        rows=tuple(rows),
        facts=(
            _fact("Choices in the log", f"{found.n:,}"),
            _fact("Earned by the policy that ran", number(found.logged, PLACES)),
            _fact("Worth to the other one, in choices", f"{found.effective_n:,.1f}"),
            _fact("Mean weight, 1 where all is covered", f"{found.mean_weight:.3f}"),
            _fact("Largest weight of one choice", f"{found.largest_weight:,.1f}"),
        ),
    )


def _fact(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": value}


def _row(words: str, estimate: Estimate) -> dict[str, Any]:
    value = number(estimate.value, PLACES)
    interval = f"{number(estimate.lo, PLACES)} to {number(estimate.hi, PLACES)}"
    cells = [
        {"text": words},
        {"text": value, "num": True},
        {"text": interval, "num": True},
    ]
    return {"cells": cells}


def _sentence(found: Evaluation) -> str:
    if found.snips.lo > found.logged:
        return "The other policy would have earned more."
    if found.snips.hi < found.logged:
        return "The other policy would have earned less."
    return "No difference shows: what the policy that ran earned lies in the interval."
