from __future__ import annotations

from django import forms

from console.forming import ConsoleForm
from decisioning.rules.core import InvalidRule, Rule
from decisioning.segments.actions import read_rule
from decisioning.segments.catalogue import CHANNELS, CONSENTS
from decisioning.segments.core import LONGEST_DESCRIPTION, LONGEST_GOAL, LONGEST_NAME


class SegmentForm(ConsoleForm):
    """The rule travels as JSON text, whoever wrote it: the builder or a hand."""

    name = forms.CharField(
        label="What is it called?",
        max_length=LONGEST_NAME,
        error_messages={
            "required": "Give the segment a name that colleagues will recognise."
        },
    )
    goal = forms.CharField(
        label="Which business goal does it serve?",
        help_text="What gets better for the business, such as fewer lapsed buyers.",
        max_length=LONGEST_GOAL,
        error_messages={
            "required": "Say which business goal it serves: fewer lapsed buyers, say."
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
    key: str = ""

    def clean_rule(self) -> str:
        """The text stays as typed; ``tree`` is what it says."""
        text = str(self.cleaned_data["rule"])
        try:
            self.tree = read_rule(text, key=self.key)
        except InvalidRule as error:
            raise forms.ValidationError([f"{p}." for p in error.problems]) from error
        return text


PURPOSES = [(key, words.capitalize()) for key, words in CONSENTS.items()]
PLACES = [("", "any channel"), *CHANNELS.items()]


class HandOverForm(ConsoleForm):
    """For what, and over which channel, customers are handed over."""

    purpose = forms.ChoiceField(
        label="What will they use it for?",
        help_text="Only customers who allow this are handed over.",
        choices=PURPOSES,
    )
    channel = forms.ChoiceField(
        label="On which channel?", choices=PLACES, required=False
    )


class AudienceForm(HandOverForm):
    """A system outside that is told who is in and who leaves."""

    name = forms.CharField(label="Which system?", max_length=LONGEST_NAME)
    url = forms.CharField(
        label="Where do we send it?",
        help_text="An address that begins with https://.",
        max_length=500,
    )
    field_order = ("name", "url", "purpose", "channel")
