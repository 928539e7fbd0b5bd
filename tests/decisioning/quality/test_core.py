"""Checks of data quality judge counts: no database, a fixed day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from decisioning.quality.core import (
    MEASURES,
    Check,
    Day,
    Field,
    State,
    judge,
    weakest,
)

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
GOOD = Day(
    source="api:shop",
    name="Product Viewed",
    day=NOW.date(),
    n=100,
    n_late=0,
    n_missing=0,
    n_impossible=0,
    n_unresolved=10,
    n_repeated=0,
    n_duplicates=0,
    n_rejected=0,
    last_at=NOW - timedelta(minutes=5),
)


def weeks(**changes):
    """Three quiet weeks of one signal, up to today, with changes to the last three."""
    days = []
    for back in range(20, -1, -1):
        at = NOW - timedelta(days=back, minutes=5)
        more = changes if back < 3 else {}
        days.append(replace(GOOD, day=at.date(), last_at=at, **more))
    return days


def found(days, fields=(), thresholds=None):
    told = judge(days, fields, thresholds or {}, now=NOW)
    return {f.check: f for f in told if f.name == "Product Viewed"}


def test_a_quiet_signal_is_fine_in_every_check():
    told = judge(weeks(), [], {}, now=NOW)

    assert {f.state for f in told} == {State.FINE}
    assert {f.check for f in told} == set(Check) - {Check.DRIFT}


@pytest.mark.parametrize(
    ("check", "changes", "share"),
    [
        (Check.MISSING, {"n_missing": 20}, 60 / 700),
        (Check.LATE, {"n_late": 20}, 60 / 700),
        (Check.IMPOSSIBLE, {"n_impossible": 4}, 12 / 700),
        (Check.DUPLICATES, {"n_repeated": 20}, 60 / 700),
        (Check.UNRESOLVED, {"n": 1000, "n_unresolved": 1000}, 3040 / 3400),
    ],
)
def test_a_rate_over_its_threshold_is_a_breach(check, changes, share):
    told = found(weeks(**changes), thresholds={Check.UNRESOLVED: 0.5})[check]

    assert told.value == pytest.approx(share)
    assert told.state is State.BREACH
    assert found(weeks(**changes), thresholds={check: share})[check].state is State.FINE


def test_what_a_source_was_refused_counts_beside_what_it_sent():
    days = [*weeks(), replace(GOOD, name="", n=0, n_rejected=100, n_duplicates=70)]

    told = {f.check: f for f in judge(days, [], {}, now=NOW) if f.name == ""}

    assert told[Check.REJECTED].value == pytest.approx(100 / 800)
    assert told[Check.DUPLICATES].value == pytest.approx(70 / 770)
    assert told[Check.REJECTED].n_touched == 100


def test_too_few_events_are_no_verdict():
    few = [replace(GOOD, n=4, n_missing=4)]

    assert found(few)[Check.MISSING].state is State.TOO_FEW


def test_a_source_that_fell_silent_is_found_by_the_hour():
    days = [d for d in weeks() if d.day < NOW.date() - timedelta(days=1)]

    told = found(days)

    assert told[Check.SILENCE].value == pytest.approx(48 + 5 / 60)
    assert told[Check.SILENCE].state is State.BREACH
    assert told[Check.VOLUME].value == 1.0


@pytest.mark.parametrize(("n", "state"), [(151, State.BREACH), (150, State.FINE)])
def test_volume_is_compared_with_the_two_weeks_before(n, state):
    yesterday = NOW.date() - timedelta(days=1)
    days = [replace(d, n=n) if d.day == yesterday else d for d in weeks()]

    assert found(days)[Check.VOLUME].state is state


def test_a_batch_has_no_rhythm_to_lose():
    told = judge(
        [replace(d, source="import:events:1") for d in weeks(n_late=100)],
        [],
        {},
        now=NOW,
    )

    asked = {f.check for f in told}
    assert not asked & {Check.SILENCE, Check.VOLUME, Check.LATE}


def shape(name: str, first: date, last: date, n: int = 2_000, kind: str = "string"):
    return Field("api:shop", "Product Viewed", name, kind, n, first, last)


def test_new_and_vanished_fields_are_named():
    today, start = NOW.date(), NOW.date() - timedelta(days=20)
    fields = [
        shape("sku", start, today),
        shape("price", start, today - timedelta(days=3), n=1_700),
        shape("price", today - timedelta(days=2), today, n=300, kind="number"),
        shape("rare", start, today - timedelta(days=3), n=5),
    ]

    told = found(weeks(), fields)[Check.DRIFT]

    assert told.detail == "gone: price (string), new: price (number)"
    assert (told.value, told.state) == (2.0, State.BREACH)


def test_fields_of_a_source_that_has_just_begun_are_not_new():
    today = NOW.date()

    assert Check.DRIFT not in found([GOOD], [shape("sku", today, today)])


def test_the_weakest_part_is_the_breach_that_touches_most_events():
    small = weeks(n_impossible=50)
    large = [replace(d, name="Order Completed") for d in weeks(n_missing=90)]

    told = weakest(judge([*small, *large], [], {}, now=NOW))

    assert told is not None
    assert (told.name, told.check) == ("Order Completed", Check.MISSING)


def test_without_a_breach_it_is_what_comes_closest():
    told = weakest(judge(weeks(n_late=10), [], {}, now=NOW))

    assert told is not None
    assert told.check is Check.LATE
    assert told.state is State.FINE
    assert weakest([]) is None


def test_every_check_says_what_it_means_and_what_helps():
    assert set(MEASURES) == set(Check)
    assert all(m.label and m.meaning and m.remedy for m in MEASURES.values())
