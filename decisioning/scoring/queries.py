from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Max

from decisioning.scoring.models import ModelVersion, Score
from governance.types import NotFound

__all__ = [
    "ModelVersion",
    "ScoreSummary",
    "as_json",
    "champion",
    "report",
    "reports",
    "score_keys",
    "scores_of",
    "versions",
]


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """How many customers have a score, and how fresh it is."""

    key: str
    n: int
    mean: float
    computed_at: datetime


def reports() -> list[ModelVersion]:
    """For each model the version that serves, else the newest."""
    found: dict[str, ModelVersion] = {}
    for row in ModelVersion.objects.order_by("key", "-is_champion", "-number"):
        found.setdefault(row.key, row)
    return list(found.values())


def report(key: str, number: int | None = None) -> ModelVersion:
    rows = ModelVersion.objects.filter(key=key)
    if number is not None:
        rows = rows.filter(number=number)
    found = rows.order_by("-is_champion", "-number").first()
    if found is None:
        raise NotFound("There is no such score, or it has not been trained yet.")
    return found


def versions(key: str) -> list[ModelVersion]:
    return list(ModelVersion.objects.filter(key=key).order_by("-number"))


def champion(key: str) -> ModelVersion | None:
    return ModelVersion.objects.filter(key=key, is_champion=True).first()


def score_keys() -> list[ScoreSummary]:
    rows = (
        Score.objects.values("score_key")
        .annotate(n=Count("id"), mean=Avg("value"), at=Max("computed_at"))
        .order_by("score_key")
    )
    return [
        ScoreSummary(row["score_key"], row["n"], row["mean"], row["at"]) for row in rows
    ]


def scores_of(customer_id: int) -> list[Score]:
    return list(
        Score.objects.filter(customer_id=customer_id)
        .select_related("model_version")
        .order_by("score_key")
    )


def as_json(row: ModelVersion, *, is_full: bool = False) -> dict[str, Any]:
    """A model version for the API; ``is_full`` adds its report and parameters."""
    told: dict[str, Any] = {
        "key": row.key,
        "version": row.number,
        "kind": row.kind,
        "digest": row.digest,
        "isChampion": row.is_champion,
        "trainedOn": row.trained_on,
        "trainedAt": row.trained_at.isoformat(),
        "trainedBy": row.trained_by_label,
    }
    if is_full:
        told |= {"report": row.report, "parameters": row.parameters}
    return told
