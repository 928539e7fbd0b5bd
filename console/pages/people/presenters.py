from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import when_text
from governance.people.queries import User
from governance.types import Role

HEADINGS = [
    {"label": "Name"},
    {"label": "User name"},
    {"label": "Roles"},
    {"label": "Sign-in"},
    {"label": "Last signed in"},
]


@dataclass(frozen=True, slots=True)
class PersonPage:
    name: str
    username: str
    is_active: bool
    facts: list[dict[str, Any]]
    may_manage: bool
    is_self: bool


def role_words(person: User) -> str:
    return ", ".join(sorted(Role(role).label for role in person.roles())) or "None"


def rows(people: list[User]) -> list[dict[str, Any]]:
    return [{"cells": _cells(person)} for person in people]


def _cells(person: User) -> list[dict[str, Any]]:
    return [
        {
            "text": person.display_name,
            "url": reverse("people:detail", args=[person.username]),
        },
        {"text": person.username, "mono": True},
        {"text": role_words(person)},
        {
            "text": "Open" if person.is_active else "Switched off",
            "pill": True,
            "tone": "positive" if person.is_active else "",
        },
        {
            "text": when_text(person.last_login) if person.last_login else "Never",
            "muted": True,
        },
    ]


def page(person: User, *, may_manage: bool, is_self: bool) -> PersonPage:
    facts: list[dict[str, Any]] = [
        {"label": "User name", "value": person.username, "mono": True},
        {"label": "E-mail", "value": person.email},
        {"label": "Roles", "value": role_words(person)},
        {"label": "Sign-in", "value": "Open" if person.is_active else "Switched off"},
        {"label": "Added", "value": when_text(person.date_joined)},
        {
            "label": "Last signed in",
            "value": when_text(person.last_login) if person.last_login else "Never",
        },
    ]
    return PersonPage(
        person.display_name,
        person.username,
        person.is_active,
        facts,
        may_manage,
        is_self,
    )
