"""Train a propensity score per offer, and judge it on customers it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from decisioning.scoring.core import Floats, LinearModel, Standardisation, sigmoid
from decisioning.stats.auc import Auc, auc
from decisioning.stats.calibration import Calibration, calibrate_check
from decisioning.stats.sufficient import NotEnoughData, Shortage

LEAST_OF_EACH_OUTCOME = 30
CALIBRATION_SHARE, TEST_SHARE = 0.2, 0.3
_REGULARISATION = 1.0


@dataclass(frozen=True, slots=True)
class OfferReport:
    """How good the score of one offer is on held-out customers."""

    offer: str
    n_train: int
    n_calibration: int
    n_test: int
    base_rate: float
    auc: Auc | NotEnoughData
    calibration: Calibration | NotEnoughData
    platt_slope: float
    platt_intercept: float


@dataclass(frozen=True, slots=True)
class TrainedPropensity:
    """Compiled model, scikit-learn pipelines it came from, and the report."""

    model: LinearModel
    pipelines: Mapping[str, Any]
    reports: tuple[OfferReport, ...]
    seed: int

    @property
    def digest(self) -> str:
        return self.model.digest

    def as_dict(self) -> dict[str, Any]:
        """Report ready for JSON."""
        return {
            "digest": self.digest,
            "features": list(self.model.feature_names),
            "seed": self.seed,
            "offers": [asdict(each) for each in self.reports],
        }


def train_propensity(
    features: npt.ArrayLike,
    offer_of_row: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    *,
    feature_names: Sequence[str],
    offers: Sequence[str],
    seed: int = 0,
) -> TrainedPropensity | NotEnoughData:
    """Fit one calibrated logistic regression per offer.

    ``features`` is (n, f) and complete, ``offer_of_row`` (n,) the index into ``offers``
    of what the customer was shown, ``outcomes`` (n,) zeros and ones. Half of each
    offer's customers train, a fifth calibrate, the rest are only tested on.

    Raises:
        ValueError: a table is misshapen, has a gap, or names an offer twice.
    """
    table, shown, truth = _checked(
        features, offer_of_row, outcomes, feature_names, offers
    )
    shortage = _too_few(shown, truth, offers)
    if shortage:
        return shortage
    rng = np.random.default_rng(seed)
    fits = [
        _fit_offer(table[shown == index], truth[shown == index], offer, rng)
        for index, offer in enumerate(offers)
    ]
    model = LinearModel(
        tuple(feature_names),
        tuple(offers),
        np.vstack([fit.weights for fit in fits]),
        np.array([fit.intercept for fit in fits]),
    )
    return TrainedPropensity(
        model=model,
        pipelines={fit.report.offer: fit.pipeline for fit in fits},
        reports=tuple(fit.report for fit in fits),
        seed=seed,
    )


@dataclass(frozen=True, slots=True)
class _OfferFit:
    pipeline: Any
    weights: Floats
    intercept: float
    report: OfferReport


def _fit_offer(
    table: Floats, truth: npt.NDArray[np.int8], offer: str, rng: np.random.Generator
) -> _OfferFit:
    train, calibrate, test = split(truth, rng)
    pipeline = fit_logistic(table[train], truth[train])
    margin = pipeline.decision_function(table[calibrate])
    slope, shift = _platt(margin, truth[calibrate])
    weights, intercept = _raw_coefficients(pipeline)
    weights, intercept = slope * weights, slope * intercept + shift
    chance = sigmoid(table[test] @ weights + intercept)
    report = OfferReport(
        offer=offer,
        n_train=int(train.size),
        n_calibration=int(calibrate.size),
        n_test=int(test.size),
        base_rate=float(truth.mean()),
        auc=auc(truth[test], chance),
        calibration=calibrate_check(truth[test], chance),
        platt_slope=slope,
        platt_intercept=shift,
    )
    return _OfferFit(
        _CalibratedPipeline(pipeline, slope, shift), weights, intercept, report
    )


@dataclass(frozen=True, slots=True)
class _CalibratedPipeline:
    """scikit-learn pipeline followed by Platt's sigmoid."""

    pipeline: Any
    slope: float
    shift: float

    def predict_proba(self, table: Floats) -> Floats:
        """Chance of no and of yes per row."""
        log_odds = self.slope * self.pipeline.decision_function(table) + self.shift
        yes = 1 / (1 + np.exp(-log_odds))
        return np.column_stack([1 - yes, yes])


