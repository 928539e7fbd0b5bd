"""A canary person, planted through every door, and searched for after their erasure.

Twelve strings that stand nowhere else go in by events, traits, an address, a complaint,
a decision, a message that cannot be read, an uploaded file and a preference. The access
pack holds every one of them. After the erasure every column of every table, both
key-value stores, every file and log of the installation is searched for them.

Not searched: PostgreSQL's own files. A deleted row's bytes stay there until VACUUM, and
in its write-ahead log until that is recycled.
"""

from __future__ import annotations

import gzip
import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.installation import Installation, installation, serving
from bench.people import send_in
from bench.proof import Proof

MARK = "qzxcanary"
NAMES = (
    "user",
    "device",
    "email",
    "phone",
    "name",
    "trait",
    "product",
    "search",
    "complaint",
    "unreadable",
    "context",
    "upload",
)
TOLD = {name: f"{MARK}-{i:02d}-{name}" for i, name in enumerate(NAMES)}
USER, DEVICE = TOLD["user"], TOLD["device"]
EMAIL = f"{TOLD['email']}@example.org"
PLACE = "home.hero"
SKIPPED = ("postgres", "pgdata", "static")


def prove() -> Proof:
    with installation(is_seeded=True, has_worker=True) as here:
        _collect_static()
        with serving(here):
            return _proved(here)


def _collect_static() -> None:
    from console.config.demo import collect_static

    collect_static()


def _proved(here: Installation) -> Proof:
    neighbours = send_in(here, 20, {"favouriteCategory": "flour"})
    _plant(here)
    found = {place for place, _ in _traces(here)}
    desk = Desk(here)
    pseudonym = desk.open(USER)
    pack = desk.post(f"/customers/{pseudonym}/pack/", {"form": "json"})
    missing = [name for name, text in TOLD.items() if text not in pack]
    certificate = desk.post(
        f"/customers/{pseudonym}/erasure/", {"pseudonym": pseudonym}
    )
    left = list(_traces(here))
    kept = _kept(neighbours)
    return Proof(
        claim=(
            f"{len(TOLD)} canary strings planted through the product's doors are all "
            "in the access pack; after the erasure none is in any table, key-value "
            "store, file or log; a suppression hash and a tombstone stay; nobody else "
            "loses a row"
        ),
        figure=(
            f"{len(TOLD) - len(missing)} of {len(TOLD)} in the pack; "
            f"in {len(found)} places before, in {len(left)} after"
            + "".join(f", {place}: {what}" for place, what in left[:5])
            + f"; {kept['tombstones']} tombstone, {kept['suppressed']} suppressed "
            f"addresses, {kept['neighbours']} of {len(neighbours)} neighbours whole"
        ),
        holds=not missing
        and not left
        and len(found) > 5
        and "Certificate" in certificate
        and kept == {"tombstones": 1, "suppressed": 2, "neighbours": len(neighbours)},
    )


def _plant(here: Installation) -> None:
    _events(here)
    body = {
        "customer": {"userId": USER},
        "placement": PLACE,
        "channel": "web",
        "context": {"page": TOLD["context"]},
    }
    answer = here.ask("POST", "/api/v1/decisions", body)
    assert answer.status == 200, answer.body
    _uploaded(here)
    _preferences(here)


def _events(here: Installation) -> None:
    yes = {"consent": {"categoryPreferences": {"personalise_onsite": True}}}
    traits = {
        "email": EMAIL,
        "phone": TOLD["phone"],
        "name": TOLD["name"],
        "favouriteCategory": TOLD["trait"],
    }
    calls: list[dict[str, Any]] = [
        {"type": "page", "anonymousId": DEVICE},
        {"type": "identify", "userId": USER, "traits": traits, "context": yes},
        {"type": "identify", "userId": USER, "anonymousId": DEVICE},
        _track("Product Viewed", product_id=TOLD["product"]),
        _track("Products Searched", query=TOLD["search"]),
        _track("Order Completed", revenue=12, currency="GBP"),
        _track("Complaint Raised", text=f"Too much: {TOLD['complaint']}"),
        {"type": "track", "userId": USER, "event": "", "x": TOLD["unreadable"]},
    ]
    for number, call in enumerate(calls):
        call["messageId"] = f"{MARK}-message-{number}"
    told = here.ask("POST", "/v1/batch", {"batch": calls}, key="writeKey").json()
    assert told["accepted"] == len(calls) - 1, told


def _track(event: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "userId": USER, "event": event, "properties": properties}


def _uploaded(here: Installation) -> None:
    """A file of rows, imported by the worker; one row cannot be read."""
    import time

    from django.core.files.uploadedfile import SimpleUploadedFile

    from console import uploaded
    from console.demo import cast
    from decisioning.engine import uploads
    from decisioning.tasks import run_import
    from governance.jobs.models import Job
    from governance.types import Role

    rows = f"userId,room\n{USER},{TOLD['upload']}\n,kitchen\n"
    packed = gzip.compress(rows.encode())
    by = cast.actor(Role.ANALYST)
    kept = uploaded.keep(
        SimpleUploadedFile("people.csv.gz", packed), kind="customers", user_id=by.id
    )
    job = uploads.start(
        by=by,
        now=here.now(),
        kind="customers",
        path=kept.path,
        send=run_import.delay,
        mapping={"userId": "userId", "traits": {"room": "room"}},
        name="people.csv",
    )
    until = time.monotonic() + 60
    while Job.objects.get(pk=job.pk).finished_at is None:
        assert time.monotonic() < until, "The import does not end."
        time.sleep(0.2)


