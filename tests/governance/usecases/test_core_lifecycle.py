from dataclasses import replace
from datetime import timedelta

import pytest

from governance.catalogue.core import Catalogue
from governance.types import SERVING_STATES, Actor, ActorKind, Role, State
from governance.usecases.core import (
    TRANSITIONS,
    Guarded,
    GuardrailState,
    SampleRatio,
    TestVerdict,
    UseCaseContent,
    allowed_actions,
    may_take,
    step_of,
)
from governance.usecases.core.guards import GUARDS
from governance.usecases.core.lifecycle import LearnStep

ALICE = Actor(1, "alice", roles=frozenset({Role.MARKETER}))
OWNER = Actor(2, "bob", roles=frozenset({Role.MARKETING_OWNER}))
CHANNEL = Actor(4, "carol", roles=frozenset({Role.CHANNEL_OWNER}))
PRIVACY = Actor(5, "dan", roles=frozenset({Role.PRIVACY_REVIEWER}))
SYSTEM = Actor.system()


def read(situation):
    return replace(
        situation,
        sample_ratio=SampleRatio.OK,
        has_interval=True,
        verdict="scale",
        sample_reached=True,
        learning_note="Learned",
        reason="Because",
        guarded=tuple(
            Guarded(label=g.metric, state=GuardrailState.CLEAR)
            for g in situation.content.guardrails
        ),
    )


@pytest.mark.parametrize(
    ("action", "state", "by"),
    [
        ("to_data_needs", "define", ALICE),
        ("submit", "data_needs", ALICE),
        ("make_ready", "governance", SYSTEM),
        ("request_changes", "governance", PRIVACY),
        ("withdraw", "ready", ALICE),
        ("start_test", "ready", CHANNEL),
        ("finish_test", "testing", SYSTEM),
        ("scale", "measured", OWNER),
        ("refine", "measured", ALICE),
        ("pause", "scaled", PRIVACY),
        ("roll_back", "paused", SYSTEM),
        ("retire", "scaled", OWNER),
    ],
)
def test_the_right_person_takes_each_step_when_nothing_is_unmet(
    situation, action, state, by
):
    at = replace(read(situation), state=State(state))
    assert not may_take(action, at, by).reasons


@pytest.mark.parametrize(
    ("action", "state", "by", "words"),
    [
        ("make_ready", "governance", OWNER, "by itself"),
        ("start_test", "ready", OWNER, "channel owner"),
        ("to_data_needs", "define", CHANNEL, "its owners"),
        ("pause", "testing", Actor(1, "key", kind=ActorKind.API_KEY), "its owners"),
        ("scale", "measured", SYSTEM, "marketing owner"),
    ],
)
def test_the_wrong_person_is_told_whose_step_it_is(situation, action, state, by, words):
    answer = may_take(action, replace(read(situation), state=State(state)), by)
    assert answer.code == "lifecycle.not_yours"
    assert words in answer.reasons[0].text


def test_an_unknown_step_or_one_from_elsewhere_is_refused(situation):
    assert may_take("fly", situation, OWNER).code == "lifecycle.unknown"
    assert may_take("scale", situation, OWNER).code == "lifecycle.not_from_here"


def test_the_page_gets_every_step_with_everything_against_it(situation):
    steps = {step.action: step for step in allowed_actions(situation, OWNER)}
    assert set(steps) == {"to_data_needs", "retire"}
    assert steps["to_data_needs"].is_allowed
    assert steps["to_data_needs"].label == "Go on to data"
    assert not steps["retire"].is_allowed
    assert steps["retire"].to is State.RETIRED


def test_resuming_leads_back_to_where_it_stood(situation):
    paused = replace(situation, state=State.PAUSED, state_before_pause=State.SCALED)
    step = next(s for s in allowed_actions(paused, CHANNEL) if s.action == "resume")
    assert step.is_allowed
    assert step.to is State.SCALED
    lost = replace(paused, state_before_pause=None)
    assert may_take("resume", lost, CHANNEL).code == "guard.before_pause"


