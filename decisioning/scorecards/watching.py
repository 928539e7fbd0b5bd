"""What speaks against going on with a use case, read from decisions and outcomes."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from decisioning.engine.core.types import Mode
from decisioning.engine.models import Decision
from decisioning.events.models import Event
from decisioning.experiments.queries import measured_facts
from decisioning.scorecards.core import is_certain_harm
from decisioning.scorecards.queries import scorecard
from decisioning.types import Period
from governance.usecases.core.ramp import Health
from governance.usecases.core.situation import SampleRatio
from governance.usecases.models import UseCaseVersion

BAD_SIGNS = ("Unsubscribed", "Email Marked as Spam")


def health(key: str, since: datetime, now: datetime) -> Health:
    """Guardrails against the people left alone, and what may not happen even once."""
    ratio = measured_facts(key, now).sample_ratio
    return Health(
        harmed=_harmed(key, since, now),
        violations=violations(key, since, now),
        is_ratio_alarm=ratio is SampleRatio.ALARM,
    )


def _harmed(key: str, since: datetime, now: datetime) -> tuple[str, ...]:
    if since >= now:
        return ()
    card = scorecard(key, Period(since, now), now)
    return tuple(row.metric.label for row in card.rows if is_certain_harm(row))


def violations(key: str, since: datetime, now: datetime) -> tuple[str, ...]:
    """Personal decisions without an explanation, or under a hash nobody signed."""
    personal = _personal(key, since, now)
    signed = _signed(key)
    counted = (
        (personal.filter(why="").count(), "decided without an explanation"),
        (
            personal.exclude(config_hash__in=signed).count(),
            "decided under what nobody signed",
        ),
    )
    return tuple(f"{n} {what}" for n, what in counted if n)


def _personal(key: str, since: datetime, now: datetime) -> QuerySet[Decision]:
    return Decision.objects.filter(
        use_case_key=key,
        mode=Mode.PERSONALISED.value,
        is_imported=False,
        decided_at__gte=since,
        decided_at__lt=now,
    )


def _signed(key: str) -> list[str]:
    signed = UseCaseVersion.objects.filter(use_case__key=key, signed_at__isnull=False)
    return list(signed.values_list("config_hash", flat=True))


def first_violation_at(key: str, since: datetime, now: datetime) -> datetime | None:
    """The first decision of those that ``violations`` counts."""
    wrong = Q(why="") | ~Q(config_hash__in=_signed(key))
    found = _personal(key, since, now).filter(wrong).order_by("decided_at")
    return found.values_list("decided_at", flat=True).first()


def first_harm_at(key: str, since: datetime, now: datetime) -> datetime | None:
    """The first bad sign from a customer it chose for, else its first decision.

    Bad signs are unsubscribing and marking as spam. A mean that fell has no single
    observation to point at: then the first decision in the window stands for it.
    """
    reached = _personal(key, since, now)
    signs = Event.objects.filter(
        name__in=BAD_SIGNS,
        occurred_at__gte=since,
        occurred_at__lt=now,
        customer_id__in=reached.values("customer_id"),
    ).order_by("occurred_at")
    told = signs.values_list("occurred_at", flat=True).first()
    decided = reached.order_by("decided_at").values_list("decided_at", flat=True)
    return told or decided.first()
