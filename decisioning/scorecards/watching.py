"""What speaks against going on with a use case, read from decisions and outcomes."""

from __future__ import annotations

from datetime import datetime

from decisioning.engine.core.types import Mode
from decisioning.engine.models import Decision
from decisioning.scorecards.core import is_certain_harm
from decisioning.scorecards.queries import scorecard
from decisioning.types import Period
from governance.usecases.core.ramp import Health
from governance.usecases.models import UseCaseVersion


def health(key: str, since: datetime, now: datetime) -> Health:
    """Guardrails against the people left alone, and what may not happen even once."""
    return Health(
        harmed=_harmed(key, since, now), violations=violations(key, since, now)
    )


def _harmed(key: str, since: datetime, now: datetime) -> tuple[str, ...]:
    if since >= now:
        return ()
    card = scorecard(key, Period(since, now), now)
    return tuple(row.metric.label for row in card.rows if is_certain_harm(row))


def violations(key: str, since: datetime, now: datetime) -> tuple[str, ...]:
    """Personal decisions without an explanation, or under a hash nobody signed."""
    personal = Decision.objects.filter(
        use_case_key=key,
        mode=Mode.PERSONALISED.value,
        is_imported=False,
        decided_at__gte=since,
        decided_at__lt=now,
    )
    signed = UseCaseVersion.objects.filter(
        use_case__key=key, signed_at__isnull=False
    ).values_list("config_hash", flat=True)
    counted = (
        (personal.filter(why="").count(), "decided without an explanation"),
        (
            personal.exclude(config_hash__in=list(signed)).count(),
            "decided under what nobody signed",
        ),
    )
    return tuple(f"{n} {what}" for n, what in counted if n)
