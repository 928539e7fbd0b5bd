from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.scorecards import presenters
from console.pages.scorecards.forms import PeriodForm
from console.pages.scorecards.questions import control, questions
from decisioning.experiments import queries as experiments
from decisioning.scorecards import queries
from decisioning.scorecards.queries import ALL, Scorecard
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.usecases import queries as usecases


def _form(request: StaffRequest, scope: str) -> PeriodForm:
    data = request.GET.copy()
    data.setdefault("scope", scope)
    return PeriodForm(data, scopes=queries.scopes())


def _card(scope: str, form: PeriodForm, now: datetime) -> Scorecard:
    period = form.chosen(now, begun_at=_begun_at())
    return queries.scorecard(scope, period, now, may_be_cached=True)


def _begun_at() -> datetime | None:
    """When the first experiment of this house began; that is all there is to count."""
    starts = [
        row.started_at
        for row in experiments.catalogue()
        if row.started_at is not None and not row.is_imported
    ]
    return min(starts, default=None)


@requires(get=P.SCORECARDS_READ)
def overall(request: StaffRequest) -> HttpResponse:
    chosen = request.GET.get("scope", ALL)
    if chosen != ALL and chosen in dict(queries.scopes()):
        query = request.GET.copy()
        query.pop("scope")
        return redirect(f"{presenters.page_url(chosen)}?{query.urlencode()}")
    return _page(request, ALL)


@requires(get=P.SCORECARDS_READ)
def use_case(request: StaffRequest, key: str) -> HttpResponse:
    chosen = request.GET.get("scope", key)
    if chosen != key:
        return redirect(f"{reverse('scorecards:overall')}?{request.GET.urlencode()}")
    return _page(request, key)


def _page(request: StaffRequest, scope: str) -> HttpResponse:
    now = clock()
    form = _form(request, scope)
    card = _card(scope, form, now)
    url = presenters.page_url(scope)
    cases = usecases.board(now)
    shown = [case for case in cases if scope in (ALL, case.key)]
    events = [
        presenters.happening(change, case.name)
        for case in shown
        for change in usecases.story(case.key)
    ]
    events = presenters.within(events, card)
    is_case = scope != ALL and not card.is_imported and bool(shown)
    query = request.GET.urlencode()
    context: dict[str, Any] = {
        "card": card,
        "form": form,
        "title": "Is personalisation worth it?"
        if scope == ALL
        else f"Is it worth it? {card.label}",
        "facts": presenters.facts(card),
        "periods": presenters.periods(form.name_of(), url),
        "verdict": _verdict(card, now),
        "stats": presenters.case_stats(shown[0])
        if is_case
        else presenters.overall_stats(cases, events, now),
        "questions": questions(card, lambda metric: _rows_url(scope, metric, query)),
        "control": None if card.is_imported else control(card.facts),
        "events": events,
        "is_empty": presenters.is_empty(card),
        "mature_url": presenters.mature_url(card, url),
        "csv_url": f"{reverse('scorecards:csv', args=[scope])}?{query}"
        if holds(request.actor, P.EXPORTS_AGGREGATES)
        else "",
        "link": _link(request, card),
        "crumbs": []
        if scope == ALL
        else [("Scorecard", reverse("scorecards:overall"))],
        "here": "" if scope == ALL else scope,
    }
    status = 422 if form.errors else 200
    return render(request, "pages/scorecards/scorecard.html", context, status=status)


def _verdict(card: Scorecard, now: datetime) -> dict[str, str]:
    """The scorecard's own verdict; imported evidence keeps its experiment's."""
    decision, because = card.verdict.decision, card.verdict.because
    if card.is_imported:
        found = experiments.read_out(card.scope, now).verdict
        decision, because = found.decision, found.because
    pill, tone = presenters.pill(decision)
    return {"sentence": presenters.plain(because), "pill": pill, "tone": tone}


def _rows_url(scope: str, metric: str, query: str) -> str:
    url = reverse("scorecards:rows", args=[scope, metric])
    return f"{url}?{query}" if query else url


def _link(request: StaffRequest, card: Scorecard) -> dict[str, str] | None:
    """From a scorecard to what it judges."""
    if card.scope == ALL:
        return None
    if card.is_imported:
        if not holds(request.actor, P.EXPERIMENTS_READ):
            return None
        url = reverse("experiments:detail", args=[card.scope])
        return {"url": url, "label": "Open the experiment"}
    return {
        "url": reverse("usecases:detail", args=[card.scope]),
        "label": "Open the use case",
    }


@requires(get=P.EXPORTS_AGGREGATES)
def csv_file(request: StaffRequest, scope: str) -> HttpResponse:
    card = _card(scope, _form(request, scope), clock())
    response = HttpResponse(
        queries.export_csv(card), content_type="text/csv; charset=utf-8"
    )
    name = f"scorecard-{scope}-{card.period.starts_at:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@requires(get=P.SCORECARDS_READ)
def rows(request: StaffRequest, scope: str, metric: str) -> HttpResponse:
    card = _card(scope, _form(request, scope), clock())
    row = presenters.row_of(card, metric)
    query = request.GET.urlencode()
    back = presenters.page_url(scope)
    context = {
        "card": card,
        "page": presenters.rows_page(card, row),
        "facts": presenters.facts(card),
        "side_headings": presenters.SIDE_HEADINGS,
        "week_headings": presenters.WEEK_HEADINGS,
        "decisions_url": _decisions_url(request, card),
        "crumbs": [
            ("Scorecard", reverse("scorecards:overall")),
            (card.label, f"{back}?{query}" if query else back),
        ],
    }
    return render(request, "pages/scorecards/rows.html", context)


def _decisions_url(request: StaffRequest, card: Scorecard) -> str:
    if card.is_imported or not holds(request.actor, P.DECISIONS_READ):
        return ""
    url = reverse("decisions:list")
    return url if card.scope == ALL else f"{url}?use_case={card.scope}"
