"""Logged decisions, read back: the trace, the funnel, what a customer is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from decisioning.customers.models import Customer
from decisioning.engine.core.explain import Layers, Signal, layers
from decisioning.engine.core.trace import CandidateRow, FunnelStep, funnel, rows
from decisioning.engine.core.types import Mode
from decisioning.engine.models import Decision
from decisioning.types import REASON_SENTENCES, ReasonCode
from governance.catalogue.models import DataElement
from governance.consent.core import SENTENCES as CONSENT_SENTENCES
from governance.consent.core import Code
from governance.types import NotFound
from governance.usecases.core import UseCaseContent, slots
from governance.usecases.core.registry import CONTROLS
from governance.usecases.models import UseCaseVersion

__all__ = [
    "CandidateRow",
    "Decision",
    "FunnelStep",
    "Layers",
    "Listed",
    "Signal",
    "Trace",
    "content_of",
    "decided_of",
    "explained",
    "explanation",
    "keys_read",
    "recent",
    "sentence_of",
    "shown_lately",
    "trace",
    "trace_row",
]
GATE_SENTENCES: Mapping[str, str] = {
    "governance.not_started": "The use case has not been started.",
    "governance.rolled_back": "The use case was rolled back.",
    "governance.retired": "The use case is retired.",
    "governance.voided": "The signatures of the use case were voided.",
    "governance.outside_envelope": "A setting goes beyond what was signed.",
    "governance.condition_open": "A condition of a signature is still open.",
    "governance.condition_overdue": "A condition of a signature is overdue.",
    "governance.assessment_needed": "An assessment of the effect on people is missing.",
    "governance.assessment_outdated": "An assessment was written for other settings.",
    "governance.assessment_blocked": "An assessment does not let it through.",
    "governance.assessment_missing": "A strategic test has not been assessed.",
    "governance.attestation_missing": "Privacy has not attested an assessment.",
    "governance.attestation_outdated": "Privacy's attestation is of another version.",
    "governance.attestation_expired": "Privacy's attestation has run out.",
} | {
    f"governance.test_{test}_{fault}": f"Strategic test {test} {told}"
    for test in (1, 2, 3)
    for fault, told in (
        ("missing", "is not passed on the answers as they are now."),
        ("failed", "was failed by its assessor."),
        ("stale", "rests on evidence that is too old."),
    )
}
FOR_A_CHOICE = ("less_like_this", "dont_use")
ALWAYS_CONTROLS = ("turn_off", "complain")


@dataclass(frozen=True, slots=True)
class Trace:
    """One decision with every candidate, under the customer's pseudonym."""

    decision: Decision
    pseudonym: str
    candidates: tuple[CandidateRow, ...]
    funnel: tuple[FunnelStep, ...]
    next_at: Mapping[str, datetime | None]

    @property
    def chosen(self) -> CandidateRow | None:
        return next((c for c in self.candidates if c.reason == "chosen"), None)

    @property
    def n_candidates(self) -> int:
        return len(self.candidates)


@dataclass(frozen=True, slots=True)
class Listed:
    """A decision in a list."""

    id: UUID
    pseudonym: str
    placement: str
    mode: str
    reason: str
    use_case: str
    offer: str
    arm: str
    decided_at: datetime


def trace(decision_id: UUID) -> Trace:
    """Two queries.

    Raises:
        NotFound: there is no such decision.
    """
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotFound("There is no such decision.")
    packed = decision.candidates if isinstance(decision.candidates, dict) else {}
    return Trace(
        decision=decision,
        pseudonym=_pseudonyms([decision.customer_id]).get(decision.customer_id, ""),
        candidates=tuple(rows(packed)),
        funnel=tuple(funnel(packed)),
        next_at={
            cap: None
            if at is None
            else datetime.fromtimestamp(at, decision.decided_at.tzinfo)
            for cap, at in packed.get("nextAt", {}).items()
        },
    )


