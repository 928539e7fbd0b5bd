"""A mapping of columns turns anybody's experiment table into units or arm summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from decisioning.events.core import Incoming
from decisioning.events.imports import files, mapping
from decisioning.events.imports.files import RowProblem, cell
from decisioning.events.imports.mapping import Column
from decisioning.experiments.imports import ArmSummary, ImportedDesign, ImportedMetric
from decisioning.experiments.models import Experiment
from governance.types import Invalid

FIELDS = (
    "key",
    "name",
    "hypothesis",
    "source",
    "unit",
    "arm",
    "control",
    "arms",
    "shares",
    "outcomes",
    "covariates",
    "startedAt",
    "endedAt",
    "aggregated",
    "metric",
    "n",
    "mean",
    "variance",
    "notRecorded",
)
AGGREGATES = ("metric", "n", "mean", "variance")
OUTCOME_KINDS = {"yes_no": "proportion", "amount": "mean"}
TOLERANCE = 1e-6
LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Unit:
    """One row: who, in which arm, what was measured, what was known before."""

    user_id: str
    arm: str
    outcomes: Mapping[str, float]
    event: Incoming


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping that fits its file."""

    design: ImportedDesign
    is_aggregated: bool
    arm_column: str
    arm_keys: Mapping[str, str]
    unit_column: str
    outcomes: Mapping[str, Column]
    covariates: Mapping[str, Column]
    aggregates: Mapping[str, str]

    def unit(self, number: int, row: dict[str, str]) -> Unit:
        """Read a row of an experiment with one row a unit."""
        name = cell(row, self.unit_column) if self.unit_column else str(number)
        user_id = name if self.unit_column else f"{self.design.key}-{number}"
        traits = {key: where.of(row) for key, where in self.covariates.items()}
        at = self.design.started_at
        return Unit(
            user_id=user_id,
            arm=self._arm(row),
            outcomes={k: self._outcome(w, row) for k, w in self.outcomes.items()},
            event=Incoming(
                type="identify",
                message_id=f"experiment:{self.design.key}:{name}",
                user_id=user_id,
                timestamp=at.isoformat() if at else None,
                traits={k: v for k, v in traits.items() if v is not None},
            ),
        )

    def summary(self, _number: int, row: dict[str, str]) -> ArmSummary:
        """Read a row of an experiment with one row an arm and metric."""
        metric = slugify(cell(row, self.aggregates["metric"]))
        n = mapping.number(cell(row, self.aggregates["n"]), self.aggregates["n"])
        if not isinstance(n, int) or n < 1:
            raise RowProblem(self.aggregates["n"], "must be a whole number above 0.")
        column = self.aggregates["variance"]
        variance = mapping.number(cell(row, column), column)
        if variance < 0:
            raise RowProblem(column, "cannot be negative.")
        column = self.aggregates["mean"]
        mean = mapping.number(cell(row, column), column)
        return ArmSummary(self._arm(row), metric, n, float(mean), float(variance))

    def _arm(self, row: dict[str, str]) -> str:
        told = cell(row, self.arm_column)
        arm = self.arm_keys.get(told)
        if arm is None:
            raise RowProblem(self.arm_column, f"{told!r} is none of the arms.")
        return arm

    def _outcome(self, where: Column, row: dict[str, str]) -> float:
        text = cell(row, where.name)
        if where.kind == "yes_no":
            return float(mapping.yes_or_no(text, where.name))
        return float(mapping.number(text, where.name))


def planned(data: dict[str, Any], path: Path) -> Plan:
    """Check a mapping against its file.

    Raises
    ------
    Invalid
        Naming the field of the mapping.
    """
    header = files.header_of(path)
    aggregated = bool(data.get("aggregated"))
    arm = mapping.column(data["arm"], "arm", header).name
    keys = _arm_keys(data, _values(path, arm))
    aggregates = {
        field: mapping.column(data.get(field, field), field, header).name
        for field in (AGGREGATES if aggregated else ())
    }
    outcomes = {} if aggregated else _outcomes(data, header)
    unit = data.get("unit")
    return Plan(
        design=_design(data, keys, outcomes, path, aggregates.get("metric")),
        is_aggregated=aggregated,
        arm_column=arm,
        arm_keys=keys,
        unit_column=mapping.column(unit, "unit", header).name if unit else "",
        outcomes=outcomes,
        covariates=mapping.columns(data.get("covariates"), "covariates", header),
        aggregates=aggregates,
    )


