"""Scores as plain linear arithmetic, fit for a request that waits."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Standardisation:
    """Mean and scale of each feature; a scale of 0 was stored as 1."""

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, features: Floats) -> "Standardisation":
        """Statistics of a training table, shape (n, n_features)."""
        scale = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def apply(self, features: Floats) -> Floats:
        """Centred and scaled features, same shape."""
        return (features - self.mean) / self.scale


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Log-odds per offer as a linear function of the raw features.

    Parameters
    ----------
    feature_names, offers
        Order of the columns and of the rows.
    weights : (n_offers, n_features) float64, row-major
    intercepts : (n_offers,) float64
    """

    feature_names: tuple[str, ...]
    offers: tuple[str, ...]
    weights: Floats
    intercepts: Floats

    def __post_init__(self) -> None:
        shape = (len(self.offers), len(self.feature_names))
        if self.weights.shape != shape or self.intercepts.shape != shape[:1]:
            raise ValueError(
                f"weights, intercepts: need shapes {shape} and {shape[:1]}, "
                f"got {self.weights.shape} and {self.intercepts.shape}"
            )
        if not (np.isfinite(self.weights).all() and np.isfinite(self.intercepts).all()):
            raise ValueError("weights, intercepts: must be finite numbers")

    @classmethod
    def of_standardised(
        cls,
        feature_names: Sequence[str],
        offers: Sequence[str],
        weights: Floats,
        intercepts: Floats,
        standardisation: Standardisation,
    ) -> "LinearModel":
        """Fold the standardisation into the weights, so that raw features serve."""
        raw = weights / standardisation.scale
        shifted = intercepts - raw @ standardisation.mean
        return cls(tuple(feature_names), tuple(offers), raw, shifted)

    @property
    def digest(self) -> str:
        """SHA-256 over names, offers and the exact bits of every number."""
        text = "\x1f".join(["linear-1", *self.feature_names, "\x1e", *self.offers])
        sums = hashlib.sha256(text.encode())
        for array in (self.weights, self.intercepts):
            sums.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return sums.hexdigest()

    def compiled(self) -> tuple[Singles, Singles]:
        """Weights and intercepts as contiguous float32 for ``score``."""
        return (
            np.ascontiguousarray(self.weights, dtype=np.float32),
            np.ascontiguousarray(self.intercepts, dtype=np.float32),
        )

    def probabilities(self, features: npt.ArrayLike) -> Floats:
        """Probability per customer and offer in float64.

        Parameters
        ----------
        features : (n, n_features), NaN not allowed

        Returns
        -------
        (n, n_offers) float64
        """
        table = np.atleast_2d(np.asarray(features, dtype=np.float64))
        return sigmoid(table @ self.weights.T + self.intercepts)

    def contributions(self, features: npt.ArrayLike, offer: str) -> dict[str, float]:
        """Log-odds each feature of one customer adds for an offer.

        Parameters
        ----------
        features : (n_features,)
        offer
            One of ``offers``.

        Returns
        -------
        dict
            By feature name; with the intercept they sum to the log-odds.
        """
        row = self.weights[self.offers.index(offer)]
        parts = row * np.asarray(features, dtype=np.float64)
        return dict(zip(self.feature_names, parts.tolist(), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; ``of_dict`` gives the same model with the same digest."""
        return {
            "feature_names": list(self.feature_names),
            "offers": list(self.offers),
            "weights": self.weights.tolist(),
            "intercepts": self.intercepts.tolist(),
            "digest": self.digest,
        }

    @classmethod
    def of_dict(cls, stored: Mapping[str, Any]) -> "LinearModel":
        """Model from ``as_dict``.

        Raises
        ------
        ValueError
            If the stored digest is not that of the numbers.
        """
        model = cls(
            tuple(stored["feature_names"]),
            tuple(stored["offers"]),
            np.array(stored["weights"], dtype=np.float64),
            np.array(stored["intercepts"], dtype=np.float64),
        )
        if stored["digest"] != model.digest:
            raise ValueError("digest: the stored numbers are not those of this model")
        return model


def score(features: Singles, weights: Singles, intercepts: Singles) -> Singles:
    """Log-odds of one customer for every offer.

    Parameters
    ----------
    features : (n_features,) float32
    weights : (n_offers, n_features) float32, row-major
    intercepts : (n_offers,) float32

    Returns
    -------
    (n_offers,) float32
    """
    return weights @ features + intercepts


def sigmoid(log_odds: npt.NDArray[Any]) -> Floats:
    """Probability of a log-odds, without overflow at either end."""
    # tanh saturates where exp overflows; the two forms are equal.
    half = np.asarray(log_odds, dtype=np.float64) / 2
    return np.asarray((1 + np.tanh(half)) / 2)
