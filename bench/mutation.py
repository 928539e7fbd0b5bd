"""Bodies and tables that went wrong on their way, from a seed.

Half of the mutants break bytes, as lines and programs do; the other half keep the
grammar and break one value, which is where readers trust too much.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Door:
    """An endpoint, the scope of key it asks for, and a body that it takes."""

    path: str
    key: str
    body: Any


WHO = {"userId": "mutant-1", "anonymousId": "mutant-a"}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "mutant-order",
    "timestamp": "2026-03-02T09:00:00Z",
    "properties": {"revenue": 25.5, "currency": "GBP", "products": [{"sku": "s-1"}]},
    "context": {
        "timezone": "Europe/London",
        "locale": "en-GB",
        "consent": {"categoryPreferences": {"personalise_onsite": True}},
    },
    **WHO,
}
IDENTIFY = {
    "type": "identify",
    "messageId": "mutant-hello",
    "traits": {"plan": "pro", "age": 40, "email": "someone@example.org"},
    **WHO,
}
SHOWN = {
    "type": "track",
    "event": "Decision Shown",
    "messageId": "mutant-shown",
    "properties": {"decisionId": "5f0c2b9e-6a51-4a55-8a0b-6f1d2c3b4a59"},
    **WHO,
}
COMPLAINT = {
    "type": "track",
    "event": "Complaint Raised",
    "messageId": "mutant-complaint",
    "properties": {"text": "Too many e-mails", "useCase": "some-case"},
    **WHO,
}
LEFT = {
    "type": "track",
    "event": "Unsubscribed",
    "messageId": "mutant-left",
    "properties": {"purpose": "direct_marketing", "channel": "email"},
    **WHO,
}
CONTEXT = {"device": "mobile", "locale": "en-GB", "page": "/", "basket": 2}
BATCH = [IDENTIFY, ORDER, SHOWN, COMPLAINT, LEFT]
DOORS: Sequence[Door] = (
    Door("/v1/batch", "writeKey", {"batch": BATCH, "sentAt": "2026-03-02T09:00:00Z"}),
    Door("/v1/track", "writeKey", ORDER),
    Door("/v1/track", "writeKey", COMPLAINT),
    Door("/v1/identify", "writeKey", IDENTIFY),
    Door("/v1/page", "writeKey", {"name": "Home", "properties": {"path": "/"}, **WHO}),
    Door("/v1/screen", "writeKey", {"name": "Home", "messageId": "mutant-s", **WHO}),
    Door("/v1/group", "writeKey", {"groupId": "g-1", "traits": {"n": 3}, **WHO}),
    Door("/v1/alias", "writeKey", {"previousId": "mutant-b", "userId": "mutant-1"}),
    Door(
        "/api/v1/decisions",
        "apiKey",
        {
            "customer": WHO,
            "placement": "home.hero",
            "channel": "web",
            "context": CONTEXT,
            "count": 1,
        },
    ),
    Door(
        "/api/v1/decisions/batch",
        "apiKey",
        {"customers": [WHO, {"userId": "mutant-2"}], "placement": "home.hero"},
    ),
    Door(
        "/ofrep/v1/evaluate/flags/home.hero",
        "apiKey",
        {"context": {"targetingKey": "mutant-1", **CONTEXT}},
    ),
    Door("/ofrep/v1/evaluate/flags", "apiKey", {"context": {"targetingKey": "m-1"}}),
)
ODD_VALUES: Sequence[Any] = (
    None,
    True,
    -1,
    0,
    10**400,
    -(2**63) - 1,
    1e308,
    -0.0,
    "",
    " ",
    "x" * 40_000,
    "n" * 201,
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\ufeff",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "'; DROP TABLE decisioning_event; --",
    "=HYPERLINK(1)",
    "${jndi:ldap://x}",
    [],
    {},
    [[]],
    {"": {"": None}},
    {"$ref": "#"},
    ["x"] * 1_001,
    {f"k{i}": i for i in range(60)},
)
ODD_WORDS: Sequence[bytes] = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"0123",
    b"'single'",
    b"undefined",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\\x41"',
    b"[" * 2_000,
    b'{"a":' * 2_000,
    b"1" * 5_000,
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A request that somebody might send, with its headers beside it."""

    door: Door
    body: bytes
    headers: dict[str, str]


