"""Form fields that may all be empty in a draft, and say how to mend what is not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

Choice = tuple[str, str]
YES_NO: tuple[Choice, ...] = (("yes", "Yes"), ("no", "No"))


class CanBeEmpty:
    """A draft loses nothing: an empty answer is saved as empty."""

    def validate(self, value: Any) -> None:
        if value not in (None, "", [], ()) and not self.disabled:  # type: ignore[attr-defined]
            super().validate(value)  # type: ignore[misc]


class Text(CanBeEmpty, forms.CharField):
    def __init__(self, label: str, hint: str = "", *, rows: int = 0) -> None:
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        super().__init__(label=label, help_text=hint, widget=widget, max_length=2000)


class Number(CanBeEmpty, forms.Field):
    """A number as people write it; ``percent`` keeps it as a fraction."""

    def __init__(
        self, label: str, hint: str = "", *, whole: bool = False, percent: bool = False
    ) -> None:
        self.whole, self.percent = whole, percent
        mode = "numeric" if whole else "decimal"
        widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
        super().__init__(label=label, help_text=hint, widget=widget)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (int, float)):
            return f"{round(value * 100, 9) if self.percent else value:.12g}"
        return value

    def to_python(self, value: Any) -> float | int | None:
        if self.disabled and isinstance(value, (int, float)):
            return value
        text = (
            str(value if value is not None else "")
            .replace(",", "")
            .replace("%", "")
            .strip()
        )
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise forms.ValidationError(self._mend(str(value)))
        if self.percent:
            return round(number / 100, 12)
        return int(number) if self.whole else number

    def _mend(self, typed: str) -> str:
        wanted = "a whole number, such as 30" if self.whole else "a number, such as 2.5"
        return f"“{typed}” cannot be read. Write {wanted}."


class Choose(CanBeEmpty, forms.ChoiceField):
    """One of a list; ``radio`` shows all of them at once."""

    def __init__(
        self,
        label: str,
        choices: Iterable[Choice],
        hint: str = "",
        *,
        radio: bool = False,
        empty: str = "Choose …",
    ) -> None:
        listed = list(choices)
        if radio:
            super().__init__(
                label=label,
                help_text=hint,
                choices=listed,
                widget=forms.RadioSelect(),
            )
        else:
            super().__init__(
                label=label, help_text=hint, choices=[("", empty), *listed]
            )


class YesNo(Choose):
    def __init__(self, label: str, hint: str = "") -> None:
        super().__init__(label, YES_NO, hint, radio=True)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value


class Several(CanBeEmpty, forms.MultipleChoiceField):
    def __init__(self, label: str, choices: Iterable[Choice], hint: str = "") -> None:
        super().__init__(
            label=label,
            help_text=hint,
            choices=list(choices),
            widget=forms.CheckboxSelectMultiple(),
        )


def with_current(choices: Sequence[Choice], current: object) -> list[Choice]:
    """Keep what was chosen before in the list, even where it is gone since."""
    known = {key for key, _ in choices}
    values = current if isinstance(current, (list, tuple)) else [current]
    lost = [str(v) for v in values if v not in (None, "") and str(v) not in known]
    return [*choices, *((key, f"{key} (no longer there)") for key in lost)]