def recent(
    *,
    use_case: str = "",
    placement: str = "",
    mode: str = "",
    reason: str = "",
    pseudonym: str = "",
    before: datetime | None = None,
    limit: int = 50,
) -> list[Listed]:
    """The latest decisions that fit, newest first; two queries, three by pseudonym."""
    found: QuerySet[Decision] = Decision.objects.filter(is_imported=False)
    wanted = {
        "use_case_key": use_case,
        "placement_key": placement,
        "mode": mode,
        "reason": reason,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if pseudonym:
        who = Customer.objects.filter(pseudonym=pseudonym).values("pk")
        found = found.filter(customer_id__in=who)
    if before is not None:
        found = found.filter(decided_at__lt=before)
    decisions = list(
        found.only(
            "id",
            "customer_id",
            "placement_key",
            "mode",
            "reason",
            "use_case_key",
            "offer_key",
            "arm",
            "decided_at",
        ).order_by("-decided_at")[:limit]
    )
    names = _pseudonyms([d.customer_id for d in decisions])
    return [
        Listed(
            id=d.id,
            pseudonym=names.get(d.customer_id, ""),
            placement=d.placement_key,
            mode=d.mode,
            reason=d.reason,
            use_case=d.use_case_key,
            offer=d.offer_key,
            arm=d.arm,
            decided_at=d.decided_at,
        )
        for d in decisions
    ]


def decided_of(customer_id: int, *, limit: int = 50) -> list[Decision]:
    """A customer's latest decisions."""
    found = Decision.objects.filter(customer_id=customer_id).order_by("-decided_at")
    return list(found[:limit])


def shown_lately(customer_id: int, *, most: int = 5) -> list[Decision]:
    """What a customer was shown by choice lately, newest first; one query."""
    found = Decision.objects.filter(
        customer_id=customer_id, is_imported=False, mode=Mode.PERSONALISED
    )
    return list(found.order_by("-decided_at")[:most])


def _pseudonyms(ids: list[int | None]) -> dict[int | None, str]:
    wanted = {pk for pk in ids if pk is not None}
    found = Customer.objects.filter(pk__in=wanted).values_list("pk", "pseudonym")
    return dict(found)


def sentence_of(code: str) -> str:
    """A reason code in words."""
    try:
        return REASON_SENTENCES[ReasonCode(code)]
    except (ValueError, KeyError):
        pass
    if code in GATE_SENTENCES:
        return GATE_SENTENCES[code]
    try:
        return CONSENT_SENTENCES[Code(code)][0]
    except (ValueError, KeyError):
        return code.replace(".", ": ").replace("_", " ").capitalize() + "."


def explanation(decision_id: UUID) -> Layers:
    """The customer's three layers, from what was logged; at most three queries.

    Raises:
        NotFound: there is no such decision.
    """
    return explained(trace_row(decision_id))


def trace_row(decision_id: UUID) -> Decision:
    """The logged row alone; one query.

    Raises:
        NotFound: there is no such decision.
    """
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotFound("There is no such decision.")
    return decision


def explained(decision: Decision) -> Layers:
    """The three layers of a decision that was read; the same log, the same bytes."""
    content = content_of(decision.config_hash)
    is_personal = decision.mode == Mode.PERSONALISED
    used, others = _signals(decision, content)
    wanted = (*content.explanation.controls, *ALWAYS_CONTROLS)
    if is_personal and decision.offer_key:
        wanted = (*FOR_A_CHOICE[: 2 if used else 1], *wanted)
    controls = dict.fromkeys(wanted)
    return layers(
        why=decision.why,
        is_personal=is_personal,
        in_experiment=bool(decision.experiment_key),
        used=used,
        others=others,
        controls={key: CONTROLS[key] for key in controls if key in CONTROLS},
    )


def content_of(config_hash: str) -> UseCaseContent:
    """What was signed under a hash; empty where there is no such version."""
    version = None
    if config_hash:
        version = UseCaseVersion.objects.filter(config_hash=config_hash).first()
    return UseCaseContent.from_dict(version.content if version else {})


def keys_read(decision: Decision, content: UseCaseContent) -> list[str]:
    """Elements behind a choice, the named first; what was declared once inputs ended.

    Decisions from before signals were logged tell what their use case declares.
    """
    logged = decision.inputs if isinstance(decision.inputs, dict) else {}
    if "read" in logged:
        return list(logged["read"])
    named = slots(content.explanation.template)
    keys = [use.element for use in content.data_uses if use.element]
    return list(dict.fromkeys(sorted(keys, key=lambda key: key not in named)))


def _signals(
    decision: Decision, content: UseCaseContent
) -> tuple[list[Signal], list[str]]:
    keys = keys_read(decision, content)
    elements: dict[str, Any] = {e.key: e for e in DataElement.objects.order_by("label")}
    ages = {use.element: use.max_age_days for use in content.data_uses}
    used = [
        _signal(elements[key], ages.get(key)) if key in elements else _undeclared(key)
        for key in keys
    ]
    return used, [e.label for key, e in elements.items() if key not in keys]


def _signal(element: DataElement, looked_back_days: int | None) -> Signal:
    is_told = element.source_type == "zero_party"
    trait = element.field.removeprefix("trait.") if is_told else ""
    return Signal(
        label=element.label,
        source=element.collected_where,
        kept_days=element.ttl_days,
        looked_back_days=looked_back_days,
        key=element.key,
        trait=trait if f"trait.{trait}" == element.field else "",
    )


def _undeclared(field: str) -> Signal:
    """Something that was read and is in no catalogue is disclosed all the same."""
    words = field.rpartition(".")[2].replace("_", " ").capitalize()
    return Signal(label=words, source="", kept_days=None, key=field)
