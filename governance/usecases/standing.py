"""From rows to the pure rules: what was signed, what is live, what was assessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from governance.catalogue.core import Catalogue
from governance.fairness.models import FairnessAudit
from governance.fairness.queries import objection_to
from governance.signoffs.core import APPROVING, Decision, Standing, may_be_signed_for
from governance.signoffs.core import Approval as Signature
from governance.signoffs.core import Attestation as Attested
from governance.signoffs.models import Approval
from governance.types import (
    Answer,
    Digest,
    Reason,
    RiskTier,
    SignOffRole,
    State,
    digest_of,
)
from governance.usecases.core import (
    Assessed,
    Envelope,
    TestVerdict,
    UseCaseContent,
    classify,
    envelope,
    material,
    overlay_hash,
    within_envelope,
)
from governance.usecases.core.freshness import is_stale
from governance.usecases.models import (
    Attestation,
    RollbackDrill,
    StrategicAssessment,
    UseCaseVersion,
)

ASSESSED_BLOCKS: Mapping[int, tuple[str, ...]] = {
    1: ("customer",),
    2: ("objective",),
    3: ("explanation", "data_uses", "owners", "people"),
}
WHOLE = "assessments"
PARTS = ("rollback_drill",)
ATTESTATION_KINDS = (WHOLE, *PARTS)
CONDITION = "condition:"


def assessed_hash(content: UseCaseContent, test: int) -> Digest:
    """Digest of the answers that one strategic test looks at."""
    data = content.to_dict()
    seen = {block: data[block] for block in ASSESSED_BLOCKS[test]}
    return digest_of(seen, domain=f"pc/assessment/v1/{test}")


def pinned(references: Mapping[str, Any]) -> dict[str, str]:
    """Digest by name, from the stored references."""
    return {
        name: str(value.get("digest", "")) if isinstance(value, Mapping) else str(value)
        for name, value in references.items()
    }


def envelope_of(version: UseCaseVersion) -> Envelope:
    """Computed afresh from the row's content and references, never read."""
    content = UseCaseContent.from_dict(version.content)
    return envelope(content, pinned(version.references))


def tier_of(version: UseCaseVersion, catalogue: Catalogue) -> RiskTier:
    """The stricter of the computed tier and the stored one."""
    computed = classify(UseCaseContent.from_dict(version.content), catalogue).tier
    stored = version.risk_tier
    return max(computed, RiskTier(stored)) if stored in set(RiskTier) else computed


def signature(row: Approval) -> Signature:
    return Signature(
        role=SignOffRole(row.role),
        approver_id=row.approver_id,
        decision=Decision(row.decision),
        config_hash=row.config_hash,
        decided_at=row.decided_at,
        valid_until=row.valid_until,
        order=row.pk,
    )


def attested(
    rows: Iterable[Attestation], drills: Iterable[RollbackDrill]
) -> Attested | None:
    """The latest drill where one was run, else the word in force.

    The word is one for all assessments, or the weakest of one for each. No word helps
    where the latest drill failed.
    """
    drill = max(drills, key=lambda row: row.pk, default=None)
    if drill is not None:
        if not drill.is_passed:
            return None
        return Attested(config_hash=drill.config_hash, valid_until=drill.valid_until)
    latest = {row.kind: row for row in sorted(rows, key=lambda row: row.pk)}
    if WHOLE in latest:
        row = latest[WHOLE]
        return Attested(config_hash=row.config_hash, valid_until=row.valid_until)
    parts = [latest[kind] for kind in PARTS if kind in latest]
    if len(parts) < len(PARTS):
        return None
    hashes = {row.config_hash for row in parts}
    return Attested(
        config_hash=hashes.pop() if len(hashes) == 1 else "",
        valid_until=min(row.valid_until for row in parts),
    )


def open_conditions(
    approvals: Iterable[Approval], attestations: Iterable[Attestation]
) -> list[tuple[Approval, int, str]]:
    """Conditions of signatures that nobody has declared met."""
    met = {row.kind for row in attestations if row.kind.startswith(CONDITION)}
    return [
        (row, place, str(condition))
        for row in approvals
        if row.decision in APPROVING
        for place, condition in enumerate(row.conditions)
        if f"{CONDITION}{row.pk}:{place}" not in met
    ]


def assessed(
    version: UseCaseVersion, rows: Iterable[StrategicAssessment]
) -> tuple[Assessed, ...]:
    """The latest assessment of each test up to this version.

    One made on the very answers of this version counts before a later one made on
    others, so that a draft's assessment does not reach back to what is serving.
    """
    content = UseCaseContent.from_dict(version.content)
    found: list[Assessed] = []
    for test in ASSESSED_BLOCKS:
        wanted = assessed_hash(content, test)
        of_test = sorted((r for r in rows if r.test == test), key=lambda r: r.pk)
        current = [row for row in of_test if row.content_hash == wanted]
        found.extend(
            Assessed(
                test=test,
                verdict=_verdict(row.verdict),
                assessor_id=row.assessor_id,
                is_current=row.content_hash == wanted,
                assessed_at=row.assessed_at,
            )
            for row in (current or of_test)[-1:]
        )
    return tuple(found)


