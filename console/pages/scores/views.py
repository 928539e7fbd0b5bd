from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.scores import lifetime, presenters, propensity
from console.pages.scores.forms import PromoteForm, PropensityForm, ValueForm
from decisioning import tasks
from decisioning.experiments import queries as experiments
from decisioning.scoring import actions, queries
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue import queries as catalogue
from governance.installation.queries import now as clock
from governance.jobs import actions as jobs
from governance.types import Invalid, NotFound

ONLY_ANALYSTS = "Only analysts train, score and promote. Ask one of them."


def _taught_by() -> list[tuple[str, str]]:
    return [(row.key, row.name) for row in experiments.catalogue() if row.started_at]


@requires(get=P.MODELS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    return _list(request)


def _list(
    request: StaffRequest,
    *,
    propensity_form: PropensityForm | None = None,
    value_form: ValueForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may_train = holds(request.actor, P.MODELS_WRITE)
    taught_by = _taught_by() if may_train else []
    context = {
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(queries.reports(), queries.score_keys()),
        "may_train": may_train,
        "refusal": "" if may_train else ONLY_ANALYSTS,
        "can_teach": bool(taught_by),
        "propensity_form": propensity_form or PropensityForm(experiments=taught_by),
        "value_form": value_form or ValueForm(),
    }
    return render(request, "pages/scores/list.html", context, status=status)


def _element_labels() -> dict[str, str]:
    return {row.field: row.label for row in catalogue.elements()}


@requires(get=P.MODELS_READ)
def detail(request: StaffRequest, key: str) -> HttpResponse:
    asked = request.GET.get("version", "")
    if asked and not asked.isdecimal():
        raise NotFound("There is no such version of this score.")
    version = queries.report(key, int(asked) if asked else None)
    scored = presenters.scored_by(version, queries.score_keys())
    is_value = version.kind == "clv"
    context: dict[str, Any] = {
        "version": version,
        "title": presenters.KINDS.get(version.kind, version.kind),
        "facts": presenters.facts(version),
        "basis": presenters.basis(version, scored),
        "limits": presenters.limits(version),
        "value": lifetime.value_report(version) if is_value else None,
        "offers": [] if is_value else propensity.offers(version),
        "weights": None if is_value else propensity.weights(version),
        "worth": None if is_value else propensity.worth(version, _element_labels()),
        "worth_note": "" if is_value else propensity.worth_note(version),
        "over_time": "" if is_value else propensity.over_time(version),
        "definitions": {
            "auc": propensity.AUC,
            "brier": propensity.BRIER,
            "rate": propensity.RATE,
        },
        "version_headings": presenters.VERSION_HEADINGS,
        "versions": presenters.versions(queries.versions(key), version),
        "may_train": holds(request.actor, P.MODELS_WRITE),
        "may_promote": holds(request.actor, P.MODELS_PROMOTE),
        "refusal": ONLY_ANALYSTS,
        "crumbs": [("Scores", reverse("scores:list"))],
    }
    return render(request, "pages/scores/detail.html", context)


@requires(post=P.MODELS_WRITE)
def train_propensity(request: StaffRequest) -> HttpResponse:
    form = PropensityForm(request.POST, experiments=_taught_by())
    if not form.is_valid():
        return _list(request, propensity_form=form, status=422)
    asked = form.cleaned_data
    return _start(
        request,
        form,
        kind="scoring.train_propensity",
        label=f"Train the chance to respond on {asked['experiment']}",
        send=tasks.train_propensity.delay,
        params={"experiment": asked["experiment"], "outcome": asked["outcome"]},
        key="propensity",
    )


@requires(post=P.MODELS_WRITE)
def train_clv(request: StaffRequest) -> HttpResponse:
    form = ValueForm(request.POST)
    if not form.is_valid():
        return _list(request, value_form=form, status=422)
    asked = form.cleaned_data
    end = asked["calibration_end"]
    return _start(
        request,
        form,
        kind="scoring.train_clv",
        label="Fit customer lifetime value",
        send=tasks.train_clv.delay,
        params={
            "source": asked["source"],
            "calibrationEnd": end.isoformat() if end else "",
        },
        key="clv",
    )


def _start(
    request: StaffRequest,
    form: forms.Form,
    *,
    kind: str,
    label: str,
    send: Callable[[str], Any],
    params: Mapping[str, str],
    key: str,
) -> HttpResponse:
    """Start the work and show its progress; the page can be left."""
    try:
        job = jobs.start(
            by=request.actor,
            now=clock(),
            kind=kind,
            label=label,
            send=send,
            params=params,
            result_url=reverse("scores:detail", args=[key]),
        )
    except Invalid as error:
        tell(form, error)
        return _list(request, status=422)
    messages.success(request, "Started. You can leave this page; the work goes on.")
    return redirect("jobs:detail", job.pk)


@requires(post=P.MODELS_WRITE)
def rescore(request: StaffRequest, key: str) -> HttpResponse:
    version = queries.champion(key)
    if version is None:
        queries.report(key)
        messages.error(request, "No version serves yet. Let one serve first.")
        return redirect("scores:detail", key)
    return _start(
        request,
        forms.Form(),
        kind="scoring.score_all",
        label=f"Score all customers with {key}, version {version.number}",
        send=tasks.score_all.delay,
        params={"model": key},
        key=key,
    )


@requires(post=P.MODELS_PROMOTE)
def promote(request: StaffRequest, key: str) -> HttpResponse:
    queries.report(key)
    form = PromoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say which version should serve, by its number.")
        return redirect("scores:detail", key)
    number = form.cleaned_data["number"]
    version = actions.promote(by=request.actor, now=clock(), key=key, number=number)
    messages.success(
        request,
        f"Version {version.number} serves. Use cases that were signed for another "
        "version show the default until they are signed again.",
    )
    return redirect("scores:detail", key)
