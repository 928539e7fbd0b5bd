from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from console.demo import living
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires


@requires(get=P.HOME_READ, post=P.JOBS_STOP)
def world(request: StaffRequest) -> HttpResponse:
    """Whether the demo's customers keep coming; there is no such page elsewhere."""
    if not living.is_there():
        raise Http404
    if request.method == "POST":
        wanted = request.POST.get("on") == "on"
        living.switch(on=wanted)
        messages.success(
            request,
            "Customers keep coming."
            if wanted
            else "The world stands still from now on.",
        )
        return redirect("world:switch")
    context = {
        "is_on": living.is_on(),
        "minutes": living.EVERY_MINUTES,
        "may_switch": holds(request.actor, P.JOBS_STOP),
    }
    return render(request, "pages/world/switch.html", context)
