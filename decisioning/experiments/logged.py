"""Logs of choices from anywhere: read, and asked what another policy had earned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from decisioning.events.imports import files
from decisioning.stats import offpolicy
from decisioning.stats.offpolicy import Estimate, Evaluation, RewardModel
from decisioning.stats.sufficient import NotEnoughData
from governance.types import Invalid

NEEDED = ("reward", "propensity", "target")
MOST_ROWS = 1_000_000
MOST_TOLD = 5
SEED = 20261128  # of the resamples: the same log always gets the same intervals


@dataclass(frozen=True, slots=True)
class Log:
    """Choices that were made: what each earned, and two chances of having made it."""

    rewards: Sequence[float]
    propensities: Sequence[float]
    target: Sequence[float]
    model: tuple[Sequence[float], Sequence[float]] | None = None


def read_log(path: Path, columns: Mapping[str, str]) -> Log:
    """A log from a table; ``columns`` names the one of each of ``NEEDED``.

    Raises
    ------
    Invalid
        With the rows that cannot be read; then nothing is evaluated, for leaving rows
        out would change who is compared.
    """
    names = [columns[field] for field in NEEDED]
    kept: list[list[float]] = []
    wrong: list[str] = []
    for number, row in files.rows_of(path, names):
        try:
            kept.append([_number(row, name) for name in names])
        except files.RowProblem as problem:
            wrong.append(f"Row {number}, {problem}")
        if len(kept) > MOST_ROWS or len(wrong) > MOST_TOLD:
            break
    if wrong:
        raise Invalid({"file": " ".join(wrong[:MOST_TOLD])})
    if len(kept) > MOST_ROWS:
        raise Invalid({"file": f"More than {MOST_ROWS:,} rows. Send a sample."})
    columns_of = np.array(kept, dtype=np.float64).reshape(len(kept), len(NEEDED)).T
    return Log(*columns_of)


def _number(row: dict[str, str], name: str) -> float:
    text = files.cell(row, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise files.RowProblem(name, "holds no number.")
    return value


def evaluate(log: Log) -> Evaluation | NotEnoughData:
    """What the target policy would have earned on the log.

    Raises
    ------
    Invalid
        Where a chance is none, or the columns differ in length.
    """
    try:
        model = None
        if log.model is not None:
            model = RewardModel(*(np.asarray(part, np.float64) for part in log.model))
        return offpolicy.evaluate(
            log.rewards,
            log.propensities,
            log.target,
            rng=np.random.default_rng(SEED),
            model=model,
        )
    except ValueError as error:
        raise Invalid({"log": f"The log cannot be evaluated: {error}."}) from error


def as_json(found: Evaluation | NotEnoughData) -> dict[str, Any]:
    """An evaluation, or its refusal, as the API tells it."""
    if isinstance(found, NotEnoughData):
        refusal = {"code": found.code.value, "message": found.message}
        return {"canTell": False, "refusal": refusal}
    return {
        "canTell": True,
        "n": found.n,
        "level": found.level,
        "logged": found.logged,
        "ips": _told(found.ips),
        "snips": _told(found.snips),
        "doublyRobust": _told(found.dr) if found.dr else None,
        "relative": found.relative,
        "effectiveN": found.effective_n,
        "meanWeight": found.mean_weight,
        "largestWeight": found.largest_weight,
    }


def _told(estimate: Estimate) -> dict[str, Any]:
    return {"value": estimate.value, "interval": [estimate.lo, estimate.hi]}
