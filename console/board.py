"""The learn loop as a board: home and the use cases page show the same one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from governance.catalogue.core import Catalogue
from governance.types import SERVING_STATES, State
from governance.usecases.core import LearnStep, TestVerdict, three_tests
from governance.usecases.queries import Card

EMPTY = {
    LearnStep.DEFINE: "No idea is being written down",
    LearnStep.DATA: "Nothing waits for its data",
    LearnStep.GOVERNANCE: "Nothing is in review",
    LearnStep.TEST: "No test is running",
    LearnStep.MEASURE: "Nothing is ready to read",
    LearnStep.REFINE: "Nothing has been scaled yet",
}
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class BoardCard:
    key: str
    name: str
    url: str
    line: str
    tests: tuple[str, str, str]
    fact: str
    tone: str
    state: str
    owner: str
    tier: str
    step: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Stage:
    number: int
    label: str
    empty: str
    cards: tuple[BoardCard, ...]


def stages(cards: Iterable[Card], catalogue: Catalogue, now: datetime) -> list[Stage]:
    """Six columns in the order of the loop; what is retired is not on it."""
    found = list(cards)
    return [
        Stage(
            number,
            step.label,
            EMPTY[step],
            tuple(present(c, catalogue, now) for c in found if c.step is step),
        )
        for number, step in enumerate(LearnStep, start=1)
    ]


def present(card: Card, catalogue: Catalogue, now: datetime) -> BoardCard:
    states = [test.verdict for test in three_tests(card.content, catalogue)]
    fact, tone = _fact(card, states, now)
    return BoardCard(
        key=card.key,
        name=card.name,
        url=reverse("usecases:detail", args=[card.key]),
        line=_line(card),
        tests=(states[0].value, states[1].value, states[2].value),
        fact=fact,
        tone=tone,
        state=card.state.label,
        owner=card.owner,
        tier=card.risk_tier or "not yet",
        step=card.step.label if card.step else card.state.label,
        changed_at=card.changed_at,
    )


def _line(card: Card) -> str:
    if card.state in SERVING_STATES:
        return f"To {100 * card.exposure_share:.4g} % of customers"
    return card.content.customer.task or "No customer task named yet"


def _fact(card: Card, tests: Sequence[TestVerdict], now: datetime) -> tuple[str, str]:
    """The next thing that matters: a stop, a deadline, what is missing."""
    if card.state is State.PAUSED:
        return "paused", "caution"
    if card.state in SERVING_STATES and not card.is_serving:
        return "default served", "negative"
    if card.expires_at and card.is_serving and card.expires_at - now < SOON:
        days = max((card.expires_at - now).days, 0)
        return f"expires in {days} days" if days != 1 else "expires in 1 day", "caution"
    if card.state in (State.DEFINE, State.DATA_NEEDS):
        return _tests_fact(card, tests)
    return card.next_step.lower(), ""


def _tests_fact(card: Card, tests: Sequence[TestVerdict]) -> tuple[str, str]:
    fails = tests.count(TestVerdict.FAILS)
    if fails:
        return f"{fails} fails" if fails == 1 else f"{fails} fail", "negative"
    unfinished = [n for n, state in enumerate(tests, 1) if state is TestVerdict.NOT_YET]
    if unfinished:
        return f"test {unfinished[0]} unfinished", "caution"
    return card.next_step.lower(), ""
