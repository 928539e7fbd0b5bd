"""Reading answers, and naming what they lack before they can be complete."""

from collections.abc import Iterable, Mapping
from typing import Any

from governance.assessments.core.kinds import Kind, Level
from governance.assessments.core.questions import RISKS, Question, steps_of
from governance.assessments.core.risks import Risk, risk_problems

LEAST = 10
MOST = 4_000


def read_answers(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the answers that the form asks for, as plain text.

    Parameters
    ----------
    kind
        Which assessment.
    given
        Answers by key; risks and reviewers are lists.

    Returns
    -------
    dict
        Whatever the form does not ask for is left out.
    """
    asked = [q.key for step in steps_of(kind) for q in step.questions]
    kept: dict[str, Any] = {
        key: str(given[key]).replace("\x00", "").strip()[:MOST]
        for key in asked
        if key in given
    }
    if kind is Kind.DPIA and RISKS in given:
        kept[RISKS] = [dict(row) for row in given[RISKS]]
    if kind is Kind.SAFEGUARDS and "reviewers" in given:
        kept["reviewers"] = sorted({int(pk) for pk in given["reviewers"]})
    return kept


def risks_in(answers: Mapping[str, Any]) -> tuple[Risk, ...]:
    """Read the rows of the risk matrix.

    Parameters
    ----------
    answers
        As ``read_answers`` gives them.

    Returns
    -------
    tuple of Risk
        In the order typed.
    """
    return tuple(Risk.from_dict(row) for row in answers.get(RISKS, ()))


def answer_problems(
    kind: Kind, level: Level, answers: Mapping[str, Any]
) -> dict[str, str]:
    """Name what keeps an assessment from being complete.

    Parameters
    ----------
    kind, level
        Which assessment, and how thorough it has to be.
    answers
        As ``read_answers`` gives them.

    Returns
    -------
    dict
        Field to sentence (``risks.0.harm`` for a row); empty when it is complete.
    """
    asked = [q for step in steps_of(kind, level) for q in step.questions]
    found = {q.key: text for q in asked if (text := _lacks(q, answers))}
    if kind is Kind.DPIA:
        found |= _risk_gaps(risks_in(answers))
        if answers.get("dpo_followed") == "no" and not answers.get("overruled_because"):
            found["overruled_because"] = "Say why the advice is not followed."
    if kind is Kind.SAFEGUARDS and not answers.get("reviewers"):
        found["reviewers"] = "Name at least one person who can change the outcome."
    return found


def _lacks(question: Question, answers: Mapping[str, Any]) -> str:
    value = str(answers.get(question.key, ""))
    if question.choices:
        known = {key for key, _ in question.choices}
        return "" if value in known else "Choose an answer."
    if question.is_required and len(value) < LEAST:
        return f"Answer in at least {LEAST} characters."
    return ""


def _risk_gaps(risks: Iterable[Risk]) -> dict[str, str]:
    rows = list(risks)
    if not rows:
        return {RISKS: "Name at least one risk to people, even a small one."}
    return {
        f"{RISKS}.{place}.{name}": text
        for place, risk in enumerate(rows)
        for name, text in risk_problems(risk).items()
    }
