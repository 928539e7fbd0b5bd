from __future__ import annotations

from django import forms

from governance.rights.core import Step


class StepForm(forms.Form):
    step = forms.ChoiceField(choices=[(step.value, step.value) for step in Step])
    words = forms.CharField(
        label="What goes on record",
        help_text="The person reads why they are refused. At most 300 characters.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=300,
        required=False,
    )
