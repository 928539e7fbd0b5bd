"""The page of one use case: what stands, what moves it on, what it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.board import BoardCard
from console.pages.usecases import backlog, facts, judging, presenters
from console.pages.usecases.forms import (
    AssessForm,
    AttestForm,
    ExposureForm,
)
from console.templatetags.fmt import when_text
from decisioning.offers import queries as offers
from decisioning.publishing import queries as publishing
from decisioning.segments.core import small_cell
from governance.access.core import Permission as P
from governance.access.core import allows
from governance.access.doors import StaffRequest
from governance.assessments.queries import judged
from governance.catalogue.queries import catalogue
from governance.signoffs import queries as signoffs
from governance.types import SERVING_STATES, State
from governance.usecases import queries
from governance.usecases.core import EXAMPLE_OFFER, example_sentence
from governance.usecases.core.calculus import privacy_calculus
from governance.usecases.queries import Detail

EXPOSED = (*SERVING_STATES, State.READY, State.PAUSED)
TABLE_HEADINGS = (
    {"label": "use case"},
    {"label": "step"},
    {"label": "state"},
    {"label": "next"},
    {"label": "risk tier"},
    {"label": "owner"},
    {"label": "changed"},
)


def table_rows(cards: Iterable[BoardCard]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": card.name, "url": card.url, "strong": True},
                {"text": card.step},
                {"text": card.state},
                {"text": card.fact, "tone": card.tone},
                {"text": card.tier},
                {"text": card.owner},
                {"text": when_text(card.changed_at)},
            ]
        }
        for card in cards
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    sentence: str
    pill: str
    tone: str


@dataclass(frozen=True, slots=True)
class TypedReason:
    """A reason that was given for a step which was then refused."""

    action: str
    text: str


def verdict(found: Detail) -> Verdict:
    case = found.use_case
    state = State(case.state)
    share = f"{100 * case.exposure_share:.4g} %"
    if found.is_serving:
        number = case.serving_version.number if case.serving_version else 1
        return Verdict(
            f"Version {number} serves up to {share} of customers.",
            "Serving",
            "positive",
        )
    if state in SERVING_STATES:
        return Verdict(
            f"Customers get the default. {found.refusal}", "Not served", "negative"
        )
    if state is State.PAUSED:
        return Verdict(
            f"Paused: customers get the default. {_last_reason(found)}".strip(),
            "Paused",
            "caution",
        )
    if state is State.ROLLED_BACK:
        return Verdict(
            f"Rolled back: customers get the default. {_last_reason(found)}".strip(),
            "Rolled back",
            "negative",
        )
    if found.version.status == "void":
        return Verdict(
            f"Its signatures are void. {found.version.void_reason}", "Void", "negative"
        )
    return _building(found, state)


def _last_reason(found: Detail) -> str:
    return found.story[0].reason if found.story else ""


def _building(found: Detail, state: State) -> Verdict:
    count = len(found.missing)
    if state in (State.DEFINE, State.DATA_NEEDS) and count:
        first = found.missing[0]
        words = "1 answer is" if count == 1 else f"{count} answers are"
        sentence = f"{words} missing. First: {first.question} {first.mend}"
        return Verdict(sentence, "Being written", "caution")
    texts = {
        State.DEFINE: "Nothing is missing. The three tests need an assessor.",
        State.DATA_NEEDS: "Nothing is missing. Ask for review.",
        State.GOVERNANCE: "In review: it waits for its signatures.",
        State.READY: "Signed. The channel owner starts the test.",
        State.RETIRED: "Retired.",
    }
    return Verdict(texts.get(state, state.label), state.label, "info")


def page(
    request: StaffRequest,
    found: Detail,
    now: datetime,
    *,
    status: int = 200,
    assess_form: AssessForm | None = None,
    attest_form: AttestForm | None = None,
    exposure_form: ExposureForm | None = None,
    typed: TypedReason | None = None,
) -> HttpResponse:
    case, by = found.use_case, request.actor
    key, owners = case.key, queries.owner_ids(case)
    state = State(case.state)
    is_live = state in SERVING_STATES
    steps = presenters.steps_on(found)
    offer_keys = list(found.content.reach.offers)
    names = {row.key: row.name for row in offers.offers(keys=offer_keys)}
    tested = int(assess_form["test"].value() or 0) if assess_form else 0
    context = {
        "name": case.name,
        "facts": f"{state.label}. Version {found.version.number}, "
        f"{found.version.get_status_display().lower()}. "
        f"Written by {found.version.author}.",
        "crumbs": [("Use cases", reverse("usecases:board"))],
        "key": key,
        "apply_url": reverse("usecases:apply_now", args=[key]),
        "stop_url": reverse("usecases:stop", args=[key]),
        "edit_url": reverse("usecases:edit", args=[key]) if found.may_edit_data else "",
        "review_url": _review_url(found),
        "steps": presenters.steps(found),
        "verdict": verdict(found),
        "steps_on": [
            step for step in steps if step.action not in presenters.SYSTEM_ONLY
        ],
        "by_rule": [step for step in steps if step.action in presenters.SYSTEM_ONLY],
        "next_version": _next_version(request, found, now),
        "tests": _tests(found, assess_form, tested),
        "badges": presenters.badges(signoffs.badges(found.version, now), found)
        if found.version.config_hash
        else (),
        "assessed": _assessed(found),
        "attestations": [
            f"{row.attested_by} on {when_text(row.attested_at)}, until "
            f"{when_text(row.valid_until)}: {row.text}"
            for row in found.attestations
        ],
        "attest_form": (attest_form or AttestForm()) if _may_attest(found) else None,
        "drill": _drill(found),
        "may_drill": bool(found.version.config_hash)
        and allows(by, P.USE_CASES_TRANSITION, owners),
        "pending": _pending(found),
        "versions": presenters.version_rows(found.versions),
        "about": presenters.about(found, _sentence(found, names)),
        "links": presenters.links(found, names),
        "events": presenters.events(found),
        "is_live": is_live,
        "is_paused": state is State.PAUSED,
        "may_stop": allows(by, P.USE_CASES_STOP, owners),
        "may_write": found.may_edit,
        "exposure_form": _exposure(found, exposure_form)
        if state in EXPOSED
        and case.serving_version
        and allows(by, P.USE_CASES_TRANSITION, owners)
        else None,
        "exposure_note": _exposure_note(found),
        "typed": typed,
        "calculus": privacy_calculus(
            found.content, catalogue(), publishing.audience_size(found.content, now)
        ),
        "safe_test": backlog.safe_test(found.content, now)
        if state in backlog.NOT_LIVE
        else None,
        "why_not_assess": _why_not_assess(request, found),
    }
    return render(request, "pages/usecases/detail.html", context, status=status)


def _sentence(found: Detail, names: Mapping[str, str]) -> str:
    """What a customer reads, with the first offer that is there filled in."""
    keys = [key for key in found.content.reach.offers if key in names]
    offer = names[keys[0]] if keys else EXAMPLE_OFFER
    return example_sentence(found.content, catalogue(), offer=offer)


def _next_version(
    request: StaffRequest, found: Detail, now: datetime
) -> presenters.StepOn | None:
    """A draft over something that is live asks for review without moving it."""
    state, number = State(found.use_case.state), found.version.number
    is_draft = found.version.status == "draft"
    if state not in (*SERVING_STATES, State.READY, State.PAUSED) or not is_draft:
        return None
    key = found.use_case.key
    at = queries.situation(key, now, facts.gather(key, now), number=number)
    move = judging.move_of(at, request.actor)
    if move is None:
        return None
    label = f"Ask for review of version {number}"
    return presenters.StepOn("submit", label, "Review", move.reasons, False, False)


def _review_url(found: Detail) -> str:
    if found.version.status == "draft":
        return ""
    return reverse("reviews:review", args=[found.use_case.key])


def _tests(
    found: Detail, typed: AssessForm | None, tested: int
) -> list[dict[str, Any]]:
    rows = []
    for test in presenters.assessed_tests(found):
        form = None
        if found.may_assess:
            is_typed = typed is not None and tested == test.number
            form = (
                typed
                if is_typed
                else AssessForm(
                    initial={"test": test.number}, auto_id=f"test{test.number}_%s"
                )
            )
        rows.append({"test": test, "form": form})
    return rows


def _why_not_assess(request: StaffRequest, found: Detail) -> str:
    if found.may_assess:
        return ""
    if request.actor.id == found.version.author_id:
        return "You wrote this version, so someone else must assess it."
    return "Marketing owners, analysts, channel owners and privacy assess the tests."


def _assessed(found: Detail) -> str:
    """How the assessments stand, in one sentence."""
    answer = judged(found.version).answer
    return str(answer.reasons[0]) if answer.reasons else "nothing is open."


def _drill(found: Detail) -> str:
    row = queries.last_drill(found.version)
    if row is None:
        return "Not run yet."
    if not row.is_passed:
        return f"Failed on {when_text(row.drilled_at)}. {' '.join(row.faults)}"
    reached = f"of {row.n:,} customers {small_cell(row.n_personal)}"
    return (
        f"Passed on {when_text(row.drilled_at)}, holds until "
        f"{when_text(row.valid_until)}: {reached} got the default instead, within "
        f"{row.seconds:.1f} s, and the same choices when it was resumed."
    )


def _may_attest(found: Detail) -> bool:
    return found.may_attest and bool(found.version.config_hash)


def _pending(found: Detail) -> list[dict[str, str]]:
    if found.use_case.serving_version is None:
        return []
    rows = []
    for change in publishing.pending_changes(found.content):
        for field, new in change.draft.items():
            old = change.live.get(field)
            if old != new:
                rows.append(
                    {
                        "setting": f"{change.label}: {field.replace('_', ' ')}",
                        "old": _plain(old),
                        "new": _plain(new),
                        "effect": "waits for signatures",
                        "tone": "caution",
                    }
                )
    return rows


def _plain(value: object) -> str:
    return "" if value in (None, "", [], {}) else str(value)


def _exposure(found: Detail, typed: ExposureForm | None) -> ExposureForm:
    return typed or ExposureForm(initial={"share": found.use_case.exposure_share})


def _exposure_note(found: Detail) -> str:
    largest = found.content.experiment.max_exposure
    if largest is None:
        return ""
    return f"Signed for at most {100 * largest:.4g} %. Widen in steps of a day or more."
