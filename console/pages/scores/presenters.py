"""Scores as the pages show them: the list, and the facts of one version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.charts.digits import signed_text
from console.templatetags.fmt import when_text
from decisioning.scoring.queries import ModelVersion, ScoreSummary

Cells = dict[str, Any]
KINDS = {
    "propensity": "Chance to respond",
    "clv": "Customer lifetime value",
}
HEADINGS: Sequence[Cells] = (
    {"label": "score"},
    {"label": "what it says"},
    {"label": "version", "num": True},
    {"label": "serves"},
    {"label": "customers scored", "num": True},
    {"label": "how good"},
    {"label": "trained"},
)


@dataclass(frozen=True, slots=True)
class Scored:
    """Who has a score of a model, and since when."""

    label: str
    n: int
    mean: float
    at: str


def rows(
    found: Iterable[ModelVersion], summaries: Sequence[ScoreSummary]
) -> list[Cells]:
    return [_row(each, scored_by(each, summaries)) for each in found]


def _row(version: ModelVersion, scored: Sequence[Scored]) -> Cells:
    n = max((each.n for each in scored), default=0)
    url = reverse("scores:detail", args=[version.key])
    serves = version.is_champion
    return {
        "cells": [
            {"text": version.key, "url": url},
            {"text": KINDS.get(version.kind, version.kind)},
            {"text": str(version.number), "num": True},
            {
                "text": "Serves" if serves else "Waits",
                "tone": "positive" if serves else "",
                "pill": True,
            },
            {"text": signed_text(n, 0) if n else "none yet", "num": True},
            {"text": quality(version)},
            {"text": when_text(version.trained_at), "muted": True},
        ]
    }


def scored_by(version: ModelVersion, summaries: Sequence[ScoreSummary]) -> list[Scored]:
    """The scores under a model's key, or under its offers: ``propensity:<offer>``."""
    return [
        Scored(each.key, each.n, each.mean, when_text(each.computed_at))
        for each in summaries
        if each.key == version.key or each.key.startswith(f"{version.key}:")
    ]


def quality(version: ModelVersion) -> str:
    """The one figure that says most, with its interval."""
    report = version.report
    if version.kind == "clv":
        likelihood = report.get("bgnbd", {}).get("log_likelihood")
        n = int(report.get("customers", 0))
        if likelihood is None:
            return "not reported"
        return f"log-likelihood {signed_text(likelihood, 1)} on {n:,} customers"
    ranks = [o["auc"] for o in report.get("offers", []) if "value" in o.get("auc", {})]
    if not ranks:
        return "too few outcomes to tell"
    least = min(ranks, key=lambda auc: auc["value"])
    return (
        f"{'lowest ' if len(ranks) > 1 else ''}AUC {least['value']:.3f} "
        f"({least['lo']:.3f} to {least['hi']:.3f})"
    )


def facts(version: ModelVersion) -> str:
    state = "Serves now." if version.is_champion else "Does not serve."
    return (
        f"{KINDS.get(version.kind, version.kind)}, version {version.number}. {state} "
        f"Trained {when_text(version.trained_at)} by {version.trained_by_label}."
    )


def basis(version: ModelVersion, scored: Sequence[Scored]) -> list[Cells]:
    """Trained on what, on which basis, and who has a score of it."""
    left_out = version.report.get("leftOut", {})
    n_out = int(left_out.get("customers", 0))
    found: list[Cells] = [
        {"label": "Trained on", "value": version.trained_on},
        {
            "label": "Allowed because",
            "value": "each customer agreed to model training, or the data is public "
            "research data",
        },
        {
            "label": "Left out",
            "value": f"{n_out:,} customers",
            "muted": str(left_out.get("because", "")) if n_out else "",
        },
        {"label": "Digest", "value": version.digest[:12], "mono": True},
    ]
    found += [
        {
            "label": f"Scored: {each.label}",
            "value": f"{each.n:,} customers, mean {_mean(version.kind, each.mean)}",
            "muted": each.at,
        }
        for each in scored
    ]
    if not scored:
        found.append({"label": "Scored", "value": "nobody yet"})
    return found


def _mean(kind: str, value: float) -> str:
    """A chance as a share; a lifetime value in the money of the orders it came from."""
    if kind == "clv":
        return f"{value:,.2f} each, in the money of their orders"
    return f"{100 * value:.2f} %"


VERSION_HEADINGS: Sequence[Cells] = (
    {"label": "version"},
    {"label": "serves"},
    {"label": "how good"},
    {"label": "trained on"},
    {"label": "trained"},
)


def versions(found: Iterable[ModelVersion], shown: ModelVersion) -> list[Cells]:
    return [
        {
            "selected": each.number == shown.number,
            "cells": [
                {
                    "text": f"Version {each.number}",
                    "url": f"{reverse('scores:detail', args=[each.key])}"
                    f"?version={each.number}",
                },
                {"text": "yes" if each.is_champion else "no"},
                {"text": quality(each)},
                {"text": each.trained_on},
                {"text": when_text(each.trained_at), "muted": True},
            ],
        }
        for each in found
    ]


def limits(version: ModelVersion) -> list[str]:
    told = [str(each) for each in version.report.get("limits", [])]
    meaning = version.report.get("meaning")
    return [str(meaning), *told] if meaning else told


def plain(value: Mapping[str, Any] | None) -> str:
    """Why a figure is missing, in the words of whoever could not compute it."""
    return str((value or {}).get("message") or "Not reported.")
