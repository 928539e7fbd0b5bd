from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console import uploaded
from console.forming import tell
from console.pages.imports.forms import (
    KINDS,
    EvidenceForm,
    MappingForm,
    UploadForm,
    in_words,
)
from console.pages.imports.presenters import job_row
from decisioning import tasks
from decisioning.engine import uploads
from decisioning.engine.imports import DATASETS
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue.queries import purposes
from governance.installation.queries import now
from governance.jobs import queries as jobs
from governance.types import Invalid, Refused

CRUMBS = [("Imports", "/imports/")]


@requires(get=P.IMPORTS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    kinds = (uploads.JOB_KIND, uploads.TRIAL_KIND, uploads.UNDO_KIND)
    recent = [j for j in jobs.recent(request.actor, limit=200) if j.kind in kinds]
    may_import = holds(request.actor, P.IMPORTS_WRITE)
    undone = uploads.undone(recent)
    context = {
        "rows": [job_row(job, undone, may_import) for job in recent],
        "may_import": may_import,
    }
    return render(request, "pages/imports/list.html", context)


@requires(post=P.IMPORTS_WRITE)
def undo(request: StaffRequest, job_id: UUID) -> HttpResponse:
    """Start taking an import back."""
    try:
        job = uploads.undo(
            by=request.actor,
            now=now(),
            job_id=job_id,
            send=tasks.run_import.delay,
            why=request.POST.get("why", ""),
        )
    except (Invalid, Refused) as error:
        told = getattr(error, "fields", {}).values() or [error.message]
        messages.error(request, " ".join(told))
        return redirect("imports:list")
    return redirect("jobs:detail", job.pk)


@requires(get=P.IMPORTS_WRITE, post=P.IMPORTS_WRITE)
def new(request: StaffRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            upload = uploaded.keep(
                given["file"], kind=given["kind"], user_id=request.actor.id
            )
        except Invalid as error:
            tell(form, error)
        else:
            return redirect("imports:file", upload.token)
    context = {"form": form, "crumbs": CRUMBS}
    status = 422 if form.errors else 200
    return render(request, "pages/imports/new.html", context, status=status)


@requires(get=P.IMPORTS_WRITE, post=P.IMPORTS_WRITE)
def file(request: StaffRequest, token: str) -> HttpResponse:
    """The first rows and what they mean; posting starts the job."""
    upload = uploaded.found(token)
    try:
        seen = uploads.preview(upload.path, upload.kind)
    except Invalid as error:
        told = " ".join(error.fields.values()).replace(upload.path.name, upload.name)
        messages.error(request, f"{told} Nothing was imported; choose another file.")
        return redirect("imports:new")
    is_public = upload.kind in DATASETS
    data = request.POST or None
    saved = uploads.fitting_mappings(upload.kind, seen.columns)
    guess, told_by = _guess(request, upload, seen, saved)
    mapping = MappingForm(data, kind=upload.kind, columns=seen.columns, guess=guess)
    evidence = EvidenceForm(data if is_public else {}, purposes=purposes())
    if request.method == "POST" and mapping.is_valid() and evidence.is_valid():
        job = _start(request, upload, seen, mapping, evidence)
        if job is not None:
            return redirect("jobs:detail", job)
    context: dict[str, Any] = {
        "upload": upload,
        "kind": KINDS[upload.kind],
        "seen": seen,
        "rows": [[row.get(name, "") for name in seen.columns] for row in seen.rows],
        "mapping": mapping,
        "column_fields": mapping.column_fields(seen.rows),
        "saved": [(f"?saved={each.pk}", each.name) for each in saved],
        "told_by": told_by,
        "evidence": evidence if is_public else None,
        "crumbs": [*CRUMBS, ("New import", reverse("imports:new"))],
    }
    failed = mapping.errors or (is_public and data is not None and evidence.errors)
    return render(
        request, "pages/imports/file.html", context, status=422 if failed else 200
    )


def _guess(
    request: StaffRequest,
    upload: uploaded.Upload,
    seen: uploads.Preview,
    saved: Sequence[uploads.SavedMapping],
) -> tuple[Mapping[str, Any], str]:
    """What the columns are at first, and where that comes from."""
    chosen = request.GET.get("saved", "")
    tried = uploads.tried(upload.path)
    if tried is not None and not chosen:
        return tried, "as in the trial"
    for each in saved:
        if str(each.pk) == chosen or (not chosen and each.columns == seen.columns):
            return each.mapping, f"as saved under “{each.name}”"
    return seen.mapping, "guessed from the names; change what is wrong"


def _start(
    request: StaffRequest,
    upload: uploaded.Upload,
    seen: uploads.Preview,
    mapping: MappingForm,
    evidence: EvidenceForm,
) -> UUID | None:
    wanted = mapping.mapping()
    if mapping.errors:
        return None
    is_trial = "trial" in request.POST
    moment = now()
    try:
        job = uploads.start(
            by=request.actor,
            now=moment,
            kind=upload.kind,
            path=upload.path,
            send=tasks.run_import.delay,
            mapping=wanted,
            consent_evidence=evidence.evidence(request.actor.username),
            name=upload.name,
            is_trial=is_trial,
            result_url=reverse("imports:file", args=[upload.token]) if is_trial else "",
        )
        if mapping.cleaned_data.get("save_as"):
            uploads.save_mapping(
                by=request.actor,
                now=moment,
                name=mapping.cleaned_data["save_as"],
                kind=upload.kind,
                columns=seen.columns,
                given=wanted,
            )
    except Invalid as error:
        tell(mapping, in_words(upload.kind, error))
        return None
    return job.pk


@requires(get=P.IMPORTS_READ)
def rejects(request: StaffRequest, job_id: UUID) -> HttpResponse:
    """The rows that were left out, with reasons."""
    job = jobs.job(request.actor, job_id)
    listed = Path(str(job.result.get("rejectsFile", "") or ""))
    kept = Path(settings.DATA_DIR) / "rejects" / listed.name
    has_list = job.kind in (uploads.JOB_KIND, uploads.TRIAL_KIND) and listed.name
    if not has_list or not kept.is_file():
        raise Http404
    answer = HttpResponse(kept.read_bytes(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kept.name}"'
    return answer
