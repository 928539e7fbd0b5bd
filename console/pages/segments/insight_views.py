from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.configuring import why_not_write
from console.pages.segments import presenters
from console.pages.segments.views import may_hand_over, tabs
from console.rule_text import rule_text
from decisioning.rules.core import All, Compare, describe_condition, dump
from decisioning.segments import actions, insight, pictures, queries
from decisioning.segments.lookalike import Proposal
from decisioning.stats.sufficient import NotEnoughData
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import NotFound

NOBODY = "No customer has this pseudonym. Copy it from the sample or a decision."


@requires(get=P.SEGMENTS_READ, post=P.DECISIONS_READ)
def members(request: StaffRequest, key: str) -> HttpResponse:
    """Sizes, freshness, fairness; a POST asks about one customer and is on record."""
    segment = queries.segment(key)
    moment = now()
    rule = queries.readable(segment.rule)
    builds = insight.builds(key)
    catalogue = queries.rule_catalogue()
    context: dict[str, Any] = {
        "segment": segment,
        "tabs": tabs(key, "members", hands_over=may_hand_over(request, segment)),
        "crumbs": [("Segments", reverse("segments:list"))],
        "words": queries.in_words(rule, catalogue),
        "chart": presenters.size_chart(builds),
        "freshness": presenters.freshness(builds, insight.sizes().get(key, 0)),
        "versions": presenters.version_rows(queries.versions(key), catalogue),
        "fairness": [
            presenters.fairness_view(profile)
            for profile in insight.fairness_of(
                rule, now=moment, picture=pictures.current(moment)
            )
        ],
        "why_not": why_not_write(
            request.actor, P.SEGMENTS_WRITE, segment.created_by_id
        ),
    }
    status = 200
    if request.method == "POST":
        status = _explain(request, key, context)
    return render(request, "pages/segments/members.html", context, status=status)


def _explain(request: StaffRequest, key: str, context: dict[str, Any]) -> int:
    pseudonym = request.POST.get("customer", "")
    context["asked"] = pseudonym
    try:
        found = actions.explain(
            by=request.actor, now=now(), key=key, pseudonym=pseudonym
        )
    except NotFound:
        context["nobody"] = NOBODY
        return 422
    context["explained"] = presenters.explained_view(found)
    return 200


@requires(post=P.SEGMENTS_WRITE_OWN)
def rebuild(request: StaffRequest, key: str) -> HttpResponse:
    """A worker builds it; the page shows the build when it is there."""
    actions.ask_for_rebuild(by=request.actor, now=now(), key=key)
    messages.success(request, "A build has been asked for. Look again in a moment.")
    return redirect("segments:members", key)


@requires(get=P.SEGMENTS_READ)
def look_alike(request: StaffRequest) -> HttpResponse:
    """A rule for customers like the best: the top tenth by spend, or a segment's."""
    key = request.GET.get("of", "")
    best = queries.readable(queries.segment(key).rule) if key else None
    found = insight.look_alike(best, now=now())
    context: dict[str, Any] = {
        "crumbs": [("Segments", reverse("segments:list"))],
        "segments": queries.segments(),
        "of": key,
        "why_not": why_not_write(request.actor, P.SEGMENTS_WRITE, None),
    }
    if isinstance(found, NotEnoughData):
        context["shortage"] = found.message
    else:
        context["twin"] = _twin(found)
    return render(request, "pages/segments/look_alike.html", context)


def _twin(found: Proposal) -> presenters.TwinView:
    catalogue = queries.rule_catalogue()
    parts = [
        Compare(f"feature.{each.feature}", each.op, each.value)
        for each in found.conditions
    ]
    return presenters.twin(
        found,
        rule_text(dump(All(tuple(parts)))),
        [describe_condition(part, catalogue) for part in parts],
    )
