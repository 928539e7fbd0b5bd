"""The three strategic tests, answered from what has been written down."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from governance.catalogue.core import Catalogue, Provenance
from governance.lints.core import Severity
from governance.usecases.core.content import UseCaseContent
from governance.usecases.core.registry import METRICS
from governance.usecases.core.wordings import explanation_findings

COMPANY_WORDS = re.compile(
    r"\b(?:we|our|us|revenue|sales|margin|profit|conversion|roi|uplift|clicks?|"
    r"upsell|basket size|the company|the business|kpis?)\b",
    re.IGNORECASE,
)
CUSTOMER_WORDS = re.compile(
    r"\b(?:customers?|buyers?|shoppers?|visitors?|members?|people|they|them|their|"
    r"readers?|subscribers?|find|choose|reorder|compare|decide|return|track|learn)\b",
    re.IGNORECASE,
)


class TestVerdict(StrEnum):
    """How a strategic test stands."""

    __test__ = False
    PASSES = "passes"
    NOT_YET = "not_yet"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a test looks at; ``field`` is where it is mended."""

    state: TestVerdict
    text: str
    field: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """A strategic test, its verdict so far and what it rests on."""

    number: int
    title: str
    verdict: TestVerdict
    checks: tuple[Check, ...]

    @property
    def missing(self) -> tuple[Check, ...]:
        """The checks that do not pass yet."""
        return tuple(c for c in self.checks if c.state is not TestVerdict.PASSES)


TestResult.__test__ = False  # type: ignore[attr-defined]

TITLES = (
    "Does it help the customer achieve something faster, more clearly "
    "or with less effort?",
    "Does it support a meaningful objective such as retention, conversion quality "
    "or lifetime value?",
    "Can we explain it clearly and govern it responsibly?",
)


def three_tests(
    content: UseCaseContent, catalogue: Catalogue
) -> tuple[TestResult, TestResult, TestResult]:
    """Answer the three strategic tests.

    Parameters
    ----------
    content
        The use case, however unfinished.
    catalogue
        Data elements and purposes.

    Returns
    -------
    tuple of three TestResult
        ``fails`` where something written speaks against it, ``not_yet`` where
        something is missing, otherwise ``passes``.

    References
    ----------
    ``governance.md`` 2.4; requirements 0.10 to 0.12.
    """
    return (
        _result(1, tuple(_helps(content))),
        _result(2, tuple(_aims(content))),
        _result(3, tuple(_governed(content, catalogue))),
    )


def _result(number: int, checks: tuple[Check, ...]) -> TestResult:
    states = {check.state for check in checks}
    worst = next(
        state
        for state in (TestVerdict.FAILS, TestVerdict.NOT_YET, TestVerdict.PASSES)
        if state in states
    )
    return TestResult(number, TITLES[number - 1], worst, checks)


def _filled(value: object, done: str, todo: str, field: str) -> Check:
    has_value = value not in (None, "", (), {})
    state = TestVerdict.PASSES if has_value else TestVerdict.NOT_YET
    return Check(state, done if has_value else todo, field)


def _helps(content: UseCaseContent) -> Iterable[Check]:
    customer = content.customer
    yield _filled(
        customer.who, "The customer is named.", "Say who it is for.", "customer.who"
    )
    if is_about_the_company(customer.task):
        yield Check(
            TestVerdict.FAILS,
            "The task speaks only of the company. Say what the customer gets done.",
            "customer.task",
        )
    else:
        yield _filled(
            customer.task,
            "The customer's task is named.",
            "Say what the customer wants to get done.",
            "customer.task",
        )
    yield _filled(
        customer.gets_better,
        "It says what gets better.",
        "Say whether it gets faster, clearer or less effort.",
        "customer.gets_better",
    )
    has_baseline = customer.effort_baseline is not None and customer.effort_unit
    yield _filled(
        has_baseline or None,
        "Today's effort is a number with a unit.",
        "Give today's effort as a number with its unit.",
        "customer.effort_baseline",
    )
    yield _filled(
        customer.effort_how_measured,
        "It says how effort is measured.",
        "Say how the effort will be measured.",
        "customer.effort_how_measured",
    )
    yield _filled(
        customer.evidence_source,
        "The evidence has a source.",
        "Name the source: research, support tickets, a survey.",
        "customer.evidence_source",
    )


def is_about_the_company(task: str) -> bool:
    """Whether a task speaks of the company's gain and of no customer.

    Parameters
    ----------
    task
        The customer's task as written.

    Returns
    -------
    bool
        False for an empty task.
    """
    return bool(COMPANY_WORDS.search(task)) and not CUSTOMER_WORDS.search(task)


