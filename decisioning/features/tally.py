"""Features from running counts: what one event changes, without the rest of the past.

A tally holds, as of one moment, what the definitions in `core` need of any number of
events: a count or sum for each set of names and window, the first and latest time, and
for each day or text the latest time that it was seen. It moves on by the events that
come into a window and those that leave it, so that each event is read once for each
window, however long the history.
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from decisioning.features.core import (
    DIGEST,
    FEATURES,
    MINOR_PER_MAJOR,
    SECONDS_PER_DAY,
    Event,
    FromEvents,
    assembled,
    text_of,
)

Of = Literal["events", "values", "valued"]
Names: TypeAlias = tuple[str, ...]
Micros: TypeAlias = int
Stored: TypeAlias = tuple[
    Micros, Micros | None, str, list[Micros | None], list[dict[int, Micros]]
]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MICROS_PER_SECOND: Final = 1_000_000
DAY: Final = SECONDS_PER_DAY * MICROS_PER_SECOND
# Part of what a stored tally is read by: raised when its layout changes.
LAYOUT: Final = 1


def micros(at: datetime | timedelta) -> Micros:
    """Whole microseconds since 1970, or of a length of time."""
    return (at if isinstance(at, timedelta) else at - EPOCH) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Counter:
    """How many events, the sum of their values, or how many have a value."""

    names: Names
    window: Micros | None
    of: Of


@dataclass(frozen=True, slots=True)
class Marked:
    """Days of events, or texts of a property where there are ``properties``."""

    names: Names
    properties: tuple[str, ...]


def _window(rule: FromEvents) -> Micros | None:
    return None if rule.window is None else micros(rule.window)


def _counters(rule: FromEvents) -> tuple[Counter, ...]:
    window = _window(rule)
    parts: tuple[tuple[Names, Of], ...]
    match rule.aggregate:
        case "count":
            parts = ((rule.names, "events"),)
        case "ratio":
            parts = ((rule.names, "events"), (rule.per, "events"))
        case "sum":
            parts = ((rule.names, "values"),)
        case "mean":
            parts = ((rule.names, "values"), (rule.names, "valued"))
        case _:
            parts = ()
    return tuple(Counter(names, window, of) for names, of in parts)


def _marked(rule: FromEvents) -> Marked | None:
    if rule.aggregate in ("active_days", "streak", "distinct"):
        return Marked(rule.names, rule.properties)
    return None


RULES: Final = tuple(f.rule for f in FEATURES if isinstance(f.rule, FromEvents))
COUNTERS: Final = {
    counter: i
    for i, counter in enumerate(dict.fromkeys(c for r in RULES for c in _counters(r)))
}
LATEST: Final = {
    names: i
    for i, names in enumerate(
        dict.fromkeys(r.names for r in RULES if r.aggregate == "days_since_last")
    )
}
MARKED: Final = {
    marked: i
    for i, marked in enumerate(
        dict.fromkeys(m for m in map(_marked, RULES) if m is not None)
    )
}
LONGEST: Final = tuple(
    max((_window(r) or math.inf) for r in RULES if _marked(r) == marked)
    for marked in MARKED
)
WINDOWS: Final = tuple(sorted({c.window for c in COUNTERS if c.window is not None}))
# Names whose properties are read: no others need to be brought.
WITH_TEXT: Final = tuple(sorted({n for m in MARKED if m.properties for n in m.names}))
DEFINITION: Final = hashlib.sha256(f"{LAYOUT} {DIGEST}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Touches:
    """Places in a tally that events of one name change."""

    counters: tuple[tuple[int, Micros | None, Of], ...]
    latest: tuple[int, ...]
    marked: tuple[tuple[int, tuple[str, ...]], ...]


def _touches(name: str) -> Touches:
    def counts(names: Names) -> bool:
        return not names or name in names

    return Touches(
        tuple((i, c.window, c.of) for c, i in COUNTERS.items() if counts(c.names)),
        tuple(i for names, i in LATEST.items() if counts(names)),
        tuple((i, m.properties) for m, i in MARKED.items() if counts(m.names)),
    )


TOUCHES: Final = {name: _touches(name) for rule in RULES for name in rule.read}
TOUCHED_BY_ANY: Final = _touches("")


@dataclass(slots=True)
class Tally:
    """Running counts of one customer, of every event up to and including ``at``.

    Times are microseconds since 1970. ``marks`` hold, for each of `MARKED`, the latest
    time by day since 1970 or by hash of a text.
    """

    at: Micros
    first: Micros | None
    counts: list[int]
    latest: list[Micros | None]
    marks: list[dict[int, Micros]]


def tally_of(events: Iterable[Event], *, at: datetime) -> Tally:
    """The tally of a whole history; events later than ``at`` do not count."""
    made = Tally(
        micros(at),
        None,
        [0] * len(COUNTERS),
        [None] * len(LATEST),
        [{} for _ in MARKED],
    )
    add(made, events)
    return made


def add(tally: Tally, events: Iterable[Event]) -> None:
    """Count events not counted before, where they happened by the tally's moment."""
    for event in events:
        at = micros(event[1])
        if at <= tally.at:
            _enter(tally, event, at)


def spans(tally: Tally, to: Micros) -> list[tuple[Micros | None, Micros, Micros]]:
    """Of which times the events are needed to move on: ``(window, after, until)``.

    Without a window, they come in; with one, they leave it.
    """
    if to <= tally.at:
        return []
    leave = ((w, tally.at - w, min(tally.at, to - w)) for w in WINDOWS)
    return [(None, tally.at, to), *leave]


