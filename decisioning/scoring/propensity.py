"""Propensity: point-in-time training tables, the report, and scores for everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from decisioning.features.core import FEATURES, without
from decisioning.features.queries import (
    absent_for,
    lawful,
    matrix_as_of,
    stored_matrix,
)
from decisioning.scoring.ablation import Sample, ablate
from decisioning.scoring.core import LinearModel
from decisioning.scoring.sql import ScoreRow
from decisioning.scoring.training import TrainedPropensity, split, train_propensity
from decisioning.stats.auc import auc
from decisioning.stats.sufficient import NotEnoughData
from governance.types import Invalid

CHUNK = 1_000
EARLY_SHARE = 0.7
LEAST_KNOWN = 0.5
TRAINING = "model_training"
NAMES = tuple(feature.key for feature in FEATURES)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A treated customer: what they were shown, when, and whether they answered."""

    customer_id: int
    offer: str
    at: datetime
    is_positive: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Complete features, one row an example, and what stands for an unknown value."""

    examples: Sequence[Example]
    features: Floats
    names: tuple[str, ...]
    fill: Mapping[str, float]

    @property
    def offers(self) -> tuple[str, ...]:
        return tuple(sorted({example.offer for example in self.examples}))

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        place = {offer: i for i, offer in enumerate(self.offers)}
        return np.array([place[e.offer] for e in self.examples], dtype=np.int64)

    @property
    def truth(self) -> npt.NDArray[np.int8]:
        return np.array([e.is_positive for e in self.examples], dtype=np.int8)

    def part(self, rows: npt.NDArray[np.int64]) -> Table:
        chosen = [self.examples[i] for i in rows.tolist()]
        return Table(chosen, self.features[rows], self.names, self.fill)


def table_of(examples: Sequence[Example]) -> Table:
    """Features as they were just before each customer was assigned.

    Raises
    ------
    Invalid
        Where nothing was known of these customers that tells them apart.
    """
    features = np.full((len(examples), len(NAMES)), np.nan)
    place = {example.customer_id: i for i, example in enumerate(examples)}
    for at, people in _by_moment(examples).items():
        for start in range(0, len(people), CHUNK):
            ids, values = matrix_as_of(people[start : start + CHUNK], as_of=at)
            features[[place[who] for who in ids.tolist()]] = values
    features = without(features, absent_for(TRAINING))
    used = [i for i in range(len(NAMES)) if _tells_apart(features[:, i])]
    if not used:
        why = "Nothing that may be learned from tells these customers apart."
        raise Invalid({"experiment": why})
    names = tuple(NAMES[i] for i in used)
    chosen = features[:, used]
    fill = np.nanmean(chosen, axis=0)
    complete = np.where(np.isnan(chosen), fill, chosen)
    told = dict(zip(names, fill.tolist(), strict=True))
    return Table(examples, complete, names, told)


def _by_moment(examples: Sequence[Example]) -> dict[datetime, list[int]]:
    """Who is looked at when: just before the assignment, rounded down to the hour.

    Rounding keeps the number of statements small and looks at less, never at more.
    """
    moments: dict[datetime, list[int]] = defaultdict(list)
    for example in examples:
        at = example.at - timedelta(microseconds=1)
        hour = at.replace(minute=0, second=0, microsecond=0)
        moments[hour].append(example.customer_id)
    return moments


def _tells_apart(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return known.size >= LEAST_KNOWN * column.size and float(np.ptp(known)) > 0


def trained(table: Table, *, seed: int) -> TrainedPropensity:
    found = train_propensity(
        table.features,
        table.shown,
        table.truth,
        feature_names=table.names,
        offers=table.offers,
        seed=seed,
    )
    if isinstance(found, NotEnoughData):
        raise Invalid({"experiment": found.message})
    return found


def time_ordered(table: Table, *, seed: int) -> dict[str, Any]:
    """How well the earlier customers' model ranks the later ones."""
    at = np.array([e.at.timestamp() for e in table.examples])
    if np.ptp(at) == 0:
        return {"possible": False, "because": "Everybody was assigned at once."}
    order = np.argsort(at, kind="stable")
    n_early = int(EARLY_SHARE * order.size)
    early, late = table.part(order[:n_early]), table.part(order[n_early:])
    if early.offers != table.offers:
        return {"possible": False, "because": "An offer was not shown early enough."}
    model = train_propensity(
        early.features,
        early.shown,
        early.truth,
        feature_names=early.names,
        offers=early.offers,
        seed=seed,
    )
    if isinstance(model, NotEnoughData):
        return {"possible": False, "because": model.message}
    chances = model.model.probabilities(late.features)
    place = {offer: i for i, offer in enumerate(table.offers)}
    shown = np.array([place[e.offer] for e in late.examples])
    truth = late.truth
    return {
        "possible": True,
        "nEarly": n_early,
        "nLate": int(order.size - n_early),
        "baseRateEarly": float(early.truth.mean()),
        "baseRateLate": float(truth.mean()),
        "offers": {
            offer: _plain(auc(truth[shown == i], chances[shown == i, i]))
            for offer, i in place.items()
        },
    }


