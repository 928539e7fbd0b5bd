"""How digits are written: true minus, commas, intervals in words."""

from decimal import Decimal

MINUS = "−"

Number = int | float | Decimal


def signed_text(value: Number, digits: int, *, plus: bool = False) -> str:
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return f"{MINUS if value < 0 else '+' if plus else ''}{text}"


def range_text(lo: Number, hi: Number, digits: int) -> str:
    return f"{signed_text(lo, digits)} to {signed_text(hi, digits)}"
