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
    "decided_of",
    "explanation",
    "recent",
    "sentence_of",
    "trace",
]
GATE_SENTENCES: Mapping[str, str] = {
    "governance.not_started": "The use case has not been started.",
    "governance.rolled_back": "The use case was rolled back.",
    "governance.retired": "The use case is retired.",
    "governance.voided": "The signatures of the use case were voided.",
    "governance.outside_envelope": "A setting goes beyond what was signed.",
    "governance.condition_open": "A condition of a signature is still open.",
    "governance.condition_overdue": "A condition of a signature is overdue.",
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
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotFound("There is no such decision.")
    content = _content(decision.config_hash)
    used, others = _signals(content)
    controls = dict.fromkeys((*content.explanation.controls, *ALWAYS_CONTROLS))
    return layers(
        why=decision.why,
        is_personal=decision.mode == Mode.PERSONALISED,
        in_experiment=bool(decision.experiment_key),
        used=used,
        others=others,
        controls={key: CONTROLS[key] for key in controls if key in CONTROLS},
    )


def _content(config_hash: str) -> UseCaseContent:
    version = None
    if config_hash:
        version = UseCaseVersion.objects.filter(config_hash=config_hash).first()
    return UseCaseContent.from_dict(version.content if version else {})


def _signals(content: UseCaseContent) -> tuple[list[Signal], list[str]]:
    named = slots(content.explanation.template)
    keys = [use.element for use in content.data_uses if use.element]
    keys.sort(key=lambda key: key not in named)
    elements: dict[str, Any] = {e.key: e for e in DataElement.objects.order_by("label")}
    used = [
        Signal(
            label=elements[key].label,
            source=elements[key].collected_where,
            kept_days=elements[key].ttl_days,
        )
        for key in dict.fromkeys(keys)
        if key in elements
    ]
    return used, [e.label for key, e in elements.items() if key not in keys]
