from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from governance.access.core import Permission, holds
from governance.assessments.core import (
    Judged,
    Kind,
    Level,
    Part,
    RiskLevel,
    answer_problems,
    context_digest,
    read_answers,
    risks_in,
    sheet_problems,
    worst,
)
from governance.assessments.core.context import element_digest
from governance.assessments.core.sheets import ASKED
from governance.assessments.models import (
    Assessment,
    SafeguardsForAll,
    ScreeningRaise,
    Sheet,
)
from governance.assessments.queries import HEARERS, judged
from governance.audit import actions as audit
from governance.catalogue.queries import core_element, element
from governance.people.models import RoleAssignment
from governance.signoffs.core import MIN_REASON
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    RiskTier,
    SubjectRef,
)
from governance.usecases.core import AdmClass
from governance.usecases.drafting import latest, locked, subject_of
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.queries import open_version
from governance.usecases.settling import settle

__all__ = ["raise_screening", "safeguards_for_all", "save", "write_sheet"]

TRIGGER_REFUSALS: Mapping[str, str] = {
    "assessment.hash_differs": "The version changed since this was opened. Reload.",
    "assessment.retro_dated": "An assessment is dated by the database's clock alone.",
    "assessment.too_late": "It was signed without balancing the interests first. Open "
    "the next version and balance them there.",
}


@transaction.atomic
def save(
    *,
    by: Actor,
    now: datetime,
    key: str,
    kind: Kind | str,
    answers: Mapping[str, Any],
    complete: bool = False,
    level: Level | str | None = None,
    audience_size: int | None = None,
) -> Assessment:
    """Save the answers so far, or as complete; whoever comes back finds them.

    Answers that are not given stay as they were saved last. Complete ones bind to what
    was submitted, and count from then on.

    Raises
    ------
    Invalid
        Where it is to be complete and something is lacking, by field.
    """
    case, version = _writable(by, key)
    what = _kind(kind)
    found = judged(version, audience_size=audience_size)
    _note_large(case, found, now=now)
    merged = {**_saved(version, what), **read_answers(what, answers)}
    wanted = _level(found, what, level)
    if complete:
        _must_be_complete(version, what, wanted, merged, found)
    assert by.id is not None
    row = _insert(
        Assessment(
            version=version,
            kind=what,
            level=wanted,
            answers=merged,
            is_complete=complete,
            config_hash=version.config_hash,
            context=found.context,
            context_digest=context_digest(found.context),
            written_by_id=by.id,
            written_at=now,
        )
    )
    if complete:
        _raise_tier(version, what, merged)
        _record(by, now, version, row)
        settle(case, version, now=now)
    return row


def _writable(by: Actor, key: str) -> tuple[UseCase, UseCaseVersion]:
    if by.kind is not ActorKind.PERSON or not holds(by, Permission.ASSESSMENTS_WRITE):
        raise Refused("Only a privacy reviewer writes assessments.")
    case = locked(key)
    version = open_version(case) or latest(case)
    version.use_case = case
    writers = {version.author_id, *version.editors.values_list("user_id", flat=True)}
    if by.id in writers:
        raise Refused(
            "You wrote in this version, so someone else must assess it.",
            code="assessment.own_work",
        )
    return case, version


def _kind(kind: Kind | str) -> Kind:
    if kind not in set(Kind):
        raise NotFound("There is no such assessment.")
    return Kind(kind)


def _level(found: Judged, kind: Kind, level: Level | str | None) -> Level:
    """A more thorough form may be chosen, never a less thorough one."""
    if kind is not Kind.DPIA:
        return Level.NONE
    chosen = Level(level) if level in set(Level) else Level.NONE
    return max(chosen, found.screening.level, Level.SHORT, key=lambda one: one.rank)


def _saved(version: UseCaseVersion, kind: Kind) -> dict[str, Any]:
    row = (
        Assessment.objects.filter(
            version__use_case=version.use_case_id,
            version__number__lte=version.number,
            kind=kind,
        )
        .order_by("-pk")
        .first()
    )
    return dict(row.answers) if row else {}


def _must_be_complete(
    version: UseCaseVersion,
    kind: Kind,
    level: Level,
    answers: Mapping[str, Any],
    found: Judged,
) -> None:
    if not version.config_hash:
        raise Refused(
            "It is saved. It can be completed once the version is submitted, since it "
            "binds to exactly what is asked for.",
            code="assessment.not_submitted",
        )
    if kind is Kind.ADM and found.classification.adm is not AdmClass.UNDETERMINED:
        raise Refused("Its class is computed; there is nothing to rule on.")
    problems = answer_problems(kind, level, answers)
    if kind is Kind.SAFEGUARDS:
        problems |= _hearer_problems(answers.get("reviewers", ()))
    if problems:
        raise Invalid(problems)


def _hearer_problems(reviewers: Any) -> dict[str, str]:
    wanted = set(reviewers)
    held = RoleAssignment.objects.filter(
        user_id__in=wanted, user__is_active=True, role__in=HEARERS, ended_at=None
    )
    if not wanted or wanted - set(held.values_list("user_id", flat=True)):
        return {"reviewers": "Name people of privacy, support or the channel."}
    return {}


