from __future__ import annotations

from typing import Any

from django import forms

from governance.catalogue.core import PURPOSES
from governance.types import Role

EDITED = (
    "label",
    "plain_description",
    "phrase",
    "ttl_days",
    "ttl_reason",
    "lawful_purposes",
    "owner",
)


class ElementForm(forms.Form):
    """What may be changed about an element without touching where it comes from."""

    label = forms.CharField(label="What is it called?", max_length=80)
    plain_description = forms.CharField(
        label="What is it, in plain words?",
        help_text="140 characters at most; customers may read it.",
        max_length=140,
    )
    phrase = forms.CharField(
        label="How does it complete “because you …”?",
        help_text="Such as “bought from us this year”. Without it no explanation can "
        "name this element.",
        max_length=140,
        required=False,
    )
    ttl_days = forms.IntegerField(
        label="For how many days is it kept?",
        min_value=1,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "required"), "Write a whole number of days."
        ),
    )
    ttl_reason = forms.CharField(
        label="Why so long?",
        help_text="Needed beyond 400 days.",
        required=False,
    )
    lawful_purposes = forms.MultipleChoiceField(
        label="What may it be used for?",
        choices=[(p.key, p.label) for p in PURPOSES.values()],
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"required": "Choose at least one purpose."},
    )
    owner = forms.ChoiceField(
        label="Who answers for it?",
        choices=[("", "Nobody named"), *((r.value, r.label) for r in Role)],
        required=False,
    )


def initial_of(element: Any) -> dict[str, Any]:
    return {name: getattr(element, name) for name in EDITED}
