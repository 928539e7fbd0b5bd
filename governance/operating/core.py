"""The operating model's clock: what is due when, and how old a reference is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

CHECK_EVERY = timedelta(days=180)
WARN_DAYS = (3, 14, 30)


class Band(StrEnum):
    """How near a date is; a warning goes out at 30, 14 and 3 days."""

    LATE = "late"
    THREE = "within 3 days"
    FORTNIGHT = "within 14 days"
    MONTH = "within 30 days"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that has to be looked at again by a day."""

    what: str
    kind: str
    at: datetime
    subject: str = ""


def band(at: datetime, now: datetime) -> Band:
    """How near a moment is.

    Parameters
    ----------
    at, now
        When it is due, and the present.

    Returns
    -------
    Band
        A moment that has come counts as late.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> now = datetime(2026, 3, 2, tzinfo=timezone.utc)
    >>> band(now + timedelta(days=14), now).value
    'within 14 days'
    """
    if at <= now:
        return Band.LATE
    left = at - now
    bands = zip(WARN_DAYS, (Band.THREE, Band.FORTNIGHT, Band.MONTH), strict=True)
    return next(
        (found for days, found in bands if left <= timedelta(days=days)), Band.LATER
    )


def in_order(dues: Iterable[Due]) -> Sequence[Due]:
    """What is due first comes first."""
    return sorted(dues, key=lambda due: (due.at, due.kind, due.what))


def age_days(checked_on: date, now: datetime) -> int:
    """Days since somebody last looked whether a source still says this."""
    return max(0, (now.date() - checked_on).days)


def check_due(checked_on: date, now: datetime) -> datetime:
    """When a reference has to be looked at again."""
    return (
        datetime(checked_on.year, checked_on.month, checked_on.day, tzinfo=now.tzinfo)
        + CHECK_EVERY
    )
