from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from console.forming import ConsoleForm
from governance.assessments.core import (
    LIKELIHOODS,
    SEVERITIES,
    Kind,
    Question,
    RiskLevel,
    Step,
)

NOTHING = ("", "Choose")
SPARE_ROWS = 1
RISK_TEXTS = {
    "harm": "What could happen?",
    "who": "To whom?",
    "measure": "What is done about it?",
    "owner": "Who does it?",
    "due": "By when? (2027-01-31)",
}
RISK_CHOICES = {
    "likelihood": ("How likely?", tuple(LIKELIHOODS.items())),
    "severity": ("How severe?", tuple(SEVERITIES.items())),
    "residual": ("What is left?", tuple((r.value, r.value) for r in RiskLevel)),
}
RISK_ORDER = (
    "harm",
    "who",
    "likelihood",
    "severity",
    "measure",
    "residual",
    "owner",
    "due",
)


class TextForLater(forms.CharField):
    """Asked for, and may be left for later."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class ChoiceForLater(forms.ChoiceField):
    """Asked for, and may be left for later."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class ChoicesForLater(forms.MultipleChoiceField):
    """Asked for, and may be left for later."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


def field_of(question: Question) -> forms.Field:
    if question.choices:
        return ChoiceForLater(
            label=question.label,
            help_text=question.hint,
            choices=question.choices,
            widget=forms.RadioSelect(),
        )
    return TextForLater(
        label=question.label,
        help_text=question.hint,
        required=question.is_required,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class StepForm(ConsoleForm):
    """One step of an assessment; everything may be left for later."""

    use_required_attribute = False

    def __init__(
        self,
        step: Step,
        *args: Any,
        reviewers: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in step.questions:
            self.fields[question.key] = field_of(question)
        if step.key == Kind.SAFEGUARDS:
            self.fields["reviewers"] = ChoicesForLater(
                label="Who looks at it, and can change it?",
                choices=reviewers,
                widget=forms.CheckboxSelectMultiple(),
            )
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("class", "control")


class RiskForm(ConsoleForm):
    """One row of the risk matrix."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in RISK_ORDER:
            self.fields[name] = _risk_field(name)

    @property
    def row(self) -> dict[str, str]:
        return {name: str(self.cleaned_data.get(name, "")) for name in RISK_ORDER}


def _risk_field(name: str) -> forms.Field:
    if name in RISK_CHOICES:
        label, choices = RISK_CHOICES[name]
        return ChoiceForLater(
            label=label,
            choices=(NOTHING, *choices),
            widget=forms.Select(attrs={"class": "control"}),
        )
    return TextForLater(
        label=RISK_TEXTS[name],
        max_length=300,
        widget=forms.TextInput(attrs={"class": "control"}),
    )


def risk_forms(
    rows: Iterable[Mapping[str, Any]], data: Mapping[str, Any] | None = None
) -> list[RiskForm]:
    """The rows as saved and an empty one; of a post, as many as it carries."""
    if data is not None:
        count = sum(1 for key in data if key.endswith("-harm"))
        return [RiskForm(data, prefix=f"risk{place}") for place in range(count)]
    known = [*rows, *({} for _ in range(SPARE_ROWS))]
    return [
        RiskForm(initial=row, prefix=f"risk{place}") for place, row in enumerate(known)
    ]


class ReasonForm(ConsoleForm):
    reason = forms.CharField(
        label="Why in full?",
        help_text="It stays so: nobody can lower it again.",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1_000,
    )


class ForAllForm(ConsoleForm):
    is_on = forms.ChoiceField(
        label="Safeguards",
        choices=(("yes", "For everybody"), ("no", "Only where needed")),
        widget=forms.RadioSelect(),
    )
    reviewers = forms.MultipleChoiceField(
        label="Who looks at what comes in?",
        widget=forms.CheckboxSelectMultiple(),
        required=False,
    )
    reason = forms.CharField(
        label="Why?", widget=forms.Textarea(attrs={"rows": 2}), max_length=1_000
    )

    def __init__(
        self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = people


class SheetForm(ConsoleForm):
    """A model card or a data sheet."""

    use_required_attribute = False

    def __init__(self, questions: Iterable[Question], *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        for question in questions:
            field = field_of(question)
            field.widget.attrs.setdefault("class", "control")
            self.fields[question.key] = field
