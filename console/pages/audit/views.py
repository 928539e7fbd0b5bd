from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.audit import presenters
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit import actions as audit
from governance.audit import queries
from governance.audit.queries import AuditEntry
from governance.installation.queries import now
from governance.types import NotFound, SubjectRef

PER_PAGE = 50
VERIFIED = "audit.verified"


@requires(get=P.AUDIT_READ_OWN)
def listing(request: StaffRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    text = request.GET.get("q", "").strip()[:80].replace("\0", "")
    prefix = f"{kind}." if kind in presenters.KINDS else ""
    found = queries.entries(text=text, type_prefix=prefix, actor_id=_limit(request))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode({"q": text, "kind": kind})
    context = {
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(page.object_list),
        "page": page,
        "query": f"{query}&",
        "text": text,
        "kind": kind,
        "kinds": presenters.KINDS,
        "is_filtered": bool(text or prefix),
        "is_own_only": _limit(request) is not None,
        "may_verify": holds(request.actor, P.AUDIT_VERIFY),
        "chain": _chain_state(),
    }
    return render(request, "pages/audit/list.html", context)


@requires(get=P.AUDIT_READ_OWN)
def detail(request: StaffRequest, seq: int) -> HttpResponse:
    entry = _visible(request).filter(seq=seq).first()
    if entry is None:
        raise NotFound("There is no such entry.")
    context = {
        "title": f"Entry {entry.seq}",
        "what": presenters.words(entry.type).capitalize(),
        "facts": presenters.facts(entry),
        "details": presenters.details(entry),
        "crumbs": [("Audit", "/audit/")],
    }
    return render(request, "pages/audit/detail.html", context)


@requires(post=P.AUDIT_VERIFY)
def verify(request: StaffRequest) -> HttpResponse:
    """Walk the chain from its first entry and put on record what was found."""
    result = queries.verified()
    fault = result.broken.text if result.broken else ""
    audit.record(
        by=request.actor,
        now=now(),
        type=VERIFIED,
        subject=SubjectRef("audit", "chain"),
        details={
            "intact": result.is_intact,
            "n_checked": result.n_checked,
            "head": result.head,
            **({"fault": fault, "code": result.broken.code} if result.broken else {}),
        },
    )
    if result.is_intact:
        messages.success(
            request, f"The chain holds: {result.n_checked:,} entries checked."
        )
    else:
        messages.error(request, f"The chain is broken. {fault}")
    return redirect("audit:list")


def _limit(request: StaffRequest) -> int | None:
    """The only actor whose entries may be read, or None for all."""
    return None if holds(request.actor, P.AUDIT_READ) else request.actor.id


def _visible(request: StaffRequest) -> Any:
    return queries.entries(actor_id=_limit(request))


def _chain_state() -> presenters.ChainState:
    last: AuditEntry | None = queries.entries(type_prefix=VERIFIED).first()
    newest: AuditEntry | None = queries.entries().first()
    n_since = newest.seq - last.seq if last and newest else 0
    return presenters.chain_state(last, n_since)
