"""What can be wrong with the events of a source, and how wrong it is: pure.

A *signal* is one kind of event from one source, such as ``Order Completed`` from
``api:shop``. Every judgement looks at the last seven days of a signal, says how many
events it touches, and stays silent where too few events were seen to tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

WINDOW_DAYS: Final = 7
BASE_DAYS: Final = 14
LEAST_EVENTS: Final = 50
LEAST_BASE_DAYS: Final = 5
SETTLING_DAYS: Final = 3
LEAST_SHARE: Final = 0.5
LATE_AFTER: Final = timedelta(days=1)
EARLIEST_YEAR: Final = 1995
BATCH_SOURCES: Final = "import:"
WHOLE_SOURCE: Final = ""

ORDER_ID: Final = ("orderId", "order_id")
SKU: Final = ("sku", "product_id", "productId")
# What an event of this name is useless without; one of the alternatives is enough.
NEEDED: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "Order Completed": (("revenue", "total"), ORDER_ID),
    "Order Refunded": (ORDER_ID,),
    "Product Viewed": (SKU,),
    "Product Added": (SKU,),
    "Decision Shown": (("decisionId",),),
    "Decision Clicked": (("decisionId",),),
    "Survey Answered": (("score",), ("kind",)),
}


class Check(StrEnum):
    """One way in which a signal can be wrong."""

    SILENCE = "silence"
    VOLUME = "volume"
    DRIFT = "drift"
    MISSING = "missing"
    LATE = "late"
    DUPLICATES = "duplicates"
    IMPOSSIBLE = "impossible"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"


class State(StrEnum):
    """How a check of a signal stands."""

    FINE = "fine"
    BREACH = "breach"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a check measures, when it alarms unless told otherwise, and what helps.

    ``unit`` is ``share`` (0 to 1), ``hours`` or ``fields``.
    """

    check: Check
    label: str
    meaning: str
    unit: str
    default: float
    remedy: str
    for_batches: bool = True


