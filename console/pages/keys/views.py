from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.keys.forms import KeyForm
from console.pages.keys.presenters import row
from governance.access import actions as access
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.access.queries import keys
from governance.installation.queries import now
from governance.types import Invalid


@requires(get=P.KEYS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    moment = now()
    context = {
        "rows": [row(key, moment) for key in keys()],
        "may_manage": holds(request.actor, P.KEYS_MANAGE),
    }
    return render(request, "pages/keys/list.html", context)


@requires(get=P.KEYS_MANAGE, post=P.KEYS_MANAGE)
@reauthentication_required(allow_get=True, app="console")  # type: ignore[untyped-decorator]
def issue(request: StaffRequest) -> HttpResponse:
    """The text of a new key is in this one answer and nowhere else."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, text = access.issue_key(
                by=request.actor,
                now=now(),
                owner_id=int(request.user.pk or 0),
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(),
            )
        except Invalid as error:
            told = dict(error.fields)
            if "expires_at" in told:
                told["expires_on"] = told.pop("expires_at")
            tell(form, Invalid(told))
        else:
            context = {"key": row(key, now()), "text": text}
            return render(request, "pages/keys/issued.html", context, status=201)
    status = 422 if form.errors else 200
    context = {"form": form, "crumbs": [("API keys", reverse("keys:list"))]}
    return render(request, "pages/keys/issue.html", context, status=status)


@requires(post=P.KEYS_MANAGE)
def revoke(request: StaffRequest, public_id: str) -> HttpResponse:
    key = access.revoke_key(by=request.actor, now=now(), public_id=public_id)
    messages.success(request, f"“{key.name}” opens nothing from now on.")
    return redirect("keys:list")
