from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.forming import tell
from console.pages.people import presenters
from console.pages.people.forms import PersonForm, RolesForm
from console.templatetags.fmt import when_text
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit.queries import story_of
from governance.installation.queries import now
from governance.people import actions as people
from governance.people import queries
from governance.people.queries import User
from governance.types import Invalid, NotFound, Role


@requires(get=P.USERS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    rows = presenters.rows(queries.everyone())
    context = {
        "headings": presenters.HEADINGS,
        "rows": rows,
        "may_manage": holds(request.actor, P.USERS_MANAGE),
    }
    return render(request, "pages/people/list.html", context)


@requires(get=P.USERS_MANAGE, post=P.USERS_MANAGE)
def add(request: StaffRequest) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            person = people.add(
                by=request.actor,
                now=now(),
                username=told["username"],
                email=told["email"],
                display_name=told["display_name"],
                password=told["password"],
                roles=form.chosen(),
            )
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, f"{person.display_name} can sign in now.")
            return redirect("people:detail", person.username)
    status = 422 if form.errors else 200
    context = {"form": form, "crumbs": [("People", "/people/")]}
    return render(request, "pages/people/add.html", context, status=status)


@requires(get=P.USERS_READ)
def detail(request: StaffRequest, username: str) -> HttpResponse:
    return _page(request, _person(username))


@requires(post=P.USERS_MANAGE)
def roles(request: StaffRequest, username: str) -> HttpResponse:
    person = _person(username)
    form = RolesForm(request.POST)
    if form.is_valid() and person.pk == request.actor.id:
        _keep_own_door_open(form)
    if not form.is_valid():
        return _page(request, person, form)
    people.set_roles(
        by=request.actor, now=now(), username=username, roles=form.chosen()
    )
    messages.success(request, "Saved. It counts from the person’s next click.")
    return redirect("people:detail", person.username)


@requires(post=P.USERS_MANAGE)
def activity(request: StaffRequest, username: str) -> HttpResponse:
    """Switch somebody's sign-in off or on."""
    person = _person(username)
    if person.pk == request.actor.id:
        messages.warning(request, "You cannot switch yourself off. Ask another admin.")
        return redirect("people:detail", person.username)
    active = request.POST.get("active") == "on"
    people.set_active(by=request.actor, now=now(), username=username, active=active)
    done = "can sign in again" if active else "is signed out and cannot sign in"
    messages.success(request, f"{person.display_name} {done}.")
    return redirect("people:detail", person.username)


def _keep_own_door_open(form: RolesForm) -> None:
    if Role.ADMIN not in form.chosen():
        form.add_error("roles", "You cannot take the admin role from yourself.")


def _person(username: str) -> User:
    found = queries.person(username)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _page(
    request: StaffRequest, person: User, form: RolesForm | None = None
) -> HttpResponse:
    form = form or RolesForm(initial={"roles": person.roles()})
    story = [
        {
            "strong": entry.actor_label,
            "text": entry.type.replace(".", " ").replace("_", " "),
            "when": when_text(entry.occurred_at),
        }
        for entry in story_of("user", person.username, limit=20)
    ]
    context = {
        "person": presenters.page(
            person,
            may_manage=holds(request.actor, P.USERS_MANAGE),
            is_self=person.pk == request.actor.id,
        ),
        "form": form,
        "story": story,
        "crumbs": [("People", "/people/")],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/people/detail.html", context, status=status)
