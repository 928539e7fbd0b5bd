"""The parts of the review page, as plain frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.assessments.core import (
    SIGNIFICANT,
    Judged,
    Kind,
    Need,
    refused_interests,
)
from governance.assessments.core.interests import INTEREST_CODES
from governance.catalogue.core import Catalogue
from governance.lints.core import CODES, Finding, Severity
from governance.types import Answer, SignOffRole
from governance.usecases.core import (
    EXAMPLE_OFFER,
    Guardrail,
    UseCaseContent,
    creepy_findings,
    example_sentence,
    explanation_findings,
)
from governance.usecases.core.registry import (
    CHANNELS,
    CONTROLS,
    DATA_ROLES,
    GRANULARITIES,
    LAWFUL_BASES,
    METRICS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """How one required sign-off stands."""

    role: SignOffRole
    state: str
    label: str
    who: str = ""
    at: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    conditions: tuple[str, ...] = ()
    page_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaySign:
    """Whether the reader may sign in one role, or why not."""

    role: SignOffRole
    answer: Answer

    @property
    def because(self) -> str:
        return " ".join(str(reason) for reason in self.answer.reasons)


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One word of the verdict strip; ``tone`` is ok, warn or bad."""

    label: str
    word: str
    tone: str
    because: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """One data element as the reviewer judges it."""

    element: str
    source: str
    role: str
    reason: str
    granularity: str
    kept_days: int | None
    basis: str
    could_work_without: str


@dataclass(frozen=True, slots=True)
class PeoplesControl:
    """What customers read and can do."""

    sentence: str
    fallback: str
    controls: tuple[str, ...]
    max_contacts: str
    expected_reach: str


@dataclass(frozen=True, slots=True)
class Safety:
    """How harm would be noticed and stopped."""

    holdout: str
    first_exposure: str
    max_exposure: str
    guardrails: tuple[str, ...]
    stop_person: str


def verdict_strip(
    content: UseCaseContent, judged: Judged, catalogue: Catalogue
) -> tuple[VerdictRow, ...]:
    people, found = content.people, judged.classification
    elements = [
        catalogue.elements[use.element]
        for use in content.data_uses
        if use.element in catalogue.elements
    ]
    third = [element.label for element in elements if element.recipients]
    sensitive = [element.label for element in elements if element.is_sensitive]
    return (
        VerdictRow(
            "Risk tier",
            f"{found.tier} {found.tier.label}",
            "bad" if found.tier == "T3" else "ok",
            " ".join(found.tier_reasons),
        ),
        VerdictRow(
            "Profiling",
            "yes" if found.is_profiling else "no",
            "warn" if found.is_profiling else "ok",
            " ".join(found.profiling_reasons) or "Nobody is evaluated automatically.",
        ),
        VerdictRow(
            "Automated decision",
            judged.adm.value.replace("_", " "),
            "bad" if judged.adm in SIGNIFICANT else "ok",
            judged.adm_because,
        ),
        _assessed("DPIA", judged.need(Kind.DPIA)),
        _assessed("LIA", judged.need(Kind.LIA)),
        _declared("Children", people.children, "Declared by the author."),
        _declared("Vulnerable people", people.vulnerable, "Declared by the author."),
        VerdictRow(
            "Special category",
            "yes" if people.special_category or sensitive else "no",
            "bad" if people.special_category or sensitive else "ok",
            ", ".join(sensitive) or "No element touches one.",
        ),
        VerdictRow(
            "Third parties",
            "yes" if third else "no",
            "bad" if third else "ok",
            ", ".join(third) or "Nothing is passed on.",
        ),
        VerdictRow(
            "Price varies",
            "yes" if content.logic.price_varies else "no",
            "bad" if content.logic.price_varies else "ok",
            "Declared by the author.",
        ),
    )


def _assessed(label: str, need: Need) -> VerdictRow:
    tone = "bad" if need.is_open else "ok"
    told = f"{need.because} {need.mend}".strip()
    return VerdictRow(label, need.state.replace("_", " "), tone, told)


def _declared(label: str, answer: bool | None, because: str) -> VerdictRow:
    if answer is None:
        return VerdictRow(label, "not answered", "bad", "The question is open.")
    return VerdictRow(
        label, "yes" if answer else "no", "bad" if answer else "ok", because
    )


