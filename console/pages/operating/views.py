"""How personalisation is run here, for everybody who works here."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.operating import answers, presenters
from console.pages.operating import questions as reflection
from console.pages.operating import record as art30
from console.pages.operating.facts import Facts
from console.pages.operating.forms import ReferenceForm
from decisioning.engine import lineage, tallies
from decisioning.quality import queries as quality
from decisioning.quality.core import weakest
from decisioning.segments.addressing import audiences
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue import queries as catalogue
from governance.consent import queries as consents
from governance.fairness import queries as fairness
from governance.installation.queries import now as clock
from governance.operating import actions, queries
from governance.operating.queries import RegulatoryReference
from governance.rights import queries as rights
from governance.types import Invalid
from governance.usecases import queries as use_cases

HERE = [("Operating model", "/operating/")]


def _tabs(current: str) -> list[dict[str, object]]:
    pages = (
        ("overview", "Roles and dates"),
        ("record", "Record of processing"),
        ("questions", "Questions"),
    )
    return [
        {"label": label, "url": reverse(f"operating:{key}"), "current": key == current}
        for key, label in pages
    ]


@requires(get=P.HOME_READ)
def overview(request: StaffRequest) -> HttpResponse:
    moment = clock()
    held = queries.holders()
    cards = use_cases.board(moment)
    context = {
        "tabs": _tabs("overview"),
        "governance": presenters.governance(held),
        "role_headings": presenters.ROLE_HEADINGS,
        "roles": presenters.role_rows(held),
        "due_headings": presenters.DUE_HEADINGS,
        "dues": presenters.due_rows(queries.calendar(moment), moment),
        "source_headings": presenters.SOURCE_HEADINGS,
        "sources": presenters.source_rows(queries.references(), moment),
        "profiling_headings": presenters.PROFILING_HEADINGS,
        "profiling": presenters.profiling_rows(cards, catalogue.catalogue()),
    }
    return render(request, "pages/operating/overview.html", context)


def _record(moment: datetime) -> list[art30.Processing]:
    told = defaultdict(list)
    for row in audiences().filter(stopped_at=None):
        told[row.purpose].append(row.name)
    live = presenters.live(use_cases.board(moment))
    return art30.record(catalogue.purposes(), catalogue.elements(), live, told)


@requires(get=P.HOME_READ)
def record(request: StaffRequest) -> HttpResponse:
    """Article 30, from what is live now."""
    context = {
        "tabs": _tabs("record"),
        "lines": [(line, art30.rows(line)) for line in _record(clock())],
        "may_export": holds(request.actor, P.EXPORTS_AGGREGATES),
    }
    return render(request, "pages/operating/record.html", context)


@requires(get=P.EXPORTS_AGGREGATES)
def record_csv(request: StaffRequest) -> HttpResponse:  # noqa: ARG001
    moment = clock()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"record-of-processing-{moment:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(art30.header())
    writer.writerows([_safe(cell) for cell in art30.cells(x)] for x in _record(moment))
    return response


def _safe(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@requires(get=P.HOME_READ)
def questions(request: StaffRequest) -> HttpResponse:
    """Each question is answered from what is there now, or "cannot tell"."""
    asked = reflection.answered(_facts(clock()))
    context = {
        "tabs": _tabs("questions"),
        "asked": asked,
        "known": f"{sum(each.answer.is_known for each in asked)} of {len(asked)} can "
        "be told",
    }
    return render(request, "pages/operating/questions.html", context)


def _facts(moment: datetime) -> Facts:
    elements, cards = catalogue.elements(), use_cases.board(moment)
    known = catalogue.catalogue()
    return Facts(
        now=moment,
        cards=cards,
        catalogue=known,
        elements=elements,
        uses=lineage.uses(elements, cards, now=moment),
        served=tallies.by_placement(moment),
        weakest=weakest(quality.findings(moment)),
        governance=presenters.governance(queries.holders()),
        failed=queries.failed_tests(),
        complaints=rights.counts(moment),
        choices=consents.shares(),
        smallest=answers.smallest_of(cards, known, moment),
        audited=fairness.standing(),
    )


@requires(get=P.HOME_READ, post=P.PURPOSES_WRITE)
def reference(request: StaffRequest, key: str) -> HttpResponse:
    row = queries.reference(key)
    names = ("version", "status", "says", "consequence")
    form = ReferenceForm(
        request.POST or None, initial={name: getattr(row, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.check_reference(
                by=request.actor, now=clock(), key=key, **form.cleaned_data
            )
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, "Read today, by you. It is on record.")
            return redirect("operating:reference", key)
    return _reference(request, row, form)


def _reference(
    request: StaffRequest, row: RegulatoryReference, form: ReferenceForm
) -> HttpResponse:
    context = {
        "row": row,
        "facts": presenters.reference_facts(row, clock()),
        "form": form,
        "may_write": holds(request.actor, P.PURPOSES_WRITE),
        "crumbs": HERE,
    }
    status = 422 if form.errors else 200
    return render(request, "pages/operating/reference.html", context, status=status)