def _note_large(case: UseCase, found: Judged, *, now: datetime) -> None:
    """Once counted as large scale, it stays so: the next count may be smaller."""
    is_large = any(sign.code in {"I-3", "W-5"} for sign in _signs(found))
    if is_large and not _is_raised(case):
        _raise(case, Level.FULL, "It reaches very many people.", by=None, now=now)


def _is_raised(case: UseCase) -> bool:
    return ScreeningRaise.objects.filter(use_case=case, level=Level.FULL).exists()


def _signs(found: Judged) -> tuple[Any, ...]:
    return (*found.screening.mandatory, *found.screening.indicators)


def _raise_tier(
    version: UseCaseVersion, kind: Kind, answers: Mapping[str, Any]
) -> None:
    """A risk that is left and is not low makes it high risk; never the reverse."""
    left = worst(risks_in(answers)) if kind is Kind.DPIA else RiskLevel.LOW
    if left is not RiskLevel.LOW and version.risk_tier != RiskTier.T3:
        version.risk_tier = RiskTier.T3
        version.save(update_fields=["risk_tier"])


def _insert(row: Assessment) -> Assessment:
    """The database judges for itself; its refusals are told in plain words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except DatabaseError as error:
        for code, text in TRIGGER_REFUSALS.items():
            if code in str(error):
                raise Refused(text, code=code) from error
        raise
    return row


def _record(by: Actor, now: datetime, version: UseCaseVersion, row: Assessment) -> None:
    audit.record(
        by=by,
        now=now,
        type=f"assessment.{row.kind}_completed",
        subject=subject_of(version),
        details={"version": version.number, "level": row.level},
    )


@transaction.atomic
def raise_screening(
    *, by: Actor, now: datetime, key: str, level: Level | str, reason: str
) -> ScreeningRaise:
    """Ask for a more thorough impact assessment than was computed; it stays raised."""
    case, version = _writable(by, key)
    errors = {}
    if level not in {Level.SHORT, Level.FULL}:
        errors["level"] = "Choose the short form, or in full."
    elif Level(level).rank <= judged(version).screening.level.rank:
        errors["level"] = "It is as thorough already; it can only be raised."
    if len(reason.strip()) < MIN_REASON:
        errors["reason"] = f"Give the reason in at least {MIN_REASON} characters."
    if errors:
        raise Invalid(errors)
    return _raise(case, Level(level), reason.strip(), by=by, now=now)


def _raise(
    case: UseCase, level: Level, reason: str, *, by: Actor | None, now: datetime
) -> ScreeningRaise:
    row = ScreeningRaise.objects.create(
        use_case=case,
        level=level,
        reason=reason,
        raised_by_id=by.id if by else None,
        raised_at=now,
    )
    audit.record(
        by=by or Actor.system(),
        now=now,
        type="assessment.screening_raised",
        subject=SubjectRef("use_case", case.key),
        details={"level": level, "reason": reason},
    )
    return row


@transaction.atomic
def write_sheet(
    *,
    by: Actor,
    now: datetime,
    part: Part | str,
    key: str,
    answers: Mapping[str, Any],
    digest: str = "",
) -> Sheet:
    """A model card or data sheet; ``digest`` is that of the model in force."""
    what = Part(part)
    needed = (
        Permission.MODELS_WRITE if what is Part.MODEL else Permission.CATALOGUE_WRITE
    )
    if by.kind is ActorKind.API_KEY or not holds(by, needed):
        raise Refused("Analysts write model cards; they and privacy write data sheets.")
    if what is Part.ELEMENT:
        digest = element_digest(core_element(element(key)))
    kept = {q.key: str(answers.get(q.key, "")).strip() for q in ASKED[what]}
    if problems := sheet_problems(what, kept):
        raise Invalid(problems)
    row = Sheet.objects.create(
        part=what,
        key=key,
        digest=digest,
        answers=kept,
        written_by_id=by.id,
        written_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type=f"assessment.{what}_described",
        subject=SubjectRef(f"{what}_sheet", key, digest),
    )
    return row


@transaction.atomic
def safeguards_for_all(
    *, by: Actor, now: datetime, is_on: bool, reviewers: list[int], reason: str
) -> SafeguardsForAll:
    """Give the safeguards to everybody, also where the effect seems small."""
    if by.kind is not ActorKind.PERSON or not holds(by, Permission.ASSESSMENTS_WRITE):
        raise Refused("Only a privacy reviewer sets the safeguards.")
    errors = _hearer_problems(reviewers) if is_on else {}
    if len(reason.strip()) < MIN_REASON:
        errors["reason"] = f"Give the reason in at least {MIN_REASON} characters."
    if errors:
        raise Invalid(errors)
    assert by.id is not None
    row = SafeguardsForAll.objects.create(
        is_on=is_on,
        reviewers=sorted(set(reviewers)) if is_on else [],
        reason=reason.strip(),
        set_by_id=by.id,
        set_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type=f"assessment.safeguards_for_all_{'on' if is_on else 'off'}",
        subject=SubjectRef("installation", "safeguards"),
        details={"reviewers": row.reviewers, "reason": row.reason},
    )
    return row