def fit_logistic(table: Floats, truth: npt.NDArray[np.int8]) -> Any:
    """Logistic regression on standardised columns, as a scikit-learn pipeline."""
    # Importing scikit-learn takes a second that web processes need not spend.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    estimator = LogisticRegression(C=_REGULARISATION, max_iter=1000, tol=1e-8)
    return make_pipeline(StandardScaler(), estimator).fit(table, truth)


def _raw_coefficients(pipeline: Any) -> tuple[Floats, float]:
    scaler, estimator = pipeline[0], pipeline[-1]
    folded = LinearModel.of_standardised(
        [str(column) for column in range(scaler.mean_.size)],
        [""],
        estimator.coef_,
        estimator.intercept_,
        Standardisation(scaler.mean_, scaler.scale_),
    )
    return folded.weights[0], float(folded.intercepts[0])


def _platt(margin: Floats, truth: npt.NDArray[np.int8]) -> tuple[float, float]:
    """Slope and intercept of Platt's sigmoid (Platt 1999, with his smoothed targets).

    A slope that would turn the ranking round is refused: then only the level is set.
    """
    from scipy.optimize import minimize

    n_yes, n_no = float(truth.sum()), float((1 - truth).sum())
    target = np.where(truth == 1, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))

    def loss(ab: Floats) -> tuple[float, Floats]:
        log_odds = ab[0] * margin + ab[1]
        value = np.mean(np.logaddexp(0, log_odds) - target * log_odds)
        gap = 1 / (1 + np.exp(-log_odds)) - target
        return float(value), np.array([np.mean(gap * margin), np.mean(gap)])

    bounds = [(0.05, 20.0), (-30.0, 30.0)]
    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds
    )
    return float(found.x[0]), float(found.x[1])


def split(
    truth: npt.NDArray[np.int8], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], ...]:
    """Train, calibration and test rows, each with its share of either outcome."""
    parts: list[list[npt.NDArray[np.int64]]] = [[], [], []]
    for outcome in (0, 1):
        rows = rng.permutation(np.flatnonzero(truth == outcome))
        n_test = round(TEST_SHARE * rows.size)
        n_calibration = round(CALIBRATION_SHARE * rows.size)
        cuts = [n_test, n_test + n_calibration]
        test, calibrate, train = np.split(rows, cuts)
        for part, chosen in zip(parts, (train, calibrate, test), strict=True):
            part.append(chosen)
    return tuple(np.sort(np.concatenate(part)) for part in parts)


def _checked(
    features: npt.ArrayLike,
    offer_of_row: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    feature_names: Sequence[str],
    offers: Sequence[str],
) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    table = np.asarray(features, dtype=np.float64)
    shown = np.asarray(offer_of_row)
    truth = np.asarray(outcomes)
    if table.ndim != 2 or table.shape[1] != len(feature_names):
        raise ValueError("features: need one column for each feature name")
    if not len(table) == shown.size == truth.size:
        raise ValueError("features, offer_of_row, outcomes: need the same length")
    if not np.isfinite(table).all():
        raise ValueError("features: a value is missing or infinite")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("outcomes: only 0 and 1 are allowed")
    if len(set(offers)) < len(offers) or not offers:
        raise ValueError("offers: need at least one, each with a name of its own")
    if shown.size and not np.isin(shown, np.arange(len(offers))).all():
        raise ValueError("offer_of_row: must be an index into offers")
    return table, shown.astype(np.int64), truth.astype(np.int8)


def _too_few(
    shown: npt.NDArray[np.int64], truth: npt.NDArray[np.int8], offers: Sequence[str]
) -> NotEnoughData | None:
    for index, offer in enumerate(offers):
        mine = truth[shown == index]
        least = int(min(mine.sum(), mine.size - mine.sum()))
        if least < LEAST_OF_EACH_OUTCOME:
            return NotEnoughData(
                Shortage.TOO_FEW,
                f"Offer {offer}: training needs at least {LEAST_OF_EACH_OUTCOME} "
                f"customers with each outcome; there are {least} with the rarer one.",
            )
    return None
