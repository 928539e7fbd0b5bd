"""The life cycle as a state machine: the short run of ``bench.proofs.lifecycle``."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from bench.life.machine import LifeMachine
from bench.life.running import how_many, pure_machine, real_machine
from tests.governance.conftest import REFERENCES


def test_ten_invariants_hold_whatever_people_do_in_whatever_order():
    LifeMachine.seen.clear()
    run_state_machine_as_test(pure_machine(), settings=how_many(200, 50))
    assert LifeMachine.seen["serving"] > 50
    assert LifeMachine.seen["at scaled"] > 0


def test_they_hold_through_the_real_actions_on_the_database(house):
    LifeMachine.seen.clear()
    machine = real_machine(house, REFERENCES)
    run_state_machine_as_test(machine, settings=how_many(6, 40))
    assert LifeMachine.seen["sign taken"] > 0
