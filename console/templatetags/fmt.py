"""How numbers and times are written, the same on every page.

True minus, commas in counts, "7.00 to 8.32" for an interval, the reader's zone.
"""

import datetime as dt
import math

from django import template
from django.utils import timezone
from django.utils.html import format_html

from console.charts.digits import MINUS, Number, signed_text

register = template.Library()

NARROW = "\u202f"
NOT_KNOWN = "not recorded"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def _is_missing(value: Number | None) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


@register.filter
def number(value: Number | None, digits: int | None = None) -> str:
    """Write a count or a plain number; ``digits`` fixes the decimals."""
    if value is None or _is_missing(value):
        return NOT_KNOWN
    if digits is None:
        digits = 0 if float(value).is_integer() else 2
    return signed_text(value, digits)


@register.filter
def percent(value: Number | None, digits: int = 1) -> str:
    """Write a share in [0, 1] as a per cent."""
    if value is None or _is_missing(value):
        return NOT_KNOWN
    return f"{signed_text(float(value) * 100, digits)}{NARROW}%"


@register.filter
def points(value: Number | None, digits: int = 2) -> str:
    """Write a difference of two rates in [-1, 1] in points, with its sign."""
    if value is None or _is_missing(value):
        return NOT_KNOWN
    return signed_text(float(value) * 100, digits, plus=True)


@register.filter
def difference(value: Number | None, digits: int = 2) -> str:
    if value is None or _is_missing(value):
        return NOT_KNOWN
    return signed_text(value, digits, plus=True)


@register.filter
def money(value: Number | None, currency: str = "USD") -> str:
    """Write an amount in major units; unknown currencies keep their code."""
    if value is None or _is_missing(value):
        return NOT_KNOWN
    amount = f"{abs(value):,.2f}"
    sign = MINUS if value < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}"


@register.simple_tag
def interval(
    lo: Number | None, hi: Number | None, digits: int = 2, scale: Number = 1
) -> str:
    """Write ``lo to hi``; ``scale=100`` turns rates into points."""
    if lo is None or hi is None or _is_missing(lo) or _is_missing(hi):
        return NOT_KNOWN
    low, high = (
        signed_text(float(end) * float(scale), digits)
        if scale != 1
        else signed_text(end, digits)
        for end in (lo, hi)
    )
    return f"{low} to {high}"


@register.filter
def p_value(value: Number | None) -> str:
    if value is None or _is_missing(value):
        return NOT_KNOWN
    return "p < 0.001" if value < 0.001 else f"p {value:.3f}"


def when_text(value: dt.datetime | dt.date) -> str:
    if not isinstance(value, dt.datetime):
        return f"{value.day} {value:%b %Y}"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local.day} {local:%b %Y, %H:%M}"


@register.filter
def when(value: dt.datetime | dt.date | None) -> str:
    """Write "22 Nov 2026, 14:02" with the full instant for machines."""
    if value is None:
        return "not yet"
    if not isinstance(value, dt.datetime):
        return format_html(
            '<time datetime="{}">{}</time>', value.isoformat(), when_text(value)
        )
    return format_html(
        '<local-time><time datetime="{}" title="{}">{}</time></local-time>',
        value.isoformat(),
        value.isoformat(),
        when_text(value),
    )


@register.filter
def ago(value: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """Write relative time under a day, the date beyond."""
    if value is None:
        return "not yet"
    age = (now or timezone.now()) - value
    if not dt.timedelta(0) <= age < dt.timedelta(days=1):
        return when_text(value)
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    return f"{minutes} min ago" if minutes < 60 else f"{minutes // 60} h ago"


@register.filter
def duration(value: dt.timedelta | Number | None) -> str:
    """Write a length of time in its two largest units: "2 h 5 min"."""
    if value is None:
        return NOT_KNOWN
    seconds = value.total_seconds() if isinstance(value, dt.timedelta) else float(value)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    left = int(seconds)
    parts = []
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {'day' if unit == 'days' and count == 1 else unit}")
    return " ".join(parts[:2])


@register.filter
def plural(count: int, words: str) -> str:
    """Write ``{{ 1|plural:"customer,customers" }}`` with its number."""
    one, many = words.split(",")
    return f"{signed_text(count, 0)} {one if count == 1 else many}"


@register.filter
def small_count(count: int) -> str:
    """Hide groups too small to be counted aloud."""
    return "<10" if 0 < count < 10 else signed_text(count, 0)
