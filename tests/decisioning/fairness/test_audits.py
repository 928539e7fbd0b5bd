"""Audits through the engine: what is caught, what is kept, what it stops."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from decisioning.engine.models import Decision
from decisioning.fairness import actions
from decisioning.fairness.simulating import simulate
from governance.fairness import actions as fairness
from governance.fairness import monitoring, queries
from governance.fairness.core import Direction, FairnessVerdict, Measure
from governance.fairness.core.answering import Occasion
from governance.fairness.models import FairnessAudit, MonitoringTrait
from governance.types import Actor, Invalid, Refused, Role, State
from governance.usecases.models import UseCase, UseCaseVersion
from tests.decisioning.fairness.conftest import case_for
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
V = FairnessVerdict
NOT_WALES = {"field": "trait.region", "op": "in", "values": ["north", "south"]}
TEA = {"field": "trait.taste", "op": "eq", "value": "tea"}
SYSTEM = Actor.system("test")


@pytest.fixture
def unfair(owner, people, now):
    return case_for(owner, now, NOT_WALES)


@pytest.fixture
def fair(owner, people, now):
    return case_for(owner, now, TEA)


def test_a_rule_that_leaves_a_region_out_is_a_breach(unfair, now):
    made = actions.simulate(by=SYSTEM, now=now, key=unfair)

    found = queries.findings(made)
    left_out = next(
        f for f in found if (f.group, f.measure) == ("wales", Measure.SELECTION)
    )
    assert (made.verdict, left_out.verdict) == (V.BREACH, V.BREACH)
    assert (left_out.n, left_out.events) == (300, 0)
    flip = next(f for f in found if f.measure is Measure.FLIP)
    assert (flip.verdict, flip.estimate) == (V.BREACH, 1.0)


def test_a_rule_about_taste_changes_no_choice_with_the_region(fair, now):
    made = actions.simulate(by=SYSTEM, now=now, key=fair)

    flip = next(f for f in queries.findings(made) if f.measure is Measure.FLIP)
    assert made.verdict != V.BREACH
    assert (flip.verdict, flip.events) == (V.PASS, 0)


def test_nothing_is_written_by_a_simulation_but_its_result(unfair, now):
    actions.simulate(by=SYSTEM, now=now, key=unfair)

    assert not Decision.objects.exists()
    assert FairnessAudit.objects.count() == 1


def test_those_who_said_no_are_not_chosen(fair, people, now, owner):
    from governance.consent import actions as consent

    consent.record(
        by=SYSTEM,
        now=now,
        person_id=people[0].pk,
        purpose="personalise_onsite",
        action="deny",
        channel="web",
        source="page",
    )
    version = UseCaseVersion.objects.get()
    seen = simulate(version, now=now)
    place = [p.id for p in seen.people].index(people[0].pk)
    assert not seen.offers[place]
    assert sum(map(bool, seen.offers)) > 300


def test_a_burden_is_counted_as_one(owner, people, now):
    key = case_for(owner, now, NOT_WALES, benefit="burden")
    made = actions.simulate(by=SYSTEM, now=now, key=key)
    selection = [f for f in queries.findings(made) if f.measure is Measure.SELECTION]
    assert {f.direction for f in selection} == {Direction.BURDEN}
    assert {f.group for f in selection} == {"north", "south"}


def test_volunteered_traits_are_audited_and_stand_ins_named(unfair, people, now):
    for row in people:
        group = "black" if row.traits["region"] == "wales" else "white"
        monitoring.volunteer(now=now, person_id=row.pk, traits={"ethnicity": group})

    made = actions.simulate(by=SYSTEM, now=now, key=unfair)

    strong = {
        (p["field"], p["trait"]) for p in made.proxies if p["strength"] == "strong"
    }
    assert ("Region", "Ethnic group (volunteered)") in strong
    groups = {f.group for f in queries.findings(made) if f.verdict is V.BREACH}
    assert "black" in groups


def test_an_answer_that_is_not_on_the_list_is_refused_and_an_empty_one_forgotten(
    people, now
):
    person = people[0].pk
    with pytest.raises(Invalid):
        monitoring.volunteer(now=now, person_id=person, traits={"sex": "maybe"})
    monitoring.volunteer(now=now, person_id=person, traits={"sex": "female"})
    assert monitoring.told_by(person) == {"sex": "female"}
    monitoring.volunteer(now=now, person_id=person, traits={"sex": ""})
    assert not MonitoringTrait.objects.exists()


def test_the_gate_refuses_a_breach_until_two_people_sign_for_it(unfair, now):
    version = UseCaseVersion.objects.get()
    made = actions.simulate(by=SYSTEM, now=now, key=unfair)

    def objection():
        rows = queries.audits_of(version)
        return queries.objection_to(rows, version.config_hash)

    assert objection().code == "governance.fairness_breach"
    both = {
        "petra": make.actor("petra", Role.PRIVACY_REVIEWER, now=now),
        "eva": make.actor("eva", Role.EXECUTIVE, now=now),
    }
    given = {
        "now": now,
        "key": unfair,
        "audit_id": made.pk,
        "option": "human_justification",
        "reason": "The shop has no stores there and cannot deliver.",
    }
    fairness.answer(by=both["petra"], **given)
    assert objection() is not None
    with pytest.raises(Refused):
        fairness.answer(by=both["petra"], **given)
    fairness.answer(by=both["eva"], **given)
    assert objection() is None


def test_one_person_with_both_roles_signs_once(unfair, now):
    made = actions.simulate(by=SYSTEM, now=now, key=unfair)
    both = make.actor("bo", Role.PRIVACY_REVIEWER, Role.EXECUTIVE, now=now)
    given = {
        "by": both,
        "now": now,
        "key": unfair,
        "audit_id": made.pk,
        "option": "human_justification",
        "reason": "The shop has no stores there and cannot deliver.",
    }
    fairness.answer(**given)
    with pytest.raises(Refused):
        fairness.answer(**given)


def test_without_a_simulation_the_gate_is_shut(unfair):
    version = UseCaseVersion.objects.get()
    refusal = queries.objection_to([], version.config_hash)
    assert refusal.code == "governance.fairness_missing"


def serving(key, tier="T2"):
    UseCase.objects.filter(key=key).update(
        state=State.SCALED, serving_version=UseCaseVersion.objects.get()
    )
    UseCaseVersion.objects.update(status="signed", risk_tier=tier)


def decided(people, now, *, regions):
    from uuid import uuid4

    rows = [
        Decision(
            id=uuid4(),
            customer_id=p.pk,
            placement_key="home.hero",
            channel="web",
            mode="personalised" if p.traits["region"] in regions else "default",
            reason="chosen",
            use_case_key="picks" if p.traits["region"] in regions else "",
            offer_key="free-delivery" if p.traits["region"] in regions else "",
            decided_at=now - timedelta(days=2),
            expires_at=now,
        )
        for p in people
    ]
    Decision.objects.bulk_create(rows)


def test_the_log_is_audited_each_month_and_a_breach_at_t3_pauses(unfair, people, now):
    serving(unfair, tier="T3")
    decided(people, now, regions={"north", "south"})

    assert actions.monthly(now=now) == 1

    made = queries.latest(unfair)
    assert (made.occasion, made.method, made.verdict) == ("monthly", "logged", "breach")
    assert UseCase.objects.get().state == State.PAUSED
    assert actions.monthly(now=now) == 0


def test_below_t3_the_owner_has_five_working_days(unfair, people, now, owner):
    serving(unfair)
    decided(people, now, regions={"north", "south"})
    actions.monthly(now=now)
    made = queries.latest(unfair)

    assert UseCase.objects.get().state == State.SCALED
    assert actions.hold_overdue(now=made.due_at - timedelta(hours=1)) == 0
    assert actions.hold_overdue(now=made.due_at) == 1
    assert UseCase.objects.get().state == State.PAUSED


def test_an_option_on_record_keeps_it_running(unfair, people, now, owner):
    serving(unfair)
    decided(people, now, regions={"north", "south"})
    actions.monthly(now=now)
    made = queries.latest(unfair)
    fairness.answer(
        by=owner,
        now=now,
        key=unfair,
        audit_id=made.pk,
        option="drop_proxy",
        reason="The region goes out of the rule in the next version.",
    )
    assert actions.hold_overdue(now=made.due_at) == 0


def test_an_even_log_is_no_breach_and_counts_what_people_saw(fair, people, now):
    serving(fair)
    decided(people, now, regions={"north", "south", "wales"})
    made = actions.audit_logged(by=SYSTEM, now=now, key=fair, occasion=Occasion.MONTHLY)
    assert made.verdict != V.BREACH
    assert made.bubble["n_shown"] == 900


def test_only_analysts_run_an_audit(unfair, now, owner):
    with pytest.raises(Refused):
        actions.run_now(by=owner, now=now, key=unfair)
    analyst = make.actor("anna", Role.ANALYST, now=now)
    assert actions.run_now(by=analyst, now=now, key=unfair).verdict == V.BREACH


def test_results_are_never_changed_or_deleted(unfair, now):
    made = actions.simulate(by=SYSTEM, now=now, key=unfair)
    for attempt in (
        lambda: FairnessAudit.objects.filter(pk=made.pk).update(verdict="pass"),
        lambda: FairnessAudit.objects.filter(pk=made.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_few_people_are_never_green(owner, now):
    key = case_for(owner, now, TEA)
    make.customers([{"region": "wales", "taste": "tea"}] * 20, now=now)
    made = actions.simulate(by=SYSTEM, now=now, key=key)
    assert made.verdict == V.NOT_ENOUGH_DATA
    assert all(f.verdict is V.NOT_ENOUGH_DATA for f in queries.findings(made))
