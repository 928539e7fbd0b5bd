"""Only declared, lawful features reach a model, and what it read can be rebuilt."""

from datetime import timedelta

import numpy as np
import pytest

from decisioning.engine.models import Decision
from decisioning.events import actions as events
from decisioning.features.core import FEATURE_INDEX
from decisioning.features.models import CustomerFeatures
from decisioning.features.queries import matrix_as_of
from governance.catalogue.models import DataElement
from governance.installation.queries import now as clock
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import World, ask

pytestmark = pytest.mark.django_db


def case_with_a_model(world: World) -> str:
    place = shop.placement()
    offers = [shop.offer("coats", [place]), shop.offer("hats", [place])]
    digest = shop.model("likes", ["coats", "hats"], [[1.0], [-1.0]])
    shop.use_case(world, offers, [place], logic={"scores": ["likes"]})
    return digest


def test_an_undeclared_feature_reaches_no_model(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    case_with_a_model(world)
    DataElement.objects.all().delete()
    shop.knows(shop.customer("c-1"), {"orders_30d": 3.0}, {})

    told = ask("c-1")

    n_undeclared = Decision.objects.exclude(model_digest="").count()
    assert (n_undeclared, told["degraded"]) == (0, ["model"])
    assert "model.undeclared_features" in caplog.text


def test_a_feature_that_is_not_lawful_here_counts_as_unknown(world: World) -> None:
    digest = case_with_a_model(world)
    DataElement.objects.update(lawful_purposes=["analytics"])
    scores = []
    for who, orders in (("c-1", 3.0), ("c-2", -3.0)):
        shop.knows(shop.customer(who), {"orders_30d": orders}, {})
        told = Decision.objects.get(pk=ask(who)["decisionId"])
        assert told.model_digest == digest
        scores.append(told.score)

    assert scores[0] == scores[1]


def test_the_vector_that_a_decision_used_is_rebuilt_to_the_byte(world: World) -> None:
    case_with_a_model(world)
    who = shop.customer("c-1").pk
    earlier = clock() - timedelta(minutes=5)
    order = {"type": "track", "event": "Order Completed", "userId": "c-1"}
    bought = {**order, "properties": {"revenue": 33.33}}
    events.ingest([bought, bought], source="api:shop", now=earlier)
    told = Decision.objects.get(pk=ask("c-1")["decisionId"])
    stored = CustomerFeatures.objects.get(pk=who)

    events.ingest([bought], source="api:shop", now=clock())
    logged = np.array(
        [np.nan if v is None else v for v in told.inputs["features"]], np.float32
    )
    _, rebuilt = matrix_as_of([who], as_of=stored.computed_at)

    assert logged[FEATURE_INDEX["orders_30d"]] == 2
    assert logged.tobytes() == rebuilt[0].tobytes()


def test_a_preference_that_was_struck_out_reaches_no_model(world: World) -> None:
    case_with_a_model(world)
    row = shop.customer("c-1", says="", traits={"favouriteCategory": "bread"})
    shop.say(row, "grant", topics_off=frozenset({"bread"}))
    likes = {"prefers_bread": 1.0, "prefers_flour": 0.0}
    shop.knows(row, {"orders_30d": 3.0, **likes}, {})

    told = Decision.objects.get(pk=ask("c-1")["decisionId"]).inputs["features"]

    assert [told[FEATURE_INDEX[key]] for key in likes] == [None, None]
    assert told[FEATURE_INDEX["orders_30d"]] == 3
