from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from console.configuring import ServedLink
from console.templatetags.fmt import money, small_count, when_text
from decisioning.caps.core import window_words
from decisioning.caps.queries import Budget, Cap
from decisioning.offers.core import CHANNEL_LABELS, Channel
from decisioning.offers.queries import Offer
from governance.usecases.queries import Card

Targets = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class CapRow:
    name: str
    url: str
    sentence: str
    at_cap: str
    served_by: tuple[ServedLink, ...]
    has_draft: bool


@dataclass(frozen=True, slots=True)
class BudgetRow:
    name: str
    url: str
    counts: str
    used: str
    limit: str
    share: float
    share_words: str
    tone: str
    period: str
    served_by: tuple[ServedLink, ...]
    has_draft: bool


def targets(offers: list[Offer], cases: list[Card]) -> Targets:
    """What a cap may count, by scope."""
    topics = sorted({offer.topic for offer in offers if offer.topic})
    return {
        "channel": [(c.value, CHANNEL_LABELS[c]) for c in Channel],
        "topic": [(topic, topic) for topic in topics],
        "offer": [(offer.key, offer.name) for offer in offers],
        "use_case": [(case.key, case.name) for case in cases],
    }


def counts(scope: str, scope_key: str, found: Targets) -> str:
    if scope == "all":
        return "everything we send or show"
    names = dict(found.get(scope, []))
    word = {"use_case": "use case"}.get(scope, scope)
    return f"the {word} “{names.get(scope_key, scope_key)}”"


def sentence(cap: Cap, found: Targets) -> str:
    times = "contact" if cap.n == 1 else "contacts"
    return (
        f"At most {cap.n:,} {times} with one customer in any "
        f"{window_words(cap.window)}, counting "
        f"{counts(cap.scope, cap.scope_key, found)}."
    )


def cap_row(
    cap: Cap,
    n_at_cap: int,
    served: Mapping[str, list[ServedLink]],
    found: Targets,
) -> CapRow:
    return CapRow(
        name=cap.name,
        url=reverse("caps:edit", args=[cap.key]),
        sentence=sentence(cap, found),
        at_cap=small_count(n_at_cap),
        served_by=tuple(served.get(f"cap:{cap.key}", ())),
        has_draft=cap.draft_revision is not None,
    )


def budget_row(
    budget: Budget,
    served: Mapping[str, list[ServedLink]],
    found: Targets,
    now: datetime,
) -> BudgetRow:
    share = (
        100 * budget.used_minor / budget.limit_minor if budget.limit_minor else 100.0
    )
    return BudgetRow(
        name=budget.name,
        url=reverse("caps:budget", args=[budget.key]),
        counts=counts(budget.scope, budget.scope_key, found),
        used=money(budget.used_minor / 100, budget.currency),
        limit=money(budget.limit_minor / 100, budget.currency),
        share=share,
        share_words=f"{share:.1f} %",
        tone="negative" if share >= 100 else "caution" if share >= 80 else "",
        period=_period(budget, now),
        served_by=tuple(served.get(f"budget:{budget.key}", ())),
        has_draft=budget.draft_revision is not None,
    )


def _period(budget: Budget, now: datetime) -> str:
    if budget.ends_at is not None and budget.ends_at <= now:
        return f"over since {when_text(budget.ends_at)}"
    start = when_text(budget.starts_at)
    if budget.ends_at is None:
        return f"from {start}"
    return f"{start} to {when_text(budget.ends_at)}"
