from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.decisions import presenters
from console.pages.decisions.forms import FilterForm
from decisioning.caps import queries as caps
from decisioning.engine import queries
from decisioning.engine.queries import Trace
from decisioning.offers import queries as offers
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import NotFound
from governance.usecases import queries as usecases

MOST = 50
CANDIDATES_A_PAGE = 25


class Named(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


@requires(get=P.DECISIONS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    form = FilterForm(
        request.GET,
        placements=[(p.key, p.name) for p in offers.placements(with_retired=True)],
        use_cases=[(c.key, c.name) for c in usecases.board(now())],
    )
    is_sound = form.is_valid()
    asked = form.cleaned_data if is_sound else {}
    found = queries.recent(
        use_case=asked.get("use_case", ""),
        placement=asked.get("placement", ""),
        mode=asked.get("mode", ""),
        pseudonym=asked.get("customer", "").strip(),
        before=asked.get("before"),
        limit=MOST,
    )
    query = {k: str(v) for k, v in request.GET.items() if v and k != "before"}
    context = {
        "form": form,
        "page": presenters.listing(found, limit=MOST, query=query),
        "is_filtered": bool(query) or "before" in request.GET,
        "may_set_up": holds(request.actor, P.USE_CASES_READ),
    }
    return render(
        request, "pages/decisions/list.html", context, status=200 if is_sound else 422
    )


@requires(get=P.DECISIONS_READ)
def detail(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    trace = queries.trace(decision_id)
    mode, tone = presenters.mode_pill(trace.decision.mode)
    pages = Paginator(presenters.candidates(trace), CANDIDATES_A_PAGE)
    version, bases = _version(trace)
    places = _names(offers.placements(with_retired=True))
    context = {
        "decision": trace.decision,
        "title": presenters.title(trace, _names(offers.offers()), places),
        "facts": presenters.facts(trace),
        "mode": mode,
        "tone": tone,
        "sentence": presenters.sentence(trace),
        "reason": queries.sentence_of(trace.decision.reason),
        "stages": presenters.stages(trace),
        "funnel_title": presenters.funnel_title(trace),
        "candidates": pages.get_page(request.GET.get("page")),
        "legend": presenters.LEGEND,
        "is_scored": any(row.factors for row in trace.candidates),
        "ran_on": presenters.ran_on(
            trace, version=version, experiment_url=_experiment_url(request, trace)
        ),
        "consent": presenters.consent(trace, bases),
        "ledger": presenters.ledger(
            trace, _reserved(trace), {c.key: c.name for c in caps.caps()}
        ),
        "degraded": presenters.degraded(trace),
        "digests": presenters.digests(trace),
        "layers": None
        if trace.decision.is_imported
        else queries.explanation(decision_id),
        "crumbs": [("Decisions", reverse("decisions:list"))],
    }
    return render(request, "pages/decisions/detail.html", context)


def _names(rows: Iterable[Named]) -> dict[str, str]:
    return {row.key: row.name for row in rows}


def _version(trace: Trace) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """The use case's version under the hash that was logged, and its lawful basis."""
    decision = trace.decision
    if not decision.use_case_key:
        return None, {}
    try:
        found = usecases.versions(decision.use_case_key)
    except NotFound:
        return None, {}
    of = next((v for v in found if v.config_hash == decision.config_hash), None)
    number = f", version {of.number}" if of else ""
    url = reverse("usecases:detail", args=[decision.use_case_key])
    content: dict[str, Any] = of.content if of else {}
    bases = content.get("lawful_basis") or {}
    return (f"{decision.use_case_key}{number}", url), {
        str(purpose): str(basis) for purpose, basis in bases.items()
    }


def _experiment_url(request: StaffRequest, trace: Trace) -> str:
    key = trace.decision.experiment_key
    if not key or not holds(request.actor, P.EXPERIMENTS_READ):
        return ""
    return reverse("experiments:detail", args=[key])


def _reserved(trace: Trace) -> presenters.Reservation | None:
    decision = trace.decision
    if decision.customer_id is None:
        return None
    since = decision.decided_at - timedelta(minutes=1)
    held = caps.contacts_of(decision.customer_id, since=since)
    return next((c for c in held if c.decision_id == decision.id), None)
