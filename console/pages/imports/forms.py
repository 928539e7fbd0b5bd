from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from console.forming import ConsoleForm
from decisioning.offers.core import CHANNEL_LABELS
from governance.catalogue.queries import Purpose
from governance.types import Invalid

KINDS = {
    "hillstrom": "Hillstrom’s e-mail test: public research data",
    "cdnow": "CDNOW’s purchases: public research data",
    "customers": "Customers, from a CRM or a list: one row a person",
    "orders": "Orders: one row an order",
    "events": "Other things that happened: one row an event",
    "products": "Products that are sold: one row a product",
    "suppressions": "People we must not write to: one row an address",
    "experiment": "A finished experiment: one row a unit",
}
LEAVE = ("", "Leave it out")
USER, ANONYMOUS = ("userId", "Customer’s id"), ("anonymousId", "Device’s id")
TIME, MESSAGE = ("timestamp", "Time"), ("messageId", "Id of the message")
ROLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "customers": (LEAVE, USER, ANONYMOUS, TIME, MESSAGE, ("traits", "A trait")),
    "orders": (
        LEAVE,
        ("orderId", "Order’s number"),
        USER,
        ANONYMOUS,
        ("revenue", "Amount"),
        ("currency", "Currency"),
        TIME,
        ("properties", "A detail of the order"),
    ),
    "products": (
        LEAVE,
        ("sku", "Product’s number"),
        ("name", "Name"),
        ("department", "Department"),
        ("category", "Category"),
        ("brand", "Brand"),
        ("manufacturer", "Maker"),
        ("size", "Size"),
        ("price", "Price"),
        ("currency", "Currency of the price"),
        ("stock", "How many are in stock"),
    ),
    "suppressions": (LEAVE, ("address", "Address")),
    "events": (
        LEAVE,
        USER,
        ANONYMOUS,
        ("event", "Name of the event"),
        TIME,
        MESSAGE,
        ("properties", "A detail of the event"),
    ),
    "experiment": (
        LEAVE,
        ("unit", "Unit’s id"),
        ("arm", "Arm"),
        ("yes_no", "Outcome: yes or no"),
        ("amount", "Outcome: an amount"),
        ("covariates", "Known before the test"),
    ),
}
MANY = {"traits", "properties", "covariates", "yes_no", "amount"}
LONGEST = 25
CURRENCY_OF_ALL = "currency_of_all"


def in_words(kind: str, error: Invalid) -> Invalid:
    """A refusal that names a part of the mapping, in the words of the page."""
    labels = dict(ROLES.get(kind, ()))
    return Invalid(
        {
            name: f"Say which column is “{labels[name]}”."
            if name in labels and told.endswith("is missing.")
            else told
            for name, told in error.fields.items()
        }
    )


