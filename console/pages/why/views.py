from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from console.customer_doors import (
    CUSTOMER,
    answer_by,
    by_link,
    for_whoever_stands,
    standing,
    told,
)
from console.pages.why.presenters import CHANNELS, read_back, why
from console.pages.why.process import process
from decisioning.customers.queries import kept_id
from decisioning.engine import correcting
from decisioning.engine import queries as engine
from decisioning.engine.links import make_preferences_token, read_why_token
from decisioning.engine.queries import Decision
from governance.assessments import hearings
from governance.assessments.core.hearing import Wish
from governance.consent import actions as consent
from governance.consent.queries import head
from governance.installation.queries import now
from governance.rights import actions as rights
from governance.signoffs import queries as signoffs
from governance.types import Invalid, NotFound

SOURCE = "why"
SIGNAL = "signal."
Choice = Callable[[int], object]


def _whose(token: str) -> int | None:
    decision_id = read_why_token(token)
    if decision_id is None:
        return None
    try:
        return engine.trace_row(decision_id).customer_id
    except NotFound:
        return None


@by_link(
    "GET",
    "POST",
    because="a customer asks why, by the signed link beside the content",
    whose=_whose,
)
def page(request: HttpRequest, token: str) -> HttpResponse:
    decision = _decision(token)
    if request.method == "POST":
        return _do(request, token, decision)
    return _page(request, token, decision)


@by_link(
    "GET",
    because="how decisions of this kind are made, by the signed link to one of them",
    whose=_whose,
)
def how(request: HttpRequest, token: str) -> HttpResponse:
    """Six questions about the use case behind the decision, and whom to ask."""
    decision = _decision(token)
    content = engine.content_of(decision.config_hash)
    layers = engine.explained(decision)
    context = {
        "token": token,
        "process": process(
            content,
            [signal.label for signal in (*layers.used, *layers.also)],
            signoffs.signed_under(decision.config_hash),
        ),
    }
    return render(request, "pages/why/how.html", context)


def _do(request: HttpRequest, token: str, decision: Decision) -> HttpResponse:
    wanted = request.POST.get("do", "")
    if decision.customer_id is None:
        return _page(request, token, decision, status=422)
    person = standing(decision.customer_id)
    if wanted == "complain":
        return _complain(request, token, decision, person)
    if wanted in set(Wish):
        return _be_heard(request, token, decision, person)
    choice = _choice(wanted, decision)
    if choice is None:
        error = _("Use one of the buttons on the page.")
        return _page(request, token, decision, error=error, status=422)
    for_whoever_stands(person, choice)
    return redirect(f"{reverse('why:page', args=[token])}?saved={wanted}")


def _choice(wanted: str, decision: Decision) -> Choice | None:
    if wanted == "everything":
        return _all_off
    if wanted == "channel" and decision.channel in CHANNELS:
        return partial(_channel_off, decision.channel)
    if wanted == "less" and decision.offer_key:
        return partial(_less, decision.offer_key)
    key = wanted.removeprefix(SIGNAL)
    content = engine.content_of(decision.config_hash)
    if wanted.startswith(SIGNAL) and key in engine.keys_read(decision, content):
        return partial(_signal_off, key)
    return None


def _all_off(person: int) -> None:
    consent.turn_everything_off(by=CUSTOMER, now=now(), person_id=person, source=SOURCE)


def _channel_off(channel: str, person: int) -> None:
    consent.set_channel(
        by=CUSTOMER,
        now=now(),
        person_id=person,
        channel=channel,
        allowed=False,
        source=SOURCE,
    )


def _less(offer_key: str, person: int) -> None:
    correcting.less_like(by=CUSTOMER, now=now(), person_id=person, offer_key=offer_key)


def _signal_off(key: str, person: int) -> None:
    correcting.stop_using(by=CUSTOMER, now=now(), person_id=person, element=key)


def _complain(
    request: HttpRequest, token: str, decision: Decision, person: int
) -> HttpResponse:
    text = told(request)
    if not text:
        error = _("Write a few words on what went wrong, then send it.")
        return _page(request, token, decision, error=error, status=422)
    complaint = rights.receive_complaint(
        by=CUSTOMER,
        now=now(),
        person_id=person,
        text=text,
        use_case_key=decision.use_case_key,
        decision_id=decision.pk,
    )
    address = reverse("why:page", args=[token])
    return redirect(f"{address}?saved=complaint.{complaint.pk}")


def _be_heard(
    request: HttpRequest, token: str, decision: Decision, person: int
) -> HttpResponse:
    if hearings.pack_of(decision.use_case_key) is None:
        error = _("Use one of the buttons on the page.")
        return _page(request, token, decision, error=error, status=422)
    try:
        taken = hearings.receive(
            by=CUSTOMER,
            now=now(),
            person_id=person,
            use_case_key=decision.use_case_key,
            decision_id=decision.pk,
            wish=request.POST["do"],
            text=told(request),
        )
    except Invalid:
        error = _("Write a few words on how you see it, then send it.")
        return _page(request, token, decision, error=error, status=422)
    return redirect(f"{reverse('why:page', args=[token])}?saved=heard.{taken.pk}")


def _page(
    request: HttpRequest,
    token: str,
    decision: Decision,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    person = kept_id(decision.customer_id) if decision.customer_id else None
    choices = ""
    if person is not None:
        choices = reverse("preferences:page", args=[make_preferences_token(person)])
    standing_now = head(person) if person is not None else None
    shown = why(
        engine.explained(decision),
        head=standing_now,
        is_known=person is not None,
        channel=decision.channel,
        topic=correcting.topic_left_out(decision.offer_key),
        off=correcting.elements_off(standing_now),
        preferences_url=choices,
    )
    saved = request.GET.get("saved", "")
    context = {
        "token": token,
        "why": shown,
        "saved": read_back(saved, shown),
        "heard": _number(saved, "heard."),
        "pack": _pack(decision, person),
        "complaint": answer_by(person, saved),
        "error": error,
    }
    return render(request, "pages/why/page.html", context, status=status)


def _number(saved: str, prefix: str) -> str:
    number = saved.removeprefix(prefix) if saved.startswith(prefix) else ""
    return number if number.isdigit() else ""


def _pack(decision: Decision, person: int | None) -> hearings.Pack | None:
    """What is told where a computer alone chose something for a person."""
    if person is None or decision.mode != "personalised":
        return None
    return hearings.pack_of(decision.use_case_key)


def _decision(token: str) -> Decision:
    decision_id = read_why_token(token)
    if decision_id is None:
        raise NotFound("This link opens nothing.")
    return engine.trace_row(decision_id)
