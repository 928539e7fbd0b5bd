from __future__ import annotations

from datetime import UTC, datetime, time

from django import forms

from governance.types import Scope

OPENS = {
    Scope.INGEST: "send events (a web shop, a data pipeline)",
    Scope.DECIDE: "ask for decisions (a page, an app)",
    Scope.READ: "read results and traces under pseudonyms",
    Scope.MANAGE: "change use cases, offers and segments; never signs",
}


class KeyForm(forms.Form):
    name = forms.CharField(
        label="What is the key for?",
        help_text="A name that says which system uses it, and whom to ask.",
        max_length=80,
        error_messages={"required": "Give the key a name."},
    )
    scopes = forms.MultipleChoiceField(
        label="What may it open?",
        help_text="Give no more than needed; two narrow keys beat a wide one.",
        choices=[
            (scope.value, f"{scope.value.capitalize()}: {what}")
            for scope, what in OPENS.items()
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    expires_on = forms.DateField(
        label="Last day",
        help_text="At most 365 days from now. Left empty, it is exactly that.",
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
        error_messages={"invalid": "Write a day such as 2027-03-31."},
    )

    def expires_at(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, UTC) if day else None
