from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.forming import ConsoleForm
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.notices import actions as notices
from governance.notices.core import Kind
from governance.notices.queries import silenced


class LettersForm(ConsoleForm):
    """The kinds of letters that somebody wants to get."""

    kinds = forms.MultipleChoiceField(
        label="Write to me when",
        required=False,
        choices=[(kind.value, kind.label) for kind in Kind],
        widget=forms.CheckboxSelectMultiple(),
    )


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
    off = silenced(request.actor.id or 0)
    context = {
        "facts": facts,
        "form": LettersForm(initial={"kinds": [k for k in Kind if k not in off]}),
        "letters_note": "They go to the address that an administrator gave for you."
        if settings.EMAIL_IS_SENT
        else "No mail server is set up here yet; nothing is sent until there is one.",
    }
    return render(request, "account/overview.html", context)


@requires(post=P.HOME_READ)
def switch_letters(request: StaffRequest) -> HttpResponse:
    form = LettersForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Not saved. Choose among the kinds on the page.")
        return redirect("account_overview")
    wanted = set(form.cleaned_data["kinds"])
    off = [kind for kind in Kind if kind not in wanted]
    notices.silence(by=request.actor, now=clock(), kinds=off)
    messages.success(request, "Saved. It counts from the next letter on.")
    return redirect("account_overview")
