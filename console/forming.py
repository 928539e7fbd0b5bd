"""What every form of the console shares: the look of its controls, told refusals."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.types import Invalid


class ConsoleForm(forms.Form):
    """A form whose controls carry the class that the style sheet knows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if getattr(field.widget, "input_type", "") not in ("checkbox", "radio"):
                field.widget.attrs.setdefault("class", "control")


def tell(form: forms.Form, error: Invalid) -> None:
    """Put a refusal on the fields it names; the rest stands above the form."""
    for name, sentence in error.fields.items():
        form.add_error(name if name in form.fields else None, sentence)
