"""What a score is worth without each thing that it knows: leave it out, fit, compare.

Of every data element the features that read it are left out together, for that is what
stops arriving when the element is no longer collected. Each element is left out alone:
two that tell the same thing can both be spared singly and not together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from decisioning.scoring.core import Floats
from decisioning.scoring.training import fit_logistic
from decisioning.stats.auc import AucLoss, auc_loss
from decisioning.stats.sufficient import NotEnoughData, Shortage

# Ranks settle long before this; the fits of fifty elements take seconds, not minutes.
MOST_FITTED = 20_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Sample:
    """Treated customers: features, the offer each was shown, what they did."""

    features: Floats
    shown: npt.NDArray[np.int64]
    truth: npt.NDArray[np.int8]

    def rows(self, chosen: npt.NDArray[Any]) -> Sample:
        return Sample(self.features[chosen], self.shown[chosen], self.truth[chosen])

    def of(self, offer: int) -> Sample:
        return self.rows(self.shown == offer)

    def thinned(self, most: int) -> Sample:
        """Evenly spaced rows, at most so many, so that all of the time is in."""
        if self.truth.size <= most:
            return self
        return self.rows(np.linspace(0, self.truth.size - 1, most).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Lost:
    """AUC lost on held-out customers without one element, mean over the offers."""

    field: str
    columns: tuple[str, ...]
    loss: float
    lo: float
    hi: float

    def as_dict(self) -> dict[str, Any]:
        """As the model's report keeps it."""
        return {
            "field": self.field,
            "features": list(self.columns),
            "measure": "AUC",
            "delta": self.loss,
            "lo": self.lo,
            "hi": self.hi,
        }


def ablate(
    fitted: Sample,
    held_out: Sample,
    *,
    names: Sequence[str],
    reads: Mapping[str, Collection[str]],
) -> tuple[Lost, ...] | NotEnoughData:
    """Loss in AUC when what one element feeds is left out.

    Parameters
    ----------
    fitted, held_out
        Customers to fit on, and later ones, or others, to rank.
    names
        Features by column.
    reads
        Field of an element to the features that are computed from it.

    Returns
    -------
    tuple of Lost or NotEnoughData
        The greatest loss first. Offers are weighted by their held-out customers; the
        interval is DeLong's for two scores of the same customers, added up over offers,
        whose customers are others. Without both outcomes for at least one offer in
        either part nothing can be said.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, eq. 4-8.
    """
    offers = list(_offers(fitted, held_out))
    if not offers:
        return NotEnoughData(
            Shortage.ONE_CLASS, "No offer has both outcomes before and after the cut."
        )
    whole = [_scores(before, after, None) for before, after in offers]
    known: dict[tuple[int, ...], list[AucLoss]] = {}
    found = []
    for field, columns in _groups(names, reads):
        if columns not in known:
            known[columns] = [
                _loss(before, after, full, columns)
                for (before, after), full in zip(offers, whole, strict=True)
            ]
        told = tuple(names[i] for i in columns)
        found.append(_lost(field, told, known[columns], offers))
    return tuple(sorted(found, key=lambda lost: (-lost.loss, lost.field)))


def _offers(fitted: Sample, held_out: Sample) -> Iterator[tuple[Sample, Sample]]:
    for offer in np.unique(held_out.shown).tolist():
        before, after = fitted.of(offer).thinned(MOST_FITTED), held_out.of(offer)
        if _least(before.truth) >= 1 and _least(after.truth) >= 2:
            yield before, after


def _least(truth: npt.NDArray[np.int8]) -> int:
    n_yes = int(truth.sum())
    return min(n_yes, truth.size - n_yes)


def _groups(
    names: Sequence[str], reads: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for field, features in sorted(reads.items()):
        columns = tuple(i for i, name in enumerate(names) if name in features)
        if columns:
            yield field, columns


def _scores(
    before: Sample, after: Sample, without: tuple[int, ...] | None
) -> npt.NDArray[np.float64]:
    """Log-odds of the held-out customers; the same for all where nothing is known."""
    kept = np.delete(np.arange(before.features.shape[1]), without or ())
    if not kept.size:
        return np.zeros(after.truth.size)
    model = fit_logistic(before.features[:, kept], before.truth)
    return np.asarray(model.decision_function(after.features[:, kept]), np.float64)


def _loss(
    before: Sample, after: Sample, full: Floats, without: tuple[int, ...]
) -> AucLoss:
    found = auc_loss(after.truth, full, _scores(before, after, without))
    assert isinstance(found, AucLoss)
    return found


def _lost(
    field: str,
    columns: tuple[str, ...],
    losses: Sequence[AucLoss],
    offers: Sequence[tuple[Sample, Sample]],
) -> Lost:
    n = np.array([after.truth.size for _, after in offers], dtype=float)
    weight = n / n.sum()
    loss = float(weight @ [each.value for each in losses])
    variance = float(weight**2 @ [each.variance for each in losses])
    half = float(norm.ppf(0.5 + LEVEL / 2)) * math.sqrt(variance)
    return Lost(field, columns, loss, loss - half, loss + half)