def _preferences(here: Installation) -> None:
    from decisioning.customers.queries import by_user_id
    from decisioning.engine.links import make_preferences_token

    token = make_preferences_token(by_user_id(USER).pk)
    with urllib.request.urlopen(f"{here.url}/preferences/{token}") as answer:
        assert answer.status == 200


class Desk:
    """A privacy reviewer at the console, over HTTP, with cookies and tokens."""

    def __init__(self, here: Installation) -> None:
        self.here = here
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar)
        )
        told = here.secrets["users"]["privacy_reviewer"]
        form = {"login": told["username"], "password": told["password"]}
        self.post("/accounts/login/", form)

    def get(self, path: str) -> str:
        with self.opener.open(self.here.url + path) as answer:
            return str(answer.read().decode())

    def post(self, path: str, form: dict[str, str]) -> str:
        token = self._token()
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        request = urllib.request.Request(self.here.url + path, data)
        request.add_header("Referer", self.here.url)
        with self.opener.open(request) as answer:
            self.address = answer.geturl()
            return str(answer.read().decode())

    def _token(self) -> str:
        if not any(cookie.name == "attune_csrf" for cookie in self.jar):
            self.get("/accounts/login/")
        return next(c.value or "" for c in self.jar if c.name == "attune_csrf")

    def open(self, user_id: str) -> str:
        """Look somebody up with a reason; gives the pseudonym."""
        self.get(f"/customers/?user_id={user_id}")
        self.post("/customers/", {"user_id": user_id, "reason": "Proof of erasure"})
        found = re.search(r"/customers/(p-[0-9a-f]+)/", self.address)
        assert found, self.address
        return found.group(1)


def _traces(here: Installation) -> Iterator[tuple[str, str]]:
    """Where a canary still is, and which."""
    yield from _in_tables()
    yield from _in_stores()
    yield from _in_files(here.folder)


def _in_tables() -> Iterator[tuple[str, str]]:
    from django.contrib.sessions.models import Session
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text) FILTER"
            " (WHERE a.atttypid = 'bytea'::regtype) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname"
        )
        for table, binary in cursor.fetchall():
            parts = ["to_jsonb(t)::text"]
            parts += [f"encode(t.\"{column}\", 'escape')" for column in binary or ()]
            text = " || ' ' || ".join(f"COALESCE({part}, '')" for part in parts)
            cursor.execute(
                f'SELECT {text} FROM "{table}" t WHERE strpos({text}, %s) > 0',
                [MARK],
            )
            for (row,) in cursor.fetchall():
                yield f"table {table}", _around(row)
    for session in Session.objects.all():
        told = json.dumps(session.get_decoded())
        if MARK in told:
            yield "table django_session", _around(told)


def _in_stores() -> Iterator[tuple[str, str]]:
    import redis
    from django.conf import settings

    broker = settings.CELERY_BROKER_URL.removeprefix("redis+socket://").split("?")[0]
    for database in (0, 1):
        store = redis.Redis(unix_socket_path=broker, db=database)
        for key in store.scan_iter():
            held = key + b" " + _value(store, key)
            if MARK.encode() in held:
                yield f"store {database}", _around(held.decode(errors="replace"))


def _value(store: Any, key: bytes) -> bytes:
    kind = store.type(key)
    if kind == b"string":
        return store.get(key) or b""
    if kind == b"list":
        return b" ".join(store.lrange(key, 0, -1))
    if kind == b"hash":
        return b" ".join(part for pair in store.hgetall(key).items() for part in pair)
    if kind == b"set":
        return b" ".join(store.smembers(key))
    if kind == b"zset":
        return b" ".join(store.zrange(key, 0, -1))
    return repr(store.xrange(key)).encode() if kind == b"stream" else b""


def _in_files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if not path.is_file() or place.parts[0] in SKIPPED:
            continue
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        if MARK.encode() in data or MARK in str(place):
            yield f"file {place}", _around(data.decode(errors="replace"))


def _around(text: str) -> str:
    at = max(text.find(MARK), 0)
    return text[at : at + 40]


def _kept(neighbours: list[str]) -> dict[str, int]:
    from decisioning.customers.models import CustomerIdentity
    from decisioning.events.models import Event
    from governance.consent.models import Suppression
    from governance.rights.models import ErasureRecord

    whole = CustomerIdentity.objects.filter(
        kind="user",
        value__in=neighbours,
        customer_id__in=Event.objects.values("customer_id"),
    )
    return {
        "tombstones": ErasureRecord.objects.count(),
        "suppressed": Suppression.objects.filter(lifted_at=None).count(),
        "neighbours": whole.count(),
    }