class UploadForm(ConsoleForm):
    kind = forms.ChoiceField(
        label="What is in the file?",
        choices=list(KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the file holds."},
    )
    file = forms.FileField(
        label="Which file?",
        help_text="A table as CSV or text, plain or gzipped, or as Parquet. "
        "Up to 200 MB.",
        error_messages={
            "required": "Choose a file.",
            "empty": "This file is empty. Choose another.",
        },
    )


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column of the file beside the question what it is."""

    name: str
    examples: str
    bound: forms.BoundField


class MappingForm(ConsoleForm):
    """What each column is; what it says is judged by the import itself."""

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        columns: Sequence[str],
        guess: Mapping[str, Any],
    ) -> None:
        super().__init__(data)
        self.kind, self.columns = kind, list(columns)
        roles = ROLES.get(kind, ())
        first = _roles_of(guess)
        for i, column in enumerate(self.columns if roles else ()):
            self.fields[f"column_{i}"] = forms.ChoiceField(
                label=column,
                choices=roles,
                required=False,
                initial=first.get(column, ""),
                widget=forms.Select(attrs={"class": "control"}),
            )
        if kind == "experiment":
            self._ask_about_the_experiment(guess)
        if kind == "suppressions":
            self._ask_about_the_list(guess)
        if kind == "products":
            self._ask_about_the_prices(guess)
        if kind in ROLES:
            self.fields["save_as"] = forms.CharField(
                label="Keep this choice for the next file as",
                help_text="Empty if you do not need it again.",
                max_length=80,
                required=False,
            )

    def _ask_about_the_list(self, guess: Mapping[str, Any]) -> None:
        self.fields["channel"] = forms.ChoiceField(
            label="What kind of address is it?",
            choices=[("email", "E-mail address"), ("sms", "Phone number")],
            initial=guess.get("channel", "email"),
        )
        self.fields["why"] = forms.CharField(
            label="Why must we not write to them?",
            help_text="Such as: asked at the till.",
            max_length=40,
            initial=guess.get("why", ""),
            error_messages={"required": "This answer is needed."},
        )

    def _ask_about_the_prices(self, guess: Mapping[str, Any]) -> None:
        known = guess.get("currency")
        self.fields[CURRENCY_OF_ALL] = forms.CharField(
            label="Which currency are the prices in?",
            help_text="Such as GBP. Empty where a column says it.",
            max_length=3,
            required=False,
            initial=known.get("value", "") if isinstance(known, dict) else "",
        )

    def _ask_about_the_experiment(self, guess: Mapping[str, Any]) -> None:
        asked = {
            "key": (
                "Short key",
                "Small letters, digits and hyphens.",
            ),
            "name": ("What was the experiment called?", ""),
            "control": ("Which arm was the control?", "As the arm column writes it."),
            "source": ("Where do the numbers come from?", ""),
            "startedAt": ("When did it start?", "Such as 2026-03-02. May stay empty."),
            "endedAt": ("When did it end?", ""),
        }
        for name, (label, hint) in asked.items():
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                max_length=120,
                required=name in ("key", "control"),
                initial=guess.get(name, ""),
                widget=forms.TextInput(attrs={"class": "control"}),
                error_messages={"required": "This answer is needed."},
            )

    @property
    def asked(self) -> list[forms.BoundField]:
        return [
            self[name]
            for name in self.fields
            if not name.startswith("column_") and name != "save_as"
        ]

    def column_fields(self, rows: Sequence[Mapping[str, str]]) -> list[ColumnField]:
        return [
            ColumnField(column, _examples(rows, column), self[f"column_{i}"])
            for i, column in enumerate(self.columns)
            if f"column_{i}" in self.fields
        ]

    def mapping(self) -> dict[str, Any]:
        """What the import takes: ``{"userId": "id", "traits": {"age": "age"}}``."""
        given = self.cleaned_data
        made: dict[str, Any] = {
            field.name: given[field.name] for field in self.asked if given[field.name]
        }
        for i, column in enumerate(self.columns):
            role = given.get(f"column_{i}", "")
            if role in ("yes_no", "amount"):
                outcome = {"column": column, "kind": role}
                made.setdefault("outcomes", {})[column] = outcome
            elif role in MANY:
                made.setdefault(role, {})[column] = column
            elif role and role in made:
                self.add_error(f"column_{i}", "Another column has this part already.")
            elif role:
                made[role] = column
        if currency := made.pop(CURRENCY_OF_ALL, ""):
            made.setdefault("currency", {"value": currency})
        return made


def _roles_of(guess: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, column in guess.items():
        if isinstance(column, str):
            found[column] = role
        elif role == "outcomes":
            for told in column.values():
                if isinstance(told, dict):
                    found[told["column"]] = told["kind"]
        elif role in MANY:
            found.update(dict.fromkeys(column.values(), role))
    return found


def _examples(rows: Sequence[Mapping[str, str]], column: str) -> str:
    seen = dict.fromkeys(row.get(column, "").strip() for row in rows)
    return ", ".join(value[:LONGEST] for value in list(seen)[:3] if value)


class EvidenceForm(ConsoleForm):
    """What is known of the consent of these people; nothing is ticked in advance."""

    purposes = forms.MultipleChoiceField(
        label="For what did they consent?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    channels = forms.MultipleChoiceField(
        label="In which channels?",
        choices=[(c.value, label) for c, label in CHANNEL_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    wording = forms.CharField(
        label="What did they read when they agreed?",
        help_text="Word for word.",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    mechanism = forms.CharField(
        label="How did they agree?",
        help_text="Such as an unticked box at the till.",
        max_length=200,
        required=False,
    )
    collected_at = forms.DateField(
        label="When?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write a day such as 2026-03-02."},
    )
    valid_until = forms.DateField(
        label="Until when does it hold?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write a day such as 2027-03-02."},
    )

    def __init__(self, *args: Any, purposes: list[Purpose], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["purposes"]
        field.choices = [(p.key, p.label) for p in purposes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = dict(super().clean() or self.cleaned_data)
        start, end = given.get("collected_at"), given.get("valid_until")
        if start and end and end <= start:
            self.add_error("valid_until", "The end must be later than the start.")
        if any(given.values()):
            for name in self.fields:
                if name not in self.errors and not given.get(name):
                    told = "Answer this too, or leave all of them empty."
                    self.add_error(name, told)
        return given

    def evidence(self, username: str) -> dict[str, Any] | None:
        given = self.cleaned_data
        if not any(given.values()):
            return None
        return {
            "purposes": given["purposes"],
            "channels": given["channels"],
            "wording": given["wording"],
            "mechanism": given["mechanism"],
            "collectedAt": given["collected_at"].isoformat(),
            "validUntil": given["valid_until"].isoformat(),
            "declaredBy": username,
        }
