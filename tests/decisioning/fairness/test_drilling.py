"""The rehearsal decides real customers before, stopped and resumed."""

from datetime import timedelta

import pytest

from decisioning.engine.models import Decision
from decisioning.fairness import drilling
from decisioning.fairness.simulating import simulate
from governance.types import Actor, Refused, Role, State
from governance.usecases import actions as use_cases
from governance.usecases import queries
from governance.usecases.models import RollbackDrill
from governance.usecases.standing import attested
from tests.decisioning.fairness.conftest import case_for
from tests.decisioning.fairness.test_audits import TEA
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(owner, people, now):
    assert people
    return case_for(owner, now, TEA)


def test_a_drill_passes_writes_no_decision_and_stands_in_for_the_word(owner, key, now):
    row = drilling.drill(by=owner, now=now, key=key, n=200)

    assert row.is_passed, row.faults
    assert row.n == 200
    assert 0 < row.n_personal < 200
    assert row.seconds > 0
    assert not Decision.objects.exists()
    given = attested([], [row])
    assert given is not None
    assert given.config_hash == queries.version(key).config_hash
    assert given.valid_until == now + timedelta(days=90)


def test_stopped_tables_give_everybody_the_default_and_serving_ones_do_not(key, now):
    version = queries.version(key)
    seen = simulate(version, now=now, n=200)

    assert drilling.n_kept(seen.tables, seen.people, now) > 0
    for state in (State.PAUSED, State.ROLLED_BACK):
        tables = drilling.stopped(version, now, state)
        assert drilling.n_kept(tables, seen.people, now) == 0


def test_a_stop_that_does_not_hold_fails_the_drill(owner, key, now, monkeypatch):
    def deaf(version, now, state):
        del state
        return drilling.tables_of(version, now)

    monkeypatch.setattr(drilling, "stopped", deaf)
    row = drilling.drill(by=owner, now=now, key=key, n=200)

    assert not row.is_passed
    assert len(row.faults) == 2
    assert attested([], [row]) is None


def test_nobody_reached_is_no_proof(owner, now):
    row = drilling.drill(by=owner, now=now, key=case_for(owner, now, TEA))

    assert not row.is_passed
    assert "Nobody in the sample" in row.faults[0]


def test_the_latest_drill_counts(owner, key, now):
    version = queries.version(key)
    given = {"by": owner, "now": now, "version": version, "n": 9, "n_personal": 9}
    use_cases.record_drill(**given, seconds=0.1, faults=["It did not hold."])
    use_cases.record_drill(**given, seconds=0.1, faults=[])

    assert attested([], RollbackDrill.objects.all()) is not None


def test_who_may_not_move_it_may_not_drill_it(key, now):
    reader: Actor = make.actor("aldo", Role.AUDITOR, now=now)
    with pytest.raises(Refused):
        drilling.drill(by=reader, now=now, key=key)
    assert not RollbackDrill.objects.exists()
