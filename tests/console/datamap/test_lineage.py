"""What reads an element: what people declared, and what rules and models read."""

from datetime import timedelta

import pytest

from decisioning.engine.lineage import Reader, fields_of_feature, uses
from decisioning.engine.models import Decision
from decisioning.scoring.models import ModelVersion
from governance.catalogue import queries
from governance.installation.queries import now as clock
from governance.rights.retention import put_on_record
from governance.types import Role
from governance.usecases.queries import board
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db


def found():
    return uses(queries.elements(), board(clock()), now=clock())


def segment_on(field, value, **more):
    owner = make.actor("olga-2", Role.MARKETING_OWNER, now=clock())
    rule = {"op": "ge", "field": field, "value": value}
    return make.segment(owner, clock(), rule=rule, **more)


def model(**report):
    return ModelVersion.objects.create(
        key="propensity", number=1, kind="propensity", digest="d", parameters={},
        report=report, trained_on="x", trained_at=clock(), trained_by_label="x",
        is_champion=True,
    )  # fmt: skip


def test_what_a_use_case_declares_is_its_use(draft):
    (reading,) = [r for r in found()["recency"].readings if r.declared]

    assert (reading.kind, reading.key) == (Reader.USE_CASE, draft)


def test_what_a_rule_reads_undeclared_is_named(cast, clients):
    segment = segment_on("trait.history", 5)

    use = found()["history"]

    assert [(r.kind, r.key) for r in use.undeclared] == [(Reader.SEGMENT, segment.key)]
    page = clients["anna"].get("/data-map/")
    lines = {line.key: line for line in page.context["elements"]}
    assert "no use case declares it" in lines["history"].warning


def test_an_element_that_a_used_one_comes_from_is_used(cast):
    segment_on("feature.orders_30d", 1)

    assert found()["orders_placed"].is_used
    assert fields_of_feature("orders_30d") == ("event.Order Completed",)


def test_a_model_uses_what_it_was_fitted_on(cast):
    model(features=["visits_30d"])

    assert found()["visits_30d"].is_used
    assert found()["pages_viewed"].is_used
    assert not found()["age_band"].is_used


def test_what_nothing_uses_is_named_with_its_worth_unmeasured(cast, clients):
    page = clients["anna"].get("/data-map/")

    named = {line.label: line for line in page.context["dispensable"]}
    assert named["Age band"].why == "Nothing that reaches a customer uses it."
    assert named["Age band"].lost.startswith("Not measured")


def test_an_element_that_a_model_hardly_misses_is_named_with_the_figure(cast, clients):
    noise = {"field": "feature.visits_30d", "measure": "AUC", "delta": 0.0004,
             "lo": -0.001, "hi": 0.002}  # fmt: skip
    strong = {"field": "feature.orders_365d", "measure": "AUC", "delta": 0.08,
              "lo": 0.06, "hi": 0.1}  # fmt: skip
    model(features=["visits_30d", "orders_365d"], ablation={"lost": [noise, strong]})

    page = clients["anna"].get("/data-map/")

    named = {line.label: line for line in page.context["dispensable"]}
    told = named["Visits in 30 days"]
    assert told.why == "Models do as well without it, the other elements staying."
    assert "-0.0004 AUC" in told.lost.replace("−", "-")
    assert "Orders in a year" not in named


def test_the_last_use_is_the_last_personal_decision(draft):
    at = clock() - timedelta(days=3)
    Decision.objects.create(
        id="00000000-0000-4000-8000-000000000009", customer_id=1, placement_key="p",
        channel="web", mode="personalised", reason="chosen", use_case_key=draft,
        decided_at=at, expires_at=at,
    )  # fmt: skip

    assert found()["recency"].last_used_at == at


def test_what_retention_deleted_stands_on_the_page(cast, clients):
    put_on_record({"decisioning.Event": 1_204, "files": 0}, now=clock())

    page = clients["anna"].get("/data-map/")

    lines = {line.name: line for line in page.context["tables"]}
    assert lines["decisioning.Event"].last == "1,204"
    assert "1,204 things past their time deleted" in page.content.decode()


def test_every_table_about_people_stands_on_the_page(cast, clients):
    page = clients["anna"].get("/data-map/")

    names = {line.name for line in page.context["tables"]}
    assert {"decisioning.Event", "governance.ConsentEvent"} <= names
    assert "decisioning.Offer" not in names
    assert "Not enforced yet" in page.context["last_run"]


def test_an_owner_is_named(cast, clients):
    row = queries.element("recency")
    form = {"label": row.label, "plain_description": row.plain_description,
            "phrase": row.phrase, "ttl_days": row.ttl_days,
            "lawful_purposes": row.lawful_purposes, "owner": "analyst"}  # fmt: skip

    clients["anna"].post("/data-map/recency/", form)

    assert queries.element("recency").owner == "analyst"