def bodies(n: int, *, seed: int) -> Iterator[Mutant]:
    """Mutated JSON bodies, each for one of the doors."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        door = DOORS[i % len(DOORS)]
        yield _mutant(door, rng)


def _mutant(door: Door, rng: Rng) -> Mutant:
    if rng.random() < 0.5:
        tree = deepcopy(door.body)
        for _ in range(int(rng.integers(1, 4))):
            _break_value(tree, rng)
        body = _written(tree)
    else:
        body = _break_bytes(_written(door.body), rng)
    headers: dict[str, str] = {}
    if rng.random() < 0.06:
        headers, body = _packed(body, rng)
    return Mutant(door, body, headers)


def _written(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container beside each of its keys."""
    found: list[tuple[Any, Any]] = []
    inside = list(tree.items() if isinstance(tree, dict) else enumerate(tree))
    for key, value in inside:
        found.append((tree, key))
        if isinstance(value, dict | list):
            found += _places(value)
    return found


def _break_value(tree: Any, rng: Rng) -> None:
    places = _places(tree)
    if not places:
        return
    holder, key = places[int(rng.integers(len(places)))]
    odd = ODD_VALUES[int(rng.integers(len(ODD_VALUES)))]
    match int(rng.integers(6)):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[f"{key}{odd!s:.30}"] = holder.pop(key)
        case 2 if isinstance(holder, dict):
            holder[f"more{rng.integers(9)}"] = deepcopy(odd)
        case 3:
            holder[key] = [deepcopy(holder[key])]
        case _:
            holder[key] = deepcopy(odd)


def _break_bytes(body: bytes, rng: Rng) -> bytes:
    changes: Sequence[Callable[[bytes, int, Rng], bytes]] = (
        lambda b, at, _: b[:at],
        lambda b, at, _: b[at:],
        lambda b, at, r: b[:at] + bytes([int(r.integers(256))]) + b[at + 1 :],
        lambda b, at, r: b[:at] + b[at + int(r.integers(1, 20)) :],
        lambda b, at, r: b[:at] + b[at : at + int(r.integers(1, 40))] + b[at:],
        lambda b, at, r: b[:at] + r.bytes(int(r.integers(1, 9))) + b[at:],
        lambda b, at, r: _with_word(b, at, r),
        lambda b, _, r: b + b[: int(r.integers(1, 30))],
    )
    for _ in range(int(rng.integers(1, 3))):
        at = int(rng.integers(len(body) + 1))
        body = changes[int(rng.integers(len(changes)))](body, at, rng)
    return body


def _with_word(body: bytes, at: int, rng: Rng) -> bytes:
    """An odd word where a value stands, so that the rest still reads as JSON."""
    start = body.find(b": ", at)
    end = min((e for e in (body.find(s, start) for s in b",}]") if e > 0), default=-1)
    word = ODD_WORDS[int(rng.integers(len(ODD_WORDS)))]
    if start < 0 or end < 0:
        return word
    return body[: start + 2] + word + body[end:]


def _packed(body: bytes, rng: Rng) -> tuple[dict[str, str], bytes]:
    packed = gzip.compress(body, mtime=0)
    match int(rng.integers(4)):
        case 0:
            return {"Content-Encoding": "br"}, body
        case 1:
            return {"Content-Encoding": "gzip"}, body
        case 2:
            packed = packed[: int(rng.integers(len(packed)))]
        case _:
            packed = _break_bytes(packed, rng)
    return {"Content-Encoding": "gzip"}, packed


@dataclass(frozen=True, slots=True)
class Table:
    """A file that an import takes, and the answers a person gives about it."""

    kind: str
    content: bytes
    answers: dict[str, str]


