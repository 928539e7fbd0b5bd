from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.segments.forms import AudienceForm, HandOverForm
from console.pages.segments.views import tabs
from console.reauthentication import address, is_fresh, proved_at
from decisioning.segments import audiences, queries
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import Invalid

STATES = {
    "waiting": ("Waiting", "caution"),
    "delivered": ("Arrived", "positive"),
    "failed": ("Given up", "negative"),
}


@requires(get=P.EXPORTS_OWN)
def listing(request: StaffRequest, key: str) -> HttpResponse:
    return _page(request, key, AudienceForm(), HandOverForm(prefix="csv"))


def _page(
    request: StaffRequest,
    key: str,
    form: AudienceForm,
    file_form: HandOverForm,
    *,
    status: int = 200,
    secret: str = "",
) -> HttpResponse:
    segment = queries.segment(key)
    audiences.must_export(request.actor, segment.created_by_id)
    context: dict[str, Any] = {
        "segment": segment,
        "form": form,
        "file_form": file_form,
        "secret": secret,
        "tabs": tabs(key, "audiences", hands_over=True),
        "crumbs": [("Segments", reverse("segments:list"))],
        "rows": audiences.audiences_of(key),
        "reauth_url": ""
        if is_fresh(proved_at(request), now())
        else address(reverse("segments:audiences", args=[key])),
        "deliveries": [
            {
                "one": delivery,
                "pill": STATES[delivery.state][0],
                "tone": STATES[delivery.state][1],
                "words": "came in" if delivery.kind == "add" else "left or withdrew",
            }
            for delivery in audiences.deliveries_of(key)
        ],
    }
    return render(request, "pages/segments/audiences.html", context, status=status)


@requires(post=P.SEGMENTS_WRITE_OWN)
def add(request: StaffRequest, key: str) -> HttpResponse:
    """The signing secret is on the answer and nowhere else."""
    if not is_fresh(proved_at(request), now()):
        return redirect(address(reverse("segments:audiences", args=[key])))
    form = AudienceForm(request.POST)
    secret, status = "", 422
    segment = queries.segment(key)
    audiences.must_export(request.actor, segment.created_by_id)
    if form.is_valid():
        try:
            _, secret = audiences.add(
                by=request.actor, now=now(), key=key, **form.cleaned_data
            )
        except Invalid as error:
            tell(form, error)
        else:
            form, status = AudienceForm(), 200
    file_form = HandOverForm(prefix="csv")
    return _page(request, key, form, file_form, status=status, secret=secret)


@requires(post=P.SEGMENTS_WRITE_OWN)
def stop(request: StaffRequest, key: str, audience_id: int) -> HttpResponse:
    stopped = audiences.stop(
        by=request.actor, now=now(), key=key, audience_id=audience_id
    )
    messages.success(
        request, f"“{stopped.name}” is told to remove everybody, then nothing more."
    )
    return redirect("segments:audiences", key)


@requires(post=P.EXPORTS_OWN)
def csv_file(request: StaffRequest, key: str) -> HttpResponse:
    """A POST, because it writes an audit entry; filtered by consent at this moment."""
    if not is_fresh(proved_at(request), now()):
        return redirect(address(reverse("segments:audiences", args=[key])))
    file_form = HandOverForm(request.POST, prefix="csv")
    if not file_form.is_valid():
        return _page(request, key, AudienceForm(), file_form, status=422)
    moment = now()
    told = audiences.take_csv(
        by=request.actor, now=moment, key=key, **file_form.cleaned_data
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{key}-{moment:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow(["userId"])
    writer.writerows([_safe(user_id)] for user_id in told)
    return response


def _safe(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
