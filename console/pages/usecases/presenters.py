"""From a use case's rows to what its pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.pages.usecases.judging import CheckLine, Fact, blocks_of
from console.templatetags.fmt import when_text
from governance.signoffs.queries import Badge
from governance.types import SERVING_STATES, Reason, State
from governance.usecases.core import Allowed, LearnStep, step_of
from governance.usecases.queries import Detail, UseCaseVersion
from governance.usecases.standing import assessed_hash

STATUS_TONES = {"signed": "positive", "in_review": "info", "void": "negative"}
VERDICTS = {"pass": "ok", "fail": "fail"}


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    label: str
    state: str
    url: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class EditPage:
    name: str
    facts: str
    crumbs: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    detail_url: str
    edit_url: str
    check_url: str
    note: str
    locked: str


def edit_page(found: Detail) -> EditPage:
    case, version = found.use_case, found.version
    is_live = State(case.state) in SERVING_STATES
    return EditPage(
        name=case.name,
        facts=f"{_version_words(version)}. Saved {when_text(version.saved_at)}. "
        f"Written by {version.author}.",
        crumbs=crumbs(case.name, case.key),
        steps=steps(found),
        detail_url=reverse("usecases:detail", args=[case.key]),
        edit_url=reverse("usecases:edit", args=[case.key]),
        check_url=reverse("usecases:check", args=[case.key]),
        note=_live_note(found) if is_live else "",
        locked=""
        if found.may_edit
        else "Who may write the rest: its owners and the marketing owners.",
    )


def _live_note(found: Detail) -> str:
    serving = found.use_case.serving_version
    number = serving.number if serving else 1
    return (
        f"Version {number} serves on as it was signed. What you save here is a draft "
        "of the next version, and reaches customers once that is signed."
    )


def crumbs(name: str, key: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Use cases", reverse("usecases:board")),
        (name, reverse("usecases:detail", args=[key])),
    )


def _version_words(version: UseCaseVersion) -> str:
    return f"Version {version.number}, {version.get_status_display().lower()}"


def steps(found: Detail) -> tuple[Step, ...]:
    case = found.use_case
    before = State(case.state_before_pause) if case.state_before_pause else None
    here = step_of(State(case.state), before)
    order = list(LearnStep)
    place = order.index(here) if here else len(order)
    return tuple(
        Step(
            number,
            step.label,
            "current" if step is here else "past" if number - 1 < place else "future",
            missing=_waits(found) if step is here else "",
        )
        for number, step in enumerate(order, start=1)
    )


def _waits(found: Detail) -> str:
    count = len(found.missing)
    if State(found.use_case.state) not in (State.DEFINE, State.DATA_NEEDS) or not count:
        return ""
    return "1 answer missing" if count == 1 else f"{count} answers missing"


@dataclass(frozen=True, slots=True)
class StepOn:
    """One transition, or why it may not be taken."""

    action: str
    label: str
    to: str
    reasons: tuple[str, ...]
    needs_reason: bool
    is_danger: bool

    @property
    def may(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class AssessedTest:
    number: int
    question: str
    state: str
    word: str
    checks: tuple[CheckLine, ...]
    verdicts: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    status: str
    tone: str
    hash: str
    author: str
    saved: str
    until: str
    why: str


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Event:
    strong: str
    text: str
    when: str
    tone: str = ""
    shape: str = "circle"


STOPS = frozenset({"pause", "roll_back"})
SYSTEM_ONLY = frozenset({"make_ready", "finish_test"})


BADGE_STATES = {"signed": "signed", "missing": "waiting", "changes": "changes"}


@dataclass(frozen=True, slots=True)
class SignBadge:
    role: str
    state: str
    word: str
    hash: str
    fact: str


def badges(given: Iterable[Badge], found: Detail) -> tuple[SignBadge, ...]:
    rows = []
    for one in given:
        state = BADGE_STATES.get(one.state, "void")
        facts = [f"{one.who}, {when_text(one.at)}"] if one.at else []
        facts += [f"until {when_text(one.until.date())}"] if one.until else []
        facts += [f"on condition: {text}" for text in one.conditions]
        prefix = found.version.config_hash[:6] if state == "signed" else ""
        fact = "; ".join(facts)
        rows.append(SignBadge(one.role.label, state, one.label.lower(), prefix, fact))
    return tuple(rows)


def steps_on(found: Detail) -> tuple[StepOn, ...]:
    """The steps of the life cycle but the stops, which have their own place."""
    return tuple(
        StepOn(
            step.action,
            step.label,
            step.to.label,
            _besides(step.unmet, _told_elsewhere(step)),
            step.transition.needs_reason,
            step.action in {"roll_back", "retire"},
        )
        for step in found.steps
        if step.action not in STOPS
    )


def _told_elsewhere(step: Allowed) -> frozenset[str]:
    """A reason is asked for on the way; that a step follows by itself stands beside."""
    if step.action in SYSTEM_ONLY:
        return frozenset({"lifecycle.not_yours"})
    is_asked = step.transition.needs_reason
    return frozenset({"guard.reason", "guard.learning"} if is_asked else ())


def _besides(unmet: Iterable[Reason], told: frozenset[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in unmet if one.code not in told))


def version_rows(versions: Sequence[UseCaseVersion]) -> tuple[VersionRow, ...]:
    return tuple(
        VersionRow(
            number=v.number,
            status=v.get_status_display(),
            tone=STATUS_TONES.get(v.status, ""),
            hash=v.config_hash[:6],
            author=str(v.author),
            saved=when_text(v.saved_at),
            until=when_text(v.expires_at) if v.expires_at else "",
            why=v.void_reason,
        )
        for v in versions
    )


def events(found: Detail) -> tuple[Event, ...]:
    return tuple(
        Event(
            strong=change.changed_by_label,
            text=_story(change.from_state, change.to_state, change.reason),
            when=when_text(change.changed_at),
            tone="negative" if change.to_state in ("rolled_back", "paused") else "",
            shape="diamond" if change.to_state == "rolled_back" else "circle",
        )
        for change in found.story
    )


def _story(was: str, now: str, reason: str) -> str:
    known = set(State)
    to = State(now).label if now in known else now
    text = f"moved it to {to}" if was != now else f"noted at {to}"
    if not was:
        text = f"began it at {to}"
    return f"{text}: {reason}" if reason else text


def links(found: Detail, names: Mapping[str, str]) -> tuple[Link, ...]:
    """Where the page leads; ``names`` are those of the offers, by key."""
    content, key = found.content, found.use_case.key
    wanted = [
        ("Experiment", "see the read-out", "experiments:list", (), f"?use_case={key}"),
        ("Decisions", "see the latest", "decisions:list", (), f"?use_case={key}"),
        ("Scorecard", "benefit and harm", "scorecards:use_case", (key,), ""),
    ]
    if content.reach.segment:
        segment = content.reach.segment
        wanted.append(("Segment", segment, "segments:edit", (segment,), ""))
    wanted += [
        ("Offer", names.get(offer, offer), "offers:edit", (offer,), "")
        for offer in content.reach.offers
    ]
    return tuple(
        Link(label, value, reverse(name, args=args) + query)
        for label, value, name, args, query in wanted
    )


def assessed_tests(found: Detail) -> tuple[AssessedTest, ...]:
    blocks = blocks_of(found.tests)
    return tuple(
        AssessedTest(
            number=number,
            question=block.question,
            state=block.state,
            word=block.word,
            checks=block.checks,
            verdicts=tuple(
                CheckLine(
                    VERDICTS.get(row.verdict, "not_yet")
                    if _is_current(row, found)
                    else "not_yet",
                    f"{'' if _is_current(row, found) else 'Before the last change: '}"
                    f"{row.assessor} {'passed' if row.verdict == 'pass' else 'failed'} "
                    f"it for version {row.version.number} on "
                    f"{when_text(row.assessed_at)}: {row.evidence}",
                )
                for row in found.assessments
                if row.test == number
            ),
        )
        for number, block in enumerate(blocks, start=1)
    )


def _is_current(row: Any, found: Detail) -> bool:
    return bool(row.content_hash == assessed_hash(found.content, row.test))


def about(found: Detail, sentence: str) -> tuple[Fact, ...]:
    case, content = found.use_case, found.content
    kind = found.classification
    return (
        Fact("State", State(case.state).label),
        Fact("Who it is for", content.customer.who or "not said yet"),
        Fact("Task", content.customer.task or "not said yet"),
        Fact("Reads", sentence or "not written yet"),
        Fact("Risk tier", f"{kind.tier.value}, {kind.tier.label.lower()}"),
        Fact("Owner", str(case.marketing_owner or case.created_by)),
    )
