"""Money, periods and reasons."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from decisioning.types import (
    REASON_SENTENCES,
    CurrencyMismatch,
    Money,
    Period,
    Reason,
    ReasonCode,
    Verdict,
)

START, LATER, END = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3))


def test_money_counts_in_the_minor_units_of_its_currency():
    assert Money.of_major("12.345", "GBP").minor == 1234
    assert Money.of_major(500, "JPY").minor == 500
    assert str(Money(123456, "USD")) == "1,234.56 USD"
    assert Money(1500, "KWD").major == Decimal("1.500")
    assert Money(100, "GBP") + Money(5, "GBP") - Money(1, "GBP") == Money(104, "GBP")
    assert -Money(3, "GBP") * 2 == Money(-6, "GBP")
    assert Money(1, "GBP") < Money(2, "GBP") <= Money(2, "GBP")


@pytest.mark.parametrize("act", [Money.__add__, Money.__sub__, Money.__lt__])
def test_money_of_two_currencies_does_not_mix(act):
    with pytest.raises(CurrencyMismatch, match="convert"):
        act(Money(1, "GBP"), Money(1, "USD"))


def test_money_needs_a_currency_code():
    with pytest.raises(ValueError, match="currency"):
        Money(1, "pounds")


def test_a_period_has_its_start_and_not_its_end():
    period = Period(START, END)

    assert START in period
    assert LATER in period
    assert END not in period
    assert END in Period(START)
    assert not period.overlaps(Period(END))
    assert period.overlaps(Period(LATER))


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "field"),
    [
        (START, START, "ends_at"),
        (START.replace(tzinfo=None), None, "starts_at"),
        (START, END.replace(tzinfo=None), "ends_at"),
    ],
)
def test_a_period_needs_an_order_and_a_time_zone(starts_at, ends_at, field):
    with pytest.raises(ValueError, match=field):
        Period(starts_at, ends_at)


def test_every_reason_has_a_sentence_of_its_own():
    assert set(REASON_SENTENCES) == set(ReasonCode)
    assert len(set(REASON_SENTENCES.values())) == len(ReasonCode)
    assert all(text.endswith(".") for text in REASON_SENTENCES.values())


def test_a_reason_knows_its_stage_and_refuses_unknown_codes():
    assert Reason.of("caps.limit_reached").stage == "caps"
    assert Reason.of("chosen").stage == "chosen"
    assert "cap allows" in Reason.of("caps.limit_reached").sentence
    with pytest.raises(ValueError, match=r"caps\.typo"):
        Reason.of("caps.typo")


def test_verdicts_have_labels():
    assert Verdict.DO_NOT_SCALE.label == "Do not scale"
    assert len({each.label for each in Verdict}) == 5
