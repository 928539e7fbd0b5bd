from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from decisioning.caps.models import Budget, Cap, Contact
from governance.types import NotFound

__all__ = [
    "Budget",
    "Cap",
    "Contact",
    "budget",
    "budgets",
    "cap",
    "caps",
    "contacts_of",
    "customers_at_cap",
]


def caps(*, with_retired: bool = False) -> list[Cap]:
    found = Cap.objects.select_related("created_by").order_by("name")
    return list(found if with_retired else found.filter(retired_at=None))


def cap(key: str) -> Cap:
    found = Cap.objects.filter(key=key).first()
    if found is None:
        raise NotFound("There is no such cap.")
    return found


def budgets(*, with_retired: bool = False) -> list[Budget]:
    found = Budget.objects.select_related("created_by").order_by("name")
    return list(found if with_retired else found.filter(retired_at=None))


def budget(key: str) -> Budget:
    found = Budget.objects.filter(key=key).first()
    if found is None:
        raise NotFound("There is no such budget.")
    return found


def contacts_of(customer_id: int, *, since: datetime) -> list[Contact]:
    return list(
        Contact.objects.filter(
            customer_id=customer_id, reserved_at__gte=since
        ).order_by("-reserved_at")
    )


def customers_at_cap(cap: Cap, now: datetime) -> int:
    """How many customers have used a cap up at this moment."""
    scope_field = {
        "channel": "channel",
        "topic": "topic",
        "offer": "offer_key",
        "use_case": "use_case_key",
    }.get(cap.scope)
    held = Contact.objects.filter(
        reserved_at__gt=now - cap.window, released_at=None
    ).filter(Q(shown_at__isnull=False) | Q(release_at__gt=now))
    if scope_field:
        held = held.filter(**{scope_field: cap.scope_key})
    return (
        held.values("customer_id")
        .annotate(used=Count("id"))
        .filter(used__gte=cap.n)
        .count()
    )
