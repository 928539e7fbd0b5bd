"""Which traits an audit looks at, and their values as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from governance.catalogue import queries as catalogue
from governance.fairness import monitoring

TRAIT = "trait."


@dataclass(frozen=True, slots=True)
class Watched:
    """A trait that is protected, or may stand in for one that is."""

    key: str
    label: str
    is_number: bool


def watched() -> list[Watched]:
    """From the data map: special categories, and what is marked as a proxy."""
    return [
        Watched(
            element.field.removeprefix(TRAIT),
            element.label,
            element.value_type == "number",
        )
        for element in catalogue.elements()
        if element.field.startswith(TRAIT)
        and (element.special_category != "none" or element.proxy_for)
    ]


def groups(
    among: Sequence[Watched],
    ids: Sequence[int],
    traits: Sequence[Mapping[str, Any]],
) -> dict[str, npt.NDArray[np.object_]]:
    """By label one text a customer: profile traits, then what was volunteered."""
    found = {
        each.label: _texts([known.get(each.key) for known in traits])
        for each in among
        if not each.is_number
    }
    for label, answers in monitoring.for_audit(ids).items():
        found[label] = _texts([answers.get(person) for person in ids])
    return found


def numbers(
    among: Sequence[Watched], traits: Sequence[Mapping[str, Any]]
) -> dict[str, npt.NDArray[np.float64]]:
    return {
        each.label: np.array([_number(known.get(each.key)) for known in traits])
        for each in among
        if each.is_number
    }


def _number(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else float("nan")


def _texts(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    return np.array([_text(value) for value in values], dtype=object)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
