from __future__ import annotations

from django import forms

from console.pages.usecases.fields import Number
from governance.usecases.core.templates import TEMPLATES

TESTS = ((1, "Test 1"), (2, "Test 2"), (3, "Test 3"))


class NewForm(forms.Form):
    name = forms.CharField(
        label="What is it called?",
        help_text="A name that colleagues will recognise, such as “Size advice on "
        "product pages”. You can change it later.",
        max_length=120,
        error_messages={"required": "Give it a name to begin with."},
    )
    template = forms.ChoiceField(
        label="Begin from an example?",
        help_text="It fills in words to change; figures stay yours to give.",
        required=False,
        choices=[
            ("", "No, from an empty sheet"),
            *((t.key, f"{t.area}: {t.label}") for t in TEMPLATES.values()),
        ],
    )


class AssessForm(forms.Form):
    test = forms.TypedChoiceField(
        choices=TESTS, coerce=int, widget=forms.HiddenInput(), label="Test"
    )
    verdict = forms.ChoiceField(
        label="Your verdict",
        choices=[("pass", "Passes"), ("fail", "Does not pass")],
        widget=forms.RadioSelect(),
        error_messages={"required": "Choose whether it passes."},
    )
    evidence = forms.CharField(
        label="On what evidence?",
        help_text="What you looked at, so that others can look too.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what your verdict rests on."},
    )


class AttestForm(forms.Form):
    text = forms.CharField(
        label="What do you attest?",
        help_text="How the rollback drill went, who ran it and with what result. It "
        "holds for 90 days and for this configuration only.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what you attest."},
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why?", required=False, max_length=500, widget=forms.TextInput()
    )


class ExposureForm(forms.Form):
    share = Number("Share of customers it may reach", percent=True)

    def clean_share(self) -> float:
        value = self.cleaned_data["share"]
        if value is None or not 0 < value <= 1:
            raise forms.ValidationError("Write a per cent above 0 and at most 100.")
        return float(value)
