"""Each area has an example that the product's own checks find nothing against."""

from __future__ import annotations

import pytest

from governance.catalogue import queries as catalogues
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.lints.core import blockers
from governance.usecases.core import TestVerdict as Verdict
from governance.usecases.core import UseCaseContent, creepy_findings, three_tests
from governance.usecases.core.templates import TEMPLATES

AREAS = {"Acquisition", "Web and app", "E-mail and lifecycle", "Commerce", "Service"}
PILOTS = {"homepage", "cart-recovery", "onboarding"}


def test_there_is_one_for_each_area_and_each_pilot():
    assert {t.area for t in TEMPLATES.values()} == AREAS | {"Pilot"}
    assert set(TEMPLATES) >= PILOTS


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_nothing_in_an_example_fails_a_test_or_a_lint(db, key):
    seed_standard(clock())
    known = catalogues.catalogue()
    content, problems = UseCaseContent.read(TEMPLATES[key].content())
    assert problems == {}
    for result in three_tests(content, known):
        failed = [c.text for c in result.checks if c.state is Verdict.FAILS]
        assert failed == []
    use = content.data_uses[0]
    assert use.purpose in known.elements[use.element].lawful_purposes
    assert blockers(creepy_findings(content, known)) == ()


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_figures_are_left_to_people(key):
    content = UseCaseContent.from_dict(TEMPLATES[key].content())
    assert content.customer.effort_baseline is None
    assert content.objective.smallest_change is None
    assert content.lawful_basis == {}
