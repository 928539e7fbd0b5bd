"""Is anybody shut in: new kinds of things, breadth of the catalogue, variety."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from governance.fairness.core.intervals import Tally, critical, wilson
from governance.fairness.core.limits import (
    FairnessVerdict,
    Limits,
    at_least,
)

LEAST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that a customer was shown, and its category."""

    person: int
    category: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bubble:
    """What the shown things look like.

    ``novel`` is the share of things in a category that the person had not been shown
    before, first things left out; ``coverage`` the share of the catalogue that anybody
    was shown; ``entropy_change`` the mean change in bits from a person's earlier half
    to the later one.
    """

    n_shown: int
    n_people: int
    novel: float | None
    novel_lo: float | None
    novel_hi: float | None
    verdict: FairnessVerdict
    coverage: float | None
    entropy: float | None
    entropy_change: float | None
    entropy_lo: float | None
    entropy_hi: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def bubble(shown: Iterable[Shown], catalogue: Sequence[str], limits: Limits) -> Bubble:
    """Whether people keep seeing the same.

    Parameters
    ----------
    shown
        In any order.
    catalogue
        Every category that might have been shown.
    limits
        With the least share of novel categories.

    Returns
    -------
    Bubble
        Where there is but one category nothing can be novel: not enough data.

    References
    ----------
    Castells, Hurley and Vargas (2015), Novelty and Diversity in Recommender Systems;
    Shannon (1948), Bell Syst. Tech. J. 27, 379-423.
    """
    by_person: dict[int, list[Shown]] = {}
    for each in sorted(shown, key=lambda s: s.at):
        by_person.setdefault(each.person, []).append(each)
    lives = [[s.category for s in found] for found in by_person.values()]
    seen = Counter(category for life in lives for category in life)
    novel = _novel(lives)
    is_open = len(set(catalogue)) > 1 and novel.n >= LEAST_PEOPLE
    share = wilson(novel, level=limits.level) if is_open else None
    changes = [
        entropy(life[len(life) // 2 :]) - entropy(life[: len(life) // 2])
        for life in lives
        if len(life) > 3
    ]
    change, half = _mean(changes, limits.level)
    return Bubble(
        n_shown=seen.total(),
        n_people=len(lives),
        novel=share.estimate if share else None,
        novel_lo=share.lo if share else None,
        novel_hi=share.hi if share else None,
        verdict=at_least(share.lo, share.hi, limits.novel_floor)
        if share
        else FairnessVerdict.NOT_ENOUGH_DATA,
        coverage=len(seen.keys() & set(catalogue)) / len(set(catalogue))
        if catalogue
        else None,
        entropy=float(np.mean([entropy(life) for life in lives])) if lives else None,
        entropy_change=change,
        entropy_lo=None if change is None else change - half,
        entropy_hi=None if change is None else change + half,
    )


def _novel(lives: Iterable[Sequence[str]]) -> Tally:
    found = Tally(0, 0)
    for life in lives:
        new = sum(life[i] not in life[:i] for i in range(1, len(life)))
        found += Tally(new, max(len(life) - 1, 0))
    return found


def _mean(values: Sequence[float], level: float) -> tuple[float | None, float]:
    if len(values) < LEAST_PEOPLE:
        return None, 0.0
    half = critical(level) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)), half


def entropy(categories: Sequence[str]) -> float:
    """Variety of what one person saw, in bits.

    Parameters
    ----------
    categories
        One a thing.

    Returns
    -------
    float
        0 where all are alike.
    """
    counts = Counter(categories)
    total = counts.total()
    return -sum(c / total * math.log2(c / total) for c in counts.values()) + 0.0
