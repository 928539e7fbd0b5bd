"""Imports that somebody starts on a page: a look at the file first, then a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from decisioning.engine import imports, lists, previews, tables, trying, undoing
from decisioning.engine.models import SavedMapping as SavedMapping
from decisioning.engine.previews import Preview as Preview
from decisioning.engine.undoing import WITH_READ_OUT as WITH_READ_OUT
from decisioning.events.imports import files, mapping, products
from decisioning.experiments import tables as experiment_tables
from governance.access.core import Permission, holds
from governance.access.queries import actor_of
from governance.audit import actions as audit
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.people.models import User
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef

JOB_KIND = "import"
TRIAL_KIND = "import_trial"
UNDO_KIND = "import_undo"
LONGEST_NAME = 80
WHAT_IS_NEW: Mapping[str, str] = {
    "products": "products new or changed",
    "suppressions": "addresses new on the list",
}
TABLES: Mapping[str, Callable[..., imports.Report]] = {
    "customers": tables.import_customers,
    "orders": tables.import_orders,
    "events": tables.import_events,
    "products": lists.import_products,
    "suppressions": lists.import_suppressions,
    "experiment": tables.import_experiment,
}
FILES = tuple(name for name, each in imports.DATASETS.items() if not each.is_folder)
KINDS = (*FILES, *TABLES)


def preview(file: Path, kind: str) -> Preview:
    """Look at a file without changing anything.

    Raises
    ------
    Invalid
        Where the kind is unknown or the file is no table.
    """
    must_be_known(kind)
    return previews.preview(file, kind)


def must_be_known(kind: str) -> None:
    if kind not in KINDS:
        raise Invalid({"kind": f"Choose one of: {', '.join(KINDS)}."})


def start(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    path: Path,
    send: Callable[[str], Any],
    mapping: Mapping[str, Any] | None = None,
    consent_evidence: Mapping[str, Any] | None = None,
    name: str = "",
    is_trial: bool = False,
    result_url: str = "",
) -> Job:
    """Start an import as a job; ``send`` is the task's ``delay``.

    A trial reads and judges every row and writes nothing.

    Raises
    ------
    Invalid
        Where the mapping does not fit the file: nothing has been started.
    """
    imports.may_import(by)
    must_be_known(kind)
    if is_trial and kind in imports.DATASETS:
        raise Invalid({"kind": "A public data set is imported without a trial."})
    check(path, kind, mapping or {})
    return jobs.start(
        by=by,
        now=now,
        kind=TRIAL_KIND if is_trial else JOB_KIND,
        label=f"{'Trial' if is_trial else 'Import'} of {name or path.name}"[:200],
        send=send,
        result_url=result_url,
        params={
            "kind": kind,
            "path": str(path),
            "mapping": dict(mapping or {}),
            "consentEvidence": dict(consent_evidence) if consent_evidence else None,
        },
    )


def check(path: Path, kind: str, given: Mapping[str, Any]) -> None:
    """Refuse a mapping that does not fit its file, before anything is started."""
    if kind == "customers":
        data = mapping.checked(dict(given), ("traits",), mapping.CUSTOMER_FIELDS)
        mapping.customers(data, files.header_of(path), "")
    elif kind == "events":
        needed = ("event", "timestamp")
        data = mapping.checked(dict(given), needed, mapping.EVENT_FIELDS)
        mapping.events(data, files.header_of(path), "")
    elif kind == "orders":
        data = mapping.checked(dict(given), mapping.ORDER_NEEDED, mapping.ORDER_FIELDS)
        mapping.orders(data, files.header_of(path), "")
    elif kind == "suppressions":
        lists.address_reader(given, files.header_of(path))
    elif kind == "products":
        products.planned(given, files.header_of(path))
    elif kind == "experiment":
        wanted, known = ("key", "arm", "control"), experiment_tables.FIELDS
        data = mapping.checked(dict(given), wanted, known)
        experiment_tables.planned(data, path)


def run_import(job: Job) -> Mapping[str, Any]:
    """The work of an import job; stops tidily between chunks when asked to."""
    kind, path = job.params["kind"], Path(job.params["path"])
    now, by = database_now(), _starter(job)

    def told(done: int, total: int, counts: Mapping[str, int]) -> None:
        jobs.progress(str(job.pk), n_done=done, n_total=total, counts=counts)

    if job.kind == UNDO_KIND:
        return _run_undo(job, by, now, told)
    if job.kind == TRIAL_KIND:
        given = job.params["mapping"]
        report = trying.try_out(
            now=now, path=path, kind=kind, given=given, progress=told
        )
        return {**report.as_dict(), "message": _trial_sentence(report)}
    if kind in imports.DATASETS:
        report = imports.import_dataset(
            by=by,
            now=now,
            name=kind,
            path=path,
            consent_evidence=job.params.get("consentEvidence"),
            progress=told,
        )
    else:
        report = TABLES[kind](
            by=by, now=now, path=path, given=job.params["mapping"], progress=told
        )
    return {**report.as_dict(), "message": _sentence(report)}


def _starter(job: Job) -> Actor:
    if job.started_by_id is None:
        return Actor.system("import")
    return actor_of(User.objects.get(pk=job.started_by_id))


def _sentence(report: imports.Report) -> str:
    left = f" {len(report.bad):,} rows were left out." if report.bad else ""
    what = WHAT_IS_NEW.get(report.dataset, "events new")
    return f"{report.n_rows:,} rows taken, {report.accepted:,} {what}.{left}"


def _trial_sentence(report: imports.Report) -> str:
    told = (
        f"Nothing was changed. {report.n_rows:,} rows would be taken: "
        f"{report.accepted:,} new, {report.duplicates:,} known already"
    )
    people = f"; {report.n_people:,} new people" if report.n_people else ""
    left = f" {len(report.bad):,} rows would be left out." if report.bad else ""
    return f"{told}{people}.{left}"


def undo(
    *,
    by: Actor,
    now: datetime,
    job_id: UUID | str,
    send: Callable[[str], Any],
    why: str = "",
) -> Job:
    """Start taking an import back; a read-out is withdrawn for a reason.

    Raises
    ------
    Invalid, Refused
        Where it cannot be taken back, with the reason; nothing has been started.
    """
    imports.may_import(by)
    imported = Job.objects.filter(pk=job_id, kind=JOB_KIND).first()
    if imported is None:
        raise NotFound("There is no such import.")
    if imported.finished_at is None:
        raise Refused("This import still runs. Stop it first.")
    if str(imported.pk) in undone([imported]):
        raise Refused("This import was taken back already.")
    kind, given = imported.params["kind"], imported.params["mapping"]
    undoing.must_be_undoable(kind, given, why)
    return jobs.start(
        by=by,
        now=now,
        kind=UNDO_KIND,
        label=f"Undo: {imported.label}"[:200],
        send=send,
        params={**imported.params, "job": str(imported.pk), "why": why},
    )


def undone(imported: Iterable[Job]) -> set[str]:
    """Ids of those imports that were taken back, or are being."""
    ids = [str(job.pk) for job in imported if job.kind == JOB_KIND]
    found = Job.objects.filter(kind=UNDO_KIND, params__job__in=ids).exclude(
        state__in=[Job.State.FAILED, Job.State.CANCELLED]
    )
    return {str(params["job"]) for params in found.values_list("params", flat=True)}


def _run_undo(
    job: Job,
    by: Actor,
    now: datetime,
    told: Callable[[int, int, Mapping[str, int]], None],
) -> Mapping[str, Any]:
    imported = Job.objects.get(pk=job.params["job"])
    result = undoing.undo(
        by=by,
        now=now,
        path=Path(job.params["path"]),
        kind=job.params["kind"],
        given=job.params["mapping"],
        since=imported.begun_at or imported.created_at,
        digest=str(imported.result.get("sha256", "")),
        why=str(job.params.get("why", "")),
        progress=told,
    )
    return {**result.counts, "message": result.sentence}


@transaction.atomic
def save_mapping(
    *,
    by: Actor,
    now: datetime,
    name: str,
    kind: str,
    columns: Sequence[str],
    given: Mapping[str, Any],
) -> SavedMapping:
    """Keep a mapping under a name; the same name again replaces it."""
    if not holds(by, Permission.IMPORTS_WRITE):
        raise Refused("Only a marketing owner, an analyst or an admin imports data.")
    title = name.strip()
    if not 0 < len(title) <= LONGEST_NAME:
        told = f"Give a name of up to {LONGEST_NAME} characters."
        raise Invalid({"save_as": told})
    saved, _ = SavedMapping.objects.update_or_create(
        kind=kind,
        name=title,
        defaults={
            "columns": list(columns),
            "mapping": dict(given),
            "created_by_id": by.id,
            "created_at": now,
        },
    )
    audit.record(
        by=by,
        now=now,
        type="mapping.saved",
        subject=SubjectRef("mapping", str(saved.pk)),
        details={"name": title, "kind": kind},
    )
    return saved


def fitting_mappings(kind: str, columns: Sequence[str]) -> list[SavedMapping]:
    """Saved mappings whose columns this file has, those of equal columns first."""
    mine = set(columns)
    saved = SavedMapping.objects.filter(kind=kind).order_by("-created_at")
    fitting = [each for each in saved if set(each.columns) <= mine]
    return sorted(fitting, key=lambda each: set(each.columns) != mine)


def tried(path: Path) -> Mapping[str, Any] | None:
    """The mapping of the newest trial of this very file."""
    job = (
        Job.objects.filter(kind=TRIAL_KIND, params__path=str(path))
        .order_by("-created_at")
        .first()
    )
    return job.params["mapping"] if job else None
