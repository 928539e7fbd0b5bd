from __future__ import annotations

from django import forms

from governance.operating.queries import RegulatoryReference


class ReferenceForm(forms.Form):
    version = forms.CharField(label="Version", max_length=120)
    status = forms.ChoiceField(
        label="Standing", choices=RegulatoryReference.Status.choices
    )
    says = forms.CharField(
        label="What it says, in short",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    consequence = forms.CharField(
        label="What we do about it",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
