from __future__ import annotations

from typing import Any

from django import forms

from console.forming import ConsoleForm
from governance.fairness.core.answering import Option


class AnswerForm(ConsoleForm):
    option = forms.ChoiceField(
        label="What will be done",
        choices=[("", "Choose one")] + [(o.value, o.label) for o in Option],
        error_messages={"required": "Choose what will be done."},
    )
    reason = forms.CharField(
        label="Why, and by when",
        help_text="Others read this beside the finding.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write at least a sentence."},
    )

    def answer(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("option", "reason")}
