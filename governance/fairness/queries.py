from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from governance.fairness.core import FairnessVerdict, Finding, worst
from governance.fairness.core.answering import (
    Occasion,
    Option,
    is_justified,
    objection,
)
from governance.fairness.models import FairnessAnswer, FairnessAudit
from governance.types import NotFound, Reason
from governance.usecases.models import UseCase, UseCaseVersion

__all__ = [
    "FairnessAnswer",
    "FairnessAudit",
    "as_json",
    "audits",
    "audits_of",
    "audits_of_cases",
    "findings",
    "justified",
    "last_proxies",
    "latest",
    "objection_to",
    "overdue",
    "standing",
]

ANSWERS = Prefetch(
    "answers",
    FairnessAnswer.objects.select_related("answered_by").order_by("pk"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One use case on the fairness page, with its latest audit."""

    use_case: UseCase
    audit: FairnessAudit | None


def audits(key: str, *, limit: int = 24) -> list[FairnessAudit]:
    """Of one use case, newest first.

    Raises
    ------
    NotFound
        Where there is no such use case.
    """
    if not UseCase.objects.filter(key=key).exists():
        raise NotFound("There is no such use case.")
    found = FairnessAudit.objects.filter(use_case__key=key).select_related("use_case")
    return list(found.prefetch_related(ANSWERS).order_by("-pk")[:limit])


def audits_of(of: UseCaseVersion) -> list[FairnessAudit]:
    """What the gate looks at for one version."""
    return [a for a in audits_of_cases([of.use_case_id]) if a.config_hash]


def audits_of_cases(cases: Collection[int]) -> list[FairnessAudit]:
    """What the gate looks at: verdicts and answers, without the long findings."""
    rows = FairnessAudit.objects.filter(use_case__in=cases).prefetch_related(ANSWERS)
    return list(rows.defer("findings", "proxies", "bubble", "limits").order_by("pk"))


def latest(key: str) -> FairnessAudit | None:
    return next(iter(audits(key, limit=1)), None)


def last_proxies(key: str) -> list[dict[str, Any]]:
    """What the last simulation found to stand in for a protected trait."""
    found = FairnessAudit.objects.filter(use_case__key=key, method="simulation")
    last = found.order_by("-pk").values_list("proxies", flat=True).first()
    return list(last or [])


def in_words(of: UseCaseVersion) -> str:
    """The audit of exactly this configuration on the reviewer's page."""
    mine = FairnessAudit.objects.filter(
        use_case=of.use_case_id, config_hash=of.config_hash
    )
    row = mine.order_by("-pk").first() if of.config_hash else None
    if row is None:
        return "Not simulated: it is, on real customers, when it is sent for review."
    how = "Simulated on" if row.method == "simulation" else "Measured on"
    word = FairnessVerdict(row.verdict).label
    f = worst(findings(row))
    if f is None or f.lo is None:
        return f"{how} {row.n_customers:,} customers: {word}."
    upper = f"{f.hi:.2f}" if f.hi is not None else "no upper end"
    return (
        f"{how} {row.n_customers:,} customers: {word}. Worst: {f.group} ({f.trait}), "
        f"{f.estimate:.2f} of {f.reference} ({f.lo:.2f} to {upper}), n {f.shown_n}."
    )


def standing() -> list[Standing]:
    """Every use case with its latest audit, those without one last; two queries."""
    newest = FairnessAudit.objects.order_by("use_case_id", "-pk").distinct(
        "use_case_id"
    )
    found = {row.use_case_id: row for row in newest.prefetch_related(ANSWERS)}
    cases = UseCase.objects.exclude(state="retired").order_by("name", "key")
    return [Standing(case, found.get(case.pk)) for case in cases]


def findings(audit: FairnessAudit) -> list[Finding]:
    return [Finding.from_dict(each) for each in audit.findings]


def justified(audit: FairnessAudit) -> bool:
    rows = audit.answers.all()
    return is_justified({row.role for row in rows if row.option == Option.JUSTIFY})


def objection_to(
    rows: Iterable[FairnessAudit], config_hash: str, *, is_paused: bool = False
) -> Reason | None:
    """What the audits of exactly this configuration say against serving it.

    While it runs a breach found later leaves the owner time; once it is paused it does
    not start again before the breach is settled.
    """
    mine = sorted(
        (
            row
            for row in rows
            if row.config_hash == config_hash
            and (is_paused or row.occasion == Occasion.BEFORE_LAUNCH)
        ),
        key=lambda row: row.pk,
    )
    if not mine:
        return objection(None, justified=False)
    last = mine[-1]
    verdict = FairnessVerdict(last.verdict)
    is_breach = verdict is FairnessVerdict.BREACH
    return objection(verdict, justified=is_breach and justified(last))


def overdue(now: datetime) -> list[FairnessAudit]:
    """Latest audits with a breach about which nobody has said anything in time."""
    return [
        each.audit
        for each in standing()
        if each.audit is not None
        and each.audit.due_at is not None
        and each.audit.due_at <= now
        and not each.audit.answers.all()
    ]


def as_json(audit: FairnessAudit) -> dict[str, Any]:
    """An audit as a program may read it; small cells are hidden."""
    return {
        "id": audit.pk,
        "useCase": audit.use_case.key,
        "version": audit.version_number,
        "configHash": audit.config_hash,
        "occasion": audit.occasion,
        "method": audit.method,
        "verdict": audit.verdict,
        "customers": audit.n_customers,
        "from": audit.starts_at.isoformat() if audit.starts_at else None,
        "to": audit.ends_at.isoformat(),
        "findings": [_public(each) for each in findings(audit)],
        "proxies": audit.proxies,
        "filterBubble": audit.bubble or None,
        "limits": audit.limits,
        "dueAt": audit.due_at.isoformat() if audit.due_at else None,
        "isJustified": justified(audit),
    }


def _public(finding: Finding) -> dict[str, Any]:
    return {
        "measure": finding.measure,
        "direction": finding.direction,
        "trait": finding.trait,
        "group": finding.group,
        "reference": finding.reference,
        "isIntersection": finding.is_intersection,
        "n": finding.shown_n,
        "events": finding.shown_events,
        "estimate": finding.as_dict()["estimate"],
        "interval": [finding.as_dict()["lo"], finding.as_dict()["hi"]],
        "method": finding.method,
        "verdict": finding.verdict,
        "note": finding.note,
        "needsMore": finding.needs_more,
        "needsDays": finding.needs_days,
    }