def move_on(
    tally: Tally, to: Micros, moved: Iterable[tuple[Micros | None, Event]]
) -> None:
    """Bring a tally to a later moment; ``moved`` are the events of its `spans`."""
    is_new_day = to // DAY > tally.at // DAY
    tally.at = max(tally.at, to)
    for window, event in moved:
        if window is None:
            _enter(tally, event, micros(event[1]))
        else:
            _leave(tally, event, window)
    if is_new_day:
        _forget_old_marks(tally)


def _enter(tally: Tally, event: Event, at: Micros) -> None:
    name, _, value, properties = event
    touches = TOUCHES.get(name, TOUCHED_BY_ANY)
    tally.first = at if tally.first is None else min(tally.first, at)
    for i, window, of in touches.counters:
        if window is None or at > tally.at - window:
            tally.counts[i] += _weight(of, value)
    for i in touches.latest:
        tally.latest[i] = max(at, tally.latest[i] or at)
    for i, keys in touches.marked:
        mark = _mark(keys, properties) if keys else at // DAY
        if mark is not None:
            tally.marks[i][mark] = max(at, tally.marks[i].get(mark, at))


def _leave(tally: Tally, event: Event, left: Micros) -> None:
    name, _, value, _ = event
    for i, window, of in TOUCHES.get(name, TOUCHED_BY_ANY).counters:
        if window == left:
            tally.counts[i] -= _weight(of, value)


def _weight(of: Of, value: int | None) -> int:
    if of == "events":
        return 1
    if value is None:
        return 0
    return value if of == "values" else 1


def _mark(keys: Sequence[str], properties: Mapping[str, object]) -> int | None:
    """64 bits of a text's hash: two texts of one customer do not meet."""
    text = text_of(properties, keys)
    if text is None:
        return None
    data = text.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest())


def _forget_old_marks(tally: Tally) -> None:
    for i, longest in enumerate(LONGEST):
        marks, edge = tally.marks[i], tally.at - longest
        tally.marks[i] = {mark: at for mark, at in marks.items() if at > edge}


def values(tally: Tally, traits: Mapping[str, object]) -> npt.NDArray[np.float32]:
    """All features as of the tally's moment, as `core.compute` defines them."""
    if tally.first is None:
        return assembled(traits, lambda _rule: math.nan)
    times = [sorted(marks.values()) for marks in tally.marks]
    return assembled(traits, lambda rule: _value(tally, rule, times))


def _value(tally: Tally, rule: FromEvents, times: Sequence[Sequence[Micros]]) -> float:
    found = [tally.counts[COUNTERS[counter]] for counter in _counters(rule)]
    match rule.aggregate:
        case "count":
            return float(found[0])
        case "sum":
            return found[0] / MINOR_PER_MAJOR
        case "mean" | "ratio":
            unit = MINOR_PER_MAJOR if rule.aggregate == "mean" else 1
            return found[0] / found[1] / unit if found[1] else math.nan
        case "days_since_last" | "days_since_first":
            is_last = rule.aggregate == "days_since_last"
            at = tally.latest[LATEST[rule.names]] if is_last else tally.first
            return _days_since(tally, at, rule)
        case _:
            return _of_marks(tally, rule, times)


def _days_since(tally: Tally, at: Micros | None, rule: FromEvents) -> float:
    if at is None or at <= _edge(tally, rule):
        return math.nan
    return (tally.at - at) / MICROS_PER_SECOND / SECONDS_PER_DAY


def _edge(tally: Tally, rule: FromEvents) -> float:
    return tally.at - (_window(rule) or math.inf)


def _of_marks(
    tally: Tally, rule: FromEvents, times: Sequence[Sequence[Micros]]
) -> float:
    i, edge = MARKED[Marked(rule.names, rule.properties)], _edge(tally, rule)
    if rule.aggregate == "streak":
        return float(_streak(tally.marks[i], edge, tally.at // DAY))
    return float(len(times[i]) - bisect_right(times[i], edge))


def _streak(days: Mapping[int, Micros], edge: float, today: int) -> int:
    last = today if days.get(today, edge) > edge else today - 1
    n = 0
    while days.get(last - n, edge) > edge:
        n += 1
    return n


def packed(tally: Tally) -> bytes:
    """The tally as it is stored; sums of money may be larger than 64 bits."""
    counts = " ".join(map(str, tally.counts))
    return msgspec.msgpack.encode(
        (tally.at, tally.first, counts, tally.latest, tally.marks)
    )


def unpacked(data: bytes) -> Tally:
    """A stored tally of the present `DEFINITION`."""
    at, first, counts, latest, marks = msgspec.msgpack.decode(data, type=Stored)
    return Tally(at, first, [int(n) for n in counts.split()], latest, marks)


def described(data: bytes, definition: str) -> dict[str, object]:
    """A stored tally in words; empty where it was laid down by other definitions."""
    if definition != DEFINITION:
        return {}
    tally = unpacked(data)
    counts = {
        _words(c): tally.counts[i] for c, i in COUNTERS.items() if tally.counts[i]
    }
    marks = {_marks_words(m): len(tally.marks[i]) for m, i in MARKED.items()}
    return {"as of": (EPOCH + tally.at * MICROSECOND).isoformat(), **counts, **marks}


def _words(counter: Counter) -> str:
    what = {"events": "count", "values": "sum", "valued": "count with a value"}
    when = "so far"
    if counter.window is not None:
        when = f"in {timedelta(microseconds=counter.window)}"
    return f"{what[counter.of]} of {', '.join(counter.names)} {when}"


def _marks_words(marked: Marked) -> str:
    what = f"different {marked.properties[0]}" if marked.properties else "days"
    return f"{what} of {', '.join(marked.names)}"
