from typing import Any

from django import forms


class SampleForm(forms.Form):
    """Every kind of control, in the words a page would use."""

    most_contacts = forms.IntegerField(
        label="Most contacts a week",
        help_text="Counts all channels. Service messages do not count.",
        min_value=1,
        max_value=7,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            "Write a whole number from 1 to 7. Leave it empty for no limit.",
        ),
        required=False,
    )
    audience = forms.ChoiceField(
        label="Who is it for?",
        choices=[("loyal", "Loyal past women’s buyers"), ("all", "All past buyers")],
    )
    long_run = forms.ChoiceField(
        label="How will you see the long run?",
        help_text="Short tests miss slow harm. Say which customers never get this.",
        choices=[
            ("shared", "Shared holdout, 5 % for a year"),
            ("own", "Own holdout"),
            ("none", "None, because…"),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a group to hold out, or say why none is possible."
        },
    )
    channels = forms.MultipleChoiceField(
        label="Where may it be shown?",
        choices=[("web", "Web"), ("email", "E-mail")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    sentence = forms.CharField(
        label="What will the customer read?",
        help_text="One sentence, 20 words at most.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        data: dict[str, Any] | None = None,
        *,
        prefix_id: str = "id",
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, auto_id=f"{prefix_id}_%s", initial=initial)


def returned_form() -> SampleForm:
    return SampleForm(
        {
            "most_contacts": "0",
            "audience": "loyal",
            "channels": ["web"],
            "sentence": "You’re seeing shirts because you bought some this year.",
        },
        prefix_id="returned",
    )


def locked_form() -> SampleForm:
    form = SampleForm(initial={"audience": "all"}, prefix_id="locked")
    form.fields["audience"].disabled = True
    return form
