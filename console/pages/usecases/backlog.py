"""The backlog: ideas not yet live, by what the least visible effect would be worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.units import amount, metric_label
from decisioning.experiments.backlog import Appraisal, appraise
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.types import State
from governance.usecases import queries
from governance.usecases.core import UseCaseContent

NOT_LIVE = (State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE, State.READY)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    url: str
    worth: str
    inputs: str
    test: str


@requires(get=P.USE_CASES_READ)
def backlog(request: StaffRequest) -> HttpResponse:
    now = clock()
    cards = [card for card in queries.board(now) if card.state in NOT_LIVE]
    found = [(card, appraise(card.content, now)) for card in cards]
    found.sort(key=lambda pair: (-(pair[1].worth or 0.0), pair[0].name))
    lines = [
        Line(
            card.name,
            reverse("usecases:detail", args=[card.key]),
            worth_words(each),
            inputs_words(each, card.content),
            test_words(each, card.content),
        )
        for card, each in found
    ]
    context = {
        "lines": lines,
        "crumbs": [("Use cases", reverse("usecases:board"))],
        "facts": f"{len(lines)} not yet live.",
    }
    return render(request, "pages/usecases/backlog.html", context)


def safe_test(content: UseCaseContent, now: datetime) -> str:
    return test_words(appraise(content, now), content)


def worth_words(found: Appraisal) -> str:
    if found.missing:
        return f"Cannot tell. Missing: {found.missing}."
    if found.worth is None:
        return "Cannot tell: the metric has no recorded value in money."
    return f"{found.worth:,.0f} in four weeks"


def inputs_words(found: Appraisal, content: UseCaseContent) -> str:
    base, key = found.base, content.objective.primary_metric
    if base is None:
        return "No figures yet."
    told = (
        f"{base.members:,} customers in the segment, {base.n:,} seen in four weeks. "
        f"{metric_label(key)} now: {amount(base.mean, key)}."
    )
    return told if base.value is None else f"{told} One is worth {base.value:,.2f}."


def test_words(found: Appraisal, content: UseCaseContent) -> str:
    test, key = found.test, content.objective.primary_metric
    if test is None:
        return f"None can be planned. Missing: {found.missing}."
    told = (
        f"{test.exposure:.0%} reached ({test.n_treated:,} customers), "
        f"{test.holdout:.0%} left alone ({test.n_control:,}), {test.days} days. "
        f"It could see {amount(round(test.detects, 6), key)} or more."
    )
    if test.fits:
        return told
    wanted = amount(content.objective.smallest_change, key)
    if not wanted:
        return f"{told} Nobody has said which smallest change matters."
    return f"None within 30 days sees {wanted}. The widest allowed: {told}"
