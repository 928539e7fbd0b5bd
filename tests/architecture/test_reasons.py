"""Every reason code has a sentence that a person can read."""

import pytest

from decisioning.types import REASON_SENTENCES, ReasonCode
from governance.consent.core import SENTENCES, Code


@pytest.mark.parametrize("code", list(ReasonCode))
def test_a_reason_of_a_decision_has_a_sentence(code):
    sentence = REASON_SENTENCES[code]

    assert sentence.endswith(".")
    assert sentence[0].isupper()
    assert code.value not in sentence


@pytest.mark.parametrize("code", list(Code))
def test_a_reason_of_consent_has_a_sentence(code):
    assert SENTENCES[code][0].endswith(".")


def test_codes_are_named_stage_dot_cause_or_are_the_two_outcomes():
    plain = {code.value for code in ReasonCode if "." not in code.value}

    assert plain <= {"chosen", "outranked"}
