from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import ago, when_text
from console.units import amount, metric_label
from governance.signoffs.queries import Badge, MaySign, QueueRow, Review
from governance.types import Actor, SignOffRole
from governance.usecases.core import Change, ChangeClass, Effect, UseCaseContent

DUE_AFTER = timedelta(days=3)
BADGE_STATES = {
    "signed": "signed",
    "missing": "waiting",
    "expired": "void",
    "revoked": "void",
    "outdated": "void",
    "changes": "changes",
}
BADGE_WORDS = {"missing": "waits", "outdated": "void"}
TONES = {"ok": "positive", "warn": "caution", "bad": "negative"}
SHORT = {
    "automated not significant": "not significant",
    "automated significant": "significant",
    "human rule": "by a person's rule",
}
EFFECT_TONES = {
    Effect.WIDER: "caution",
    Effect.NEW: "caution",
    Effect.NARROWER: "positive",
    Effect.REMOVED: "positive",
    Effect.CHANGED: "",
}
MESSAGE_FIELDS = ("subject", "headline", "title", "body", "text", "cta")
ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class QueueLine:
    name: str
    url: str
    number: int
    why: str
    tier: str
    author: str
    age: str
    due: str
    is_late: bool
    missing: str
    yours: str


def queue_lines(rows: Iterable[QueueRow], now: datetime) -> list[QueueLine]:
    lines = []
    for row in rows:
        since = row.waiting_since or now
        lines.append(
            QueueLine(
                name=row.name,
                url=reverse("reviews:review", args=[row.key]),
                number=row.number,
                why=row.why,
                tier=row.tier,
                author=row.author,
                age=age_of(now - since),
                due=when_text((since + DUE_AFTER).date()),
                is_late=now > since + DUE_AFTER,
                missing=", ".join(role.label.lower() for role in row.missing) or "none",
                yours=", ".join(role.label.lower() for role in row.yours),
            )
        )
    return lines


def age_of(waited: timedelta) -> str:
    if waited < timedelta(hours=1):
        return "under an hour"
    if waited < timedelta(days=1):
        return f"{int(waited.total_seconds() // 3600)} h"
    return "1 day" if waited.days == 1 else f"{waited.days} days"


@dataclass(frozen=True, slots=True)
class SignBadge:
    role: str
    state: str
    word: str
    hash: str
    fact: str


def badge(given: Badge, shown_hash: str, you: bool) -> SignBadge:
    state = BADGE_STATES.get(given.state, "waiting")
    word = BADGE_WORDS.get(given.state, given.label.lower())
    if state == "waiting" and you:
        word = "you"
    if given.conditions and state == "signed":
        word = "signed with a condition"
    facts = [f"{given.who}, {when_text(given.at)}"] if given.at else []
    if given.until:
        facts.append(f"until {when_text(given.until.date())}")
    return SignBadge(
        given.role.label,
        state,
        word,
        shown_hash[:6] if state == "signed" else "",
        "; ".join(facts),
    )


@dataclass(frozen=True, slots=True)
class VerdictCell:
    label: str
    word: str
    tone: str
    because: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    setting: str
    old: str
    new: str
    effect: str
    tone: str


def diff_lines(review: Review, aim: str) -> list[DiffLine]:
    """Material settings first, then the objects whose content differs."""
    lines = [_diff_line(change, aim) for change in review.diff.changes]
    lines += [
        DiffLine(
            name.replace(":", " ").capitalize(),
            "as signed",
            "edited",
            ChangeClass.MATERIAL.label.lower(),
            "caution",
        )
        for name in review.diff.reference_changes
    ]
    return lines


def _diff_line(change: Change, aim: str) -> DiffLine:
    return DiffLine(
        change.label,
        told(change.field, change.old, aim),
        told(change.field, change.new, aim),
        f"{change.effect.value}; {change.change_class.label.lower()}",
        EFFECT_TONES[change.effect],
    )


def told(field: str, value: Any, aim: str) -> str:
    """A setting's value in the unit that people use for it."""
    if isinstance(value, float) and field.startswith("experiment."):
        return f"{100 * value:.4g} %"
    if isinstance(value, float) and field.endswith(".margin"):
        return amount(value, field.split(".")[1])
    if isinstance(value, float) and field == "objective.smallest_change":
        return amount(value, aim)
    return plain(value)


GUARDED = {
    "opt_out_rate": "opt-outs",
    "complaint_rate": "complaints",
    "trust_score": "trust",
}


def _stops_at(content: UseCaseContent) -> str:
    """The guardrails in one line."""
    parts = []
    for guard in content.guardrails:
        sign = "+" if guard.direction == "up" else "−"
        label = GUARDED.get(guard.metric, metric_label(guard.metric).lower())
        margin = amount(guard.margin, guard.metric).replace(
            "percentage points", "points"
        )
        parts.append(f"{label} {sign}{margin}")
    return "; ".join(parts)


