"""Which of the allowed candidates: probability × value × weight × priority."""

import numpy as np

from decisioning.engine.core.types import (
    Case,
    Factors,
    Linear,
    Person,
    PlacementTable,
    Singles,
)

SCORE_PREFIX = "propensity:"


def factors(
    table: PlacementTable, case: Case, person: Person
) -> tuple[Factors, tuple[str, ...]]:
    """Score every candidate of a placement.

    Parameters
    ----------
    table
        Candidates with their value, context weight and priority.
    case
        The use case that decides; brings the model.
    person
        Features and stored scores.

    Returns
    -------
    Factors
        float32 arrays of shape (n,).
    tuple of str
        ``("model",)`` when a score was wanted and none was to be had: every
        candidate then counts as equally probable.
    """
    probability, digest, is_missing = _probability(table, case, person)
    score = probability * table.values * table.weights * table.priorities
    if not np.isfinite(score).all():
        probability, digest, is_missing = np.ones(table.n, np.float32), "", True
        score = table.values * table.weights * table.priorities
    return Factors(probability, score, digest), ("model",) if is_missing else ()


def _probability(
    table: PlacementTable, case: Case, person: Person
) -> tuple[Singles, str, bool]:
    vector = person.vector
    is_fresh = case.max_age is None or person.vector_age <= case.max_age
    if case.model is not None and vector is not None and is_fresh:
        return _linear(case.model, vector), case.model.digest, False
    stored = [person.scores.get(SCORE_PREFIX + offer) for offer in table.offers]
    known = [value for value in stored if value is not None]
    if known:
        usual = sum(known) / len(known)
        filled = [usual if value is None else value for value in stored]
        return np.array(filled, np.float32), "", False
    return np.ones(table.n, np.float32), "", case.wants_score


def _linear(model: Linear, vector: Singles) -> Singles:
    x = vector[model.columns]
    x = np.where(np.isnan(x), model.fill, x)
    odds = model.weights @ x + model.intercepts
    probability = (np.tanh(odds * np.float32(0.5)) + np.float32(1)) * np.float32(0.5)
    if not model.known.all():
        usual = probability[model.known].mean() if model.known.any() else 1.0
        probability = np.where(model.known, probability, np.float32(usual))
    return np.asarray(probability, dtype=np.float32)


def positions(bits: int, n: int) -> list[int]:
    """Places of the set bits, in order.

    Parameters
    ----------
    bits
        A bitset over ``n`` candidates.
    n
        How many candidates there are.

    Returns
    -------
    list of int
    """
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return [place for place in found if place < n]


def choose(
    score: Singles, allowed: list[int], exploration: float, draw: float
) -> tuple[int, float]:
    """Take the best, or with a small known chance any of the allowed.

    Parameters
    ----------
    score : (n,) float32
    allowed
        Places that may be chosen; at least one.
    exploration
        Chance in [0, 1] to choose evenly among all of them.
    draw
        Uniform on [0, 1).

    Returns
    -------
    place : int
    propensity : float
        Exact chance of that place; over ``allowed`` these sum to 1.

    Notes
    -----
    ε-greedy: ``ε / m`` for each of ``m``, and ``1 - ε`` more for the best. Among
    equals the first is the best.
    """
    m = len(allowed)
    best = allowed[int(np.argmax(score[allowed]))]
    if draw < exploration:
        place = allowed[min(int(draw / exploration * m), m - 1)]
    else:
        place = best
    return place, propensity(place, best, m, exploration)


def propensity(place: int, best: int, m: int, exploration: float) -> float:
    """Chance with which `choose` takes a place.

    Parameters
    ----------
    place, best
        The place asked about and the highest-scored one.
    m
        Number of places that may be chosen.
    exploration
        Chance to choose evenly.

    Returns
    -------
    float
    """
    return exploration / m + (1 - exploration) * (place == best)
