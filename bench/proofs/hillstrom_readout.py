"""Hillstrom's read-out over HTTP, from the file through the import, as published."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from bench.installation import dataset, installation
from bench.proof import Proof

N = {"mens-email": 21_307, "womens-email": 21_387, "no-email": 21_306}
MEANS = {
    ("mens-email", "visit"): 0.18275684,
    ("mens-email", "conversion"): 0.01253109,
    ("mens-email", "spend"): 1.42261651,
    ("womens-email", "visit"): 0.15140038,
    ("womens-email", "conversion"): 0.00883714,
    ("womens-email", "spend"): 1.07720157,
    ("no-email", "visit"): 0.10616728,
    ("no-email", "conversion"): 0.00572609,
    ("no-email", "spend"): 0.65278936,
}
EFFECTS = {
    ("mens-email", "visit"): (0.07658956, 0.06995335, 0.08322578),
    ("mens-email", "conversion"): (0.00680501, 0.00500013, 0.00860988),
    ("mens-email", "spend"): (0.76982716, 0.48514913, 1.05450519),
    ("womens-email", "visit"): (0.04523311, 0.03889368, 0.05157254),
    ("womens-email", "conversion"): (0.00311106, 0.00149864, 0.00472347),
    ("womens-email", "spend"): (0.42441222, 0.16896451, 0.67985993),
}
FIGURES = 4
METRICS = ("visit", "conversion", "spend")


def prove() -> Proof:
    with installation(has_web=True) as here:
        from decisioning.engine.imports import import_dataset
        from governance.types import Actor

        report = import_dataset(
            by=Actor.system("proof"),
            now=here.now(),
            name="hillstrom",
            path=dataset("hillstrom"),
        )
        answer = here.ask("GET", "/api/v1/experiments/hillstrom/readout")
        assert answer.status == 200, answer.body
        pairs = list(_compared(answer.json()))
    wrong = [name for name, found, wanted in pairs if not _equal(found, wanted)]
    return Proof(
        claim=(
            "Every n, mean, difference and interval of Hillstrom's read-out equals the "
            f"published one to {FIGURES} significant figures"
        ),
        figure=(
            f"{len(pairs) - len(wrong)} of {len(pairs)} figures equal, from "
            f"{report.n_rows:,} customers" + "".join(f"; wrong: {n}" for n in wrong)
        ),
        holds=not wrong and len(pairs) == len(N) * 3 + len(MEANS) + 3 * len(EFFECTS),
    )


def _compared(told: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    metrics = {each["metric"]: each for each in told["metrics"]}
    for metric in METRICS:
        arms = {arm["arm"]: arm for arm in metrics[metric]["arms"]}
        for arm, n in N.items():
            yield f"n of {arm}, {metric}", arms[arm]["n"], n
            yield f"mean of {arm}, {metric}", arms[arm]["mean"], MEANS[arm, metric]
        effects = {effect["arm"]: effect for effect in metrics[metric]["effects"]}
        for arm in ("mens-email", "womens-email"):
            effect = effects[arm]
            found = (effect["difference"], *effect["interval"])
            parts = ("difference", "lower end", "upper end")
            for part, a, b in zip(parts, found, EFFECTS[arm, metric], strict=True):
                yield f"{part} of {arm}, {metric}", a, b


def _equal(found: float, wanted: float) -> bool:
    return _rounded(found) == _rounded(wanted)


def _rounded(value: float) -> float:
    digits = FIGURES - 1 - math.floor(math.log10(abs(value))) if value else 0
    return round(value, digits) if isinstance(value, float) else value
