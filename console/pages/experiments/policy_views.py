"""Would another way of choosing have done better? Asked of a log of choices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.forming import ConsoleForm, tell
from console.pages.experiments import policies
from decisioning.experiments import logged
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.types import Invalid

MOST_BYTES = 100 * 1024 * 1024


class LogForm(ConsoleForm):
    """A table of choices, and which of its columns is which."""

    file = forms.FileField(
        label="Which log?",
        help_text="A table with one row for each choice that was made: CSV, plain or "
        "gzipped, or Parquet. Up to 100 MB. It is read and not kept.",
        error_messages={
            "required": "Choose a file.",
            "empty": "This file is empty. Choose another.",
        },
    )
    reward = forms.CharField(
        label="Column: what the choice earned", initial="reward", max_length=80
    )
    propensity = forms.CharField(
        label="Column: chance with which it was made",
        initial="propensity",
        max_length=80,
    )
    target = forms.CharField(
        label="Column: chance with which the other policy makes it",
        initial="target",
        max_length=80,
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError("This file is over 100 MB. Send a sample.")
        return file


@requires(get=P.EXPERIMENTS_READ, post=P.EXPERIMENTS_READ)
def off_policy(request: StaffRequest) -> HttpResponse:
    form = (
        LogForm(request.POST, request.FILES) if request.method == "POST" else LogForm()
    )
    context: dict[str, Any] = {
        "form": form,
        "crumbs": [("Experiments", reverse("experiments:list"))],
    }
    if form.is_bound and form.is_valid():
        try:
            context["found"] = policies.shown(logged.evaluate(_read(form)))
        except Invalid as error:
            tell(form, error)
    status = 422 if form.errors else 200
    return render(request, "pages/experiments/off_policy.html", context, status=status)


def _read(form: LogForm) -> logged.Log:
    given = form.cleaned_data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        with path.open("wb") as target:
            for chunk in given["file"].chunks():
                target.write(chunk)
        return logged.read_log(path, {name: given[name] for name in logged.NEEDED})
