from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.customers import presenters
from console.pages.customers.forms import LookUpForm
from decisioning.customers import queries as customers
from decisioning.customers.queries import Customer
from decisioning.engine import queries as engine
from decisioning.engine.links import make_preferences_token
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit import actions as audit
from governance.consent import actions as consent
from governance.consent.queries import head
from governance.installation.queries import now
from governance.types import Invalid, NotFound, SubjectRef

OPENED = "opened_customers"
OPEN_FOR = timedelta(minutes=30)
UNKNOWN = "We know no customer by this id. Check it letter by letter."
SOURCE = "staff, on request"


@requires(get=P.PEOPLE_READ_MASKED, post=P.PEOPLE_READ_MASKED)
def search(request: StaffRequest) -> HttpResponse:
    """A reason opens one customer for half an hour, and stands in the audit log."""
    form = LookUpForm(
        request.POST or None, initial={"user_id": request.GET.get("user_id", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            customer = customers.by_user_id(form.cleaned_data["user_id"])
        except NotFound:
            _on_record(request, "none", form.cleaned_data["reason"])
            form.add_error("user_id", UNKNOWN)
        else:
            _on_record(request, str(customer.pk), form.cleaned_data["reason"])
            opened = request.session.get(OPENED, {})
            request.session[OPENED] = {**opened, customer.pseudonym: now().isoformat()}
            return redirect("customers:detail", customer.pseudonym)
    status = 422 if form.errors else 200
    return render(request, "pages/customers/search.html", {"form": form}, status=status)


@requires(get=P.PEOPLE_READ_MASKED)
def detail(request: StaffRequest, pseudonym: str) -> HttpResponse:
    if not _is_open(request, pseudonym):
        messages.warning(
            request, "Say why you look. A reason opens a customer for 30 minutes."
        )
        return redirect("customers:search")
    customer = customers.by_pseudonym(pseudonym)
    token = make_preferences_token(customer.pk)
    context = {
        "customer": presenters.page(
            customers.person(customer),
            head=head(customer.pk),
            found=engine.decided_of(customer.pk, limit=20),
            counts=customers.event_counts(customer.pk),
            is_masked=not holds(request.actor, P.PEOPLE_READ_FULL),
            may_open=holds(request.actor, P.DECISIONS_READ),
            now=now(),
        ),
        "own_page": f"/preferences/{token}",
        "crumbs": [("Customers", "/customers/")],
    }
    return render(request, "pages/customers/detail.html", context)


@requires(post=P.PREFERENCES_WRITE_ON_REQUEST)
def preferences(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """What the customer asked us to change for them."""
    if not _is_open(request, pseudonym):
        messages.warning(
            request, "Say why you look. A reason opens a customer for 30 minutes."
        )
        return redirect("customers:search")
    customer = customers.by_pseudonym(pseudonym)
    try:
        _change(request, customer, now())
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Saved. It holds from the next decision.")
    return redirect("customers:detail", pseudonym)


def _change(request: StaffRequest, customer: Customer, moment: datetime) -> None:
    posted = request.POST
    if posted.get("everything") in ("on", "off"):
        change = (
            consent.turn_on
            if posted["everything"] == "on"
            else consent.turn_everything_off
        )
        change(by=request.actor, now=moment, person_id=customer.pk, source=SOURCE)
    elif posted.get("pause") in ("7", "30", "90"):
        consent.pause(
            by=request.actor,
            now=moment,
            person_id=customer.pk,
            days=int(posted["pause"]),
            source=SOURCE,
        )
    elif posted.get("pause") == "end":
        consent.unpause(
            by=request.actor, now=moment, person_id=customer.pk, source=SOURCE
        )
    elif (channel := posted.get("channel", "").partition(":"))[
        0
    ] in presenters.CHANNELS:
        consent.set_channel(
            by=request.actor,
            now=moment,
            person_id=customer.pk,
            channel=channel[0],
            allowed=channel[2] == "on",
            source=SOURCE,
        )
    else:
        raise Invalid({"choice": "Use one of the buttons on the page."})


def _on_record(request: StaffRequest, person: str, reason: str) -> None:
    audit.record(
        by=request.actor,
        now=now(),
        type="person.looked_up",
        subject=SubjectRef("person", person),
        details={"reason": reason},
    )


def _is_open(request: StaffRequest, pseudonym: str) -> bool:
    opened = request.session.get(OPENED, {}).get(pseudonym)
    return bool(opened) and now() - datetime.fromisoformat(opened) < OPEN_FOR
