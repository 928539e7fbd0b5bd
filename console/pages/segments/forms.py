from __future__ import annotations

from django import forms

from console.forming import ConsoleForm
from decisioning.rules.core import InvalidRule, Rule
from decisioning.segments.actions import read_rule
from decisioning.segments.core import LONGEST_DESCRIPTION, LONGEST_NAME


class SegmentForm(ConsoleForm):
    """The rule travels as JSON text, whoever wrote it: the builder or a hand."""

    name = forms.CharField(
        label="What is it called?",
        max_length=LONGEST_NAME,
        error_messages={
            "required": "Give the segment a name that colleagues will recognise."
        },
    )
    description = forms.CharField(
        label="What is it for?",
        help_text="One line that tells a colleague when to use it.",
        max_length=LONGEST_DESCRIPTION,
        required=False,
    )
    rule = forms.CharField(
        label="The rule as JSON",
        help_text=(
            "What the builder above writes. You may edit it here; the answer to a "
            "mistake names its place."
        ),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        error_messages={"required": "Write at least {“all”: []}, which is everyone."},
    )

    tree: Rule | None = None

    def clean_rule(self) -> str:
        """The text stays as typed; ``tree`` is what it says."""
        text = str(self.cleaned_data["rule"])
        try:
            self.tree = read_rule(text)
        except InvalidRule as error:
            raise forms.ValidationError([f"{p}." for p in error.problems]) from error
        return text
