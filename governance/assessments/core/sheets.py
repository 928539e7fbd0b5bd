"""Model card and data sheet: what a version's parts are, and what they cannot do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.assessments.core.answers import LEAST, MOST
from governance.assessments.core.questions import Question


class Part(StrEnum):
    """What a sheet describes."""

    MODEL = "model"
    ELEMENT = "element"

    @property
    def label(self) -> str:
        """The sheet in words."""
        return "Model card" if self is Part.MODEL else "Data sheet"


def _q(key: str, label: str, hint: str = "") -> Question:
    return Question(key=key, label=label, hint=hint)


MODEL_CARD = (
    _q("intended_use", "What is it for, and what is it not for?"),
    _q("trained_on", "On whom and on what was it trained?"),
    _q("factors", "For which groups may it do worse?"),
    _q("metrics", "How good is it, measured how?", "With the figure and its interval."),
    _q("ethics", "What harm could a wrong score do?"),
    _q("caveats", "What should nobody conclude from it?"),
)
DATA_SHEET = (
    _q("motivation", "Why is it collected at all?"),
    _q("composition", "Who is in it, and who is missing?"),
    _q("collection", "How does it come about, and how may it be wrong?"),
    _q("caveats", "What should nobody conclude from it?"),
)
ASKED: Mapping[Part, tuple[Question, ...]] = {
    Part.MODEL: MODEL_CARD,
    Part.ELEMENT: DATA_SHEET,
}


@dataclass(frozen=True, slots=True)
class Described:
    """A sheet in force, and the digest of the part that it was written for."""

    part: Part
    key: str
    digest: str


def sheet_problems(part: Part, answers: Mapping[str, Any]) -> dict[str, str]:
    """Name what a sheet lacks.

    Parameters
    ----------
    part, answers
        What is described, and how.

    Returns
    -------
    dict
        Field to sentence; empty for a complete sheet.

    References
    ----------
    Mitchell et al., Model Cards for Model Reporting (2019); Gebru et al., Datasheets
    for Datasets (2021).
    """
    return {
        q.key: f"Answer in {LEAST} to {MOST} characters."
        for q in ASKED[part]
        if not LEAST <= len(str(answers.get(q.key, "")).strip()) <= MOST
    }


def undescribed(
    used: Mapping[tuple[Part, str], str], sheets: Iterable[Described]
) -> tuple[tuple[Part, str], ...]:
    """Name the parts of a version without a sheet that fits them.

    Parameters
    ----------
    used
        Digest by part and key; an empty digest accepts any sheet of that key.
    sheets
        The latest sheet of each part.

    Returns
    -------
    tuple of (Part, key)
        One that was written for another digest does not count.
    """
    found = {(sheet.part, sheet.key): sheet.digest for sheet in sheets}
    return tuple(
        name
        for name, digest in used.items()
        if name not in found or (digest and found[name] != digest)
    )
