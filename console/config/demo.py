"""The steps of `make demo`, each quick when there is nothing left to do."""

import hashlib
import http.client
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from console.config.supervisor import Child
from console.demo import record as demo_file
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.types import Actor

HISTORY = "demo.history"
UNUSED_STATIC = [
    "django_htmx/ext/*",
    "django_htmx/htmax*",
    "django_htmx/htmx-4*",
    "drf_spectacular_sidecar/redoc/*",
    "rest_framework/*",
    "plotly/datasets/*",
    "plotly/templates/*",
    "plotly/widgetbundle.js",
    "widgetbundle.js",
]
ROOT_IS_KNOWN = "ignore:You're running the worker with superuser privileges"
LOG_BYTES = 20_000_000
CELERY = (sys.executable, "-m", "celery", "-A", "console.config.celery")
ROLES = (
    "marketer",
    "marketing_owner",
    "analyst",
    "channel_owner",
    "privacy_reviewer",
    "executive",
    "support",
    "auditor",
    "admin",
)


def children(port: int, environment: dict[str, str], *, workers: int) -> list[Child]:

    web = (
        *(sys.executable, "-m", "granian", "console.config.wsgi:application"),
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "8", "--no-ws"),
        *("--respawn-failed-workers", "--log-level", "warning"),
    )
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
    jobs_worker = ("worker", "-Q", "celery", "-n", "jobs@%h", "--concurrency", "2")
    world_worker = ("worker", "-Q", "world", "-n", "world@%h", "--concurrency", "1")
    for_workers = environment | {"PYTHONWARNINGS": ROOT_IS_KNOWN}
    beat = ("beat", "--loglevel", "INFO", "--pidfile", "")
    return [
        Child("web", web, environment),
        Child(
            "worker", (*CELERY, *jobs_worker, *quiet), for_workers, hurry=signal.SIGQUIT
        ),
        Child(
            "world", (*CELERY, *world_worker, *quiet), for_workers, hurry=signal.SIGQUIT
        ),
        Child("beat", (*CELERY, *beat), environment),
    ]


def collect_static() -> bool:
    """Compressing takes a while, so only when a file was added or changed."""
    stamp = settings.DATA_DIR / "static.stamp"
    digest = _static_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    call_command(
        "collectstatic",
        interactive=False,
        verbosity=0,
        ignore_patterns=UNUSED_STATIC,
    )
    stamp.write_text(digest)
    return True


def _static_digest() -> str:
    lines = []
    for finder in get_finders():
        for name, storage in finder.list(UNUSED_STATIC):
            status = Path(storage.path(name)).stat()
            lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def trim_logs(logs: Path) -> None:
    for path in logs.glob("*.log"):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))


def set_aside() -> None:
    """A file of an earlier start would name the wrong port."""
    if demo_file.DEMO.exists():
        demo_file.DEMO.unlink()


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start_history() -> Job:
    """A job like any other; one that was interrupted goes on where it stopped."""
    from console.tasks import load_history

    there = (
        Job.objects.filter(kind=HISTORY)
        .exclude(state__in=jobs.ENDED)
        .order_by("-created_at")
        .first()
    )
    if there is not None:
        load_history.delay(str(there.pk))
        return there
    return jobs.start(
        by=Actor.system("demo"),
        now=database_now(),
        kind=HISTORY,
        label="Playing the shop's past weeks",
        send=load_history.delay,
    )


def has_ended(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state__in=jobs.ENDED).exists()


def sign_ins(content: dict[str, Any]) -> list[str]:
    users = content.get("users", {})
    rows = [
        (role.replace("_", " "), users[role]["username"], users[role]["password"])
        for role in ROLES
        if role in users
    ]
    if not rows:
        return []
    head = ("role", "user name", "password")
    wide = [max(len(row[i]) for row in [head, *rows]) for i in range(3)]
    lines = [
        "   ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    lines.insert(1, "   ".join("─" * w for w in wide))
    return lines


def close_connections() -> None:
    connections.close_all()
