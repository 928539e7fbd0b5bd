from __future__ import annotations

from django import forms

SHORTEST_REASON = 8


class LookUpForm(forms.Form):
    user_id = forms.CharField(
        label="Exact customer id",
        help_text="As it stands on the order or in the shop. There is no browsing.",
        max_length=200,
        error_messages={"required": "Write the customer’s id."},
    )
    reason = forms.CharField(
        label="Why do you look?",
        help_text="Goes on record with your name, such as: complaint 12, by phone.",
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
