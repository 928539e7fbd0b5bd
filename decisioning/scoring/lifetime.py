"""Customer lifetime value: from orders to a fitted model, its report, and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from decisioning.scoring.sql import ScoreRow
from decisioning.stats import clv
from decisioning.stats.bgnbd import BgNbd
from decisioning.stats.clv import ClvModel
from decisioning.stats.gammagamma import GammaGamma
from decisioning.stats.purchases import PurchaseHistory, summarise_purchases
from decisioning.stats.sufficient import NotEnoughData
from governance.types import Invalid

WEEK = 7
HORIZON_WEEKS = 52
VALUE_KEY, ALIVE_KEY = "clv", "p_alive"
Purchase = tuple[int, date, Any]


def history_of(purchases: Sequence[Purchase], end: date) -> PurchaseHistory:
    return summarise_purchases(
        np.array([row[0] for row in purchases], dtype=np.int64),
        np.array([row[1] for row in purchases], dtype="datetime64[D]"),
        np.array([float(row[2]) for row in purchases], dtype=np.float64),
        period_end=np.datetime64(end),
        unit_days=WEEK,
    )


def fitted(history: PurchaseHistory) -> ClvModel:
    model = clv.fit(history)
    if isinstance(model, NotEnoughData):
        raise Invalid({"purchases": model.message})
    return model


def model_from(parameters: Mapping[str, Any]) -> ClvModel:
    """The model behind ``ClvModel.as_dict``."""
    buying, value = parameters["bgnbd"], parameters["gamma_gamma"]
    return ClvModel(BgNbd(**buying), GammaGamma(**value))


def holdout_check(
    model: ClvModel, history: PurchaseHistory, purchases: Sequence[Purchase], end: date
) -> dict[str, Any] | None:
    """Purchases after the calibration end against what the model expected of them."""
    last = max((row[1] for row in purchases), default=end)
    weeks = (last - end).days / WEEK
    if weeks <= 0:
        return None
    place = {int(who): i for i, who in enumerate(history.customer_ids)}
    actual = np.zeros(len(history))
    later = {(who, day) for who, day, _ in purchases if day > end and who in place}
    for who, _ in later:
        actual[place[who]] += 1
    expected = model.purchases.expected_purchases(history, weeks)
    correlation = None
    if np.ptp(actual) > 0 and np.ptp(expected) > 0:
        correlation = float(np.corrcoef(actual, expected)[0, 1])
    return {
        "from": (end + timedelta(days=1)).isoformat(),
        "to": last.isoformat(),
        "weeks": weeks,
        "transactions": int(actual.sum()),
        "expected": float(expected.sum()),
        "correlation": correlation,
    }


def report(
    model: ClvModel, history: PurchaseHistory, *, end: date, left_out: int
) -> dict[str, Any]:
    return {
        **model.as_dict(),
        "customers": len(history),
        "repeaters": history.n_repeaters,
        "repeatTransactions": int(history.frequency.sum()),
        "calibrationEnd": end.isoformat(),
        "timeUnit": "week",
        "leftOut": {
            "customers": left_out,
            "because": "No consent to model training, and not public research data.",
        },
        "limits": [
            "P(alive) is 1 for everybody who bought once: rank customers by expected "
            "purchases, never by P(alive).",
            "Spend and frequency are taken as independent; their correlation is shown.",
        ],
    }


def scores(
    model: ClvModel, purchases: Sequence[Purchase], *, until: datetime
) -> Iterable[ScoreRow]:
    """Value over the next year and chance of still being a customer, for each buyer."""
    if not purchases:
        return
    history = history_of(purchases, (until - timedelta(microseconds=1)).date())
    if not len(history):
        return
    values = clv.discounted_value(model, history, horizon=HORIZON_WEEKS)
    alive = model.purchases.p_alive(history)
    expected = model.purchases.expected_purchases(history, float(HORIZON_WEEKS))
    spend = model.spend.expected_spend(history)
    for i, who in enumerate(history.customer_ids.tolist()):
        details = {
            "expectedPurchases": round(float(expected[i]), 4),
            "expectedSpend": round(float(spend[i]), 2),
            "weeks": HORIZON_WEEKS,
        }
        yield int(who), VALUE_KEY, float(values[i]), details
        yield int(who), ALIVE_KEY, float(alive[i]), {}
