from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from console.units import amount
from decisioning.caps import queries as caps
from decisioning.experiments.core import Design, InvalidDesign
from decisioning.experiments.planning import arms_of, metrics_of, planned_customers
from governance.catalogue.core import Catalogue
from governance.types import Invalid, Role, State
from governance.usecases.core import METRICS, TestVerdict, three_tests
from governance.usecases.queries import Card

PLANNABLE = (State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE, State.READY)
NUMBERS = (
    "Nothing",
    "One thing",
    "Two things",
    "Three things",
    "Four things",
    "Five things",
    "Six things",
    "Seven things",
    "Eight things",
    "Nine things",
)


def title(count: int) -> str:
    words = NUMBERS[count] if count < len(NUMBERS) else f"{count} things"
    return f"{words} need{'s' if count < 2 else ''} you"


def sentence(cards: Sequence[Card]) -> str:
    """How the loop stands, in one line."""
    running = sum(card.state is State.TESTING and card.is_serving for card in cards)
    ready = sum(card.state is State.MEASURED for card in cards)
    stopped = sum(bool(card.refusal) for card in cards)
    parts = [_tests(running), f"{ready} ready to read" if ready else ""]
    told = ", ".join(part for part in parts if part)
    after = "All that is live is served as signed."
    if stopped:
        words = "1 use case serves" if stopped == 1 else f"{stopped} use cases serve"
        after = f"{words} the default."
    return (
        f"{told}. {after}"
        if any(c.is_serving for c in cards) or stopped
        else f"{told}."
    )


def _tests(count: int) -> str:
    if not count:
        return "No test is running"
    return "1 test is running" if count == 1 else f"{count} tests are running"


@dataclass(frozen=True, slots=True)
class Definition:
    name: str
    formula: str
    better_when: str = "lower"
    counted_when: str = ""
    rows_url: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    label: str
    definition: Definition
    value: str = ""
    unit: str = ""
    interval: str = ""
    note: str = ""
    tone: str = ""
    waiting: str = ""


def at_cap(now: datetime) -> Stat:
    meaning = Definition(
        "At their contact cap",
        "Customers who have used up one of the caps at this moment. They get the "
        "default until it is free again.",
        counted_when="from the ledger of contacts, just now",
    )
    rows = caps.caps()
    if not rows:
        return Stat("At their contact cap", meaning, waiting="No cap is set yet")
    held = [(caps.customers_at_cap(cap, now), cap.name) for cap in rows]
    count = sum(n for n, _ in held)
    most, name = max(held)
    return Stat(
        "At their contact cap",
        meaning,
        value=f"{count:,}",
        unit="customer" if count == 1 else "customers",
        note=f"most at “{name}”" if most else "all caps counted",
    )


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str
    muted: str = ""


@dataclass(frozen=True, slots=True)
class SmallestTest:
    """The cheapest controlled test among what is being written, sized from own data."""

    name: str
    url: str
    who: str
    facts: tuple[Fact, ...] = field(default=())
    note: str = ""


def smallest_test(
    cards: Iterable[Card], catalogue: Catalogue, now: datetime, customers_a_week: int
) -> SmallestTest | None:
    """Among ideas that pass the first two tests, the one that needs fewest people."""
    sized = [
        (needed, card)
        for card in cards
        if card.state in PLANNABLE and _is_sound(card, catalogue)
        if (needed := _size(card, now)) is not None
    ]
    if not sized:
        return None
    needed, card = min(sized, key=lambda pair: (pair[0], pair[1].key))
    metric = METRICS[card.content.objective.primary_metric]
    change = card.content.objective.smallest_change or 0
    uses = {use.element for use in card.content.data_uses if use.element}
    return SmallestTest(
        name=card.name,
        url=reverse("usecases:detail", args=[card.key]),
        who=_mid_sentence(card.content.customer.who),
        facts=(
            Fact("Customers needed", f"{needed:,}", "in all arms"),
            _duration(needed, customers_a_week),
            Fact("Data used", "1 item" if len(uses) == 1 else f"{len(uses)} items"),
        ),
        note=f"Sized to see {amount(change, metric.key)} in “{metric.label}”, 80 % "
        "power, from the last four weeks of your own customers; before there are 100 "
        "of them, from usual values of a shop. This is not a forecast of gain.",
    )


def _mid_sentence(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}".rstrip(".")


def _is_sound(card: Card, catalogue: Catalogue) -> bool:
    first, second, _ = three_tests(card.content, catalogue)
    return first.verdict is second.verdict is TestVerdict.PASSES


def _size(card: Card, now: datetime) -> int | None:
    try:
        design = Design(arms_of(card.content), "plan")
        metrics_of(card.content)
        return planned_customers(card.content, design, now)
    except (Invalid, InvalidDesign, ValueError, KeyError):
        return None


def _duration(needed: int, customers_a_week: int) -> Fact:
    if customers_a_week < 1:
        return Fact("At today’s traffic", "not known yet", "no visits last week")
    days = max(1, round(7 * needed / customers_a_week))
    return Fact("At today’s traffic", "1 day" if days == 1 else f"{days:,} days")


@dataclass(frozen=True, slots=True)
class FirstStep:
    title: str
    text: str
    label: str
    url: str


def first_step(roles: frozenset[Role], may_write: bool) -> FirstStep:
    if may_write:
        return FirstStep(
            "Describe your first use case",
            "Say whom it helps and how you would know. A name is enough to begin; the "
            "questions follow one by one.",
            "Describe your first use case",
            reverse("usecases:new"),
        )
    if Role.ADMIN in roles:
        return FirstStep(
            "Bring people in",
            "Give a marketer, a reviewer and a channel owner their roles. Then the "
            "first use case can be described.",
            "See the use cases",
            reverse("usecases:board"),
        )
    return FirstStep(
        "Nothing has been described yet",
        "A marketer begins with the first use case. What needs you will stand here.",
        "See the use cases",
        reverse("usecases:board"),
    )
