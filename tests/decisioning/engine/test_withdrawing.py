"""Scores of people who left are gone within the day."""

import pytest

from decisioning.engine.withdrawing import forget_scores
from decisioning.scoring.models import Score
from governance.consent import actions as consent
from governance.installation.queries import now as clock
from governance.types import Actor
from tests.decisioning.engine import world as shop

CUSTOMER = Actor.system("customer")


@pytest.fixture
def scored(db):
    people = [shop.customer(name) for name in ("stays", "pauses", "leaves")]
    shop.knows(people[0], {}, {"clv": 10.0})
    made = Score.objects.get()
    for person in people[1:]:
        Score.objects.create(
            customer_id=person.pk,
            score_key="clv",
            value=1.0,
            model_version=made.model_version,
            computed_at=made.computed_at,
        )
    return people


def test_a_withdrawal_takes_the_scores_and_a_pause_does_not(scored):
    stays, pauses, leaves = scored
    consent.pause(by=CUSTOMER, now=clock(), person_id=pauses.pk, days=30)
    for purpose in ("personalise_onsite", "direct_marketing"):
        consent.record(
            by=CUSTOMER,
            now=clock(),
            person_id=leaves.pk,
            purpose=purpose,
            action="withdraw",
            source="preferences",
        )

    assert forget_scores(now=clock()) == 1

    kept = set(Score.objects.values_list("customer_id", flat=True))
    assert kept == {stays.pk, pauses.pk}
    assert forget_scores(now=clock()) == 0


def test_public_research_data_keeps_its_scores(scored):
    leaves = scored[2]
    leaves.basis = "public_research"
    leaves.save()
    consent.turn_everything_off(
        by=CUSTOMER, now=clock(), person_id=leaves.pk, source="preferences"
    )

    assert forget_scores(now=clock()) == 0