MEASURES: Final[Mapping[Check, Measure]] = {
    m.check: m
    for m in (
        Measure(
            Check.SILENCE,
            "Silence",
            "Hours since the last event, where events came on most days before.",
            "hours",
            24,
            "Ask who runs this source whether it still sends: look for a new release, "
            "a revoked key or a blocked tag.",
            for_batches=False,
        ),
        Measure(
            Check.VOLUME,
            "Volume change",
            "How far the last full day is from the median of the 14 days before.",
            "share",
            0.5,
            "Compare with the source's own count of that day. Less: a page or app lost "
            "its tag. More: it sends twice, or a robot visits.",
            for_batches=False,
        ),
        Measure(
            Check.DRIFT,
            "Changed fields",
            "Fields that came new, changed their kind or vanished in the last 7 days.",
            "fields",
            0,
            "Ask the source's developers what changed, and whether rules and features "
            "that read the old fields must follow.",
        ),
        Measure(
            Check.MISSING,
            "Missing values",
            "Share of events that lack what they are useless without.",
            "share",
            0.02,
            "Have the source send the field with every event; until then sums and "
            "averages leave these events out.",
        ),
        Measure(
            Check.LATE,
            "Late events",
            "Share of events that came more than a day after they happened.",
            "share",
            0.05,
            "Look at the source's queue, and at devices that are seldom online. Late "
            "events change decisions too late.",
            for_batches=False,
        ),
        Measure(
            Check.DUPLICATES,
            "Duplicates",
            "Share of messages that came again, or of orders sent under two ids.",
            "share",
            0.05,
            "Repeated messages were not counted twice. Orders under two message ids "
            "were: have the source build messageId from the order.",
        ),
        Measure(
            Check.IMPOSSIBLE,
            "Impossible values",
            "Share of events with a negative amount, or a time that cannot be.",
            "share",
            0.005,
            "Find the release that sends them. Refunds are Order Refunded, never an "
            "order below zero; times need their time zone.",
        ),
        Measure(
            Check.REJECTED,
            "Refused events",
            "Share of what the source sent that could not be taken.",
            "share",
            0.01,
            "Read the reasons, mend the source, then replay what was refused.",
        ),
        Measure(
            Check.UNRESOLVED,
            "Unknown people",
            "Share of events of people we know only by a device.",
            "share",
            0.9,
            "Send identify at sign-in, at checkout and from e-mail links, so that "
            "what people did before is known to be theirs.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Day:
    """What one signal sent on one day, by the day on which it came in."""

    source: str
    name: str
    day: date
    n: int
    n_late: int
    n_missing: int
    n_impossible: int
    n_unresolved: int
    n_repeated: int
    n_duplicates: int
    n_rejected: int
    last_at: datetime


Count = Callable[[Day], int]
BAD_EVENTS: Final[Mapping[Check, Count]] = {
    Check.MISSING: lambda d: d.n_missing,
    Check.LATE: lambda d: d.n_late,
    Check.DUPLICATES: lambda d: d.n_repeated,
    Check.IMPOSSIBLE: lambda d: d.n_impossible,
    Check.UNRESOLVED: lambda d: d.n_unresolved,
}
BAD_MESSAGES: Final[Mapping[Check, Count]] = {
    Check.DUPLICATES: lambda d: d.n_duplicates,
    Check.REJECTED: lambda d: d.n_rejected,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a signal's events with one kind of value."""

    source: str
    name: str
    field: str
    kind: str
    n: int
    first_date: date
    last_date: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A check of a signal: its value beside its threshold.

    ``n_touched`` is how many events of the last seven days it concerns, or how many are
    missing; ``detail`` names fields where fields are what changed.
    """

    check: Check
    source: str
    name: str
    value: float
    threshold: float
    n_touched: int
    n_seen: int
    state: State
    detail: str = ""

    @property
    def measure(self) -> Measure:
        """What was measured."""
        return MEASURES[self.check]

    @property
    def strain(self) -> float:
        """Value in units of its threshold; one and more is a breach."""
        return self.value / self.threshold if self.threshold else self.value + 1.0


Thresholds = Mapping[Check, float]
Days = Sequence[Day]


def judge(
    days: Days, fields: Sequence[Field], thresholds: Thresholds, *, now: datetime
) -> list[Finding]:
    """Every check of every signal.

    Parameters
    ----------
    days
        Rolled-up days in any order; at least the last three weeks. Counts of whole
        sources stand under the empty name.
    fields
        Fields of the signals' events.
    thresholds
        By check; a missing one has its default.
    now
        Aware; today is its date in UTC, and is not yet a full day.

    Returns
    -------
    list of Finding
        By signal, then in the order of `Check`.

    Notes
    -----
    Batches have no rhythm: silence, volume and lateness are not asked of them.
    """
    found: list[Finding] = []
    for (source, name), mine in sorted(_grouped(days).items()):
        seen = _Seen(source, name, mine, now)
        shapes = [f for f in fields if (f.source, f.name) == (source, name)]
        for check, measure in MEASURES.items():
            if not _is_asked(measure, source, name):
                continue
            limit = thresholds.get(check, measure.default)
            if check is Check.DRIFT:
                found += seen.drift(shapes, limit)
            elif check is Check.SILENCE:
                found += seen.silence(limit)
            elif check is Check.VOLUME:
                found += seen.volume(limit)
            else:
                found.append(seen.rate(check, limit))
    return found


def _is_asked(measure: Measure, source: str, name: str) -> bool:
    is_batch = source.startswith(BATCH_SOURCES)
    if is_batch and not measure.for_batches:
        return False
    if name != WHOLE_SOURCE:
        return measure.check is not Check.REJECTED
    # The same file again is no fault of its source.
    asked = {Check.REJECTED} if is_batch else {Check.DUPLICATES, Check.REJECTED}
    return measure.check in asked


def weakest(findings: Sequence[Finding]) -> Finding | None:
    """The weakest part of the data foundation.

    Parameters
    ----------
    findings
        Of all signals.

    Returns
    -------
    Finding or None
        Of the breaches the one that touches most events; without a breach the check
        that is closest to its threshold; none where nothing can be told.
    """
    breaches = [f for f in findings if f.state is State.BREACH]
    if breaches:
        return max(breaches, key=lambda f: (f.n_touched, f.strain))
    told = [f for f in findings if f.state is State.FINE and f.threshold]
    return max(told, key=lambda f: (f.strain, f.n_seen), default=None)


def _grouped(days: Days) -> dict[tuple[str, str], list[Day]]:
    """Days by signal, and once more by whole source under the empty name."""
    found: dict[tuple[str, str], list[Day]] = {}
    for each in days:
        for name in {each.name, WHOLE_SOURCE}:
            found.setdefault((each.source, name), []).append(each)
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """The days of one signal, asked one question after the other."""

    source: str
    name: str
    days: Sequence[Day]
    now: datetime

    @property
    def recent(self) -> list[Day]:
        since = self.now.date() - timedelta(days=WINDOW_DAYS)
        return [d for d in self.days if since < d.day <= self.now.date()]

    def told(
        self,
        check: Check,
        value: float,
        limit: float,
        touched: float,
        *,
        enough: bool = True,
        detail: str = "",
    ) -> Finding:
        n_seen = sum(d.n for d in self.recent)
        state = State.BREACH if value > limit else State.FINE
        return Finding(
            check,
            self.source,
            self.name,
            value,
            limit,
            round(touched),
            n_seen,
            state if enough else State.TOO_FEW,
            detail,
        )

    def rate(self, check: Check, limit: float) -> Finding:
        is_whole = self.name == WHOLE_SOURCE
        count = BAD_MESSAGES[check] if is_whole else BAD_EVENTS[check]
        part = sum(count(d) for d in self.recent)
        # What was refused or came again is not among the stored events.
        whole = sum(d.n for d in self.recent) + (part if is_whole else 0)
        share = part / whole if whole else 0.0
        return self.told(check, share, limit, part, enough=whole >= LEAST_EVENTS)

    def _base(self) -> list[int]:
        """Events a day in the two weeks before the last full day, silent days too."""
        last = self.now.date() - timedelta(days=1)
        by_day = {d.day: d.n for d in self.days}
        first = min(by_day)
        before = [last - timedelta(days=i) for i in range(1, BASE_DAYS + 1)]
        counts = [by_day.get(day, 0) for day in before if day >= first]
        return counts if sum(map(bool, counts)) >= LEAST_BASE_DAYS else []

    def volume(self, limit: float) -> list[Finding]:
        base = self._base()
        usual = median(base) if base else 0
        if usual < 1:
            return []
        last = self.now.date() - timedelta(days=1)
        n = sum(d.n for d in self.days if d.day == last)
        change = abs(n - usual) / usual
        detail = f"{n:,} instead of about {usual:,.0f}"
        enough = max(usual, n) >= LEAST_EVENTS
        touched = abs(n - usual)
        return [
            self.told(
                Check.VOLUME, change, limit, touched, enough=enough, detail=detail
            )
        ]

    def silence(self, limit: float) -> list[Finding]:
        base = self._base()
        usual = median(base) if base else 0
        if usual < 1:
            return []
        last_at = max(d.last_at for d in self.days)
        hours = max((self.now - last_at).total_seconds() / 3600, 0.0)
        touched = usual * hours / 24 if hours > limit else 0
        return [self.told(Check.SILENCE, hours, limit, touched)]

    def drift(self, shapes: Sequence[Field], limit: float) -> list[Finding]:
        began = min(d.day for d in self.days)
        settled = began + timedelta(days=SETTLING_DAYS)
        today = self.now.date()
        if today <= settled or not shapes:
            return []
        since = today - timedelta(days=WINDOW_DAYS)
        new = [f for f in shapes if f.first_date > max(settled, since)]
        n_all = sum(d.n for d in self.days)
        gone = [f for f in shapes if self._is_gone(f, today, n_all)]
        names = [f"new: {f.field} ({f.kind})" for f in new]
        names += [f"gone: {f.field} ({f.kind})" for f in gone]
        n_seen = sum(d.n for d in self.recent)
        touched = sum(f.n for f in new) + (n_seen if gone else 0)
        value = float(len(names))
        detail = ", ".join(sorted(names)[:6])
        return [
            self.told(Check.DRIFT, value, limit, min(touched, n_seen), detail=detail)
        ]

    def _is_gone(self, shape: Field, today: date, n_all: int) -> bool:
        """Usual before, and in none of the events of the last days."""
        after = sum(d.n for d in self.days if d.day > shape.last_date)
        usual = shape.n >= LEAST_SHARE * (n_all - after)
        quiet = (today - shape.last_date).days <= WINDOW_DAYS
        return usual and quiet and after >= LEAST_EVENTS