_PEOPLE = b"id,city,age,at\n" + b"".join(
    b"mutant-%d,Leeds,%d,2026-03-%02d\n" % (i, 20 + i, 1 + i % 28) for i in range(12)
)
_EVENTS = b"id,event,time,revenue,sku\n" + b"".join(
    b'mutant-%d,Order Completed,2026-03-02T09:%02d:00Z,%d.50,"s,%d"\n' % (i, i, i, i)
    for i in range(12)
)
_TRIAL = b"who,group,bought,spent\n" + b"".join(
    b"u-%d,%s,%d,%d\n" % (i, b"AB"[i % 2 : i % 2 + 1], i % 2, 5 * (i % 2))
    for i in range(12)
)
_HILLSTROM = (
    b"recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,"
    b"visit,conversion,spend\n"
    + b"".join(
        b"%d,2) $100 - $200,142.44,1,0,Surburban,0,Phone,%s,1,%d,%d\n"
        % (1 + i, (b"Mens E-Mail", b"Womens E-Mail", b"No E-Mail")[i % 3], i % 2, i % 2)
        for i in range(12)
    )
)
_CDNOW = b"".join(b" 0000%d  199701%02d  2  29.33\n" % (i, 1 + i) for i in range(12))
TABLES: Sequence[Table] = (
    Table(
        "customers",
        _PEOPLE,
        {
            "column_0": "userId",
            "column_1": "traits",
            "column_2": "traits",
            "column_3": "at",
        },
    ),
    Table(
        "events",
        _EVENTS,
        {
            "column_0": "userId",
            "column_1": "event",
            "column_2": "timestamp",
            "column_3": "properties",
            "column_4": "properties",
        },
    ),
    Table(
        "experiment",
        _TRIAL,
        {
            "column_0": "unit",
            "column_1": "arm",
            "column_2": "yes_no",
            "column_3": "amount",
            "key": "mutant-trial",
            "control": "B",
        },
    ),
    Table("hillstrom", _HILLSTROM, {}),
    Table("cdnow", _CDNOW, {}),
)
ODD_CELLS: Sequence[bytes] = (
    b"",
    b" ",
    b'"',
    b'"a""',
    b"a\x00b",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"n" * 201,
    b"y" * 140_000,
    b"nan",
    b"-inf",
    b"1e400",
    b"9" * 400,
    b"-1",
    b"1,2",
    b"soon",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-14:00",
    b"2026-02-30",
    b"=cmd|' /C calc'!A0",
    "٣".encode(),
    "²".encode(),
)


def tables(n: int, *, seed: int) -> Iterator[Table]:
    """Mutated files beside the answers that fitted them before."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        table = TABLES[i % len(TABLES)]
        answers = {
            name: "timestamp" if value == "at" else value
            for name, value in table.answers.items()
        }
        if table.kind == "experiment":
            answers["key"] = f"mutant-trial-{i}"
        yield Table(table.kind, _broken_table(table.content, rng), answers)


def _broken_table(content: bytes, rng: Rng) -> bytes:
    for _ in range(int(rng.integers(1, 4))):
        content = _BREAKS[int(rng.integers(len(_BREAKS)))](content, rng)
    return content


def _odd_cell(content: bytes, rng: Rng) -> bytes:
    lines = content.split(b"\n")
    row = int(rng.integers(len(lines)))
    cells = lines[row].split(b",")
    odd = ODD_CELLS[int(rng.integers(len(ODD_CELLS)))]
    cells[int(rng.integers(len(cells)))] = odd
    lines[row] = b",".join(cells)
    return b"\n".join(lines)


def _other_columns(content: bytes, rng: Rng) -> bytes:
    head, _, rest = content.partition(b"\n")
    names = head.split(b",")
    at = int(rng.integers(len(names)))
    match int(rng.integers(5)):
        case 0:
            names[at] = names[0]
        case 1:
            del names[at]
        case 2:
            names.insert(at, b"")
        case 3:
            names[at] = b"x" * 300
        case _:
            rng.shuffle(names)
    return b",".join(names) + b"\n" + rest


def _packed_table(content: bytes, rng: Rng) -> bytes:
    packed = gzip.compress(content, mtime=0)
    return packed[: int(rng.integers(2, len(packed) + 1))]


_BREAKS: Sequence[Callable[[bytes, Rng], bytes]] = (
    _odd_cell,
    _odd_cell,
    _odd_cell,
    _other_columns,
    _break_bytes,
    _packed_table,
    lambda c, _: c.replace(b",", b";"),
    lambda c, _: c.replace(b"\n", b"\r"),
    lambda c, _: c.decode(errors="replace").encode("utf-16"),
    lambda c, _: c.replace(b"\n", b"\n\n\n"),
    lambda c, _: b"\xef\xbb\xbf" + c,
    lambda c, _: c.partition(b"\n")[0] + b"\n",
    lambda c, r: c[: int(r.integers(len(c) + 1))],
    lambda c, r: c + c.partition(b"\n")[2] * int(r.integers(1, 4)),
)
