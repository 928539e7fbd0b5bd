from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from console.pages import navigation
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.installation.queries import installation
from governance.types import Actor


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    url: str
    current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs; nothing for people who are not signed in."""
    actor: Actor | None = getattr(request, "actor", None)
    house = installation()
    note = _environment_note(house.demo_note if house.is_demo else "")
    if actor is None:
        return {
            "actor": None,
            "nav_links": [],
            "foot_links": [],
            "environment_note": note,
        }
    here = request.resolver_match.namespace if request.resolver_match else ""
    return {
        "actor": actor,
        "actor_name": actor.label,
        "role_label": ", ".join(sorted(role.label for role in actor.roles)),
        "initials": "".join(word[0] for word in actor.label.split()[:2]).upper(),
        "nav_links": _links(navigation.on_top(actor), here),
        "foot_links": _links(navigation.all_open(actor), here),
        "environment_note": note,
        "world_url": _address("world:switch") if house.is_demo else "",
        "account_url": reverse("account_overview"),
        "search_url": _address("search:results"),
        "search_hint": _search_hint(actor),
    }


def _links(areas: list[navigation.Area], here: str) -> list[NavLink]:
    return [
        NavLink(area.label, url, current=area.key == here)
        for area in areas
        if (url := _address(area.url_name))
    ]


def _address(url_name: str) -> str:
    """Empty for an area whose pages are not part of this installation."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _search_hint(actor: Actor) -> str:
    if holds(actor, P.USE_CASES_READ):
        return "Find a use case"
    return "Find a customer, by exact id"


def _environment_note(of_demo: str) -> str:
    notes = [of_demo] if of_demo else []
    if not settings.REQUIRE_MFA:
        notes.append("Sign-in asks for no second factor here (REQUIRE_MFA=0).")
    return " ".join(notes)
