"""A sentence names what the choice rested on; otherwise the choice is not made."""

import numpy as np
import pytest

from bench.faithful_shop import (
    NOW,
    SECRET,
    SIGNALS,
    model_shop,
    otherwise,
    rule_shop,
    someone,
)
from bench.proofs.faithfulness import Draw, decisions, judged
from decisioning.engine.core import Mode, decide
from decisioning.engine.core.grounds import certain_signals, signals_of
from decisioning.engine.struck import columns_off, kept_vector
from decisioning.features.core import FEATURE_INDEX, FEATURES
from decisioning.rules.core import load
from governance.consent.core import Head

LIKES = {"field": "trait.likes", "op": "eq", "value": "tea"}
TOWN = {"field": "trait.town", "op": "eq", "value": "north"}


@pytest.mark.parametrize("kind", ["rules", "models"])
def test_without_the_named_signal_the_choice_would_be_another(kind):
    told = [judged(made) for made in decisions(kind, 60)]

    assert all(one["moved"] for one in told)
    assert sum(one["biggest"] for one in told) >= 57
    assert not any(one["undisclosed"] or one["unclear"] for one in told)


def test_only_what_must_hold_is_certain():
    rule = load({"all": [LIKES, {"any": [TOWN, LIKES]}]})

    assert signals_of(rule, SIGNALS) == ("trait.likes", "trait.town")
    assert certain_signals(rule, SIGNALS) == ("trait.likes",)
    assert certain_signals(load({"any": [TOWN, LIKES]}), SIGNALS) == ()
    assert certain_signals(load({"not": TOWN}), SIGNALS) == ("trait.town",)


def test_two_alternatives_that_both_hold_are_named_together():
    shop, rng = rule_shop(1), np.random.default_rng(7)
    people = (someone(rng, n) for n in range(200))
    both = next(p for p in people if dict(p.traits).get("town") and len(p.events) == 1)

    outcome = decide(shop.table, both, NOW, Draw(0.5))

    assert set(outcome.named) == {SIGNALS["trait.town"], "event.product_viewed"}
    for key in outcome.named:
        assert decide(shop.table, otherwise(both, key), NOW, Draw(0.5)).chosen == (
            outcome.chosen
        )


def test_a_choice_that_may_rest_on_a_private_matter_is_not_made():
    shop, rng = rule_shop(3), np.random.default_rng(3)
    outcomes = [decide(shop.table, someone(rng, n), NOW, Draw(0.5)) for n in range(50)]

    assert SECRET in SIGNALS
    assert all(outcome.mode is Mode.DEFAULT for outcome in outcomes)
    assert "explanation.not_buildable" in {outcome.reason for outcome in outcomes}


def test_nobody_is_personalised_by_a_model_that_knows_nothing_of_them():
    shop = model_shop(np.random.default_rng(1))
    person = otherwise(someone(np.random.default_rng(2), 1), SIGNALS["trait.likes"])
    for feature in FEATURES[:12]:
        person = otherwise(person, SIGNALS[f"feature.{feature.key}"])

    outcome = decide(shop.table, person, NOW, Draw(0.5))

    assert (outcome.named, outcome.read) == ((), ())
    assert "We did not use your personal data" in outcome.why


def test_a_signal_out_of_use_is_in_no_feature_that_rests_on_it():
    off = frozenset({"event.Order Completed"})
    vector = np.ones(len(FEATURES), np.float32)

    kept = kept_vector(vector, Head(signals_off=off))

    assert np.isnan(kept[FEATURE_INDEX["orders_30d"]])
    assert set(np.flatnonzero(np.isnan(kept))) == set(columns_off(off))
    assert 0 < len(columns_off(off)) < len(FEATURES)
    assert kept_vector(vector, Head()) is vector
