"""Evidence of consent that whoever imports people declares for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from governance.catalogue.core import PURPOSES
from governance.consent import actions as consent
from governance.consent.core import evidence_gaps
from governance.people.models import User
from governance.types import Actor, Invalid, digest_of

CHANNELS = ("web", "email", "app", "push", "sms")
WITHOUT_PURPOSES = ("personalise_onsite", "direct_marketing")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was declared; ``gaps`` names what is missing, and then it denies."""

    evidence: Mapping[str, Any]
    digest: str
    purposes: Sequence[str]
    channels: Sequence[str]
    collected_at: datetime | None
    valid_until: datetime | None
    gaps: Sequence[str]


def read(path: Path) -> Declaration:
    """Read a ``--consent-evidence`` file.

    Raises
    ------
    Invalid
        Where it is no JSON object, or a field that is given cannot be right.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise Invalid(
            {"consent_evidence": f"{path} cannot be read: {error}."}
        ) from error
    except ValueError as error:
        raise Invalid(
            {"consent_evidence": f"{path.name} is not JSON: {error}."}
        ) from error
    if not isinstance(data, dict):
        raise Invalid({"consent_evidence": f"{path.name} must hold one JSON object."})
    return declared(data)


def declared(data: Mapping[str, Any]) -> Declaration:
    errors: dict[str, str] = {}
    purposes = _known(data, "purposes", tuple(PURPOSES), errors)
    channels = _known(data, "channels", CHANNELS, errors)
    collected = _time(data, "collectedAt", errors)
    until = _time(data, "validUntil", errors)
    name = data.get("declaredBy")
    if name and not User.objects.filter(username=str(name)).exists():
        errors["declaredBy"] = f"Nobody here has the user name {name!r}."
    if errors:
        raise Invalid(errors)
    return Declaration(
        evidence=dict(data),
        digest=digest_of(dict(data)),
        purposes=purposes or WITHOUT_PURPOSES,
        channels=channels or ("",),
        collected_at=collected,
        valid_until=until,
        gaps=evidence_gaps(data),
    )


def _known(
    data: Mapping[str, Any], field: str, known: Sequence[str], errors: dict[str, str]
) -> list[str]:
    given = data.get(field) or []
    wrong = (
        given if not isinstance(given, list) else [g for g in given if g not in known]
    )
    if wrong:
        errors[field] = f"{field} must be a list of some of: {', '.join(known)}."
        return []
    return list(dict.fromkeys(given))


def _time(
    data: Mapping[str, Any], field: str, errors: dict[str, str]
) -> datetime | None:
    given = data.get(field)
    if not given:
        return None
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        errors[field] = f"{field} must be a time such as 2026-03-02T09:00:00Z."
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def record(
    declaration: Declaration,
    people: Sequence[int],
    *,
    by: Actor,
    now: datetime,
    source: str,
) -> int:
    """Write the declaration for those who do not have it yet; how many that were."""
    new = _without(declaration.digest, people)
    rows = [
        consent.ConsentRow(
            person_id=person,
            purpose=purpose,
            action="grant",
            channel=channel,
            occurred_at=declaration.collected_at,
            valid_until=declaration.valid_until,
            evidence={
                **declaration.evidence,
                "declaration": declaration.digest,
                "covers_below": True,
            },
        )
        for person in new
        for purpose in declaration.purposes
        for channel in declaration.channels
    ]
    if rows:
        consent.record_bulk(by=by, now=now, rows=rows, source=source[:40])
    return len(new)


def _without(digest: str, people: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p FROM unnest(%s::bigint[]) p WHERE NOT EXISTS ("
            " SELECT 1 FROM governance_consentevent e WHERE e.person_id = p"
            " AND e.evidence->>'declaration' = %s) ORDER BY p",
            [list(people), digest],
        )
        return [person for (person,) in cursor.fetchall()]
