"""Which assessments a version needs, how each stands, and whether it may serve."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from governance.assessments.core.answers import risks_in
from governance.assessments.core.context import context_digest, context_of
from governance.assessments.core.interests import interests_of, refused_interests
from governance.assessments.core.kinds import Kind, Level
from governance.assessments.core.risks import RiskLevel, worst
from governance.assessments.core.screening import Screening, screen
from governance.catalogue.core import Catalogue
from governance.types import Answer, Reason
from governance.usecases.core import (
    AdmClass,
    Classification,
    UseCaseContent,
    classify,
)

MISSING = "missing"
OUTDATED = "outdated"
BLOCKED = "blocked"
COMPLETE = "complete"
NOT_NEEDED = "not_needed"
SIGNIFICANT = frozenset({AdmClass.UNDETERMINED, AdmClass.AUTOMATED_SIGNIFICANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One completed assessment; the latest of a kind counts."""

    kind: Kind
    digest: str
    answers: Mapping[str, Any]
    level: Level = Level.NONE
    decided_at: datetime | None = None
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is assessed: the content, what it refers to and the catalogue."""

    content: UseCaseContent
    references: Mapping[str, str]
    catalogue: Catalogue
    raised: Level = Level.NONE
    has_house_pack: bool = False
    audience_size: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """How one assessment stands, with the reason and the way out."""

    kind: Kind
    state: str
    because: str
    mend: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it stands against serving."""
        return self.state in {MISSING, OUTDATED, BLOCKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The whole answer: classes, screening and every assessment's standing."""

    classification: Classification
    screening: Screening
    adm: AdmClass
    adm_because: str
    needs: tuple[Need, ...]
    context: Mapping[str, Any] = field(default_factory=dict)

    def need(self, kind: Kind) -> Need:
        """How one assessment stands."""
        return next(need for need in self.needs if need.kind == kind)

    @property
    def answer(self) -> Answer:
        """Whether the assessments stand in the way of serving."""
        open_needs = [need for need in self.needs if need.is_open]
        order = (BLOCKED, OUTDATED, MISSING)
        open_needs.sort(key=lambda need: order.index(need.state))
        return Answer(tuple(_reason(need) for need in open_needs))


def judge(subject: Subject, given: Iterable[Given]) -> Judged:
    """Judge the assessments of a version.

    Parameters
    ----------
    subject
        The version as it is configured now.
    given
        Completed assessments of this use case, up to this version.

    Returns
    -------
    Judged
        An assessment that was written against anything else is outdated.

    References
    ----------
    ``governance.md`` 2.6, 2.7 and 3, row 3.
    """
    content, known = subject.content, subject.catalogue
    latest = {row.kind: row for row in sorted(given, key=lambda row: row.order)}
    found = classify(content, known)
    context = context_of(content, subject.references, known)
    digest = context_digest(context)
    screening = screen(
        content,
        known,
        found,
        raised=subject.raised,
        audience_size=subject.audience_size,
    )
    adm, because = _settled(found, latest.get(Kind.ADM), digest)
    needs = (
        _dpia(screening, latest.get(Kind.DPIA), digest),
        _lia(subject, latest.get(Kind.LIA), digest),
        _adm(found, latest.get(Kind.ADM), digest),
        _safeguards(adm, latest.get(Kind.SAFEGUARDS), digest, subject.has_house_pack),
    )
    return Judged(
        classification=found,
        screening=screening,
        adm=adm,
        adm_because=because,
        needs=needs,
        context=context,
    )


def _settled(
    found: Classification, ruling: Given | None, digest: str
) -> tuple[AdmClass, str]:
    """Undetermined stays so until a reason was recorded on exactly this content."""
    told = " ".join(found.adm_reasons)
    if found.adm is not AdmClass.UNDETERMINED:
        return found.adm, told
    if ruling is None or ruling.digest != digest:
        return found.adm, f"{told} Counts as significant until privacy rules on it."
    return AdmClass(ruling.answers["ruling"]), str(ruling.answers["reason"])


def _dpia(screening: Screening, row: Given | None, digest: str) -> Need:
    kind, because = Kind.DPIA, screening.because
    if screening.level is Level.NONE:
        return Need(kind, NOT_NEEDED, because)
    if row is not None and row.digest == digest:
        return _dpia_of(screening, row)
    mend = f"Ask privacy to assess it ({screening.level.label})."
    if row is None:
        return Need(kind, MISSING, because, mend)
    return Need(kind, OUTDATED, because, f"It was written for other settings. {mend}")


def _dpia_of(screening: Screening, row: Given) -> Need:
    if row.level.rank < screening.level.rank:
        because = f"It was done as a {row.level.label}. {screening.because}"
        return Need(Kind.DPIA, MISSING, because, "It is needed in full.")
    left = worst(risks_in(row.answers))
    if left is RiskLevel.HIGH:
        return Need(
            Kind.DPIA,
            BLOCKED,
            "A high risk to people is left after all measures.",
            "Lower it, or consult the authority first (GDPR Article 36).",
        )
    return Need(Kind.DPIA, COMPLETE, f"The risk that is left is {left.value}.")


def _lia(subject: Subject, row: Given | None, digest: str) -> Need:
    kind, purposes = Kind.LIA, interests_of(subject.content)
    if not purposes:
        return Need(kind, NOT_NEEDED, "No purpose rests on legitimate interests.")
    refused = refused_interests(subject.content, subject.catalogue)
    if refused:
        return Need(kind, BLOCKED, refused[0].text, refused[0].mend)
    told = f"Legitimate interests for: {', '.join(purposes)}."
    if row is None:
        return Need(kind, MISSING, told, "Ask privacy to balance the interests.")
    if row.digest != digest:
        return Need(
            kind, OUTDATED, told, "It was written for other settings. Balance again."
        )
    if row.answers.get("outcome") != "stands":
        return Need(
            kind, BLOCKED, "People's own interests weigh more.", "Ask for consent."
        )
    return Need(kind, COMPLETE, f"{told} The balance stands.")


def _adm(found: Classification, row: Given | None, digest: str) -> Need:
    """A ruling is asked for; while it lacks, the safeguards take its place."""
    if found.adm is not AdmClass.UNDETERMINED:
        return Need(Kind.ADM, NOT_NEEDED, " ".join(found.adm_reasons))
    if row is not None and row.digest == digest:
        return Need(Kind.ADM, COMPLETE, str(row.answers["reason"]))
    return Need(
        Kind.ADM,
        NOT_NEEDED,
        "Nobody has ruled on it, so it counts as significant.",
        "Privacy may rule on it, with the reason.",
    )


def _safeguards(adm: AdmClass, row: Given | None, digest: str, has_house: bool) -> Need:
    kind = Kind.SAFEGUARDS
    if adm not in SIGNIFICANT:
        return Need(kind, NOT_NEEDED, "The effect on people is not significant.")
    if has_house:
        return Need(kind, COMPLETE, "The safeguards for all cover it.")
    because = "A computer alone may decide something significant."
    if row is None:
        return Need(kind, MISSING, because, "Attach the safeguards for people.")
    if row.digest != digest:
        return Need(kind, OUTDATED, because, "Attach the safeguards again.")
    return Need(kind, COMPLETE, "People can be heard, and a person can change it.")


CODES: Mapping[str, str] = {
    MISSING: "governance.assessment_needed",
    OUTDATED: "governance.assessment_outdated",
    BLOCKED: "governance.assessment_blocked",
}
WORDS: Mapping[str, str] = {
    MISSING: "is missing",
    OUTDATED: "is outdated",
    BLOCKED: "does not let it through",
}


def _reason(need: Need) -> Reason:
    text = f"{need.kind.label} {WORDS[need.state]}. {need.because}"
    return Reason(CODES[need.state], text, need.mend)
