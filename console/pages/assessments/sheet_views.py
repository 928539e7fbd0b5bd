from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.assessments.forms import SheetForm
from console.templatetags.fmt import when_text
from decisioning.scoring import queries as scoring
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.assessments import actions, queries
from governance.assessments.core import ASKED, Part
from governance.installation.queries import now as clock
from governance.types import Invalid, NotFound


@requires(get=P.ASSESSMENTS_READ, post=(P.CATALOGUE_WRITE, P.MODELS_WRITE))
def sheet(request: StaffRequest, part: str, key: str) -> HttpResponse:
    """What a model or an element is, and what nobody should conclude from it."""
    if part not in set(Part):
        raise NotFound("There is no such sheet.")
    what = Part(part)
    name, digest = _described(what, key)
    form = SheetForm(ASKED[what], request.POST or None, initial=_initial(what, key))
    if request.method == "POST" and form.is_valid():
        try:
            actions.write_sheet(
                by=request.actor,
                now=clock(),
                part=what,
                key=key,
                answers=form.cleaned_data,
                digest=digest,
            )
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, f"{what.label} of “{name}” is written.")
            return redirect("assessments:sheet", part=part, key=key)
    needed = P.MODELS_WRITE if what is Part.MODEL else P.CATALOGUE_WRITE
    row = queries.sheet_of(what, key)
    context = {
        "title": f"{what.label}: {name}",
        "facts": f"Written by {row.written_by}, {when_text(row.written_at)}."
        if row
        else "The product's own text; write another where it does not fit."
        if _initial(what, key)
        else "Nothing is written yet.",
        "form": form,
        "may_write": holds(request.actor, needed),
        "crumbs": [("Assessments", reverse("assessments:list"))],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/assessments/sheet.html", context, status=status)


def _described(part: Part, key: str) -> tuple[str, str]:
    """The name and, of a model, the digest of the version in use."""
    if part is Part.ELEMENT:
        return queries.element_label(key), ""
    model = next((m for m in scoring.reports() if m.key == key and m.is_champion), None)
    if model is None:
        raise NotFound("There is no such model in use.")
    return model.key, model.digest


def _initial(part: Part, key: str) -> dict[str, str]:
    return queries.sheet_text(part, key)
