from __future__ import annotations

from django import forms

from console.forming import ConsoleForm
from governance.assessments.core.hearing import Outcome


class OutcomeForm(ConsoleForm):
    """What a person made of what somebody contested."""

    outcome = forms.ChoiceField(
        label="What follows?",
        choices=[(one.value, one.label) for one in Outcome],
        widget=forms.RadioSelect(),
        error_messages={"required": "Choose what follows."},
    )
    told = forms.CharField(
        label="Why, in words for the customer?",
        help_text="What you looked at and what you found.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2_000,
        error_messages={"required": "Tell the customer why."},
    )
