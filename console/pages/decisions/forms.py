"""Filters of the list of decisions; a filter that cannot be read says so."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from console.forming import ConsoleForm

MODES = (
    ("", "Any mode"),
    ("personalised", "Personalised"),
    ("control", "Control arm"),
    ("holdout", "Held out"),
    ("default", "Default"),
    ("safe_default", "Safe default"),
)


class FilterForm(ConsoleForm):
    placement = forms.ChoiceField(label="Placement", required=False)
    use_case = forms.ChoiceField(label="Use case", required=False)
    mode = forms.ChoiceField(label="Mode", choices=MODES, required=False)
    customer = forms.CharField(
        label="Customer's pseudonym", max_length=24, required=False
    )
    before = forms.DateTimeField(required=False, widget=forms.HiddenInput())

    def __init__(
        self,
        data: object,
        *,
        placements: Iterable[tuple[str, str]],
        use_cases: Iterable[tuple[str, str]],
    ) -> None:
        super().__init__(data)
        self._choose("placement", "Any placement", placements)
        self._choose("use_case", "Any use case", use_cases)

    def _choose(
        self, name: str, anything: str, choices: Iterable[tuple[str, str]]
    ) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", anything), *choices]