def plain(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Flag:
    state: str
    strong: str
    text: str


@dataclass(frozen=True, slots=True)
class Precedent:
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Who may sign in what, or the reason why not."""

    roles: tuple[SignOffRole, ...]
    reason: str
    note: str
    needs_reauth: bool


@dataclass(frozen=True, slots=True)
class ReviewPage:
    name: str
    title: str
    asked: str
    badges: tuple[SignBadge, ...]
    message: tuple[str, ...]
    verdicts: tuple[VerdictCell, ...]
    changed_title: str
    diff: tuple[DiffLine, ...]
    same: str
    flags: tuple[Flag, ...]
    stopped_by: tuple[Flag, ...]
    assess_url: str
    precedents: tuple[Precedent, ...]
    complaints: str
    hash: str
    blocked_by: str
    is_intact: bool
    stops_at: str


def page(review: Review) -> ReviewPage:
    version = review.version
    content = UseCaseContent.from_dict(version.content)
    yours = {m.role for m in review.may_sign if m.answer}
    asked = f"Asked by {version.author}"
    if version.submitted_at:
        asked += f", {when_text(version.submitted_at)}"
    return ReviewPage(
        name=review.name,
        title=f"{review.name}, version {version.number}",
        asked=f"{asked}.",
        badges=tuple(
            badge(b, review.shown_hash, b.role in yours) for b in review.badges
        ),
        message=message(review.example),
        verdicts=tuple(
            VerdictCell(
                v.label, SHORT.get(v.word, v.word), TONES.get(v.tone, ""), v.because
            )
            for v in review.verdicts
        ),
        changed_title=_changed_title(review),
        diff=tuple(diff_lines(review, content.objective.primary_metric)),
        same=f"{review.diff.n_same} other settings are the same: hashes compared."
        if review.diff.signed_number
        else "",
        flags=_flags(review),
        stopped_by=_stopped_by(review),
        assess_url=reverse("assessments:overview", args=[review.key]),
        precedents=tuple(
            Precedent(
                f"Version {p.number}, {p.status.lower()}.",
                _answers(p.decisions) or p.why or "Nobody answered it.",
            )
            for p in review.precedents
        ),
        complaints=_complaints(review.n_complaints),
        hash=review.shown_hash[:6],
        blocked_by=review.blocked_by,
        is_intact=review.is_intact or not review.shown_hash,
        stops_at=_stops_at(content),
    )


def _flags(review: Review) -> tuple[Flag, ...]:
    """Blockers, warnings, what nobody has ruled on, and conditions still open."""
    lints = [Flag("fail" if f.blocks else "warn", f.text, f.mend) for f in review.flags]
    ruled = [Flag("warn", text, "Nobody ruled on it.") for text in review.undetermined]
    conditions = [Flag("warn", "Open condition:", c[2]) for c in review.conditions]
    return (*lints, *ruled, *conditions)


def _stopped_by(review: Review) -> tuple[Flag, ...]:
    """What forbids an approval, on top of everything else, each with its reason."""
    lints = [Flag("fail", f.text, f.mend) for f in review.flags if f.blocks]
    told = {flag.strong for flag in lints}
    needs = [
        Flag("fail", f"{need.kind.label}: {need.state}.", f"{need.because} {need.mend}")
        for need in review.open_needs
        if need.because not in told
    ]
    unfair = [Flag("fail", r.text, r.mend) for r in (review.unfair,) if r is not None]
    return (*lints, *needs, *unfair)


def _changed_title(review: Review) -> str:
    number = review.diff.signed_number
    return f"Changed since version {number}" if number else "New: nothing signed before"


def _answers(decisions: Sequence[str]) -> str:
    """Plain approvals are counted; whatever else was answered is told in full."""
    others = [text for text in decisions if ": Approved (" not in text]
    signed = len(decisions) - len(others)
    told = [f"{signed} signed without condition"] if signed else []
    return "; ".join([*told, *others])


def _complaints(count: int) -> str:
    return "No complaint so far." if not count else f"{count} complaints so far."


def message(example: Mapping[str, Any]) -> tuple[str, ...]:
    """The words of a real creative, in reading order."""
    return tuple(str(example[f]) for f in MESSAGE_FIELDS if example.get(f))


def decide(
    may_sign: Sequence[MaySign], by: Actor, *, needs_reauth: bool, reauthed: str
) -> Decide:
    mine = [one for one in may_sign if by.has(one.role.staff_role)]
    free = tuple(one.role for one in mine if one.answer)
    if free:
        words = ["You did not write or edit this version."]
        if reauthed:
            words.append(reauthed)
        return Decide(free, "", " ".join(words), needs_reauth)
    if mine:
        return Decide((), mine[0].because, "", needs_reauth=False)
    needed = ", ".join(one.role.label.lower() for one in may_sign)
    return Decide(
        (),
        f"This version is signed by: {needed}. None of your roles is among them.",
        "",
        needs_reauth=False,
    )


def reauthed_words(at: datetime | None, now: datetime) -> str:
    return f"You signed in {ago(at, now)}." if at else ""
