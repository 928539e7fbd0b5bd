"""Judges what became of malformed requests and files: refused in words, or taken."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.mutation import Mutant, Table

SERVER_ERROR = 500
# A byte, a path, a quoted field, a header, or one of the names of the API.
PLACE = re.compile(
    r"\bbyte \d|position \d|\$[.\[`]|`\w+`|\bgzip\b|Content-Encoding|\bsentAt\b"
    r"|\btype\b"
    r"|\b(user|anonymous|previous|decision|message|group)Id\b|\btimestamp\b|\btraits\b"
    r"|\bproperties\b|\bcontext\b|\bplacement\b|\bcustomers?\b|\bcount\b|\bchannel\b"
    r"|\bevent must\b|\bin `event`|larger than|\bover 500 KB\b|500 KB at most"
)
TABLES = (
    "decisioning_event",
    "decisioning_messageledger",
    "decisioning_customer",
    "decisioning_customeridentity",
    "decisioning_deadletter",
    "decisioning_decision",
    "decisioning_contact",
    "decisioning_experiment",
    "decisioning_assignment",
    "governance_consentevent",
    "governance_complaint",
)


@dataclass(frozen=True, slots=True)
class State:
    """What the database holds: its last transaction that wrote, and rows a table."""

    written: int
    rows: Mapping[str, int]

    def __sub__(self, before: State) -> dict[str, int]:
        return {t: n - before.rows[t] for t, n in self.rows.items()}


def state() -> State:
    from django.db import connection

    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_snapshot_xmax(pg_current_snapshot())::text, {counts}"
        )
        row = cursor.fetchone()
    assert row is not None
    return State(int(row[0]), dict(zip(TABLES, row[1:], strict=True)))


@dataclass(slots=True)
class Tally:
    """How the requests ended, and the first few that ended wrongly."""

    n: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrongs: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, status: int, wrong: str, example: str) -> None:
        self.n += 1
        self.statuses[status] += 1
        if wrong:
            self.wrongs[wrong.partition(":")[0]] += 1
            if len(self.examples) < 40:
                self.examples.append(f"{wrong} <- {example}")

    def __str__(self) -> str:
        told = ", ".join(f"{n:,} × {s}" for s, n in sorted(self.statuses.items()))
        return f"{self.n:,} ({told})"


Send = Callable[[Mutant], tuple[int, bytes]]


def judge_bodies(mutants: Any, send: Send) -> Tally:
    tally, before = Tally(), state()
    for mutant in mutants:
        status, answer = send(mutant)
        after = state()
        wrong = _wrong(mutant, status, answer, before, after)
        told = f"{mutant.door.path} {mutant.headers or ''} {mutant.body[:300]!r}"
        tally.add(status, wrong, f"{status} {answer[:300]!r} for {told}")
        before = after
    return tally


def _wrong(
    mutant: Mutant, status: int, answer: bytes, before: State, after: State
) -> str:
    if status >= SERVER_ERROR:
        return "server error"
    if status >= 400:
        return _wrong_refusal(answer, before, after)
    if mutant.door.path.startswith("/v1/"):
        return _wrong_receipt(answer, after - before)
    return ""


def _wrong_refusal(answer: bytes, before: State, after: State) -> str:
    if after.rows != before.rows:
        return f"refused and stored: {after - before}"
    told = json.loads(answer)
    text = str(told.get("detail") or told.get("errorDetails") or "")
    if not told.get("fields") and not PLACE.search(text):
        return f"no place: {text}"
    return ""


def _wrong_receipt(answer: bytes, grown: Mapping[str, int]) -> str:
    told = json.loads(answer)
    rejected = told["rejected"]
    if grown["decisioning_event"] != told["accepted"]:
        return f"accepted is not stored: {told} {grown}"
    if grown["decisioning_messageledger"] != told["accepted"]:
        return f"remembered is not stored: {told} {grown}"
    if grown["decisioning_deadletter"] != len(rejected):
        return f"rejected is not kept: {told} {grown}"
    for row in rejected:
        if not PLACE.search(row["message"]):
            return f"no place: {row['message']}"
    return ""


IN_A_FILE = re.compile(
    r"line \d|column|byte|no table|packed|empty|rows? |kind|file|answer|neither|arms?\b"
)


def judge_tables(tables: Any, client: Any) -> Tally:
    """Each file through the pages: upload, look, answers, job; nothing half done.

    ``client`` is Django's own, signed in as somebody who imports; tasks run here.
    """
    tally = Tally()
    for table in tables:
        before = state()
        status, wrong = _imported(table, client, before)
        told = f"{table.kind}: {table.content[:300]!r}"
        tally.add(status, wrong, told)
    return tally


def _imported(table: Table, client: Any, before: State) -> tuple[int, str]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("mutant.csv", table.content)
    answer = client.post("/imports/new/", {"kind": table.kind, "file": file})
    if answer.status_code != 302:
        return _unchanged(answer.status_code, _told_by(answer, "form"), before)
    page = client.get(answer.url)
    if page.status_code != 200:
        told = client.get(page.url) if page.status_code == 302 else page
        words = " ".join(map(str, told.context["messages"] or ()))
        return _unchanged(page.status_code, words, before)
    sent = client.post(answer.url, {"csrfmiddlewaretoken": "x", **table.answers})
    if sent.status_code != 302:
        return _unchanged(sent.status_code, _told_by(sent, "mapping"), before)
    return _worked(sent.url.strip("/").split("/")[-1], client, before)


def _told_by(answer: Any, name: str) -> str:
    """What the form on the page says, each sentence with the answer it stands at."""
    form = answer.context and answer.context.get(name)
    return " ".join(f"answer {k}: {v}" for k, v in form.errors.items()) if form else ""


def _unchanged(status: int, told: str, before: State) -> tuple[int, str]:
    if status >= SERVER_ERROR:
        return status, "server error"
    if state().rows != before.rows:
        return status, f"refused and stored: {state() - before}"
    if not IN_A_FILE.search(told):
        return status, f"no place: {told}"
    return status, ""


def _worked(job_id: str, client: Any, before: State) -> tuple[int, str]:
    from decisioning import tasks
    from governance.jobs.models import Job

    try:
        tasks.run_import(job_id)
    except Exception as error:
        return 599, f"the job crashed: {type(error).__name__} {error}"
    job = Job.objects.get(pk=job_id)
    if job.state != Job.State.DONE:
        return _unchanged(422, job.error, before)
    result = job.result
    grown = (state() - before)["decisioning_event"]
    if grown != result["events"]:
        return 200, f"counted is not stored: {grown} {result}"
    for row in result["rejectedRows"]:
        if row["row"] < 1 or not row["reason"] or "." not in row["code"]:
            return 200, f"no place: {row}"
    if result["rejected"]:
        listed = client.get(f"/imports/rejects/{job_id}/")
        if listed.status_code != 200:
            return listed.status_code, "no list of rejects"
    return 200, ""
