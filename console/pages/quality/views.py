from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.quality import presenters
from console.pages.quality.forms import ThresholdsForm
from decisioning.quality import actions, queries
from decisioning.quality.core import weakest
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.types import Invalid


@requires(get=P.CATALOGUE_READ)
def overview(request: StaffRequest) -> HttpResponse:
    """What is wrong with what comes in, the weakest part first."""
    return _overview(request, ThresholdsForm(now=queries.thresholds()))


def _overview(request: StaffRequest, form: ThresholdsForm) -> HttpResponse:
    now = clock()
    found = queries.findings(now)
    may_set = holds(request.actor, P.IMPORTS_WRITE)
    if not may_set:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "weakest": presenters.weakest_of(weakest(found)),
        "alerts": presenters.alert_lines(queries.open_alerts()),
        "signals": presenters.signal_lines(found),
        "counted_at": queries.counted_at(),
        "form": form,
        "may_set": may_set,
        "may_acknowledge": holds(request.actor, P.ALERTS_ACKNOWLEDGE),
    }
    status = 422 if form.errors else 200
    return render(request, "pages/quality/overview.html", context, status=status)


@requires(get=P.CATALOGUE_READ)
def signal(request: StaffRequest) -> HttpResponse:
    """One kind of event from one source: its checks, its history, its fields."""
    source, name = request.GET.get("source", ""), request.GET.get("name", "")
    found = queries.signal(source[:60], name[:120], clock())
    context = {
        "title": name or presenters.ALL_EVENTS,
        "source": source,
        "checks": presenters.check_lines([f for f in found.findings if f.name == name]),
        "charts": presenters.history(found),
        "fields": found.fields,
        "crumbs": [("Data quality", reverse("quality:overview"))],
    }
    return render(request, "pages/quality/signal.html", context)


@requires(post=P.IMPORTS_WRITE)
def thresholds(request: StaffRequest) -> HttpResponse:
    form = ThresholdsForm(request.POST, now=queries.thresholds())
    if not form.is_valid():
        return _overview(request, form)
    changed = form.changed()
    for check, value in changed.items():
        try:
            actions.set_threshold(
                by=request.actor, now=clock(), check=check, value=value
            )
        except Invalid as error:
            tell(form, Invalid({check: " ".join(error.fields.values())}))
            return _overview(request, form)
    told = f"{len(changed)} thresholds changed." if changed else "Nothing was changed."
    messages.success(request, told)
    return redirect("quality:overview")


@requires(post=P.ALERTS_ACKNOWLEDGE)
def acknowledge(request: StaffRequest, alert_id: int) -> HttpResponse:
    actions.acknowledge(by=request.actor, now=clock(), alert_id=alert_id)
    messages.success(request, "You look after this alarm now.")
    return redirect("quality:overview")
