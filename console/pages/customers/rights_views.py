"""What the law lets one person ask of us: their copy, and their erasure."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.customers import rights_presenters as presenters
from console.pages.customers.forms import ErasureForm, RequestForm
from console.pages.customers.views import ask_why, is_open
from decisioning.customers import people
from decisioning.customers import queries as customers
from decisioning.customers.queries import Customer
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.rights import actions as rights
from governance.rights import erasing
from governance.rights.access import as_json, digest_of_pack, portable
from governance.types import Conflict, NotFound


@requires(get=P.RIGHTS_EXECUTE)
@reauthentication_required(app="console")  # type: ignore[untyped-decorator]
def rights_page(request: StaffRequest, pseudonym: str) -> HttpResponse:
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    return _page(request, customer, ErasureForm(expected=pseudonym))


def _page(
    request: StaffRequest, customer: Customer, form: ErasureForm, *, status: int = 200
) -> HttpResponse:
    made = people.access_pack(customer.pk, now=now())
    context = {
        "page": presenters.page(customer.pseudonym, made),
        "form": form,
        "crumbs": [
            ("Customers", "/customers/"),
            (customer.pseudonym, f"/customers/{customer.pseudonym}/"),
        ],
    }
    return render(request, "pages/customers/rights.html", context, status=status)


@requires(post=P.RIGHTS_WRITE)
def requests(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """Note what the person asked for; the clock of the law starts."""
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    form = RequestForm(request.POST)
    if form.is_valid():
        noted = rights.ask(
            by=request.actor,
            now=now(),
            person_id=customer.pk,
            kind=form.cleaned_data["kind"],
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, presenters.noted(noted))
    else:
        messages.error(request, "Choose what the person asked for.")
    return redirect("customers:detail", pseudonym)


@requires(post=P.RIGHTS_EXECUTE)
@reauthentication_required(app="console")  # type: ignore[untyped-decorator]
def pack(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """The access pack, as a file for machines or a page for people; on record."""
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    wanted = request.POST.get("form")
    is_portable = wanted == "portable"
    made = people.access_pack(customer.pk, now=now())
    if is_portable:
        made = portable(made)
    rights.pack_handed_over(
        by=request.actor,
        now=now(),
        person_id=customer.pk,
        digest=digest_of_pack(made),
        kind="portability" if is_portable else "access",
    )
    if wanted in ("json", "portable"):
        answer = HttpResponse(as_json(made), content_type="application/json")
        ending = "json"
    else:
        context = {"pack": presenters.readable(made)}
        answer = render(request, "pages/customers/pack.html", context)
        ending = "html"
    answer["Content-Disposition"] = f'attachment; filename="your-data.{ending}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@requires(post=P.RIGHTS_EXECUTE)
@reauthentication_required(app="console")  # type: ignore[untyped-decorator]
def erasure(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """Erase for good; the typed pseudonym makes sure that it is this person."""
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    form = ErasureForm(request.POST, expected=pseudonym)
    if not form.is_valid():
        return _page(request, customer, form, status=422)
    try:
        record = people.erase(by=request.actor, now=now(), person_id=customer.pk)
    except (Conflict, NotFound) as error:
        rights.note_failure(
            by=request.actor,
            now=now(),
            person_id=customer.pk,
            words=error.message,
        )
        form.add_error(None, error.message)
        return _page(request, customer, form, status=409)
    context = {
        "page": presenters.certificate(record, erasing.summary(record)),
        "crumbs": [("Customers", "/customers/")],
    }
    return render(request, "pages/customers/erased.html", context)
