"""A tally that moves on with each event equals the definition counted from nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.features import tally
from decisioning.features.core import FEATURES, Event, FromEvents, compute
from decisioning.features.tally import Tally

START = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
TRAITS = {"recency": 3, "channel": "Web"}
NAMES = (
    "Order Completed",
    "Order Refunded",
    "Product Viewed",
    "Product Added",
    "Page Viewed",
    "Complaint Raised",
    "X",
)
lengths = st.one_of(
    st.sampled_from([timedelta(days=d) for d in (0, 1, 7, 30, 90, 365)]),
    st.sampled_from([timedelta(minutes=30), timedelta(hours=12, minutes=30)]),
    st.integers(0, 400 * 86_400).map(lambda s: timedelta(seconds=s)),
)
nudges = st.sampled_from([timedelta(0), tally.MICROSECOND, -tally.MICROSECOND])
happened = st.tuples(
    st.sampled_from(NAMES),
    # Up to a day ahead of the clock, as the ingest lets in.
    st.tuples(lengths, nudges).map(lambda back: back[1] - back[0])
    | st.integers(0, 86_400).map(lambda s: timedelta(seconds=s)),
    st.none() | st.integers(-500, 10**15),
    st.dictionaries(
        st.sampled_from(["category", "sku", "product_id"]),
        st.sampled_from(["bread", "flour", "", 7, None, ["bread"]]),
    ),
)
steps = st.lists(st.tuples(lengths, st.lists(happened, max_size=6)), max_size=6)


def span_events(
    found: Tally, to: datetime, log: list[Event]
) -> list[tuple[int | None, Event]]:
    return [
        (window, event)
        for window, after, until in tally.spans(found, tally.micros(to))
        for event in log
        if after < tally.micros(event[1]) <= until
    ]


def stored_and_read(found: Tally) -> Tally:
    return tally.unpacked(tally.packed(found))


def assert_same(found: Tally, log: list[Event], now: datetime) -> None:
    told, wanted = tally.values(found, TRAITS), compute(log, TRAITS, now=now)
    differing = [
        (feature.key, float(a), float(b))
        for feature, a, b in zip(FEATURES, told, wanted, strict=True)
        if not np.array_equal(a, b, equal_nan=True)
    ]
    assert differing == []


@settings(max_examples=150, deadline=None)
@given(steps)
def test_carried_on_it_equals_counting_anew(
    told: list[tuple[timedelta, list[tuple[str, timedelta, int | None, Any]]]],
) -> None:
    now, log = START, list[Event]()
    carried = tally.tally_of((), at=now)
    for passed, arrivals in told:
        came = [(name, now + after, v, text) for name, after, v, text in arrivals]
        log += came
        tally.add(carried, came)
        assert_same(carried, log, now)
        now += passed
        to = tally.micros(now)
        tally.move_on(carried, to, span_events(carried, now, log))
        carried = stored_and_read(carried)
        assert_same(carried, log, now)
        assert_same(tally.tally_of(log, at=now), log, now)


def test_it_never_goes_back() -> None:
    log: list[Event] = [("Product Viewed", START, None, {"category": "bread"})]
    found = tally.tally_of(log, at=START)

    assert tally.spans(found, tally.micros(START - timedelta(days=1))) == []
    tally.move_on(found, tally.micros(START - timedelta(days=1)), [])

    assert_same(found, log, START)


def test_sums_may_be_larger_than_a_machine_word() -> None:
    log: list[Event] = [("Order Completed", START, 10**15, {})] * 20_000
    found = stored_and_read(tally.tally_of(log, at=START))

    assert_same(found, log, START)


def test_what_no_window_needs_is_let_go() -> None:
    log: list[Event] = [
        ("Product Viewed", START - timedelta(days=d), None, {"sku": f"s-{d}"})
        for d in range(500)
    ]
    found = tally.tally_of(log, at=START)
    later = START + timedelta(days=1)
    tally.move_on(found, tally.micros(later), span_events(found, later, log))

    sizes = [len(marks) for marks in found.marks]

    assert max(sizes) <= 366
    assert_same(found, log, later)


def test_every_feature_of_events_has_its_place() -> None:
    rules = [f.rule for f in FEATURES if isinstance(f.rule, FromEvents)]

    assert tuple(rules) == tally.RULES
    assert set(tally.WINDOWS) == {
        tally.micros(r.window)
        for r in rules
        if r.window and r.aggregate in ("count", "sum", "mean", "ratio")
    }