def _verdict(stored: str) -> TestVerdict:
    return TestVerdict.PASSES if stored == "pass" else TestVerdict.FAILS


def assessment_refusal(
    version: UseCaseVersion, rows: Iterable[StrategicAssessment], now: datetime
) -> Answer:
    """No while a test is not passed on these very answers, or its evidence is stale.

    The code names the test, so that the decision log does too.
    """
    given = {one.test: one for one in assessed(version, rows)}
    for test in ASSESSED_BLOCKS:
        fault = _fault(given.get(test), version.author_id, now)
        if fault:
            told, mend = TEST_FAULTS[fault]
            code = f"governance.test_{test}_{fault}"
            return Answer.no(code, f"Strategic test {test} {told}", mend)
    return Answer()


TEST_FAULTS: Mapping[str, tuple[str, str]] = {
    "missing": (
        "is not passed on the answers as they are now.",
        "Ask somebody other than the author to assess it.",
    ),
    "failed": (
        "was failed by its assessor.",
        "Answer the assessor's evidence and ask again.",
    ),
    "stale": (
        "rests on evidence that is too old.",
        "Ask somebody other than the author to look again.",
    ),
}


def _fault(given: Assessed | None, author_id: int, now: datetime) -> str:
    if given is None or not given.is_current or given.assessor_id == author_id:
        return "missing"
    if given.verdict is not TestVerdict.PASSES:
        return "failed"
    return "stale" if is_stale(given.test, given.assessed_at, now) else ""


def standing_of(
    version: UseCaseVersion,
    *,
    state: State,
    catalogue: Catalogue,
    approvals: Iterable[Approval],
    attestations: Iterable[Attestation],
    drills: Iterable[RollbackDrill],
    audits: Iterable[FairnessAudit],
    impact: Answer,
    exposure_share: float | None = None,
) -> Standing:
    rows, words = list(approvals), list(attestations)
    is_in_review = version.status in {"in_review", "signed"}
    return Standing(
        state=state,
        tier=tier_of(version, catalogue),
        approved_hash=version.config_hash if is_in_review else "",
        live_hash=envelope_of(version).config_hash,
        approvals=tuple(signature(row) for row in rows),
        attestation=attested(words, drills),
        assessed=impact,
        expires_at=version.expires_at,
        overlay_within=_is_within(version, exposure_share),
        **_conditions(version, open_conditions(rows, words)),
        fairness=objection_to(
            audits, version.config_hash, is_paused=state is State.PAUSED
        ),
    )


def _conditions(
    version: UseCaseVersion, found: list[tuple[Approval, int, str]]
) -> dict[str, Any]:
    """Before the first signing all have to be met; afterwards each by its day."""
    dues = [row.conditions_due_at for row, _, _ in found]
    if version.status != UseCaseVersion.Status.SIGNED or None in dues:
        return {"open_conditions": len(found)}
    return {"conditions_due_at": min((due for due in dues if due), default=None)}


def _is_within(version: UseCaseVersion, exposure_share: float | None) -> bool:
    content = UseCaseContent.from_dict(version.content)
    largest = content.experiment.max_exposure
    if exposure_share is not None and largest is not None and exposure_share > largest:
        return False
    if not version.overlay:
        return True
    signed = material(content, pinned(version.references))
    is_ours = overlay_hash(version.overlay) == version.overlay_hash
    return is_ours and within_envelope(version.overlay, signed)


def effective_content(version: UseCaseVersion) -> UseCaseContent:
    """The signed content with the narrower settings of the overlay written in."""
    data = UseCaseContent.from_dict(version.content).to_dict()
    for path, value in version.overlay.items():
        *blocks, name = path.split(".")
        target: Any = data
        for block in blocks:
            target = target.get(block, {}) if isinstance(target, dict) else {}
        if isinstance(target, dict):
            target[name] = value
    return UseCaseContent.from_dict(data)


VOID = Reason(
    "governance.voided",
    "The signatures were voided.",
    "Have the version signed again.",
)


def signed_answer(
    version: UseCaseVersion,
    standing: Standing,
    assessments: Iterable[StrategicAssessment],
    now: datetime,
) -> Answer:
    """Everything but the state: void, hash, expiry, signatures, words, tests."""
    if version.status == UseCaseVersion.Status.VOID:
        return Answer((VOID,))
    answer = may_be_signed_for(standing, now)
    return answer if not answer else assessment_refusal(version, assessments, now)
