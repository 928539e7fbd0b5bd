"""What each signal of a score did for a candidate: the score without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisioning.engine.core.types import (
    Case,
    Factors,
    Linear,
    Person,
    PlacementTable,
    Singles,
)

Doubles = npt.NDArray[np.float64]
STORED_SCORE = "score"


@dataclass(frozen=True, slots=True)
class Weight:
    """What one signal of a score did for a candidate.

    ``share`` of its probability goes with the signal, negative where it held it down;
    ``decides`` where another candidate would be the best without it.
    """

    share: float
    decides: bool


def weights(
    table: PlacementTable,
    case: Case,
    person: Person,
    scored: Factors,
    place: int,
    allowed: Sequence[int],
) -> dict[str, Weight]:
    """Intervene on each signal of a score: how would the candidates stand without it.

    Parameters
    ----------
    table, case, person, scored
        As they decided.
    place
        The chosen candidate.
    allowed
        Places that might have been chosen.

    Returns
    -------
    dict
        By element; those that moved nothing are left out. A stored score stands for
        the elements that the use case declares for ranking.
    """
    keys, usual, other = _chances_without(case, person, scored)
    rest = table.values * table.weights * table.priorities
    places = np.array(allowed)
    is_best = int(places[np.argmax(scored.score[places])]) == place
    best = places[np.argmax((other * rest)[:, places], axis=1)] if keys else ()
    return {
        key: Weight(_share(float(usual[place]), float(row[place])), decides)
        for key, row, winner in zip(keys, other, best, strict=True)
        for decides in (is_best and int(winner) != place,)
    }


def _share(usual: float, without: float) -> float:
    return 1 - without / usual if usual else 0.0


def _chances_without(
    case: Case, person: Person, scored: Factors
) -> tuple[tuple[str, ...], Doubles, Doubles]:
    """Keys, chances of all candidates, and one row of them without each key."""
    usual = scored.probability.astype(np.float64)
    if scored.model_digest and case.model is not None and person.vector is not None:
        return _by_model(case.model, person.vector, case.model_signals)
    if (usual == 1).all():
        return (), usual, np.empty((0, len(usual)))
    keys = case.model_signals or (STORED_SCORE,)
    return keys, usual, np.full((len(keys), len(usual)), usual.mean())


def _by_model(
    model: Linear, vector: Singles, names: Sequence[str]
) -> tuple[tuple[str, ...], Doubles, Doubles]:
    """In closed form: a signal adds its weight times its distance from the usual."""
    own = vector[model.columns].astype(np.float64)
    off = np.where(np.isnan(own), 0.0, own - model.fill)
    parts = model.weights.astype(np.float64) * off
    odds = parts.sum(axis=1) + model.weights @ model.fill + model.intercepts
    moving = [c for c in range(len(names)) if parts[:, c].any()]
    keys = tuple(dict.fromkeys(names[c] for c in moving))
    added = np.zeros((len(keys), len(odds)))
    for column in moving:
        added[keys.index(names[column])] += parts[:, column]
    return keys, _chances(model, odds), _chances(model, odds - added)


def _chances(model: Linear, odds: Doubles) -> Doubles:
    """The usual one for a candidate that the model has never seen."""
    found: Doubles = (np.tanh(odds / 2) + 1) / 2
    if model.known.all() or not found.size:
        return found
    if not model.known.any():
        return np.ones_like(found)
    usual = found[..., model.known].mean(axis=-1, keepdims=True)
    return np.where(model.known, found, usual)