def data_rows(content: UseCaseContent, catalogue: Catalogue) -> tuple[DataRow, ...]:
    rows = []
    for use in content.data_uses:
        element = catalogue.elements.get(use.element)
        basis = content.lawful_basis.get(use.purpose, "")
        rows.append(
            DataRow(
                element=element.label if element else use.element,
                source=(
                    element.source_type.value.replace("_", "-")
                    if element
                    else "not in the catalogue"
                ),
                role=DATA_ROLES.get(use.role, use.role),
                reason=use.reason,
                granularity=GRANULARITIES.get(use.granularity, use.granularity),
                kept_days=element.ttl_days if element else None,
                basis=LAWFUL_BASES.get(basis, "none"),
                could_work_without=_without(use.could_work_without, use.why_not),
            )
        )
    return tuple(rows)


WITHOUT = {True: "Yes", False: "No", None: "Not answered"}


def _without(answer: bool | None, why_not: str) -> str:
    """The answer and its reason, as sentences."""
    return f"{WITHOUT[answer]}. {why_not}" if why_not else WITHOUT[answer]


def flow(
    content: UseCaseContent, catalogue: Catalogue, where: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Collected, stored, decided, shown, deleted: one step each."""
    days = [
        catalogue.elements[use.element].ttl_days or 0
        for use in content.data_uses
        if use.element in catalogue.elements
    ]
    log = content.retention.decision_log_days
    collected = ", ".join(dict.fromkeys(where)) or "nothing personal"
    channels = ", ".join(CHANNELS.get(c, c) for c in content.reach.channels)
    scores = ", ".join(content.logic.scores)
    return (
        ("Collected", collected),
        ("Stored", f"for {max(days)} days at most" if days else "not stored"),
        ("Scored", f"by {scores}" if scores else "by rules and priority alone"),
        ("Shown", channels or "nowhere yet"),
        ("Deleted", f"decisions after {log} days" if log else "no term given"),
    )


def red_flags(
    content: UseCaseContent, catalogue: Catalogue, audience_size: int | None
) -> tuple[Finding, ...]:
    """Every lint that raised something, blockers first."""
    findings = [
        *creepy_findings(content, catalogue, audience_size=audience_size),
        *explanation_findings(content, catalogue),
        *refused_interests(content, catalogue),
    ]
    raised = [f for f in findings if f.severity is not Severity.OK]
    return tuple(sorted(raised, key=lambda f: (not f.blocks, f.code)))


def n_checks(content: UseCaseContent, catalogue: Catalogue) -> int:
    """How many lints judged it, whatever they found."""
    return len(
        {
            *CODES,
            *INTEREST_CODES,
            *(f.code for f in explanation_findings(content, catalogue)),
        }
    )


def peoples_control(
    content: UseCaseContent,
    catalogue: Catalogue,
    audience_size: int | None,
    offer: str = EXAMPLE_OFFER,
) -> PeoplesControl:
    reach = content.reach
    contacts = (
        f"at most {reach.max_contacts} in {reach.window_days} days"
        if reach.max_contacts is not None
        else "no limit given"
    )
    size = f"{audience_size:,} customers" if audience_size is not None else "unknown"
    return PeoplesControl(
        sentence=example_sentence(content, catalogue, offer=offer),
        fallback=content.explanation.fallback,
        controls=tuple(CONTROLS.get(c, c) for c in content.explanation.controls),
        max_contacts=contacts,
        expected_reach=size,
    )


def safety(content: UseCaseContent, stop_person: str) -> Safety:
    experiment = content.experiment
    return Safety(
        holdout=_share(experiment.holdout_share),
        first_exposure=_share(experiment.first_exposure),
        max_exposure=_share(experiment.max_exposure),
        guardrails=tuple(_told(guardrail) for guardrail in content.guardrails),
        stop_person=stop_person,
    )


def _share(value: float | None) -> str:
    return "not given" if value is None else f"{value * 100:.3g} %"


def _told(guardrail: Guardrail) -> str:
    metric = METRICS.get(guardrail.metric)
    label = metric.label if metric else guardrail.metric
    way = "rises" if guardrail.direction == "up" else "falls"
    return (
        f"{label}: stop when it {way} by more than {guardrail.margin}, "
        f"judged from {guardrail.min_n} people on"
    )
