"""The side of the intake: the three tests, what is open, what it costs in privacy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from governance.lints.core import Severity
from governance.signoffs.core import required_roles
from governance.types import SERVING_STATES, Actor, State
from governance.usecases.core import (
    EXAMPLE_OFFER,
    Situation,
    TestResult,
    TestVerdict,
    UseCaseContent,
    allowed_actions,
    classify,
    example_sentence,
    explanation_findings,
    missing_answers,
    three_tests,
)
from governance.usecases.core.guards import GUARDS
from governance.usecases.core.lifecycle import BY_ACTION
from governance.usecases.core.registry import GAINS

QUESTIONS = (
    "Does it help the customer?",
    "Does it serve a lasting objective?",
    "Can we explain it and govern it?",
)
WORDS = {"passes": "Passes", "not_yet": "Not yet", "fails": "Fails"}
STATES = {"passes": "ok", "not_yet": "not_yet", "fails": "fail"}
LINT_STATES = {Severity.OK: "ok", Severity.WARN: "warn", Severity.BLOCK: "fail"}
FORWARD = ("to_data_needs", "submit")
FORWARD_LABELS = {"to_data_needs": "Move to Data needed", "submit": "Ask for review"}
MOST_REASONS = 4
SECTIONS = {
    "customer": "customer",
    "objective": "objective",
    "guardrails": "guardrails",
    "data_uses": "data",
    "lawful_basis": "bases",
    "eprivacy_basis": "bases",
    "explanation": "explanation",
    "reach": "reach",
    "logic": "reach",
    "experiment": "experiment",
    "people": "people",
    "fallback": "people",
    "retention": "people",
    "review_interval_days": "people",
    "owners": "people",
    "cosmetic": "name",
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    state: str
    text: str
    url: str = ""
    link: str = "Go to the question"


@dataclass(frozen=True, slots=True)
class TestBlock:
    question: str
    state: str
    word: str
    checks: tuple[CheckLine, ...]

    __test__ = False

    @property
    def open(self) -> tuple[CheckLine, ...]:
        return tuple(line for line in self.checks if line.state != "ok")

    @property
    def passed(self) -> tuple[CheckLine, ...]:
        return tuple(line for line in self.checks if line.state == "ok")


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str
    muted: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """The step that leads on, and what it waits for."""

    action: str
    label: str
    reasons: tuple[str, ...]
    more: int

    @property
    def may(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Asides:
    """What each card of the intake still lacks, in words."""

    customer: str
    objective: str
    guardrails: str
    data: str
    bases: str
    explanation: str
    reach: str
    experiment: str
    people: str
    name: str


@dataclass(frozen=True, slots=True)
class Judged:
    tests: tuple[TestBlock, ...]
    open: tuple[CheckLine, ...]
    move: Move | None
    costs: tuple[Fact, ...]
    wording: tuple[CheckLine, ...]
    sentence: str
    asides: Asides
    n_missing: int


def judge(
    at: Situation,
    typed: UseCaseContent,
    by: Actor,
    names: Iterable[str],
    offers: Mapping[str, str],
) -> Judged:
    """Judge what is typed as if it were saved; ``offers`` has their names by key."""
    at = replace(at, content=typed)
    asked = frozenset(names)
    tests = three_tests(typed, at.catalogue)
    missing = missing_answers(typed, at.catalogue)
    told = {check.field for test in tests for check in test.missing}
    named = [offers[key] for key in typed.reach.offers if key in offers]
    return Judged(
        tests=blocks_of(tests, asked),
        open=tuple(
            CheckLine("not_yet", f"{gap.question} {gap.mend}", anchor(gap.field, asked))
            for gap in missing
            if gap.field not in told
        ),
        move=move_of(at, by),
        costs=costs(at),
        wording=wording_lines(at),
        sentence=example_sentence(
            typed, at.catalogue, offer=named[0] if named else EXAMPLE_OFFER
        ),
        asides=_asides([gap.field for gap in missing]),
        n_missing=len(missing),
    )


def blocks_of(
    tests: Sequence[TestResult], asked: frozenset[str] = frozenset()
) -> tuple[TestBlock, ...]:
    return tuple(
        TestBlock(
            question=QUESTIONS[test.number - 1],
            state=test.verdict.value,
            word=WORDS[test.verdict.value],
            checks=tuple(
                CheckLine(
                    STATES[check.state.value],
                    check.text,
                    ""
                    if check.state is TestVerdict.PASSES or not asked
                    else anchor(check.field, asked),
                )
                for check in test.checks
            ),
        )
        for test in tests
    )


def anchor(path: str, asked: frozenset[str]) -> str:
    """Where on the page an answer is given."""
    name = path.replace(".", "__")
    if name in asked:
        return f"#id_{name}_field"
    return f"#{SECTIONS.get(path.partition('.')[0], 'customer')}"


def move_of(at: Situation, by: Actor) -> Move | None:
    """The step forward; a next version of what is live is asked to be reviewed."""
    if at.state in (*SERVING_STATES, State.READY, State.PAUSED):
        reasons = [
            str(reason)
            for name in dict.fromkeys((*_guards("to_data_needs"), *_guards("submit")))
            for reason in GUARDS[name](at, by)
        ]
        return _move("submit", reasons)
    step = next((one for one in allowed_actions(at, by) if one.action in FORWARD), None)
    return _move(step.action, map(str, step.unmet)) if step else None


def _guards(action: str) -> tuple[str, ...]:
    return BY_ACTION[action].guards


def _move(action: str, unmet: Iterable[str]) -> Move:
    reasons = tuple(dict.fromkeys(unmet))
    return Move(
        action,
        FORWARD_LABELS[action],
        reasons[:MOST_REASONS],
        max(len(reasons) - MOST_REASONS, 0),
    )


def costs(at: Situation) -> tuple[Fact, ...]:
    found = classify(at.content, at.catalogue)
    used = {use.element for use in at.content.data_uses if use.element}
    elements = at.catalogue.elements
    personal = [key for key in used if key in elements and elements[key].is_personal]
    signers = ", ".join(role.label.lower() for role in required_roles(found.tier))
    gain = GAINS.get(at.content.customer.gets_better, "not said yet")
    return (
        Fact("Helps with", gain.lower()),
        Fact("Personal data used", f"{len(personal)} of {len(elements)} items"),
        Fact("Likely risk tier", f"{found.tier.value}, {found.tier.label.lower()}"),
        Fact("Who must sign", signers),
    )


def wording_lines(at: Situation) -> tuple[CheckLine, ...]:
    if not at.content.explanation.template:
        return ()
    found = explanation_findings(at.content, at.catalogue)
    lines = [
        CheckLine(LINT_STATES[one.severity], f"{one.text} {one.mend}".strip())
        for one in found
        if one.severity is not Severity.OK or not one.code.endswith(".fallback")
    ]
    is_clear = all(
        one.severity is Severity.OK for one in found if one.code.endswith(".fallback")
    )
    if at.content.explanation.fallback and is_clear:
        lines.append(CheckLine("ok", "The sentence without personal data is clear."))
    return tuple(lines)


def _asides(fields: Sequence[str]) -> Asides:
    counts = dict.fromkeys(SECTIONS.values(), 0)
    for path in fields:
        counts[SECTIONS.get(path.partition(".")[0], "customer")] += 1
    return Asides(**{section: _lacks(count) for section, count in counts.items()})


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One card of the intake in the index beside it."""

    label: str
    url: str
    state: str
    lacks: str


HEADINGS = {
    "customer": "The customer",
    "objective": "The objective",
    "guardrails": "What must not get worse",
    "data": "The data it needs",
    "bases": "Lawful basis",
    "explanation": "The explanation",
    "reach": "Reach",
    "experiment": "The controlled test",
    "people": "People, fallback and owners",
    "name": "Name and notes",
}


def index(asides: Asides) -> tuple[IndexLine, ...]:
    lines = []
    for section, label in HEADINGS.items():
        text = getattr(asides, section)
        is_complete = text == COMPLETE
        short = "complete" if is_complete else f"{text.split()[0]} missing"
        state = "ok" if is_complete else "not_yet"
        lines.append(IndexLine(label, f"#{section}", state, short))
    return tuple(lines)


COMPLETE = "complete"


def _lacks(count: int) -> str:
    if not count:
        return COMPLETE
    return "1 answer missing" if count == 1 else f"{count} answers missing"
