from __future__ import annotations

from django import forms

from console.forming import ConsoleForm


class ClosingForm(ConsoleForm):
    """What is taken along from an incident."""

    learned = forms.CharField(
        label="What was learned?",
        help_text="What caused it, and what is done so that it does not come back.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2_000,
        error_messages={"required": "Say what was learned; that closes it."},
    )
