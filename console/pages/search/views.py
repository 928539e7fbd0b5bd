from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from console.pages.search.presenters import groups
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now

LONGEST = 80


@requires(get=P.HOME_READ)
def results(request: StaffRequest) -> HttpResponse:
    """The whole page, or under the search box just what was found."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    context = {
        "search_query": text,
        "groups": groups(request.actor, text, now()),
        "is_panel": bool(request.headers.get("HX-Request")),
    }
    template = "pages/search/results.html"
    if context["is_panel"]:
        template += "#found"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response
