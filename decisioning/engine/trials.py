"""A use case's experiment and model, in the form that decisions need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import structlog

from decisioning.engine.core.types import Linear, Mode, Trial, TrialArm
from decisioning.experiments.core import HOLDOUT
from decisioning.experiments.models import Experiment
from decisioning.features.core import FEATURE_INDEX
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion

LEAST_HOLDOUT = 0.05
log = structlog.get_logger(__name__)


def trial_of(
    case_key: str,
    experiment: Experiment | None,
    offers: Sequence[str],
    bits: int,
    *,
    holdout_share: float | None,
    is_proven: bool,
) -> Trial | None:
    """The running experiment; after it, the lasting holdout; before it, nothing."""
    if experiment is not None:
        arms = tuple(_arms(experiment, offers, bits))
        return Trial(experiment.pk, experiment.key, experiment.salt, arms)
    if not is_proven:
        return None
    share = max(holdout_share or 0.0, LEAST_HOLDOUT)
    return Trial(
        None,
        "",
        f"{case_key}:{HOLDOUT}",
        (
            TrialArm(HOLDOUT, share, Mode.HOLDOUT, 0),
            TrialArm("", 1 - share, Mode.PERSONALISED, bits),
        ),
    )


def _arms(experiment: Experiment, offers: Sequence[str], bits: int) -> list[TrialArm]:
    listed: Any = experiment.arms
    if isinstance(listed, Mapping):
        listed = [{"key": key, "share": share} for key, share in listed.items()]
    arms = []
    for arm in listed:
        key = str(arm["key"])
        allowed = arm.get("offers")
        wanted = bits
        if allowed:
            wanted &= sum(1 << i for i, offer in enumerate(offers) if offer in allowed)
        mode = _mode(key, str(arm.get("role", "")), experiment.control)
        arms.append(TrialArm(key, float(arm["share"]), mode, wanted))
    return arms


def _mode(key: str, role: str, control: str) -> Mode:
    if HOLDOUT in (key, role):
        return Mode.HOLDOUT
    if key == control:
        return Mode.CONTROL
    return Mode.PERSONALISED


def model_of(
    wanted: Sequence[str],
    models: Mapping[str, ModelVersion],
    offers: Sequence[str],
    *,
    lawful: Mapping[str, frozenset[str]],
    purposes: Collection[str],
) -> Linear | None:
    """The first wanted score that is a linear model over declared features.

    A feature that is not lawful for all of ``purposes`` is absent from it, as it is for
    a person of whom it is unknown.
    """
    for key in wanted:
        row = models.get(key) or models.get(key.partition(":")[0])
        if row is None or "weights" not in row.parameters:
            continue
        try:
            model = LinearModel.of_dict(row.parameters)
        except (KeyError, ValueError):
            continue
        undeclared = [n for n in model.feature_names if n not in lawful]
        if undeclared:
            log.warning("model.undeclared_features", model=key, features=undeclared)
            continue
        absent = [n for n in model.feature_names if not lawful[n].issuperset(purposes)]
        fill = row.parameters.get("fill") or {}
        return _linear(_without(model, absent, fill), model.digest, fill, offers)
    return None


def _without(
    model: LinearModel, absent: Sequence[str], fill: Mapping[str, float]
) -> LinearModel:
    """The same model where these features always have what stands for unknown."""
    if not absent:
        return model
    usual = np.array([fill.get(name, 0.0) for name in model.feature_names])
    is_absent = np.isin(model.feature_names, list(absent))
    intercepts = model.intercepts + (model.weights * is_absent) @ usual
    return replace(model, weights=model.weights * ~is_absent, intercepts=intercepts)


def _linear(
    model: LinearModel, digest: str, fill: Mapping[str, float], offers: Sequence[str]
) -> Linear:
    weights, intercepts = model.compiled()
    place = {offer: i for i, offer in enumerate(model.offers)}
    rows = [place.get(offer, 0) for offer in offers]
    return Linear(
        digest=digest,
        columns=np.array([FEATURE_INDEX[n] for n in model.feature_names], np.int64),
        weights=np.ascontiguousarray(weights[rows]),
        intercepts=np.ascontiguousarray(intercepts[rows]),
        known=np.array([offer in place for offer in offers], np.bool_),
        fill=np.array([fill.get(n, 0.0) for n in model.feature_names], np.float32),
    )
