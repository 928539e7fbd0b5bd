"""The period of a scorecard: a named one, or from one day to another."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from console.forming import ConsoleForm
from decisioning.scorecards.queries import default_period
from decisioning.types import Period

LENGTHS = {"4w": ("4 weeks", 28), "13w": ("13 weeks", 91), "year": ("Year", 365)}
ALL_TIME = "all"
USUAL = "4w"
EARLIEST = date(2000, 1, 1)
MEND = "Write a day such as 2026-11-22."


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": MEND},
    )


class PeriodForm(ConsoleForm):
    period = forms.CharField(required=False, widget=forms.HiddenInput())
    scope = forms.ChoiceField(label="Use case", required=False)

    def __init__(self, data: Any, *, scopes: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["from"], self.fields["to"] = _day("From"), _day("To")
        for name in ("from", "to"):
            self.fields[name].widget.attrs["class"] = "control"
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ChoiceField)
        scope.choices = scopes

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("from"), found.get("to")
        if first and first < EARLIEST:
            self.add_error("from", f"Choose a day from {EARLIEST.year} on.")
        if first and last and last < first:
            self.add_error("to", "The last day must not be before the first.")
        if last and not first and not self.errors.get("from"):
            self.add_error("from", "Say from which day on, or choose a named period.")
        return found

    def chosen(self, now: datetime, *, begun_at: datetime | None) -> Period:
        """The period asked for; the usual one where it cannot be read."""
        if not self.is_valid():
            return default_period(now)
        asked = self.cleaned_data
        if asked.get("from"):
            return _of_days(asked["from"], asked.get("to") or now.date())
        return named(asked.get("period") or USUAL, now, begun_at=begun_at)

    def name_of(self) -> str:
        """Which named period is current; none where days were given."""
        if not self.is_valid() or self.cleaned_data.get("from"):
            return ""
        name = self.cleaned_data.get("period") or USUAL
        return name if name in {*LENGTHS, ALL_TIME} else USUAL


def _of_days(first: date, last: date) -> Period:
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    return Period(datetime.combine(first, time(), UTC), end)


def named(name: str, now: datetime, *, begun_at: datetime | None) -> Period:
    usual = default_period(now)
    end = usual.ends_at or now
    if name == ALL_TIME:
        begin = begun_at or end - timedelta(days=LENGTHS["year"][1])
        midnight = datetime.combine(begin.date(), time(), UTC)
        return Period(min(midnight, usual.starts_at), end)
    days = LENGTHS.get(name, LENGTHS[USUAL])[1]
    return Period(end - timedelta(days=days), end)
