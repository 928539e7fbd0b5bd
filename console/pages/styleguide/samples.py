"""What the gallery shows in each component: every state at least once."""

import json
from pathlib import Path
from typing import Any

from console import charts

_FILE = Path(__file__).with_name("samples.json")


def load() -> dict[str, Any]:
    samples: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return samples


def factor_rows(samples: dict[str, Any]) -> list[dict[str, object]]:
    labels = samples["FACTOR_LABELS"]
    return [
        {"name": name, "score": score, "parts": _stack(labels, values)}
        for name, score, values in samples["FACTORS"]
    ]


def _stack(labels: list[str], values: list[float]) -> list[dict[str, object]]:
    named = enumerate(zip(labels, values, strict=True))
    return charts.stacked(
        [charts.Factor(label, value, place) for place, (label, value) in named],
        scale=0.4,
    )


def legend(samples: dict[str, Any]) -> list[dict[str, object]]:
    return [
        {"label": label, "series": place}
        for place, label in enumerate(samples["FACTOR_LABELS"])
    ]


def series() -> list[dict[str, object]]:
    return [
        {"label": str(place) if place else "held out", "series": place}
        for place in range(8)
    ]
