from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.customers import presenters
from console.pages.customers.forms import LookUpForm
from decisioning.caps import queries as caps
from decisioning.customers import merging
from decisioning.customers import queries as customers
from decisioning.customers.queries import Customer
from decisioning.engine.links import make_preferences_token
from decisioning.engine.portrait import portrait
from decisioning.features import actions as features
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit import actions as audit
from governance.catalogue import queries as catalogue
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.consent.suppressions import hash_of
from governance.installation.queries import now
from governance.rights import queries as rights
from governance.types import Conflict, Invalid, NotFound, SubjectRef

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
            customer = customers.by_name(form.cleaned_data["user_id"])
        except NotFound:
            _on_record(request, "none", form.cleaned_data["reason"])
            form.add_error("user_id", _unknown(form.cleaned_data["user_id"]))
        else:
            _on_record(request, str(customer.pk), form.cleaned_data["reason"])
            opened = request.session.get(OPENED, {})
            request.session[OPENED] = {**opened, customer.pseudonym: now().isoformat()}
            return redirect("customers:detail", customer.pseudonym)
    status = 422 if form.errors else 200
    return render(request, "pages/customers/search.html", {"form": form}, status=status)


def _unknown(name: str) -> str:
    """Nobody by this name, or nobody any more."""
    erased = rights.erasure_of("user", name)
    if erased is None:
        return UNKNOWN
    kept = len(rights.proof_of(erased))
    return (
        f"This person was erased on {presenters.when_text(erased.erased_at)}. "
        f"{kept} of their choices are kept as proof, without anything else."
    )


@requires(get=P.PEOPLE_READ_MASKED)
def detail(request: StaffRequest, pseudonym: str) -> HttpResponse:
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    email = customer.contact.get("email")
    moment = now()
    page = presenters.page(
        customer,
        portrait(
            customer.pk,
            now=moment,
            address_hash=hash_of("email", str(email)) if email else "",
        ),
        said_rows=consents.proof(customer.pk, limit=40),
        elements=catalogue.elements(),
        caps_set=caps.caps(),
        policy=consents.policy(),
        viewer=presenters.Viewer(
            is_masked=not holds(request.actor, P.PEOPLE_READ_FULL),
            may_open=holds(request.actor, P.DECISIONS_READ),
            may_undo=holds(request.actor, P.RIGHTS_EXECUTE),
        ),
        now=moment,
    )
    context = {
        "customer": page,
        "own_page": f"/preferences/{make_preferences_token(customer.pk)}",
        "crumbs": [("Customers", "/customers/")],
        "may_execute": holds(request.actor, P.RIGHTS_EXECUTE),
        "known_headings": presenters.KNOWN_HEADINGS,
        "said_headings": presenters.SAID_HEADINGS,
        "cap_headings": presenters.CAP_HEADINGS,
        "name_headings": presenters.NAME_HEADINGS,
        "experiment_headings": presenters.EXPERIMENT_HEADINGS,
        "decision_headings": presenters.DECISION_HEADINGS,
        "topic_headings": presenters.TOPIC_HEADINGS,
    }
    return render(request, "pages/customers/detail.html", context)


def ask_why(request: StaffRequest) -> HttpResponse:
    messages.warning(
        request, "Say why you look. A reason opens a customer for 30 minutes."
    )
    return redirect("customers:search")


@requires(post=P.PREFERENCES_WRITE_ON_REQUEST)
def preferences(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """What the customer asked us to change for them."""
    if not is_open(request, pseudonym):
        return ask_why(request)
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


@requires(post=P.RIGHTS_EXECUTE)
def separation(request: StaffRequest, pseudonym: str) -> HttpResponse:
    """Undo a merge: the visitor gets back what came over with it."""
    if not is_open(request, pseudonym):
        return ask_why(request)
    customer = customers.by_pseudonym(pseudonym)
    known = {merge.pk for merge in customers.merges(customer.pk)}
    wanted = request.POST.get("merge", "")
    if not wanted.isdecimal() or int(wanted) not in known:
        raise NotFound("There is no such merge.")
    try:
        with transaction.atomic():
            done = merging.undo_merge(by=request.actor, now=now(), merge_id=int(wanted))
            features.refresh({done.kept_id, done.merged_id}, now=now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Undone. Refusals stay with both.")
    return redirect("customers:detail", pseudonym)


def _on_record(request: StaffRequest, person: str, reason: str) -> None:
    audit.record(
        by=request.actor,
        now=now(),
        type="person.looked_up",
        subject=SubjectRef("person", person),
        details={"reason": reason},
    )


def is_open(request: StaffRequest, pseudonym: str) -> bool:
    opened = request.session.get(OPENED, {}).get(pseudonym)
    return bool(opened) and now() - datetime.fromisoformat(opened) < OPEN_FOR
