"""A scratch installation for a proof: its own folder, services and web server.

Whatever it starts is stopped when the block ends, and its folder goes with it. One
process has one installation, because Django reads its settings once.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.config.embedded import Services
    from console.config.supervisor import Child

SERVICE_URLS = (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "CELERY_BROKER_URL",
    "CACHE_URL",
)
DATA = Path(os.environ.get("ATTUNE_DATA_DIR") or "../shared/data")
APPLICATION = "console.config.wsgi:application"
READY_SECONDS = 60
STOP_SECONDS = 15


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Installation:
    folder: Path
    port: int = 0
    secrets: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        from governance.installation.queries import now

        return now()

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str = "apiKey"
    ) -> Answer:
        """One request with one of the keys that clients of the demo use."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.secrets[key]}",
            "Content-Type": "application/json",
        }
        try:
            line.request(method, path, data, headers)
            answer = line.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            line.close()


@contextmanager
def installation(
    *,
    is_seeded: bool = False,
    has_web: bool = False,
    has_worker: bool = False,
) -> Iterator[Installation]:
    """Services and tables, and on top of them what is asked for.

    The shop of the demo is seeded wherever something is asked over HTTP, because its
    keys open the doors.
    """
    here = Installation(Path(tempfile.mkdtemp(prefix="attune-proof-")))
    here.port = _free_port()
    _point_at(here)
    with ExitStack() as exits:
        exits.callback(shutil.rmtree, here.folder, ignore_errors=True)
        services = _services()
        exits.callback(shutil.rmtree, services.sockets, ignore_errors=True)
        exits.enter_context(services)
        _migrate()
        exits.callback(_close_connections)
        if is_seeded or has_web:
            here.secrets = _seed(here)
        if has_worker:
            exits.enter_context(_started(here, _child(here, "worker")))
        if has_web:
            exits.enter_context(serving(here))
        yield here


@contextmanager
def serving(
    here: Installation, *, application: str = APPLICATION, threads: int = 8
) -> Iterator[None]:
    """The web server as the demo starts it; another application in it to compare."""
    child = _child(here, "web")
    told = {APPLICATION: application}
    command = [told.get(part, part) for part in child.command]
    command[command.index("--blocking-threads") + 1] = str(threads)
    child.command = command
    with _started(here, child):
        _wait_until_ready(here, child)
        yield


def dataset(name: str) -> Path:
    """A folder of public data; ``ATTUNE_DATA_DIR`` says where they lie."""
    found = (Path(__file__).resolve().parents[1] / DATA / name).resolve()
    if not found.exists():
        raise SystemExit(
            f"{found} is missing. Put the public data sets there, or say where they "
            "are: ATTUNE_DATA_DIR=/folder make prove"
        )
    return found


def _point_at(here: Installation) -> None:
    for name in SERVICE_URLS:
        os.environ.pop(name, None)
    os.environ |= {
        "DATA_DIR": str(here.folder),
        "DJANGO_SETTINGS_MODULE": "console.config.settings",
        "REQUIRE_MFA": "0",
        "ATTUNE_SIMULATE": "0",
        "ATTUNE_URL": here.url,
        "PUBLIC_URL": here.url,
        "HILLSTROM": "",
    }


def _services() -> Services:
    from console.config.embedded import Services

    return Services()


def _migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _seed(here: Installation) -> dict[str, Any]:
    from django.core.management import call_command

    with (here.folder / "seed.log").open("w") as log:
        call_command("seed_demo", base=True, stdout=log)
    found: dict[str, Any] = json.loads((here.folder / "demo-secrets.json").read_text())
    return found


def _child(here: Installation, name: str) -> Child:
    from console.config import demo

    made = demo.children(here.port, {}, workers=1)
    return next(child for child in made if child.name == name)


@contextmanager
def _started(here: Installation, child: Child) -> Iterator[None]:
    child.start(here.folder / "logs")
    try:
        yield
    finally:
        child.signal(signal.SIGTERM)
        if not child.wait(time.monotonic() + STOP_SECONDS):
            child.signal(child.hurry)
            child.wait(time.monotonic() + STOP_SECONDS)
        child.sweep()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(here: Installation, child: Child) -> None:
    from console.config.demo import answers
    from console.config.supervisor import last_lines

    until = time.monotonic() + READY_SECONDS
    while not answers(here.port, "/healthz"):
        if time.monotonic() > until or child.ended() is not None:
            log = last_lines(here.folder / "logs" / "web.log")
            raise SystemExit(f"The web server did not start. Its log ends with:\n{log}")
        time.sleep(0.1)
