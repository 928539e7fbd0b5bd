"""The guided intake as one form: every answer may be empty, none is ever lost."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from console import units
from console.pages.usecases import sections
from console.pages.usecases.choices import Choices
from console.pages.usecases.fields import Text
from governance.usecases.core import UseCaseContent
from governance.usecases.core.templates import TEMPLATES

ROW_KINDS = ("guardrails", "data_uses", "arms")
MOST_ROWS = 40
DATA_PART = ("data_uses", "lawful_basis", "eprivacy_basis", "logic", "retention")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a repeated question, with its place."""

    kind: str
    place: int
    cells: dict[str, BoundField]


def starting_content(name: str, key: str, template: str = "") -> dict[str, Any]:
    """The questions that every use case has, with an example's words if asked for."""
    example = TEMPLATES[template].content() if template in TEMPLATES else {}
    guarded = (
        ("opt_out_rate", "up"),
        ("complaint_rate", "up"),
        ("trust_score", "down"),
    )
    return {
        **example,
        "cosmetic": {"name": name},
        "guardrails": [{"metric": m, "direction": d} for m, d in guarded],
        "experiment": {"key": key, "arms": ["personalised", "control"]},
    }


class IntakeForm(forms.Form):
    use_required_attribute = False

    def __init__(
        self,
        saved: Mapping[str, Any],
        choices: Choices,
        data: Mapping[str, Any] | None = None,
        *,
        add: str = "",
        remove: str = "",
        only_data: bool = False,
    ) -> None:
        self.saved = copy.deepcopy(dict(saved))
        self.choices = choices
        self.only_data = only_data
        self.removed = remove
        self.counts = {
            kind: _count(kind, self.saved, data) + (add == kind) for kind in ROW_KINDS
        }
        super().__init__(data, initial=self._initial())
        self._ask(UseCaseContent.from_dict(self.saved))
        if data is not None:
            self._ask_bases_of_typed()

    def _initial(self) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        for kind in ("guardrails", "data_uses"):
            for place, row in enumerate(self.saved.get(kind) or []):
                for name, value in row.items():
                    initial[f"{kind}__{place}__{name}"] = value
        for place, row in enumerate(self.saved.get("guardrails") or []):
            initial[f"guardrails__{place}__margin"] = units.shown(
                row.get("margin"), str(row.get("metric") or "")
            )
        experiment = self.saved.get("experiment") or {}
        shares = experiment.get("allocation") or {}
        for place, arm in enumerate(experiment.get("arms") or []):
            initial[f"arms__{place}__name"] = arm
            initial[f"arms__{place}__share"] = shares.get(arm)
        return initial

    def _ask(self, now: UseCaseContent) -> None:
        fields: dict[str, forms.Field] = {
            **sections.customer(),
            **sections.objective(),
            **sections.explanation(),
            **sections.reach(self.choices, now),
            **sections.experiment(),
            **sections.governance(self.choices, now),
            **self._base_fields(now),
        }
        fields["cosmetic__name"] = Text("What is it called?")
        fields["cosmetic__description"] = Text(
            "What would a colleague need to know?", rows=2
        )
        self.initial.update(sections.initial_of(self.saved, list(fields)))
        self._show_smallest_change()
        for kind, count in self.counts.items():
            for place in range(count):
                for name, field in self._row_fields(kind).items():
                    fields[f"{kind}__{place}__{name}"] = field
        for name, field in fields.items():
            field.disabled = self.only_data and not name.startswith(DATA_PART)
            self.fields[name] = field

    def _show_smallest_change(self) -> None:
        value = self.initial.get("objective__smallest_change")
        metric = str(self.initial.get("objective__primary_metric") or "")
        self.initial["objective__smallest_change"] = units.shown(value, metric)

    def _row_fields(self, kind: str) -> dict[str, forms.Field]:
        if kind == "guardrails":
            return sections.guardrail()
        return sections.arm() if kind == "arms" else sections.data_use(self.choices)

    def _base_fields(self, now: UseCaseContent) -> dict[str, forms.Field]:
        labels = {p.key: p.label for p in self.choices.catalogue.purposes.values()}
        return sections.bases(now, labels)

    def _ask_bases_of_typed(self) -> None:
        """Ask for the basis of a purpose or channel as soon as it is chosen."""
        typed = UseCaseContent.from_dict(self.content())
        missing = {
            name: field
            for name, field in self._base_fields(typed).items()
            if name not in self.fields
        }
        if missing:
            self.fields |= missing
            self._errors = None

    def content(self) -> dict[str, Any]:
        """The saved content with what was typed; what cannot be read stays as saved."""
        if self._errors is None:
            self.full_clean()
        content = copy.deepcopy(self.saved)
        for name, value in self.cleaned_data.items():
            is_row = name.split("__")[0] in ROW_KINDS
            if not is_row and not self.fields[name].disabled:
                _put(content, name.split("__"), value)
        content["data_uses"] = [values for _, values in self._rows_typed("data_uses")]
        if not self.only_data:
            self._put_rest(content)
        return content

    def _put_rest(self, content: dict[str, Any]) -> None:
        objective = content.setdefault("objective", {})
        typed = self.cleaned_data.get("objective__smallest_change")
        metric = str(objective.get("primary_metric") or "")
        objective["smallest_change"] = units.kept(typed, metric)
        content["guardrails"] = self._guardrails()
        self._put_arms(content.setdefault("experiment", {}))

    def _guardrails(self) -> list[dict[str, Any]]:
        found = []
        for _, values in self._rows_typed("guardrails"):
            margin = units.kept(values.get("margin"), str(values.get("metric") or ""))
            found.append({**values, "margin": margin})
        return found

    def _put_arms(self, experiment: dict[str, Any]) -> None:
        rows = [values for _, values in self._rows_typed("arms") if values.get("name")]
        experiment["arms"] = [row["name"] for row in rows]
        experiment["allocation"] = {
            row["name"]: row["share"] for row in rows if row.get("share") is not None
        }

    def _rows_typed(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        for place in range(self.counts[kind]):
            prefix = f"{kind}__{place}__"
            values = {
                name.removeprefix(prefix): value
                for name, value in self.cleaned_data.items()
                if name.startswith(prefix)
            }
            is_removed = self.removed == f"{kind}.{place}"
            if not is_removed and any(v not in (None, "") for v in values.values()):
                yield place, values

    def rows(self, kind: str) -> list[Row]:
        found = []
        for place in range(self.counts[kind]):
            prefix = f"{kind}__{place}__"
            cells = {
                name.removeprefix(prefix): self[name]
                for name in self.fields
                if name.startswith(prefix)
            }
            found.append(Row(kind, place, cells))
        return found

    @property
    def guardrail_rows(self) -> list[Row]:
        return self.rows("guardrails")

    @property
    def data_rows(self) -> list[Row]:
        return self.rows("data_uses")

    @property
    def arm_rows(self) -> list[Row]:
        return self.rows("arms")

    @property
    def base_cells(self) -> list[BoundField]:
        return [
            self[n] for n in self.fields if re.match(r"(lawful|eprivacy)_basis__", n)
        ]

    def blame(self, problems: Mapping[str, str]) -> None:
        """Put an action's refusals beside the answers they speak of."""
        for path, text in problems.items():
            name = path.replace(".", "__")
            self.add_error(name if name in self.fields else None, text)


def _count(kind: str, saved: Mapping[str, Any], data: Mapping[str, Any] | None) -> int:
    if data is None:
        experiment = saved.get("experiment") or {}
        kept = experiment.get("arms") if kind == "arms" else saved.get(kind)
        return max(len(kept or []), 1)
    found = re.compile(rf"{kind}__(\d+)__")
    places = [int(m.group(1)) for name in data if (m := found.match(name))]
    return min(max(places, default=0) + 1, MOST_ROWS)


def _put(content: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = content.get(step)
        content[step] = inner = inner if isinstance(inner, dict) else {}
        content = inner
    content[steps[-1]] = value
