from __future__ import annotations

from typing import Any

from django import forms

from governance.rights.queries import RightsRequest

SHORTEST_REASON = 8


class LookUpForm(forms.Form):
    user_id = forms.CharField(
        label="Exact customer id or e-mail address",
        help_text="As it stands on the order or in the shop. There is no browsing.",
        max_length=200,
        error_messages={"required": "Write the customer’s id."},
    )
    reason = forms.CharField(
        label="Why do you look?",
        help_text="Goes on record with your name, such as: complaint 12, by phone. "
        "Write no names here: the record is for ever.",
        max_length=300,
        min_length=SHORTEST_REASON,
        error_messages={
            "required": "Say why: it goes on record.",
            "min_length": "Say it in a few words more.",
        },
    )

    def clean_user_id(self) -> str:
        value: str = self.cleaned_data["user_id"].replace("\0", "").strip()
        return value


class RequestForm(forms.Form):
    kind = forms.ChoiceField(choices=RightsRequest.Kind.choices)
    reason = forms.CharField(max_length=300, required=False)


class ErasureForm(forms.Form):
    pseudonym = forms.CharField(
        label="Type the pseudonym to erase this person",
        help_text="It stands at the top of this page. There is no way back.",
        max_length=40,
        error_messages={"required": "Type the pseudonym."},
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_pseudonym(self) -> str:
        value: str = self.cleaned_data["pseudonym"].strip()
        if value != self.expected:
            raise forms.ValidationError("This is not the pseudonym of this person.")
        return value
