from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.audit import presenters
from console.pages.audit.forms import FilterForm
from console.reauthentication import address, is_fresh, proved_at
from governance import tasks
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit import actions as audit
from governance.audit import publishing, queries, verifying
from governance.audit.queries import AuditEntry
from governance.installation.queries import now
from governance.types import NotFound, SubjectRef

PER_PAGE = 50
MOST_EXPORTED = 100_000
PAGE = "/audit/"


@requires(get=P.AUDIT_READ_OWN)
def listing(request: StaffRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    is_sound = form.is_valid()
    found = queries.entries(**form.asked(), own_of=_limit(request))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = {k: v for k, v in form.data.items() if v and k in form.fields}
    context = {
        "form": form,
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(page.object_list),
        "page": page,
        "query": presenters.query(query),
        "asked": query,
        "is_filtered": bool(query),
        "is_own_only": _limit(request) is not None,
        "may_verify": holds(request.actor, P.AUDIT_VERIFY),
        "may_export": holds(request.actor, P.EXPORTS_OWN),
        "reauth_url": "" if is_fresh(proved_at(request), now()) else address(PAGE),
        "chain": _chain_state(),
        "roots": presenters.roots(publishing.published()),
    }
    status = 200 if is_sound else 422
    return render(request, "pages/audit/list.html", context, status=status)


@requires(get=P.AUDIT_READ_OWN)
def detail(request: StaffRequest, seq: int) -> HttpResponse:
    entry = queries.entries(own_of=_limit(request)).filter(seq=seq).first()
    if entry is None:
        raise NotFound("There is no such entry.")
    context = {
        "title": f"Entry {entry.seq}",
        "what": presenters.words(entry.type).capitalize(),
        "facts": presenters.facts(entry),
        "details": presenters.details(entry),
        "crumbs": [("Audit", PAGE)],
    }
    return render(request, "pages/audit/detail.html", context)


@requires(post=P.AUDIT_VERIFY)
def verify(request: StaffRequest) -> HttpResponse:
    """Walk along everything that is sealed, as a job: the record may be long."""
    job = verifying.start(by=request.actor, now=now(), send=tasks.verify_audit.delay)
    messages.success(request, "The walk has begun. What it finds stands here.")
    return redirect("jobs:detail", job.pk)


@requires(post=P.EXPORTS_OWN)
def csv_file(request: StaffRequest) -> HttpResponse:
    """A POST, because an export is itself put on record."""
    moment = now()
    if not is_fresh(proved_at(request), moment):
        return redirect(address(PAGE))
    form = FilterForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A filter could not be read. Nothing was exported.")
        return redirect(PAGE)
    found = queries.entries(**form.asked(), own_of=_limit(request))[:MOST_EXPORTED]
    audit.record(
        by=request.actor,
        now=moment,
        type="audit.exported",
        subject=SubjectRef("audit", "chain"),
        details={"filters": {k: v for k, v in form.data.items() if k in form.fields}},
    )
    response = HttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    name = f"audit-{moment:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


class _Line:
    """What a writer of CSV writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def _lines(found: Iterable[AuditEntry]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow(presenters.CSV_HEADINGS)
    for entry in found:
        yield writer.writerow(presenters.csv_row(entry))


def _limit(request: StaffRequest) -> int | None:
    """Whose own entries alone may be read, or None for all."""
    return None if holds(request.actor, P.AUDIT_READ) else request.actor.id


def _chain_state() -> presenters.ChainState:
    last = queries.entries(type_prefix=verifying.VERIFIED).first()
    newest = queries.entries().first()
    n_since = newest.seq - last.seq if last and newest else 0
    return presenters.chain_state(last, n_since)
