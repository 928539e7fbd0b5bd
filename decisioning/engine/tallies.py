"""How many decisions were personal, by placement; and what people chose lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from decisioning.engine.models import Decision
from decisioning.offers.models import Placement

SINCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Served:
    """Decisions of thirty days in one placement, and how many fell to the default."""

    placement: str
    name: str
    channel: str
    n: int
    n_default: int

    @property
    def default_share(self) -> float:
        return self.n_default / self.n


def by_placement(now: datetime) -> list[Served]:
    """Placements by how often everybody got the same there; two queries."""
    rows = (
        Decision.objects.filter(is_imported=False, decided_at__gt=now - SINCE)
        .values_list("placement_key", "channel")
        .annotate(n=Count("pk"), plain=Count("pk", filter=Q(mode="default")))
    )
    names = dict(Placement.objects.values_list("key", "name"))
    found = [
        Served(key, names.get(key, key), channel, n, plain)
        for key, channel, n, plain in rows
    ]
    return sorted(found, key=lambda row: (-row.n_default, row.placement))