def reads() -> dict[str, frozenset[str]]:
    """Field of an element to the features that it feeds; a feature feeds itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for feature in FEATURES:
        for field in (f"feature.{feature.key}", *feature.fields):
            found[field].add(feature.key)
    return {field: frozenset(keys) for field, keys in found.items()}


def left_out_in_turn(table: Table, *, seed: int) -> dict[str, Any]:
    """What the ranking of later customers would lose without each element."""
    at = np.array([e.at.timestamp() for e in table.examples])
    is_ordered = bool(np.ptp(at) > 0)
    if is_ordered:
        order = np.argsort(at, kind="stable")
        first, rest = np.split(order, [int(EARLY_SHARE * order.size)])
    else:
        train, more, rest = split(table.truth, np.random.default_rng(seed))
        first = np.concatenate([train, more])
    everybody = Sample(table.features, table.shown, table.truth)
    found = ablate(
        everybody.rows(first), everybody.rows(rest), names=table.names, reads=reads()
    )
    if isinstance(found, NotEnoughData):
        return {"possible": False, "because": found.message, "lost": []}
    return {
        "possible": True,
        "isTimeOrdered": is_ordered,
        "nFitted": int(first.size),
        "nHeldOut": int(rest.size),
        "lost": [lost.as_dict() for lost in found],
    }


def report(
    result: TrainedPropensity, table: Table, *, outcome: str, experiment: str
) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "outcome": outcome,
        "features": list(table.names),
        "digest": result.digest,
        "n": len(table.examples),
        "baseRate": float(table.truth.mean()),
        "split": "at random within each outcome: half trains, a fifth calibrates, "
        "three tenths test",
        "seed": result.seed,
        "timeOrdered": time_ordered(table, seed=result.seed),
        "ablation": left_out_in_turn(table, seed=result.seed),
        "offers": [_plain(each) for each in result.reports],
        "serves": "An offer whose key is an arm's key gets that arm's chance; any "
        "other offer gets their mean.",
        "meaning": "The chance to answer when shown the offer. It ranks customers; it "
        "is not the difference that the offer makes.",
    }


def _plain(value: Any) -> dict[str, Any]:
    told: dict[str, Any] = asdict(value)
    return told


def scores(
    model: LinearModel, fill: Mapping[str, float], customer_ids: Sequence[int]
) -> Iterable[ScoreRow]:
    """A chance per offer, for each customer of whom features are stored.

    Raises
    ------
    Invalid
        Where the model reads a feature that the catalogue no longer declares.
    """
    if undeclared := sorted(set(model.feature_names) - lawful().keys()):
        told = f"The catalogue does not declare {', '.join(undeclared)}."
        raise Invalid({"model": f"{told} Train the model anew without them."})
    ids, values = stored_matrix(customer_ids)
    if not len(ids):
        return
    columns = [NAMES.index(name) for name in model.feature_names]
    usual = np.array([fill.get(name, 0.0) for name in model.feature_names])
    chosen = values[:, columns].astype(np.float64)
    chances = model.probabilities(np.where(np.isnan(chosen), usual, chosen))
    for i, who in enumerate(ids.tolist()):
        for j, offer in enumerate(model.offers):
            yield int(who), f"propensity:{offer}", float(chances[i, j]), {}
