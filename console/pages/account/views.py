from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires


@requires(get=P.HOME_READ, before_second_factor=True)
def overview(request: StaffRequest) -> HttpResponse:
    facts = [
        {"label": "User name", "value": request.actor.username, "mono": True},
        {
            "label": "Roles",
            "value": ", ".join(sorted(r.label for r in request.actor.roles)),
        },
        {"label": "Session", "value": "Ends after 30 minutes idle, 12 hours at most"},
    ]
    return render(request, "account/overview.html", {"facts": facts})
