"""The life of a use case through the database, from draft to signed and beyond."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.audit.queries import story_of, verified
from governance.types import Refused, SignOffRole, State
from governance.usecases import actions as use_cases
from governance.usecases import queries


def test_five_people_take_a_draft_to_a_served_test(house):
    key = house.submitted()
    assert queries.use_case(key).state == State.GOVERNANCE
    house.attest(key)
    for role in SignOffRole.MARKETING, SignOffRole.DATA, SignOffRole.CHANNEL:
        house.sign(key, role)
        assert queries.version(key).status == "in_review"
    house.sign(key, SignOffRole.PRIVACY)

    version = queries.version(key)
    assert version.status == "signed"
    assert version.risk_tier == "T2"
    assert version.expires_at == house.now + timedelta(days=180)
    case = queries.use_case(key)
    assert (case.state, case.serving_version_id) == (State.READY, version.pk)
    assert house.serving(key).may_serve.code == "governance.not_started"

    use_cases.transition(
        by=house["chris"], now=house.now, key=key, transition="start_test"
    )
    serving = house.serving(key)
    assert serving.may_serve, serving.may_serve
    assert serving.exposure_share == 0.1
    assert serving.content.reach.offers == ("mens", "womens")
    types = [entry.type for entry in story_of("use_case", key)]
    assert types.count("signoff.given") == 4
    assert "use_case.test_started" in types
    assert verified().is_intact


def test_history_replays_to_the_state(house):
    key = house.running()
    use_cases.pause(by=house["petra"], now=house.now, key=key, reason="Looking at it")
    use_cases.stop(by=house["eve"], now=house.now, key=key, reason="Enough")
    changes = list(reversed(queries.story(key)))
    at = ""
    for change in changes:
        assert change.from_state == at
        at = change.to_state
    assert at == queries.use_case(key).state == State.ROLLED_BACK


def test_nobody_skips_a_step(house):
    key = house.drafted()
    for step in ("start_test", "scale", "finish_test"):
        with pytest.raises(Refused):
            use_cases.transition(
                by=house["owen"], now=house.now, key=key, transition=step
            )
    with pytest.raises(Refused, match="has not been assessed"):
        use_cases.transition(
            by=house["mara"], now=house.now, key=key, transition="to_data_needs"
        )
