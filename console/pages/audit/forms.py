"""Filters of the audit log; one that cannot be read says so."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from console.forming import ConsoleForm
from console.pages.audit import presenters

TIMES = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FilterForm(ConsoleForm):
    q = forms.CharField(label="Name, id or kind of act", max_length=80, required=False)
    kind = forms.ChoiceField(
        label="About",
        choices=[("", "Everything"), *presenters.KINDS.items()],
        required=False,
    )
    who = forms.CharField(label="Done by", max_length=120, required=False)
    what = forms.CharField(label="On what (its id)", max_length=80, required=False)
    since = forms.DateField(label="From", required=False, widget=TIMES)
    until = forms.DateField(label="Until", required=False, widget=TIMES)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = told.get("since"), told.get("until")
        if since and until and until < since:
            self.add_error("until", "The end comes before the beginning.")
        return told

    def asked(self) -> dict[str, Any]:
        """What to look for; of a filter that cannot be read, nothing."""
        told = self.cleaned_data
        until = told.get("until")
        kind = told.get("kind", "")
        return {
            "text": told.get("q", ""),
            "type_prefix": f"{kind}." if kind else "",
            "who": told.get("who", ""),
            "subject_id": told.get("what", ""),
            "since": _begin(told.get("since")),
            "until": _begin(until + timedelta(days=1)) if until else None,
        }


def _begin(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
