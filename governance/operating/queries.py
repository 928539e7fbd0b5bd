from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.access.models import ApiKey
from governance.operating.core import Due, check_due, in_order
from governance.operating.models import RegulatoryReference
from governance.people.models import User
from governance.rights.core import OPEN
from governance.rights.models import Complaint, RightsRequest
from governance.types import NotFound, Role
from governance.usecases.models import (
    Attestation,
    StrategicAssessment,
    UseCaseVersion,
)

__all__ = [
    "Due",
    "Holders",
    "RegulatoryReference",
    "calendar",
    "failed_tests",
    "holders",
    "reference",
    "references",
]

NO_LONGER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds a role now."""

    role: Role
    names: tuple[str, ...]


def holders() -> list[Holders]:
    """Every role with the people who hold it; one query."""
    rows = User.objects.filter(
        is_active=True, role_assignments__ended_at=None
    ).values_list("role_assignments__role", "display_name")
    found: dict[str, list[str]] = {}
    for role, name in rows.order_by("display_name"):
        found.setdefault(role, []).append(name)
    return [Holders(role, tuple(found.get(role.value, ()))) for role in Role]


def references() -> list[RegulatoryReference]:
    rows = RegulatoryReference.objects.select_related("checked_by")
    return list(rows.order_by("source"))


def reference(key: str) -> RegulatoryReference:
    found = RegulatoryReference.objects.filter(key=key).first()
    if found is None:
        raise NotFound("There is no such reference.")
    return found


def calendar(now: datetime) -> Sequence[Due]:
    """Everything that runs out, or has to be looked at again; five queries."""
    return in_order(
        [*_signed(), *_attested(now), *_asked(), *_keys(now), *_sources(now)]
    )


def _signed() -> Iterator[Due]:
    rows = UseCaseVersion.objects.filter(
        status=UseCaseVersion.Status.SIGNED, expires_at__isnull=False
    ).exclude(use_case__state="retired")
    for name, key, at in rows.values_list(
        "use_case__name", "use_case__key", "expires_at"
    ):
        if at is not None:
            yield Due(name, "Signatures run out", at, f"use_case:{key}")


def _attested(now: datetime) -> Iterator[Due]:
    rows = Attestation.objects.filter(
        version__status=UseCaseVersion.Status.SIGNED, valid_until__gt=now - NO_LONGER
    ).exclude(version__use_case__state="retired")
    for name, key, kind, at in rows.values_list(
        "version__use_case__name", "version__use_case__key", "kind", "valid_until"
    ):
        words = f"Privacy’s word on {kind.replace('_', ' ')} runs out"
        yield Due(name, words, at, f"use_case:{key}")


def _asked() -> Iterator[Due]:
    for request in RightsRequest.objects.filter(state__in=sorted(OPEN)):
        label = RightsRequest.Kind(request.kind).label
        subject = f"rights_request:{request.pk}"
        yield Due(f"Request {request.pk}", str(label), request.due_at, subject)
    waiting = Complaint.objects.filter(state="received")
    for pk, at in waiting.values_list("pk", "acknowledge_by"):
        yield Due(f"Complaint {pk}", "Has to be answered", at, f"complaint:{pk}")


def _keys(now: datetime) -> Iterator[Due]:
    rows = ApiKey.objects.filter(revoked_at=None, expires_at__gt=now)
    for name, at in rows.values_list("name", "expires_at"):
        yield Due(name, "API key runs out", at, "key:")


def _sources(now: datetime) -> Iterator[Due]:
    rows = RegulatoryReference.objects.exclude(status="ended")
    for key, source, on in rows.values_list("key", "source", "checked_on"):
        yield Due(source, "Source to be read again", check_due(on, now), f"ref:{key}")


def failed_tests() -> list[tuple[str, str, int]]:
    """Name and key of use cases whose last verdict on a test was no, with the test."""
    rows = StrategicAssessment.objects.order_by(
        "version__use_case_id", "test", "-assessed_at", "-pk"
    ).distinct("version__use_case_id", "test")
    told = rows.values_list(
        "version__use_case__name", "version__use_case__key", "test", "verdict"
    )
    return [
        (name, key, test) for name, key, test, verdict in told if verdict == "fails"
    ]
