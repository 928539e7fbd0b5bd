"""What the engine may serve right now, computed from rows, never from a state alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.assessments.queries import Known, judged, known_of
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import catalogue as current_catalogue
from governance.fairness.models import FairnessAudit
from governance.fairness.queries import audits_of_cases
from governance.signoffs.core import STATE_REASONS, Standing, may_serve
from governance.signoffs.models import Approval
from governance.types import SERVING_STATES, Answer, State
from governance.usecases.core import UseCaseContent
from governance.usecases.models import (
    Attestation,
    RollbackDrill,
    StrategicAssessment,
    UseCase,
)
from governance.usecases.standing import (
    effective_content,
    signed_answer,
    standing_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCase:
    """One use case as the engine sees it, with the answer of the gate.

    ``may_serve`` leaves out only what the engine itself compares: the digests of the
    live configuration with those in ``references``.
    """

    key: str
    name: str
    version_number: int
    content: UseCaseContent
    config_hash: str
    references: Mapping[str, Any]
    state: State
    exposure_share: float
    priority: int
    may_serve: Answer
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of many versions at once, by version or use case."""

    catalogue: Catalogue
    approvals: Mapping[int, list[Approval]]
    attestations: Mapping[int, list[Attestation]]
    drills: Mapping[int, list[RollbackDrill]]
    assessments: Mapping[int, list[StrategicAssessment]]
    audits: Mapping[int, list[FairnessAudit]]
    impact: Known


def serving_cases(now: datetime) -> list[ServingCase]:
    """Every use case with a serving version; eleven queries however many there are."""
    cases = list(
        UseCase.objects.exclude(serving_version=None)
        .exclude(state=State.RETIRED)
        .select_related("serving_version")
        .order_by("-priority", "key")
    )
    rows = rows_of(cases)
    return [_case(case, rows, now) for case in cases]


def rows_of(cases: Iterable[UseCase]) -> Rows:
    found = list(cases)
    versions = [case.serving_version_id for case in found]
    return Rows(
        current_catalogue(),
        _by(Approval.objects.filter(version__in=versions), "version_id"),
        _by(Attestation.objects.filter(version__in=versions), "version_id"),
        _by(RollbackDrill.objects.filter(version__in=versions), "version_id"),
        _by(
            StrategicAssessment.objects.filter(
                version__use_case__in=[case.pk for case in found]
            ).select_related("version"),
            "use_case",
        ),
        _by(audits_of_cases([case.pk for case in found]), "use_case_id"),
        known_of(case.pk for case in found),
    )


def _by(rows: Iterable[Any], name: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        key = row.version.use_case_id if name == "use_case" else getattr(row, name)
        found[key].append(row)
    return found


def _case(case: UseCase, rows: Rows, now: datetime) -> ServingCase:
    version = case.serving_version
    assert version is not None
    state = State(case.state)
    standing = standing_of(
        version,
        state=state,
        catalogue=rows.catalogue,
        approvals=rows.approvals.get(version.pk, ()),
        attestations=rows.attestations.get(version.pk, ()),
        drills=rows.drills.get(version.pk, ()),
        audits=rows.audits.get(case.pk, ()),
        impact=judged(version, rows.impact, rows.catalogue).answer,
        exposure_share=case.exposure_share,
    )
    assessments = [
        row
        for row in rows.assessments.get(case.pk, ())
        if row.version.number <= version.number
    ]
    answer = gate(state, standing, now)
    if answer:
        answer = signed_answer(version, standing, assessments, now)
    return ServingCase(
        key=case.key,
        name=case.name,
        version_number=version.number,
        content=effective_content(version),
        config_hash=version.config_hash,
        references=version.references,
        state=state,
        exposure_share=case.exposure_share,
        priority=case.priority,
        may_serve=answer,
        expires_at=version.expires_at,
    )


def gate(state: State, standing: Standing, now: datetime) -> Answer:
    """The state's own word; what was signed is judged apart."""
    if state in SERVING_STATES:
        return Answer()
    if state in STATE_REASONS:
        return Answer((STATE_REASONS[state],))
    return may_serve(standing, now)
