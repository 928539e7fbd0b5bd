"""What was scaled is widened by the system, a step a day, never past the holdout."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.types import State
from governance.usecases import actions as use_cases
from governance.usecases import queries
from governance.usecases.core.ramp import Health, may_widen, next_share, widest
from governance.usecases.models import StateChange, UseCase

CLEAR = Health()
DAY = timedelta(hours=24)


def test_the_steps_are_10_25_50_and_all_but_the_holdout():
    top = widest(0.1, 0.95)
    assert top == 0.9
    share, seen = 0.1, []
    while (following := next_share(share, top)) is not None:
        seen.append(following)
        share = following
    assert seen == [0.25, 0.5, 0.9]
    assert widest(0.05, 0.3) == 0.3
    assert next_share(0.25, 0.3) == 0.3
    assert next_share(0.02, 0.9) == 0.1


@pytest.mark.parametrize(
    "health",
    [
        Health(harmed=("Opt-outs",)),
        Health(violations=("1 decided without an explanation",)),
        Health(is_ratio_alarm=True),
    ],
)
def test_a_step_waits_for_its_day_and_for_clear_guardrails(health, situation):
    at = situation.now
    assert may_widen(at, at + DAY, CLEAR)[0]
    assert not may_widen(at, at + DAY - timedelta(seconds=1), CLEAR)[0]
    assert not may_widen(at, at + DAY, health)[0]


def scaled(house):
    key = house.running()
    UseCase.objects.filter(key=key).update(state=State.SCALED)
    StateChange.objects.create(
        use_case=queries.use_case(key),
        version_number=1,
        from_state=State.MEASURED,
        to_state=State.SCALED,
        transition="scale",
        changed_by_label="Owen",
        changed_at=house.now,
    )
    return key


def test_it_widens_step_by_step_writes_each_down_and_then_is_done(house):
    key = scaled(house)
    assert use_cases.widen(now=house.now, key=key, health=CLEAR).code == "ramp.waits"
    for day, share in enumerate((0.25, 0.5, 0.9), start=1):
        assert use_cases.widen(now=house.now + day * DAY, key=key, health=CLEAR)
        assert house.serving(key, house.now + day * DAY).exposure_share == share
    later = house.now + 9 * DAY
    assert use_cases.widen(now=later, key=key, health=CLEAR).code == "ramp.done"
    assert "25%" in StateChange.objects.filter(transition="ramp").first().reason


def test_what_may_not_be_served_is_not_widened(house):
    key = scaled(house)
    use_cases.void(by=house["petra"], now=house.now, key=key, reason="Under review.")
    answer = use_cases.widen(now=house.now + DAY, key=key, health=CLEAR)
    assert answer.code == "governance.voided"
    draft = house.drafted(cosmetic={"name": "Other"})
    assert (
        use_cases.widen(now=house.now, key=draft, health=CLEAR).code
        == "ramp.not_scaled"
    )
