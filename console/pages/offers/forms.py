from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from console.forming import ConsoleForm
from console.rule_text import rule_text
from decisioning.offers.core import BENEFITS, CHANNEL_LABELS, CONTENT_SLOTS
from decisioning.offers.queries import Placement

EVERYONE = ("", rule_text(None))
MINOR = {"value": "value_minor", "margin": "margin_minor", "cost": "cost_minor"}
SLOTS = {
    "headline": ("Headline", "What customers read first."),
    "body": ("Text", ""),
    "button": ("Button", "A verb and an object, such as “See the range”."),
    "url": ("Where it leads", "An address that starts with https:// or with /."),
    "image": ("Image address", ""),
}


def local(attrs: dict[str, str] | None = None) -> forms.DateTimeInput:
    return forms.DateTimeInput(
        attrs={"type": "datetime-local", **(attrs or {})}, format="%Y-%m-%dT%H:%M"
    )


def amount(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=hint,
        max_digits=13,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": "Write an amount such as 12.50.",
            "max_decimal_places": "Write at most two digits after the point.",
        },
    )


class OfferForm(ConsoleForm):
    """Money is written in pounds and pence, and kept in pence."""

    name = forms.CharField(
        label="What is the offer called?",
        max_length=120,
        error_messages={
            "required": "Give the offer a name that colleagues will recognise."
        },
    )
    topic = forms.CharField(
        label="Topic",
        help_text="Caps may count a topic, such as delivery or shoes.",
        max_length=60,
        required=False,
    )
    benefit = forms.ChoiceField(
        label="What is it for the customer?",
        choices=list(BENEFITS.items()),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say whether this is good for the customer or asks of them."
        },
    )
    starts_at = forms.DateTimeField(
        label="From when may it be shown?",
        widget=local(),
        error_messages={
            "required": "Say from when it may be shown.",
            "invalid": "Write a day and a time such as 2026-03-02 09:00.",
        },
    )
    ends_at = forms.DateTimeField(
        label="Until when?",
        help_text="Left empty, it goes on until somebody retires it.",
        widget=local(),
        required=False,
        error_messages={"invalid": "Write a day and a time such as 2026-03-02 09:00."},
    )
    currency = forms.CharField(
        label="Currency", help_text="Three letters, such as GBP.", max_length=3
    )
    value = amount("Value to us when taken", "Revenue of one acceptance.")
    margin = amount("Margin of that value", "What is left after goods and delivery.")
    cost = amount("Cost of showing it once", "Drawn from the budget. 0 if none.")
    priority = forms.FloatField(
        label="Priority",
        help_text="Multiplies the score. 1 changes nothing, 0 keeps it out.",
        initial=1,
        error_messages={"invalid": "Write a number from 0 to 100."},
    )
    why_signal = forms.CharField(
        label="Why this offer, in the customer’s sentence?",
        help_text="Fills the {signal} slot, such as “women’s clothing”.",
        max_length=140,
        required=False,
    )
    rule = forms.CharField(
        label="The rule as JSON",
        help_text="Who may get it. Left empty, everyone the use case reaches.",
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def fields_for_action(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        rule = given.pop("rule").strip()
        given["eligibility"] = None if rule in EVERYONE else rule
        given["currency"] = given["currency"].upper()
        for major, minor in MINOR.items():
            given[minor] = int(given.pop(major) * 100)
        return given


def initial_of(name: str, content: Mapping[str, Any], rule_text: str) -> dict[str, Any]:
    """The form's values for stored content: money in major units."""
    kept = {k: content[k] for k in ("topic", "benefit", "starts_at", "ends_at")}
    kept |= {k: content[k] for k in ("currency", "priority", "why_signal")}
    money = {
        major: Decimal(content[minor]).scaleb(-2) for major, minor in MINOR.items()
    }
    return {"name": name, **kept, **money, "rule": rule_text}


class ContentForm(ConsoleForm):
    """The slots of a creative or of a placement's default; empty ones are left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot, longest in CONTENT_SLOTS.items():
            label, hint = SLOTS[slot]
            self.fields[slot] = forms.CharField(
                label=label,
                help_text=hint,
                max_length=longest,
                required=slot == "headline",
                widget=forms.Textarea(attrs={"rows": 2, "class": "control"})
                if slot == "body"
                else forms.TextInput(attrs={"class": "control"}),
                error_messages={"required": "Write the headline customers will read."},
            )

    def content(self) -> dict[str, str]:
        return {s: self.cleaned_data[s] for s in CONTENT_SLOTS if self.cleaned_data[s]}


class CreativeForm(ContentForm):
    placement = forms.ChoiceField(
        label="Where is it shown?",
        error_messages={"required": "Choose a placement."},
    )
    key = forms.SlugField(
        label="Short name",
        help_text="The same name again replaces that creative.",
        max_length=40,
        initial="standard",
        error_messages={
            "required": "Give the creative a short name of letters and digits.",
            "invalid": "Use letters, digits and hyphens only.",
        },
    )

    def __init__(self, *args: Any, placements: list[Placement], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="creative_%s", **kwargs)
        self.fields["placement"].choices = [  # type: ignore[attr-defined]
            (p.key, f"{p.name} ({p.channel})") for p in placements
        ]


class PlacementForm(ContentForm):
    key = forms.CharField(
        label="Key",
        help_text="What shops ask for, such as home.hero. It never changes.",
        max_length=60,
        error_messages={"required": "Write a key such as home.hero."},
    )
    name = forms.CharField(
        label="Where is it?",
        max_length=120,
        error_messages={"required": "Give the placement a name."},
    )
    channel = forms.ChoiceField(
        label="Channel",
        choices=[(c.value, label) for c, label in CHANNEL_LABELS.items()],
    )
