"""The pure decision: what holds for every table, person and draw."""

import dataclasses
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisioning.engine.core.arbitrate import choose, positions, propensity
from decisioning.engine.core.decide import arm_of, decide
from decisioning.engine.core.stages import Funnel, cap_losses, opens_at
from decisioning.engine.core.trace import constants, funnel, pack, rows
from decisioning.engine.core.types import (
    Cap,
    Case,
    Contact,
    Happening,
    Mode,
    Person,
    PlacementTable,
    Trial,
    TrialArm,
)
from decisioning.rules.core import EVERYONE, Any, compile_python
from governance.consent.core import Cell, Choice, Head, Key

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YES = Head(
    {Key("personalise_onsite"): Cell(Choice.GRANT, NOW, covers_below=True)}, version=1
)
ALL_IN = Trial(1, "t", "salt", (TrialArm("new", 1.0, Mode.PERSONALISED, -1),))


class Fixed:
    def __init__(self, draw: float) -> None:
        self.draw = draw

    def random(self) -> float:
        return self.draw


def table(
    values: list[float],
    *,
    eligible: int = -1,
    exploration: float = 0.0,
    caps: tuple[Cap, ...] = (),
    trial: Trial = ALL_IN,
    costs: list[int] | None = None,
) -> PlacementTable:
    n = len(values)
    rules = [EVERYONE if eligible >> i & 1 else Any() for i in range(n)]
    case = Case(
        key="case",
        name="case",
        version=1,
        config_hash="c",
        bits=(1 << n) - 1,
        purposes=("personalise_onsite",),
        audience_bit=1 << n,
        trial=trial,
        exploration=exploration,
    )
    return PlacementTable(
        key="hero",
        channel="web",
        default_content={},
        cases=(case,),
        offers=tuple(f"o{i}" for i in range(n)),
        creatives=("a",) * n,
        topics=("",) * n,
        contents=({},) * n,
        sentences=("s",) * n,
        values=np.array(values, np.float32),
        weights=np.ones(n, np.float32),
        priorities=np.ones(n, np.float32),
        costs=tuple(costs or [0] * n),
        budgets=tuple(7 if costs else None for _ in range(n)),
        rules=compile_python([*rules, EVERYONE]),
        caps=caps,
    )


def someone(**fields: object) -> Person:
    given = {"id": 1, "pseudonym": "p", "head": YES, "consent_version": 1, **fields}
    return Person(**given)  # type: ignore[arg-type]


VALUES = st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=40)
DRAWS = st.floats(0, 1, exclude_max=True)


@given(VALUES, st.integers(0, 2**40), st.floats(0, 1), DRAWS)
def test_only_an_eligible_one_is_chosen_and_every_candidate_has_one_reason(
    values: list[float], eligible: int, exploration: float, draw: float
) -> None:
    live = table(values, eligible=eligible, exploration=exploration)
    out = decide(live, someone(), NOW, Fixed(draw))
    fitting = positions(eligible, len(values))
    if not fitting:
        assert (out.mode, out.reason) == (Mode.DEFAULT, "eligibility.offer_rule")
        assert out.chosen is None
    else:
        assert out.chosen in fitting
    bits = [lost for _, lost in out.losses] + [out.outranked]
    bits += [1 << out.chosen] if out.chosen is not None else []
    assert sum(b.bit_count() for b in bits) == len(values)
    assert sum(bits) == (1 << len(values)) - 1


@given(VALUES, st.floats(0, 1))
def test_propensities_sum_to_one_and_are_those_of_the_choice(
    values: list[float], exploration: float
) -> None:
    score = np.array(values, np.float32)
    allowed = list(range(len(values)))
    best = int(np.argmax(score))
    chances = [propensity(i, best, len(allowed), exploration) for i in allowed]
    assert sum(chances) == pytest.approx(1)
    for draw in (0.0, exploration / 2, 0.999_999):
        place, chance = choose(score, allowed, exploration, draw)
        assert chance == chances[place]


def test_choices_come_as_often_as_their_propensity_says() -> None:
    live = table([1, 5, 3, 4], exploration=0.4)
    rng = np.random.default_rng(1)
    n = 20_000
    seen = np.zeros(4)
    for _ in range(n):
        out = decide(live, someone(), NOW, rng)
        assert out.chosen is not None
        seen[out.chosen] += 1
    expected = np.array([0.1, 0.7, 0.1, 0.1])
    assert np.abs(seen / n - expected).max() < 4 * np.sqrt(0.25 / n)


