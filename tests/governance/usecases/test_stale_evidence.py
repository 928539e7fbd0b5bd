"""Evidence has an age limit, and what fails a test leaves at the next decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.usecases import actions as use_cases
from governance.usecases.core.freshness import FRESH_FOR, fresh_until, is_stale
from governance.usecases.core.guards import tests_passed as passes_tests
from governance.usecases.models import Attestation
from governance.usecases.queries import assessments_of, situation, version
from governance.usecases.standing import assessment_refusal

JUST = timedelta(microseconds=1)


def refusal(key, at):
    of = version(key)
    return assessment_refusal(of, assessments_of(of), at)


@pytest.mark.parametrize("test", [1, 2, 3])
def test_evidence_holds_until_its_age_limit_and_not_a_moment_longer(house, test):
    limit = fresh_until(test, house.now)
    assert limit - house.now == FRESH_FOR[test]
    assert not is_stale(test, house.now, limit - JUST)
    assert is_stale(test, house.now, limit)
    assert not is_stale(test, None, limit)


def test_the_stale_test_is_named_and_assessing_it_again_mends_it(house):
    key = house.running()
    later = house.now + FRESH_FOR[3]
    assert refusal(key, later - JUST).code == ""
    assert refusal(key, later).code == "governance.test_3_stale"
    assert "Strategic test 3" in str(refusal(key, later).reasons[0])
    at = situation(key, later)
    assert "180 days old" in str(next(iter(passes_tests(at, house["ana"]))))
    use_cases.assess(
        by=house["ana"],
        now=later,
        key=key,
        test=3,
        verdict="pass",
        evidence="Read the sentence again with five customers.",
    )
    assert refusal(key, later).code == ""


@pytest.mark.parametrize("test", [1, 2, 3])
def test_a_use_case_that_fails_a_test_is_not_served_and_the_code_names_it(house, test):
    key = house.running()
    use_cases.assess(
        by=house["ana"],
        now=house.now,
        key=key,
        test=test,
        verdict="fail",
        evidence="The baseline turned out to be wrong.",
    )
    answer = house.serving(key).may_serve
    assert answer.code == f"governance.test_{test}_failed"


def test_the_attestation_is_not_what_ends_first_in_these_tests(house):
    key = house.running()
    assert Attestation.objects.filter(version__use_case__key=key).exists()