def _aims(content: UseCaseContent) -> Iterable[Check]:
    objective = content.objective
    yield _filled(
        objective.horizon,
        "The horizon is chosen.",
        "Choose short-term response, long-term value, or both.",
        "objective.horizon",
    )
    yield primary_metric_check(objective.primary_metric)
    change = objective.smallest_change
    if change is not None and change <= 0:
        yield Check(
            TestVerdict.FAILS,
            "The smallest change worth having has to be above zero.",
            "objective.smallest_change",
        )
    else:
        yield _filled(
            change,
            "The smallest change worth having is a number.",
            "Say the smallest change that would be worth having.",
            "objective.smallest_change",
        )
    yield _long_run(content)


def primary_metric_check(key: str) -> Check:
    """Judge a primary metric; clicks are refused.

    Parameters
    ----------
    key
        Key of the metric, possibly empty.

    Returns
    -------
    Check
        With the reason in plain words.
    """
    place = "objective.primary_metric"
    if not key:
        return Check(TestVerdict.NOT_YET, "Choose what it should improve.", place)
    metric = METRICS.get(key)
    if metric is None:
        return Check(TestVerdict.FAILS, f"There is no metric “{key}”.", place)
    if not metric.may_be_primary:
        if metric.family.value in {"harm", "trust"}:
            text = (
                f"“{metric.label}” is a guardrail. Choose what the customer or "
                "the relationship gains as the aim."
            )
        else:
            text = (
                f"“{metric.label}” cannot be the aim: people click on what grabs "
                "them, not on what helps them. Choose conversion quality, repeat "
                "purchase, retention, lifetime value or task success."
            )
        return Check(TestVerdict.FAILS, text, place)
    return Check(TestVerdict.PASSES, f"“{metric.label}” is a meaningful aim.", place)


def _long_run(content: UseCaseContent) -> Check:
    objective, place = content.objective, "objective.long_run"
    if objective.long_run == "none":
        if objective.horizon in {"long", "both"}:
            return Check(
                TestVerdict.FAILS,
                "Long-term value needs a holdout to be measured.",
                place,
            )
        return _filled(
            objective.long_run_because,
            "It says why the long run is not measured.",
            "Say why the long run is not measured.",
            "objective.long_run_because",
        )
    return _filled(
        objective.long_run,
        "The long run is measured by a holdout.",
        "Say how the long run is measured.",
        place,
    )


def _governed(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Check]:
    yield from _sentence_checks(content, catalogue)
    yield from _driver_checks(content, catalogue)
    owners = content.owners
    for name, who in (
        ("marketing_owner", "marketing owner"),
        ("channel_owner", "channel owner"),
        ("reviewer", "reviewer"),
        ("stop_person", "person who can stop it"),
    ):
        yield _filled(
            getattr(owners, name),
            f"The {who} is named.",
            f"Name the {who}.",
            f"owners.{name}",
        )
    people = content.people
    answered = None not in (people.children, people.vulnerable, people.special_category)
    yield _filled(
        answered or None,
        "The screening questions are answered.",
        "Answer the questions on children, vulnerable people and special categories.",
        "people.children",
    )


def _sentence_checks(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Check]:
    explanation = content.explanation
    if not explanation.template or not explanation.fallback:
        name = "fallback" if explanation.template else "template"
        yield Check(
            TestVerdict.NOT_YET,
            "Write the sentence the customer will read, and the one where no "
            "personal data was used.",
            f"explanation.{name}",
        )
        return
    findings = explanation_findings(content, catalogue)
    faults = [f for f in findings if f.severity is Severity.BLOCK]
    for fault in faults:
        place = "fallback" if fault.code.endswith(".fallback") else "template"
        state = TestVerdict.FAILS
        if fault.code == "W8":
            place, state = "controls", TestVerdict.NOT_YET
        yield Check(state, f"{fault.text} {fault.mend}", f"explanation.{place}")
    if not faults:
        yield Check(
            TestVerdict.PASSES,
            "The customer's sentence is clear.",
            "explanation.template",
        )


def _driver_checks(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Check]:
    for place, use in enumerate(content.data_uses):
        where = f"data_uses.{place}.element"
        element = catalogue.elements.get(use.element)
        if element is None:
            named = f"“{use.element}”" if use.element else "One data use"
            yield Check(
                TestVerdict.FAILS if use.element else TestVerdict.NOT_YET,
                f"{named} is not in the data catalogue.",
                where,
            )
        elif element.provenance is Provenance.THIRD_PARTY:
            yield Check(
                TestVerdict.FAILS, f"“{element.label}” comes from a third party.", where
            )
        else:
            yield Check(
                TestVerdict.PASSES,
                f"“{element.label}” is in the data catalogue.",
                where,
            )
