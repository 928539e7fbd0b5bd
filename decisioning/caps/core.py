"""What a cap and a budget must look like, and how they read in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta

SCOPES: Mapping[str, str] = {
    "all": "Everything we send or show",
    "channel": "One channel",
    "topic": "One topic",
    "offer": "One offer",
    "use_case": "One use case",
}
BUDGET_SCOPES: Mapping[str, str] = {"use_case": "One use case", "offer": "One offer"}
LONGEST_WINDOW = timedelta(days=366)
MOST_CONTACTS = 10_000
MOST_MINOR = 10**15
LONGEST_NAME = 120


def cap_problems(
    *, name: str, scope: str, scope_key: str, n: int, window: timedelta
) -> dict[str, str]:
    """Name what keeps a cap from being saved.

    Parameters
    ----------
    name, scope, scope_key
        ``scope_key`` names which channel, topic, offer or use case.
    n
        Contacts; 0 means none at all, never "no limit".
    window
        Rolling.

    Returns
    -------
    dict
        Field to sentence.
    """
    found: dict[str, str] = {}
    if not name.strip():
        found["name"] = "Give the cap a name."
    elif len(name) > LONGEST_NAME:
        found["name"] = f"Keep the name to {LONGEST_NAME} characters."
    if scope not in SCOPES:
        found["scope"] = "Choose what the cap counts."
    elif scope != "all" and not scope_key:
        found["scope_key"] = "Say which one the cap counts."
    if not 0 <= n <= MOST_CONTACTS:
        found["n"] = "Write a whole number from 0 to 10,000. 0 means not at all."
    if not timedelta(minutes=1) <= window <= LONGEST_WINDOW:
        found["window"] = "Choose a window from one minute to 366 days."
    return found


def budget_problems(
    *,
    name: str,
    scope: str,
    scope_key: str,
    limit_minor: int,
    used_minor: int,
    currency: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> dict[str, str]:
    """Name what keeps a budget from being saved.

    Parameters
    ----------
    name, scope, scope_key, currency
        What draws on it, and in which money.
    limit_minor, used_minor
        Minor units; the limit cannot fall below what is used.
    starts_at, ends_at
        Half-open.

    Returns
    -------
    dict
        Field to sentence.
    """
    found: dict[str, str] = {}
    if not name.strip():
        found["name"] = "Give the budget a name."
    elif len(name) > LONGEST_NAME:
        found["name"] = f"Keep the name to {LONGEST_NAME} characters."
    if scope not in BUDGET_SCOPES:
        found["scope"] = "Choose whether a use case or an offer draws on it."
    if not scope_key:
        found["scope_key"] = "Say which one draws on it."
    if not 0 <= limit_minor <= MOST_MINOR:
        found["limit_minor"] = "Write the most that may be spent, 0 or more."
    elif limit_minor < used_minor:
        found["limit_minor"] = "More than this is spent already. Choose a higher limit."
    if len(currency) != 3 or not currency.isalpha() or currency != currency.upper():
        found["currency"] = "Write the three letters of the currency, such as GBP."
    if starts_at is None:
        found["starts_at"] = "Say from when it counts."
    elif ends_at is not None and ends_at <= starts_at:
        found["ends_at"] = "The end must be later than the start."
    return found


def window_words(window: timedelta) -> str:
    """A window in words.

    Parameters
    ----------
    window
        A duration.

    Returns
    -------
    str
        In the largest unit that divides it evenly.
    """
    seconds = int(window.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            n = seconds // size
            return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
    return f"{seconds} seconds"
