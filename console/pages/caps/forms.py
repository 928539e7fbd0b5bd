from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms

from console.forming import ConsoleForm
from decisioning.caps.core import BUDGET_SCOPES, MOST_CONTACTS, SCOPES

UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}
MISTAKEN_TIME = "Write a day and a time such as 2026-03-02 09:00."


class ScopedForm(ConsoleForm):
    """What is counted, and which one of them."""

    name = forms.CharField(
        label="What is it called?",
        max_length=120,
        error_messages={"required": "Give it a name."},
    )
    scope = forms.ChoiceField(label="What does it count?")
    scope_key = forms.ChoiceField(
        label="Which one?",
        help_text="Not needed where it counts everything.",
        required=False,
    )

    scopes = SCOPES

    def __init__(
        self, *args: Any, targets: dict[str, list[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        scope, key = self.fields["scope"], self.fields["scope_key"]
        scope.choices = list(self.scopes.items())  # type: ignore[attr-defined]
        key.choices = [  # type: ignore[attr-defined]
            ("", "Everything"),
            *[(self.scopes[kind], found) for kind, found in targets.items()],
        ]
        self.targets = targets

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        scope, key = given.get("scope", ""), given.get("scope_key", "")
        fitting = [value for value, _ in self.targets.get(scope, [])]
        if scope in self.targets and key and key not in fitting:
            kind = self.scopes[scope].lower()
            self.add_error("scope_key", f"This is not {kind}: choose one that is.")
        return given


class CapForm(ScopedForm):
    n = forms.IntegerField(
        label="At most how many contacts?",
        help_text="0 means none at all, never “no limit”.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            "Write a whole number from 0 to 10,000. 0 means not at all.",
        ),
        min_value=0,
        max_value=MOST_CONTACTS,
    )
    length = forms.IntegerField(
        label="Within how long?",
        help_text="A window that rolls with each customer.",
        min_value=1,
        max_value=600_000,
        initial=7,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            "Choose a window from one minute to 366 days.",
        ),
    )
    unit = forms.ChoiceField(
        label="Counted in", choices=[(u, u) for u in UNITS], initial="days"
    )

    def window(self) -> timedelta:
        given = self.cleaned_data
        return timedelta(seconds=given["length"] * UNITS[given["unit"]])


class BudgetForm(ScopedForm):
    scopes = BUDGET_SCOPES
    limit = forms.DecimalField(
        label="At most how much?",
        help_text="In whole units, such as 500.00, for everybody together.",
        max_digits=13,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={"invalid": "Write an amount such as 500.00."},
    )
    currency = forms.CharField(
        label="Currency", help_text="Three letters, such as GBP.", max_length=3
    )
    starts_at = forms.DateTimeField(
        label="From when?",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        error_messages={
            "required": "Say from when it counts.",
            "invalid": MISTAKEN_TIME,
        },
    )
    ends_at = forms.DateTimeField(
        label="Until when?",
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        error_messages={"invalid": MISTAKEN_TIME},
    )


def window_parts(window: timedelta) -> dict[str, Any]:
    """A window as the form asks for it, in the largest unit that divides it."""
    seconds = int(window.total_seconds())
    unit = next(u for u in reversed(UNITS) if seconds % UNITS[u] == 0 or u == "minutes")
    return {"length": seconds // UNITS[unit], "unit": unit}
