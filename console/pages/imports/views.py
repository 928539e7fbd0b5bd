from __future__ import annotations

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
from console.pages.imports.forms import KINDS, EvidenceForm, MappingForm, UploadForm
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
from governance.types import Invalid

CRUMBS = [("Imports", "/imports/")]


@requires(get=P.IMPORTS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    recent = jobs.recent(request.actor, limit=200)
    context = {
        "rows": [job_row(job) for job in recent if job.kind == uploads.JOB_KIND],
        "may_import": holds(request.actor, P.IMPORTS_WRITE),
    }
    return render(request, "pages/imports/list.html", context)


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
    mapping = MappingForm(
        data, kind=upload.kind, columns=seen.columns, guess=seen.mapping
    )
    evidence = EvidenceForm(data if is_public else {}, purposes=purposes())
    if request.method == "POST" and mapping.is_valid() and evidence.is_valid():
        job = _start(request, upload, mapping, evidence)
        if job is not None:
            return redirect("jobs:detail", job)
    context: dict[str, Any] = {
        "upload": upload,
        "kind": KINDS[upload.kind],
        "seen": seen,
        "rows": [[row.get(name, "") for name in seen.columns] for row in seen.rows],
        "mapping": mapping,
        "column_fields": mapping.column_fields(seen.rows),
        "evidence": evidence if is_public else None,
        "crumbs": [*CRUMBS, ("New import", reverse("imports:new"))],
    }
    failed = mapping.errors or (is_public and data is not None and evidence.errors)
    return render(
        request, "pages/imports/file.html", context, status=422 if failed else 200
    )


def _start(
    request: StaffRequest,
    upload: uploaded.Upload,
    mapping: MappingForm,
    evidence: EvidenceForm,
) -> UUID | None:
    wanted = mapping.mapping()
    if mapping.errors:
        return None
    try:
        job = uploads.start(
            by=request.actor,
            now=now(),
            kind=upload.kind,
            path=upload.path,
            send=tasks.run_import.delay,
            mapping=wanted,
            consent_evidence=evidence.evidence(request.actor.username),
            name=upload.name,
        )
    except Invalid as error:
        tell(mapping, error)
        return None
    return job.pk


@requires(get=P.IMPORTS_READ)
def rejects(request: StaffRequest, job_id: UUID) -> HttpResponse:
    """The rows that were left out, with reasons."""
    job = jobs.job(request.actor, job_id)
    listed = Path(str(job.result.get("rejectsFile", "") or ""))
    kept = Path(settings.DATA_DIR) / "rejects" / listed.name
    if job.kind != uploads.JOB_KIND or not listed.name or not kept.is_file():
        raise Http404
    answer = HttpResponse(kept.read_bytes(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kept.name}"'
    return answer
