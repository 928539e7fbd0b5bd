"""Everything that is done to a use case from its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from console.pages.usecases import detailing, facts
from console.pages.usecases.detailing import TypedReason
from console.pages.usecases.forms import (
    AssessForm,
    AttestForm,
    ExposureForm,
    ReasonForm,
)
from decisioning.fairness import drilling
from decisioning.publishing import actions as publishing
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.types import Invalid, Refused
from governance.usecases import actions, queries


def _done(
    request: StaffRequest,
    key: str,
    act: Callable[[], object],
    told: str,
    *,
    typed: TypedReason | None = None,
) -> HttpResponse:
    """Do it, or say on the use case's page why not, with the reason still there."""
    try:
        act()
    except (Invalid, Refused) as error:
        messages.error(request, f"Not done. {error.message}")
        if typed and typed.text:
            return _again(request, key, typed=typed)
    else:
        messages.success(request, told)
    return redirect("usecases:detail", key=key)


@requires(post=P.USE_CASES_ASSESS)
def assess(request: StaffRequest, key: str) -> HttpResponse:
    form = AssessForm(request.POST)
    if form.is_valid():
        try:
            actions.assess(by=request.actor, now=clock(), key=key, **form.cleaned_data)
        except Invalid as error:
            _blame(form, error)
        else:
            messages.success(request, f"Test {form.cleaned_data['test']} is assessed.")
            return redirect("usecases:detail", key=key)
    return _again(request, key, assess_form=form)


@requires(post=P.USE_CASES_ATTEST)
def attest(request: StaffRequest, key: str) -> HttpResponse:
    form = AttestForm(request.POST)
    if form.is_valid():
        try:
            actions.attest(
                by=request.actor, now=clock(), key=key, text=form.cleaned_data["text"]
            )
        except Invalid as error:
            _blame(form, error)
        else:
            messages.success(request, "Attested. It holds for 90 days.")
            return redirect("usecases:detail", key=key)
    return _again(request, key, attest_form=form)


@requires(post=P.USE_CASES_TRANSITION_OWN)
def drill(request: StaffRequest, key: str) -> HttpResponse:
    """Rehearse the rollback; no customer is touched."""
    return _done(
        request,
        key,
        lambda: drilling.drill(by=request.actor, now=clock(), key=key),
        "The rollback was rehearsed. The result stands at the sign-off.",
    )


def _blame(form: forms.Form, error: Invalid) -> None:
    for field, text in error.fields.items():
        form.add_error(field if field in form.fields else None, text)


def _again(request: StaffRequest, key: str, **shown: Any) -> HttpResponse:
    now = clock()
    found = queries.detail(request.actor, key, now, facts.gather(key, now))
    return detailing.page(request, found, now, status=422, **shown)


@requires(post=(P.USE_CASES_TRANSITION_OWN, P.USE_CASES_WRITE_OWN))
def transition(request: StaffRequest, key: str) -> HttpResponse:
    step, reason = request.POST.get("transition", ""), request.POST.get("reason", "")
    now = clock()

    def act() -> object:
        if step == "submit":
            return publishing.submit(by=request.actor, now=now, key=key)
        return actions.transition(
            by=request.actor,
            now=now,
            key=key,
            transition=step,
            reason=reason,
            facts=facts.gather(key, now),
        )

    told = "Review was asked for." if step == "submit" else "Moved on."
    return _done(request, key, act, told, typed=TypedReason(step, reason))


@requires(post=P.USE_CASES_STOP_OWN)
def pause(request: StaffRequest, key: str) -> HttpResponse:
    reason = _reason(request)
    return _done(
        request,
        key,
        lambda: actions.pause(by=request.actor, now=clock(), key=key, reason=reason),
        "Paused. Customers get the default from the next decision on.",
    )


@requires(post=P.USE_CASES_STOP_OWN)
def stop(request: StaffRequest, key: str) -> HttpResponse:
    reason = _reason(request)
    return _done(
        request,
        key,
        lambda: actions.stop(by=request.actor, now=clock(), key=key, reason=reason),
        "Stopped. Customers get the default from the next decision on.",
        typed=TypedReason("stop", reason),
    )


def _reason(request: StaffRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


@requires(post=P.USE_CASES_TRANSITION_OWN)
def exposure(request: StaffRequest, key: str) -> HttpResponse:
    form = ExposureForm(request.POST)
    if form.is_valid():
        share = form.cleaned_data["share"]
        try:
            actions.set_exposure(by=request.actor, now=clock(), key=key, share=share)
        except Invalid as error:
            _blame(form, error)
        else:
            messages.success(request, f"It reaches up to {100 * share:.4g} % now.")
            return redirect("usecases:detail", key=key)
    return _again(request, key, exposure_form=form)


@requires(post=(P.USE_CASES_WRITE_OWN, P.USE_CASES_WRITE_DATA))
def apply_now(request: StaffRequest, key: str) -> HttpResponse:
    return _done(
        request,
        key,
        lambda: publishing.apply_now(by=request.actor, now=clock(), key=key),
        "Applied. The signatures are void; customers get the default until people "
        "have signed again.",
    )
