"""How long the evidence behind a strategic test holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta

FRESH_FOR: Mapping[int, timedelta] = {
    1: timedelta(days=365),
    2: timedelta(days=270),
    3: timedelta(days=180),
}


def fresh_until(test: int, assessed_at: datetime) -> datetime:
    """When a strategic test has to be assessed again.

    Parameters
    ----------
    test
        Number of the test, 1 to 3.
    assessed_at
        When its evidence was looked at last.

    Returns
    -------
    datetime
        What helps a customer changes slowest (a year); the aim is looked at twice as
        often as a market turns (270 days); explanation and government with each
        review of a profiling use case (180 days).

    References
    ----------
    ``governance.md`` 2.4: evidence rules; 2.8: 180 days at T2.
    """
    return assessed_at + FRESH_FOR[test]


def is_stale(test: int, assessed_at: datetime | None, now: datetime) -> bool:
    """Whether the evidence of a test is past its age limit.

    Parameters
    ----------
    test, assessed_at
        As for ``fresh_until``; without a date nothing is known against it.
    now
        Moment of judgement.

    Returns
    -------
    bool
        True from the very moment the limit is reached.
    """
    return assessed_at is not None and now >= fresh_until(test, assessed_at)
