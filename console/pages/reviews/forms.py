from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from governance.people import queries as people
from governance.signoffs.core import APPROVING, Decision
from governance.types import SignOffRole

DECISIONS = (
    (Decision.APPROVE.value, "Approve"),
    (Decision.APPROVE_WITH_CONDITIONS.value, "Approve with conditions"),
    (Decision.REQUEST_CHANGES.value, "Ask for changes"),
    (Decision.REJECT.value, "Reject"),
)


def _colleagues() -> list[tuple[str, str]]:
    named = [(str(p.pk), p.display_name) for p in people.everyone() if p.is_active]
    return [("", "The marketing owner"), *named]


class DecideForm(forms.Form):
    """The answer to a review; nothing is chosen in advance."""

    role = forms.ChoiceField(label="In which role?")
    decision = forms.ChoiceField(
        label="Your answer",
        choices=DECISIONS,
        widget=forms.RadioSelect(),
        error_messages={"required": "Choose an answer."},
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=2000,
        widget=forms.TextInput(
            attrs={"placeholder": "Why? Privacy and every “no” give a reason"}
        ),
    )
    conditions = forms.CharField(
        label="Conditions, one a line",
        required=False,
        max_length=2000,
        widget=forms.Textarea(
            attrs={"rows": 1, "placeholder": "What has to be met first, one a line"}
        ),
    )
    conditions_owner = forms.TypedChoiceField(
        label="Who meets them?",
        choices=_colleagues,
        coerce=int,
        required=False,
        empty_value=None,
    )
    conditions_due = forms.DateField(
        label="Until when?",
        required=False,
        help_text="A fortnight, unless you say otherwise.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    shown_hash = forms.CharField(widget=forms.HiddenInput())
    number = forms.IntegerField(widget=forms.HiddenInput())
    opened = forms.CharField(widget=forms.HiddenInput(), required=False)

    def __init__(
        self, roles: Sequence[SignOffRole], blocked_by: str, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(one.value, one.label) for one in roles]
        if len(roles) == 1:
            role.widget = forms.HiddenInput()
            self.initial.setdefault("role", roles[0].value)
        self.blocked_by = blocked_by

    def clean_decision(self) -> str:
        decision = str(self.cleaned_data["decision"])
        if self.blocked_by and Decision(decision) in APPROVING:
            raise forms.ValidationError(
                f"It cannot be approved as it is. {self.blocked_by}"
            )
        return decision

    def clean_conditions(self) -> list[str]:
        lines = str(self.cleaned_data["conditions"]).splitlines()
        return [line.strip() for line in lines if line.strip()]


class ConditionForm(forms.Form):
    approval = forms.IntegerField(widget=forms.HiddenInput())
    place = forms.IntegerField(widget=forms.HiddenInput())
    text = forms.CharField(
        label="How was it met?",
        max_length=500,
        error_messages={"required": "Say how the condition was met."},
    )