@given(VALUES, st.data())
def test_more_value_never_loses_the_choice(
    values: list[float], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    more = [v + (1 + v) * (i == place) for i, v in enumerate(values)]
    before = decide(table(values), someone(), NOW, Fixed(0.5)).chosen
    after = decide(table(more), someone(), NOW, Fixed(0.5)).chosen
    assert before != place or after == place


@given(
    st.lists(st.floats(0, 1_000), max_size=12),
    st.integers(0, 5),
    st.floats(1, 500),
)
def test_a_cap_opens_exactly_when_there_is_room(
    ages: list[float], n: int, window: float
) -> None:
    now = 10_000.0
    times = [now - age for age in ages]
    inside = sum(at > now - window for at in times)
    opens = opens_at(times, n, window, now)
    assert (opens is None) == (inside < n)
    if opens is not None and opens != float("inf"):
        assert opens >= now
        assert opens_at(times, n, window, opens + 1e-6) is None
        assert opens_at(times, n, window, opens - 1e-6) is not None or opens == now


def test_a_contact_one_window_ago_no_longer_counts() -> None:
    cap = Cap("c", 1, 60.0, "all", "", 1)
    for age, is_held in ((60.0, False), (59.0, True)):
        at = NOW.timestamp() - age
        person = someone(contacts=[Contact(at, "web", "", "o0", "case", "d")])
        losses, next_at = cap_losses(table([1.0], caps=(cap,)), person, NOW.timestamp())
        assert bool(losses) is is_held
        assert (next_at == {"c": at + 60.0}) is is_held


def test_nobody_is_decided_for_without_consent() -> None:
    for head in (None, Head(version=1)):
        out = decide(table([1.0]), someone(head=head), NOW, Fixed(0))
        assert (out.mode, out.chosen) == (Mode.DEFAULT, None)


def test_a_budget_that_does_not_fit_strikes_only_what_costs_too_much() -> None:
    live = table([9.0, 1.0], costs=[10, 2])
    assert decide(live, someone(remaining={7: 5}), NOW, Fixed(0)).chosen == 1
    assert decide(live, someone(remaining={7: 10}), NOW, Fixed(0)).chosen == 0
    out = decide(live, someone(remaining={}), NOW, Fixed(0))
    assert (out.chosen, out.reason) == (None, "budget.exhausted")


def test_arms_have_their_shares_and_never_move() -> None:
    arms = (
        TrialArm("control", 0.2, Mode.CONTROL, -1),
        TrialArm("new", 0.8, Mode.PERSONALISED, -1),
    )
    live = table([1.0], trial=Trial(1, "t", "s", arms))
    found = [arm_of(live.cases[0], f"p{i}").key for i in range(4_000)]
    assert found == [arm_of(live.cases[0], f"p{i}").key for i in range(4_000)]
    assert abs(found.count("control") / 4_000 - 0.2) < 0.03


@given(VALUES, st.integers(0, 2**40), DRAWS)
def test_the_trace_reads_back_with_the_same_reasons(
    values: list[float], eligible: int, draw: float
) -> None:
    live = table(values, eligible=eligible)
    live = dataclasses.replace(live, packed=constants(live))
    out = decide(live, someone(), NOW, Fixed(draw))
    packed = msgspec.json.decode(pack(live, out))
    told = rows(packed)
    assert [row.offer for row in told] == list(live.offers)
    chosen = [i for i, row in enumerate(told) if row.reason == "chosen"]
    assert chosen == ([] if out.chosen is None else [out.chosen])
    steps = funnel(packed)
    assert sum(step.lost for step in steps) + len(chosen) == len(values)


def test_each_candidate_is_lost_once_for_its_first_reason() -> None:
    left = Funnel(0b111)
    left.strike("a", 0b011)
    left.strike("b", 0b110)
    assert (left.losses, left.alive) == ([("a", 0b011), ("b", 0b100)], 0)


def test_a_person_is_asked_for_events_in_a_half_open_window() -> None:
    at = NOW.timestamp()
    person = someone(events=[Happening("e", at - 60, {}), Happening("e", at, {})])
    assert person.count("e", NOW - timedelta(seconds=60), NOW, ()) == 1
    assert person.count("e", None, NOW, ()) == 2
