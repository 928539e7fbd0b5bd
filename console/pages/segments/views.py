from __future__ import annotations

import json
from time import perf_counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.configuring import (
    builder_words,
    draft_changes,
    must_write,
    revision_rows,
    saved_words,
    served_by,
    serving_names,
    why_not_write,
)
from console.forming import tell
from console.pages.segments import presenters
from console.pages.segments.forms import SegmentForm
from console.rule_text import rule_text
from decisioning.revisions.core import Kind, content_of
from decisioning.revisions.queries import wanted_content
from decisioning.rules.core import Catalogue, InvalidRule, Rule
from decisioning.segments import actions, insight, pictures, queries
from decisioning.segments.queries import Segment
from governance.access.core import Permission as P
from governance.access.core import allows
from governance.access.doors import StaffRequest, requires
from governance.catalogue.queries import elements
from governance.installation.queries import now
from governance.types import Invalid

EVERYONE_TEXT = rule_text(None)


@requires(get=P.SEGMENTS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    catalogue, served = queries.rule_catalogue(), serving_names(now())
    built, sizes = insight.newest_builds(), insight.sizes()
    context = {
        "rows": [
            presenters.row(
                one, served, catalogue, built.get(one.key), sizes.get(one.key, 0)
            )
            for one in queries.segments(text=text)
        ],
        "query": text,
        "why_not": why_not_write(request.actor, P.SEGMENTS_WRITE, None),
    }
    return render(request, "pages/segments/list.html", context)


@requires(get=P.SEGMENTS_WRITE_OWN, post=P.SEGMENTS_WRITE_OWN)
def new(request: StaffRequest) -> HttpResponse:
    text = request.GET.get("rule") or EVERYONE_TEXT
    form = SegmentForm(request.POST or None, initial={"rule": text})
    return _work(request, form, None)


@requires(get=P.SEGMENTS_READ, post=P.SEGMENTS_WRITE_OWN)
def edit(request: StaffRequest, key: str) -> HttpResponse:
    """Goes on from the waiting draft where there is one."""
    segment = queries.segment(key)
    if request.method == "POST":
        must_write(request.actor, P.SEGMENTS_WRITE, segment.created_by_id)
    wanted = wanted_content(Kind.SEGMENT, key, segment)
    initial = {
        "name": segment.name,
        "description": segment.description,
        "goal": segment.goal,
        "rule": rule_text(wanted["rule"]),
    }
    form = SegmentForm(request.POST or None, initial=initial)
    form.key = key
    return _work(request, form, segment)


def _work(
    request: StaffRequest, form: SegmentForm, segment: Segment | None
) -> HttpResponse:
    wants_count = "count" in request.POST
    if request.method == "POST" and form.is_valid() and not wants_count:
        saved = _save(request, form, segment)
        if saved is not None:
            return redirect("segments:edit", saved.key)
    context = _context(request, form, segment)
    status = 422 if form.errors else 200
    return render(request, "pages/segments/edit.html", context, status=status)


def _save(
    request: StaffRequest, form: SegmentForm, segment: Segment | None
) -> Segment | None:
    key = segment.key if segment else None
    links = served_by(Kind.SEGMENT, key) if key else []
    try:
        saved = actions.save(by=request.actor, now=now(), key=key, **form.cleaned_data)
    except Invalid as error:
        tell(form, error)
        return None
    is_live = queries.segment(saved.key).draft_revision is None
    messages.success(request, saved_words(saved.name, is_live=is_live, links=links))
    return saved


def _context(
    request: StaffRequest, form: SegmentForm, segment: Segment | None
) -> dict[str, Any]:
    catalogue = queries.rule_catalogue(but_not=_key(segment))
    context: dict[str, Any] = {
        "form": form,
        "segment": segment,
        "builder": builder_words(catalogue),
        "preview": _counted(_tree(form), catalogue, but_not=_key(segment)),
        "but_not": _key(segment),
        "why_not": why_not_write(
            request.actor,
            P.SEGMENTS_WRITE,
            segment.created_by_id if segment else None,
        ),
        "crumbs": [("Segments", reverse("segments:list"))],
    }
    if segment is not None:
        live = content_of(Kind.SEGMENT, segment)
        context |= {
            "tabs": tabs(
                segment.key, "edit", hands_over=may_hand_over(request, segment)
            ),
            "served": served_by(Kind.SEGMENT, segment.key),
            "waiting": draft_changes(
                Kind.SEGMENT, segment.key, segment, live, catalogue
            ),
            "revisions": revision_rows(Kind.SEGMENT, segment.key, segment, catalogue),
        }
    return context


def tabs(key: str, current: str, *, hands_over: bool = False) -> list[dict[str, Any]]:
    parts = {"edit": "Rule", "members": "Members"}
    if hands_over:
        parts["audiences"] = "Hand-over"
    return [
        {
            "label": label,
            "url": reverse(f"segments:{name}", args=[key]),
            "current": name == current,
        }
        for name, label in parts.items()
    ]


def may_hand_over(request: StaffRequest, segment: Segment) -> bool:
    return allows(request.actor, P.EXPORTS_READ, {segment.created_by_id})


def _key(segment: Segment | None) -> str:
    return segment.key if segment else ""


def _tree(form: SegmentForm) -> Rule | None:
    if form.is_bound:
        return form.tree
    try:
        return actions.read_rule(form.initial["rule"])
    except InvalidRule:
        return None


def _counted(
    tree: Rule | None, catalogue: Catalogue, *, but_not: str
) -> presenters.PreviewView | None:
    if tree is None:
        return None
    moment, started = now(), perf_counter()
    picture = pictures.current(moment)
    found = queries.preview(tree, now=moment, catalogue=catalogue, picture=picture)
    overlaps = queries.overlaps(tree, now=moment, but_not=but_not, picture=picture)
    return presenters.preview(
        found,
        overlaps,
        elements(),
        milliseconds=round(1000 * (perf_counter() - started)),
    )


@requires(get=P.SEGMENTS_READ, post=P.SEGMENTS_READ)
def preview(request: StaffRequest) -> HttpResponse:
    """Counts a rule without saving it; POST because a rule may be long."""
    given = request.POST if request.method == "POST" else request.GET
    own = given.get("but_not", "")
    catalogue = queries.rule_catalogue(but_not=own)
    context: dict[str, Any] = {"crumbs": [("Segments", reverse("segments:list"))]}
    status = 200
    try:
        tree = actions.read_rule(given.get("rule", ""), key=own)
    except InvalidRule as error:
        context["problems"] = [f"{problem}." for problem in error.problems]
        told, status = "The rule has mistakes and was not counted.", 422
    else:
        counted = _counted(tree, catalogue, but_not=own)
        assert counted is not None
        context["preview"], told = counted, counted.announcement
    is_part = bool(request.headers.get("HX-Request"))
    name = "_answer" if is_part else "preview"
    response = render(request, f"pages/segments/{name}.html", context, status=status)
    response["HX-Trigger"] = json.dumps({"announce": told})
    return response


@requires(post=P.SEGMENTS_WRITE_OWN)
def retire(request: StaffRequest, key: str) -> HttpResponse:
    segment = actions.retire(by=request.actor, now=now(), key=key)
    messages.success(request, f"“{segment.name}” is retired.")
    return redirect("segments:list")
