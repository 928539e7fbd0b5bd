"""The report of a chance-to-respond score, offer by offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.charts import CalibrationBin, Chart, calibration
from console.charts.digits import range_text, signed_text
from console.pages.scores.presenters import Cells, plain
from console.templatetags.fmt import percent
from decisioning.features.core import FEATURES
from decisioning.scoring.queries import ModelVersion

AUC = {
    "name": "AUC",
    "formula": "Of one customer who did and one who did not, how often the one who did "
    "has the higher score. 0.5 is a coin, 1 is perfect. DeLong's 95 % interval.",
    "better_when": "higher",
    "counted_when": "on customers the training never saw",
}
BRIER = {
    "name": "Brier score",
    "formula": "Mean squared distance of the predicted chance from what happened.",
    "better_when": "lower",
    "counted_when": "on customers the training never saw",
}
RATE = {
    "name": "Base rate",
    "formula": "Share of the customers shown this offer who did it.",
    "counted_when": "over training, calibration and test together",
}


@dataclass(frozen=True, slots=True)
class OfferReport:
    """What is known of the score of one offer."""

    offer: str
    auc: str
    auc_interval: str
    brier: str
    brier_note: str
    base_rate: str
    n: str
    n_note: str
    chart: Chart
    waiting: str


@dataclass(frozen=True, slots=True)
class Weights:
    headings: Sequence[Cells]
    rows: Sequence[Cells]


def offers(version: ModelVersion) -> list[OfferReport]:
    return [_offer(each) for each in version.report.get("offers", [])]


def _offer(told: Mapping[str, Any]) -> OfferReport:
    auc, checked = told.get("auc") or {}, told.get("calibration") or {}
    has_auc, has_bins = "value" in auc, "bins" in checked
    n = sum(int(told.get(k, 0)) for k in ("n_train", "n_calibration", "n_test"))
    bins = [
        CalibrationBin(b["predicted"], b["observed"], b["n"], b["lo"], b["hi"])
        for b in checked.get("bins", [])
    ]
    base_rate = float(told["base_rate"])
    return OfferReport(
        offer=str(told["offer"]),
        auc=f"{auc['value']:.3f}" if has_auc else "",
        auc_interval=f"{range_text(auc['lo'], auc['hi'], 3)}, 95 %" if has_auc else "",
        brier=f"{checked['brier']:.4f}" if has_bins else "",
        brier_note=f"{base_rate * (1 - base_rate):.4f} by the base rate alone",
        base_rate=percent(base_rate, 2),
        n=signed_text(n, 0),
        n_note=f"{int(told.get('n_train', 0)):,} train, "
        f"{int(told.get('n_calibration', 0)):,} calibrate, "
        f"{int(told.get('n_test', 0)):,} test",
        chart=calibration(bins, title="Predicted against what happened"),
        waiting="" if has_auc else plain(auc),
    )


def weights(version: ModelVersion) -> Weights:
    """Log-odds per unit of each raw feature, one column per offer."""
    stored = version.parameters
    named = list(stored.get("offers", []))
    table = stored.get("weights", [])
    headings: list[Cells] = [{"label": "signal"}, {"label": "unit"}]
    headings += [{"label": offer, "num": True} for offer in named]
    labels = {f.key: f for f in FEATURES}
    rows: list[Cells] = []
    for place, key in enumerate(stored.get("feature_names", [])):
        feature = labels.get(key)
        cells: list[Cells] = [
            {"text": feature.label if feature else str(key).replace("_", " ")},
            {"text": feature.unit if feature else "", "muted": True},
        ]
        cells += [{"text": _weight(row[place]), "num": True} for row in table]
        rows.append({"cells": cells})
    base: list[Cells] = [{"text": "without any signal"}, {"text": "", "muted": True}]
    base += [{"text": _weight(x), "num": True} for x in stored.get("intercepts", [])]
    return Weights(headings, [*rows, {"cells": base}])


def _weight(value: float) -> str:
    digits = 2 if abs(value) >= 1 else 4
    return signed_text(value, digits, plus=True)


WORTH_HEADINGS: Sequence[Cells] = (
    {"label": "left out"},
    {"label": "signals that go with it"},
    {"label": "AUC lost", "num": True},
    {"label": "95 % interval", "num": True},
)


def worth(version: ModelVersion, elements: Mapping[str, str]) -> Weights:
    """What ranking later customers would lose without each data element."""
    lost = (version.report.get("ablation") or {}).get("lost", [])
    labels = {f.key: f.label for f in FEATURES}
    rows: list[Cells] = []
    for told in lost:
        features = [labels.get(key, key) for key in told["features"]]
        named = elements.get(told["field"]) or told["field"].partition(".")[2]
        cells: list[Cells] = [
            {"text": named},
            {"text": _few(features), "muted": True},
            {"text": signed_text(told["delta"], 4), "num": True},
            {"text": range_text(told["lo"], told["hi"], 4), "num": True},
        ]
        rows.append({"cells": cells})
    return Weights(WORTH_HEADINGS, rows)


def _few(names: Sequence[str]) -> str:
    most = 3
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def worth_note(version: ModelVersion) -> str:
    """On whom the worth of elements was measured, or why it was not."""
    told = version.report.get("ablation") or {}
    if not told.get("possible"):
        because = told.get(
            "because", "This version was trained before it was measured."
        )
        return f"What each element is worth is not known. {because}"
    who = "later" if told["isTimeOrdered"] else "other"
    return (
        f"Fitted again on {told['nFitted']:,} customers without each element in turn, "
        f"then compared on {told['nHeldOut']:,} {who} ones. Elements that tell the "
        "same thing can each be spared alone, and yet not together."
    )


def over_time(version: ModelVersion) -> str:
    """How well the earlier customers' model ranks the later ones."""
    told = version.report.get("timeOrdered") or {}
    if not told.get("possible"):
        because = told.get("because", "It was not tried.")
        return f"Not checked on later customers. {because}"
    ranks = [
        f"{offer} {auc['value']:.3f} ({range_text(auc['lo'], auc['hi'], 3)})"
        for offer, auc in told.get("offers", {}).items()
        if "value" in auc
    ]
    rates = (
        f"the base rate moved from {percent(told['baseRateEarly'], 2)} to "
        f"{percent(told['baseRateLate'], 2)}"
    )
    if not ranks:
        return f"Too few later customers to rank; {rates}."
    return (
        f"Trained on the earlier, tested on the later: AUC {', '.join(ranks)}; {rates}."
    )
