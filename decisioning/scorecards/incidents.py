"""What an incident did, measured from the log of decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from decisioning.engine.core.types import Mode
from decisioning.engine.models import Decision
from governance.access.core import Permission, allows
from governance.incidents import actions
from governance.incidents.core import minutes_to_effect
from governance.incidents.models import Incident, IncidentClosing
from governance.incidents.queries import closing_of, incident
from governance.types import Actor, Refused
from governance.usecases.queries import owner_ids


@dataclass(frozen=True, slots=True)
class Effect:
    """Whom it reached from the first harm on, and when the default came."""

    n_decisions: int
    n_customers: int
    first_default_at: datetime | None
    minutes: float | None


def effect_of(row: Incident) -> Effect:
    """From the log while it is open; as it was written down once it is closed."""
    closing = closing_of(row)
    since = row.first_harm_at or row.noticed_at
    if closing is not None:
        found = (closing.n_decisions, closing.n_customers, closing.first_default_at)
    else:
        found = (*_reached(row, since), _first_default_at(row))
    return Effect(*found, minutes_to_effect(since, found[2]))


def _personal(row: Incident) -> Q:
    return Q(
        use_case_key=row.use_case.key,
        mode=Mode.PERSONALISED.value,
        is_imported=False,
    )


def _reached(row: Incident, since: datetime) -> tuple[int, int]:
    told = Decision.objects.filter(
        _personal(row), decided_at__gte=since, decided_at__lte=row.noticed_at
    ).aggregate(n=Count("pk"), people=Count("customer_id", distinct=True))
    return told["n"], told["people"]


def _first_default_at(row: Incident) -> datetime | None:
    """On a placement of the version that was stopped."""
    version = row.use_case.versions.filter(number=row.version_number).first()
    reach = version.content.get("reach", {}) if version else {}
    found = (
        Decision.objects.filter(
            placement_key__in=reach.get("placements", []),
            is_imported=False,
            decided_at__gte=row.noticed_at,
        )
        .exclude(_personal(row))
        .order_by("decided_at")
    )
    return found.values_list("decided_at", flat=True).first()


def close(
    *, by: Actor, now: datetime, incident_id: int, learned: str
) -> IncidentClosing:
    """Close it with the counts as the log has them now."""
    row = incident(incident_id)
    if not allows(by, Permission.USE_CASES_STOP, owner_ids(row.use_case)):
        raise Refused("Its owners, or those who may stop it, close an incident.")
    found = effect_of(row)
    return actions.close(
        by=by,
        now=now,
        incident_id=incident_id,
        learned=learned,
        n_decisions=found.n_decisions,
        n_customers=found.n_customers,
        first_default_at=found.first_default_at,
    )
