from __future__ import annotations

from django import forms


class ComplaintForm(forms.Form):
    user_id = forms.CharField(
        label="Whose complaint is it?",
        help_text="The exact customer id of the shop, as it stands on the order.",
        max_length=200,
        error_messages={"required": "Write the customer’s id."},
    )
    text = forms.CharField(
        label="What went wrong, in the customer’s words?",
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=5000,
        error_messages={"required": "Say in a few words what went wrong."},
    )
    use_case_key = forms.ChoiceField(
        label="Is it about one use case?", required=False, choices=()
    )

    def __init__(
        self, *args: object, cases: list[tuple[str, str]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["use_case_key"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Not known, or none"), *cases]


class ClosingForm(forms.Form):
    outcome = forms.CharField(
        label="What was found, and what was done?",
        help_text="In words that the customer may read.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what was found and what was done."},
    )
