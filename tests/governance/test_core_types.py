import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.types import (
    Actor,
    Answer,
    Invalid,
    NotFound,
    Reason,
    Refused,
    RiskTier,
    Role,
    SignOffRole,
    State,
    SubjectRef,
    canonical_json,
    digest_of,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (123.456, "123.456"),
        (-1.5e300, "-1.5e+300"),
        (333333333.33333329, "333333333.3333333"),
        (True, "true"),
        (None, "null"),
        ({"b": 1, "a": (1, 2)}, '{"a":[1,2],"b":1}'),
        ({"é", "a"}, '["a","é"]'),
        ({"\u20ac": 1, "\U0001f600": 2, "\ufb33": 3}, '{"€":1,"😀":2,"\ufb33":3}'),
        ('a\n\u0001"', '"a\\n\\u0001\\""'),
        (State.READY, '"ready"'),
        (Decimal("1.10"), '"1.10"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (UUID(int=0), '"00000000-0000-0000-0000-000000000000"'),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value, text):
    assert canonical_json(value) == text


def test_times_are_told_in_utc():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    same = noon.astimezone(timezone(timedelta(hours=5)))
    assert canonical_json(noon) == canonical_json(same)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (object(), TypeError),
        (datetime(2026, 1, 1), ValueError),
        ("\ud800", ValueError),
    ],
)
def test_what_has_no_single_meaning_is_refused(value, error):
    with pytest.raises(error):
        canonical_json(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_as_they_were(number):
    assert float(json.loads(canonical_json(number))) == number


def test_digests_of_different_domains_differ():
    assert digest_of({"a": 1}) != digest_of({"a": 1}, domain="x")
    assert len(digest_of([])) == 64


def test_refusals_carry_code_message_and_details():
    no = Answer.no("a.b", "Not now.", "Wait.")
    refused = Refused.because(*no.reasons)
    assert (refused.code, refused.message) == ("a.b", "Not now. Wait.")
    assert refused.details["reasons"] == [["a.b", "Not now.", "Wait."]]
    assert Invalid({"name": "Give a name."}).fields == {"name": "Give a name."}
    assert str(Invalid({"x": "y"}, "Sorry.")) == "Sorry."
    assert NotFound("Gone.").code == "governance.not_found"
    assert Answer().code == ""
    assert Answer()
    assert str(Reason("c", "Text")) == "Text"


def test_people_and_things_have_words():
    alice = Actor(1, "alice", roles=frozenset({Role.ANALYST}))
    assert str(alice) == "alice"
    assert alice.has(Role.ADMIN, Role.ANALYST)
    assert str(Actor.system()) == "Attune"
    assert str(SubjectRef("offer", "7")) == "offer:7"
    assert SignOffRole.DATA.label == "Data and analytics"
    assert SignOffRole.DATA.staff_role is Role.ANALYST
    assert State.ROLLED_BACK.label == "Rolled back"
    assert RiskTier.T2.label == "Profiling"
    assert Role.AUDITOR.label == "Auditor"