def _values(path: Path, column: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, row in files.rows_of(path):
        value = row.get(column, "").strip()
        if value:
            found[value] = found.get(value, 0) + 1
    return found


def _arm_keys(data: dict[str, Any], found: Mapping[str, int]) -> dict[str, str]:
    """Only declared arms are arms: with none declared, all that the file names are."""
    declared = data.get("arms") or data.get("shares")
    if isinstance(declared, dict) and data.get("arms"):
        keys = {str(told): slugify(str(key)) for told, key in declared.items()}
    elif isinstance(declared, dict):
        keys = {str(told): slugify(str(told)) for told in declared}
    else:
        keys = {told: slugify(told) for told in found}
    if len(set(keys.values())) < 2 or "" in keys.values():
        raise Invalid({"arm": "The column must name at least two arms."})
    if any(len(key) > LONGEST_KEY for key in keys.values()):
        told = f"An arm's name has at most {LONGEST_KEY} characters."
        raise Invalid({"arm": told})
    if len(keys) > 20:
        raise Invalid({"arm": f"The column holds {len(keys)} values: too many arms."})
    return keys


def _outcomes(data: dict[str, Any], header: Sequence[str]) -> dict[str, Column]:
    given = data.get("outcomes")
    if not isinstance(given, dict) or not given:
        raise Invalid({"outcomes": "Name at least one outcome and its column."})
    found: dict[str, Column] = {}
    for key, told in given.items():
        if len(str(key)) > LONGEST_KEY:
            told = f"At most {LONGEST_KEY} characters: rename the column."
            raise Invalid({f"outcomes.{str(key)[:LONGEST_KEY]}": told})
        told = {"column": told} if isinstance(told, str) else dict(told)
        kind = told.get("kind", "amount")
        if kind not in OUTCOME_KINDS:
            raise Invalid({f"outcomes.{key}": "kind must be yes_no or amount."})
        name = mapping.column(
            {"column": told.get("column", key)}, f"outcomes.{key}", header
        )
        found[str(key)] = Column(name.name, "yes_no" if kind == "yes_no" else "number")
    return found


def _design(
    data: dict[str, Any],
    keys: Mapping[str, str],
    outcomes: Mapping[str, Column],
    path: Path,
    metric_column: str | None,
) -> ImportedDesign:
    arms = list(dict.fromkeys(keys.values()))
    control = keys.get(str(data["control"]), str(data["control"]))
    if control not in arms:
        named = ", ".join(keys)
        raise Invalid({"control": f"control must be one of the arms: {named}."})
    if slugify(str(data["key"])) != data["key"] or len(data["key"]) > LONGEST_KEY:
        raise Invalid(
            {"key": "key may have up to 60 small letters, digits and hyphens."}
        )
    names = [slugify(m) for m in _values(path, metric_column)] if metric_column else []
    return ImportedDesign(
        key=str(data["key"]),
        name=str(data.get("name") or data["key"])[:120],
        hypothesis=str(data.get("hypothesis", ""))[:400],
        source=str(data.get("source") or path.name)[:200],
        arms=_shares(data.get("shares"), keys, arms),
        labels={key: told for told, key in keys.items()},
        control=control,
        metrics=[_metric(k, w, data) for k, w in outcomes.items()]
        or [ImportedMetric(name, name, "mean", "per unit") for name in names],
        not_recorded=data.get("notRecorded", ()),
        started_at=_time(data, "startedAt"),
        ended_at=_time(data, "endedAt"),
    )


def _metric(key: str, where: Column, data: dict[str, Any]) -> ImportedMetric:
    told = data["outcomes"][key]
    told = told if isinstance(told, dict) else {}
    is_share = where.kind == "yes_no"
    return ImportedMetric(
        key,
        str(told.get("label") or key.replace("_", " ").capitalize()),
        "proportion" if is_share else "mean",
        str(told.get("unit") or ("share of customers" if is_share else "per customer")),
        str(told.get("role", "secondary")),
        str(told.get("betterWhen", "higher")),
    )


def _shares(
    given: Any, keys: Mapping[str, str], arms: Sequence[str]
) -> dict[str, float]:
    if given is None:
        return dict.fromkeys(arms, 1 / len(arms))
    shares = {keys.get(str(told), str(told)): share for told, share in given.items()}
    numbers = all(isinstance(s, int | float) and s > 0 for s in shares.values())
    if set(shares) != set(arms) or not numbers:
        raise Invalid({"shares": "Give each arm its designed share, above 0."})
    total = float(sum(shares.values()))
    return {arm: shares[arm] / total for arm in arms}


def _time(data: dict[str, Any], field: str) -> datetime | None:
    if not data.get(field):
        return None
    try:
        return mapping.instant(str(data[field]), field)
    except RowProblem as problem:
        raise Invalid({field: problem.reason}) from problem


def must_be_the_same(experiment: Experiment, design: ImportedDesign) -> None:
    arms = {arm["key"]: arm["share"] for arm in experiment.arms}
    same = arms.keys() == design.arms.keys() and all(
        abs(arms[key] - share) < TOLERANCE for key, share in design.arms.items()
    )
    if not experiment.is_imported or not same or experiment.control != design.control:
        raise Invalid(
            {"key": f"There is another experiment {design.key!r}. Choose a new key."}
        )
