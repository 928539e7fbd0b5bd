"""People, data elements, customers and configuration objects for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from decisioning.caps import actions as caps
from decisioning.customers.models import Customer
from decisioning.offers import actions as offers
from decisioning.segments import actions as segments
from governance.access.queries import actor_of
from governance.catalogue.models import DataElement
from governance.people.models import User
from governance.types import Actor, Role

AT_LEAST_100 = {"field": "trait.history", "op": "ge", "value": 100}


def person(username: str, *roles: Role, now: datetime) -> User:
    user = User.objects.create(
        username=username,
        email=f"{username}@example.org",
        display_name=username.capitalize(),
        date_joined=now,
    )
    for role in roles:
        user.role_assignments.create(role=role.value, granted_at=now)
    return user


def actor(username: str, *roles: Role, now: datetime) -> Actor:
    return actor_of(person(username, *roles, now=now))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def element(
    key: str, *, now: datetime, kind: str = "number", **more: Any
) -> DataElement:
    fields = {
        "label": key.capitalize(),
        "plain_description": f"The customer's {key}.",
        "source_type": "first_party",
        "provenance": "observed",
        "field": f"trait.{key}",
        "value_type": kind,
        "collected_where": "Imported",
        "ttl_days": 365,
        "created_at": now,
        **more,
    }
    return DataElement.objects.update_or_create(key=key, defaults=fields)[0]


def customers(traits: list[dict[str, Any]], *, now: datetime) -> list[Customer]:
    return Customer.objects.bulk_create(
        [
            Customer(pseudonym=f"p-{n:05d}", traits=values, created_at=now)
            for n, values in enumerate(traits)
        ]
    )


def offer(by: Actor, now: datetime, name: str = "Free delivery", **more: Any) -> Any:
    fields = {
        "starts_at": now - timedelta(days=1),
        "value_minor": 1200,
        "margin_minor": 400,
        "currency": "GBP",
        **more,
    }
    return offers.save_offer(by=by, now=now, name=name, **fields)


def placement(by: Actor, now: datetime, key: str = "home.hero", **more: Any) -> Any:
    fields = {
        "name": "Top of the home page",
        "channel": "web",
        "default_content": {"headline": "Welcome"},
        **more,
    }
    return offers.save_placement(by=by, now=now, key=key, **fields)


def cap(by: Actor, now: datetime, name: str = "Three a week", **more: Any) -> Any:
    fields = {"scope": "all", "n": 3, "window": timedelta(days=7), **more}
    return caps.save_cap(by=by, now=now, name=name, **fields)


def budget(by: Actor, now: datetime, name: str = "Spring", **more: Any) -> Any:
    fields = {
        "scope": "offer",
        "scope_key": "free-delivery",
        "limit_minor": 100_000,
        "currency": "GBP",
        "starts_at": now,
        **more,
    }
    return caps.save_budget(by=by, now=now, name=name, **fields)


def segment(by: Actor, now: datetime, name: str = "Good buyers", **more: Any) -> Any:
    fields = {"rule": AT_LEAST_100, "goal": "More second orders", **more}
    return segments.save(by=by, now=now, name=name, **fields)


def actor_named(username: str) -> Actor:
    return actor_of(User.objects.get(username=username))