def test_privacy_releases_its_own_pause_and_long_ones(situation):
    paused = replace(
        situation,
        state=State.PAUSED,
        state_before_pause=State.TESTING,
        paused_by_roles=frozenset({Role.PRIVACY_REVIEWER}),
    )
    both = Actor(6, "eve", roles=frozenset({Role.PRIVACY_REVIEWER, Role.CHANNEL_OWNER}))
    assert may_take("resume", paused, CHANNEL).code == "guard.privacy_pause"
    assert may_take("resume", paused, both)
    long = replace(
        paused,
        paused_by_roles=frozenset(),
        paused_at=situation.now - timedelta(days=31),
    )
    assert may_take("resume", long, CHANNEL).code == "guard.long_pause"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"assessed": ()}, "not been assessed"),
        ({"verdict": TestVerdict.FAILS}, "did not pass"),
        ({"is_current": False}, "before the last"),
        ({"assessor_id": 1}, "by the author"),
        ({"content": UseCaseContent()}, "as written"),
    ],
)
def test_the_three_tests_need_another_persons_current_pass(situation, change, words):
    if set(change) & {"assessed", "content"}:
        at = replace(situation, **change)
    else:
        at = replace(
            situation, assessed=tuple(replace(a, **change) for a in situation.assessed)
        )
    assert words in next(iter(GUARDS["tests_passed"](at, OWNER))).text


@pytest.mark.parametrize(
    ("guard", "change"),
    [
        ("fallback_present", {"fallback_present": False}),
        ("no_duplicate", {"duplicate_of": "Spring"}),
        ("data_justified", {"catalogue": Catalogue()}),
        ("not_creepy", {"audience_size": 3}),
        ("intake_complete", {"referenced_missing": ("segment",)}),
        ("recently_signed", {"last_approved_at": None}),
        ("sample_reached", {"sample_reached": False}),
        ("sample_ratio_checked", {"sample_ratio": None}),
        ("sample_ratio_checked", {"sample_ratio": SampleRatio.ALARM}),
        ("uplift_shown", {"has_interval": False}),
        ("uplift_shown", {"verdict": "do_not_scale"}),
        ("unharmed", {"guarded": ()}),
        ("reason_given", {"reason": " "}),
        ("learning_noted", {"learning_note": ""}),
        *(
            (g, {"content": UseCaseContent()})
            for g in (
                "meaningful_metric",
                "three_guardrails",
                "data_justified",
                "explanation_clear",
                "controlled",
                "intake_complete",
            )
        ),
    ],
)
def test_every_guard_holds_when_met_and_trips_when_not(situation, guard, change):
    at = read(situation)
    assert not list(GUARDS[guard](at, OWNER))
    unmet = list(GUARDS[guard](replace(at, **change), OWNER))
    assert unmet
    assert all(reason.text for reason in unmet)


def test_no_basis_and_third_party_data_are_named(situation, data):
    data["lawful_basis"] = {}
    data["data_uses"][0]["element"] = "broker"
    at = replace(situation, content=UseCaseContent.from_dict(data))
    assert list(GUARDS["basis_given"](at, OWNER))
    assert any("third party" in r.text for r in GUARDS["data_justified"](at, OWNER))


@pytest.mark.parametrize("state", ["breach", "not_enough_data", "not_counted"])
def test_a_harm_that_is_not_shown_to_be_absent_does_not_clear(situation, state):
    at = read(situation)
    worse = replace(at.guarded[0], state=GuardrailState(state))
    at = replace(at, state=State.MEASURED, guarded=(worse, *at.guarded[1:]))
    assert may_take("scale", at, OWNER).code == "guard.harm"


def test_missing_signatures_keep_it_from_starting(situation):
    bare = replace(situation.standing, approvals=())
    at = replace(situation, state=State.READY, standing=bare)
    assert may_take("start_test", at, CHANNEL).code == "governance.not_signed"


def reachable(start, without=()):
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for row in TRANSITIONS:
            for to in [row.to] if row.to else []:
                if here in row.sources and to not in seen and to not in without:
                    seen.add(to)
                    waiting.append(to)
    return seen


def test_nothing_is_scaled_without_having_been_tested():
    assert State.SCALED in reachable(State.DEFINE)
    assert State.SCALED not in reachable(State.DEFINE, without={State.TESTING})


def test_retired_is_the_end():
    assert reachable(State.RETIRED) == {State.RETIRED}


@pytest.mark.parametrize("state", sorted(SERVING_STATES))
def test_stopping_is_one_unguarded_step_from_every_serving_state(situation, state):
    stops = [r for r in TRANSITIONS if state in r.sources and r.to is State.PAUSED]
    assert stops
    assert all(not r.guards for r in stops)
    assert may_take("pause", replace(situation, state=state), PRIVACY)


def test_every_guard_named_in_the_table_exists_and_every_guard_is_used():
    assert {g for row in TRANSITIONS for g in row.guards} == set(GUARDS)


def test_each_state_has_its_place_on_the_learn_loop():
    assert step_of(State.TESTING) is LearnStep.TEST
    assert step_of(State.PAUSED, State.SCALED) is LearnStep.REFINE
    assert step_of(State.PAUSED) is None
    assert LearnStep.GOVERNANCE.label == "Lawful basis and governance"
