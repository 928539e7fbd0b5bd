from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from console.forming import ConsoleForm
from decisioning.quality.core import MEASURES, Check

PERCENT = 100
UNITS = {"share": "%", "hours": "hours", "fields": "fields"}


class ThresholdsForm(ConsoleForm):
    """One number a check, shares in percent; only what was changed is saved."""

    def __init__(self, data: Any = None, *, now: Mapping[Check, float]) -> None:
        super().__init__(data)
        self.now = now
        for check, measure in MEASURES.items():
            self.fields[check.value] = forms.FloatField(
                label=measure.label,
                help_text=measure.meaning,
                min_value=0,
                initial=_shown(check, now[check]),
                error_messages={
                    "required": "Give a number.",
                    "invalid": "Give a number such as 2.5.",
                    "min_value": "Give a number of 0 or more.",
                },
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each field with its unit, as the page shows them."""
        return [
            {"field": self[check.value], "unit": UNITS[measure.unit]}
            for check, measure in MEASURES.items()
        ]

    def changed(self) -> dict[str, float]:
        found = {}
        for check, measure in MEASURES.items():
            given = self.cleaned_data[check.value]
            if given != _shown(check, self.now[check]):
                is_share = measure.unit == "share"
                found[check.value] = given / PERCENT if is_share else given
        return found


def _shown(check: Check, value: float) -> float:
    is_share = MEASURES[check].unit == "share"
    return round(value * PERCENT, 4) if is_share else value
