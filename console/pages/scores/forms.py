from __future__ import annotations

from typing import Any

from django import forms

from console.forming import ConsoleForm

OUTCOMES = (("conversion", "Ordered"), ("visit", "Visited"))
SOURCES = (
    ("", "All orders"),
    ("import:cdnow:sample", "CDNOW, the one-tenth sample"),
    ("import:cdnow:master", "CDNOW, all customers"),
)


class PropensityForm(ConsoleForm):
    experiment = forms.ChoiceField(
        label="Which experiment teaches it?",
        help_text="Its treated customers: what they were shown, and what they did.",
        error_messages={
            "required": "Choose the experiment it learns from.",
            "invalid_choice": "Choose one of the experiments in the list.",
        },
    )
    outcome = forms.ChoiceField(label="The chance of what?", choices=OUTCOMES)

    def __init__(self, data: Any = None, *, experiments: list[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["experiment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose an experiment"), *experiments]


class ValueForm(ConsoleForm):
    source = forms.ChoiceField(
        label="Whose orders count?", choices=SOURCES, required=False
    )
    calibration_end = forms.DateField(
        label="Last day it learns from",
        help_text="What comes later checks the fit. CDNOW's published fit ends on "
        "1997-09-30. Leave it empty to learn from all orders.",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write a day such as 1997-09-30."},
    )


class PromoteForm(ConsoleForm):
    number = forms.IntegerField(
        min_value=1, error_messages={"required": "Say which version should serve."}
    )
