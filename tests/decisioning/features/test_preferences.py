"""What people told us they like, as features: source, purpose and a way out."""

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from decisioning.customers.models import Customer
from decisioning.engine.lineage import fields_of_feature
from decisioning.events import actions as events
from decisioning.features.core import FEATURE_INDEX, FEATURES, untold
from decisioning.features.queries import absent_for, lawful, row_of, stored_matrix
from decisioning.segments.catalogue import rule_catalogue
from governance.catalogue.actions import save_element, seed_standard
from governance.catalogue.standard import ELEMENTS
from governance.consent import actions as consent
from governance.types import Actor

SYSTEM = Actor.system("test")
BREAD, FLOUR = FEATURE_INDEX["prefers_bread"], FEATURE_INDEX["prefers_flour"]


def tell(now: datetime, **traits: Any) -> int:
    told = {"type": "identify", "userId": "u", "traits": traits}
    events.ingest([told], source="test", now=now)
    return Customer.objects.get(identities__value="u").pk


def test_each_answer_that_may_be_given_is_a_feature():
    (element,) = [e for e in ELEMENTS if e.key == "favourite_category"]
    texts = [f.rule.text for f in FEATURES if f.fields == ("trait.favouriteCategory",)]

    assert texts == list(element.choices)
    assert {f.source_type for f in FEATURES if f.key.startswith("prefers_")} == {
        "zero_party"
    }
    assert fields_of_feature("prefers_weekly_list") == ("trait.weeklyList",)


@pytest.mark.django_db
def test_an_answer_is_yes_or_no_and_none_is_unknown(now: datetime) -> None:
    told = row_of(tell(now, favouriteCategory="bread"))
    assert told is not None
    assert (told.get("prefers_bread"), told.get("prefers_flour")) == (1, 0)
    assert told.get("prefers_weekly_list") is None

    taken_back = row_of(tell(now, favouriteCategory=None, weeklyList=False))
    assert taken_back is not None
    assert taken_back.get("prefers_bread") is None
    assert taken_back.get("prefers_weekly_list") == 0


@pytest.mark.django_db
def test_its_purposes_and_its_lineage_are_those_of_what_was_told(
    now: datetime,
) -> None:
    seed_standard(now)
    assert "model_training" in lawful()["prefers_bread"]
    assert rule_catalogue().fields["feature.prefers_bread"].element == (
        "favourite_category"
    )

    save_element(
        by=SYSTEM, now=now, key="favourite_category", lawful_purposes=["service"]
    )

    assert "prefers_bread" in absent_for("model_training")
    assert "prefers_weekly_list" not in absent_for("model_training")


@pytest.mark.django_db
def test_what_was_struck_out_is_unknown_and_never_zero(now: datetime) -> None:
    who = tell(now, favouriteCategory="bread", weeklyList=True)
    _, before = stored_matrix([who])
    consent.record(
        by=SYSTEM,
        now=now,
        person_id=who,
        purpose="",
        action="topic_off",
        topic="bread",
        source="test",
    )

    _, after = stored_matrix([who])

    assert before[0][[BREAD, FLOUR]].tolist() == [1, 0]
    assert np.isnan(after[0][[BREAD, FLOUR]]).all()
    assert after[0][FEATURE_INDEX["prefers_weekly_list"]] == 1


def test_only_what_rests_on_the_trait_goes():
    kept = untold(np.ones(len(FEATURES), dtype=np.float32), ["favouriteCategory", "x"])

    assert np.isnan(kept).sum() == 8
    assert untold(np.ones(3, dtype=np.float32), ["favouriteCategory"]).tolist() == [
        1,
        1,
        1,
    ]
