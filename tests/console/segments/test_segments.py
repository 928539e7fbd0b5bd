"""Segments in the console: the rule survives, mistakes keep what was typed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from decisioning.revisions import actions as revisions
from decisioning.segments.models import Segment
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db

RULE = {
    "all": [
        {"field": "trait.history", "op": "ge", "value": 100},
        {
            "any": [
                {"field": "trait.channel", "op": "in", "values": ["Web"]},
                {
                    "did": "Order Completed",
                    "at_least": 2,
                    "within_days": 30,
                    "where": [{"property": "category", "op": "eq", "value": "shoes"}],
                },
            ]
        },
        {"not": {"field": "trait.history", "op": "exists"}},
    ]
}
TEXT = json.dumps({"version": 1, "rule": RULE})


@pytest.fixture
def elements(now: datetime) -> None:
    make.element("history", now=now, label="Past spend")
    make.element("channel", now=now, kind="text", choices=["Web", "Phone"])


@pytest.fixture
def analyst(elements: None, now: datetime) -> Client:
    return make.signed_in(make.person("ana", Role.ANALYST, now=now))


def form(**more: Any) -> dict[str, Any]:
    return {"name": "Good buyers", "description": "", "rule": TEXT, **more}


def made(client: Client, **more: Any) -> Segment:
    response = client.post("/segments/new/", form(**more))
    assert response.status_code == 302, response.content
    return Segment.objects.get()


def test_a_rule_survives_the_round_trip(analyst: Client) -> None:
    segment = made(analyst)

    page = analyst.get(f"/segments/{segment.key}/")
    shown = page.context["form"]["rule"].value()
    again = analyst.post(f"/segments/{segment.key}/", form(rule=shown))

    assert again.status_code == 302
    fresh = Segment.objects.get()
    assert (fresh.rule["rule"], fresh.revision) == (RULE, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{“all”: oops", "write the rule as JSON"),
        ('{"all": [{"field": "trait.nowhere", "op": "eq", "value": 1}]}', "rule › 1"),
        ('{"all": [{"field": "trait.history", "op": "ge", "value": "x"}]}', "rule › 1"),
    ],
)
def test_a_mistake_names_its_place_and_keeps_what_was_typed(
    analyst: Client, text: str, told: str
) -> None:
    response = analyst.post("/segments/new/", form(rule=text))

    assert response.status_code == 422
    assert told in " ".join(response.context["form"].errors["rule"])
    assert response.context["form"]["rule"].value() == text
    assert "Good buyers" in response.content.decode()
    assert not Segment.objects.exists()


def test_counting_saves_nothing(analyst: Client, now: datetime) -> None:
    make.customers([{"history": 500, "channel": "Web"}] * 12, now=now)

    response = analyst.post("/segments/new/", form(count="1"))

    assert response.status_code == 200
    assert response.context["preview"].total == "12"
    assert not Segment.objects.exists()


def test_the_live_count_is_a_fragment_and_a_whole_page(
    analyst: Client, now: datetime
) -> None:
    make.customers([{"history": 500}] * 11 + [{"history": 5}] * 9, now=now)
    rule = json.dumps(make.AT_LEAST_100)

    part = analyst.post(
        "/segments/preview/", {"rule": rule}, headers={"HX-Request": "true"}
    )
    whole = analyst.get("/segments/preview/", {"rule": rule})

    assert json.loads(part["HX-Trigger"])["announce"] == "11 of 20 customers"
    assert "<html" not in part.content.decode()
    assert 'hx-swap-oob="true"' in part.content.decode()
    assert "<html" in whole.content.decode()


def test_fewer_than_ten_are_not_counted_aloud(analyst: Client, now: datetime) -> None:
    make.customers([{"history": 500}] * 9 + [{"history": 5}] * 20, now=now)

    response = analyst.post(
        "/segments/preview/", {"rule": json.dumps(make.AT_LEAST_100)}
    )

    view = response.context["preview"]
    assert (view.count, view.share) == ("<10", "under 10 customers")
    assert [bar.value for bar in view.bars] == ["29", "<10"]


def test_a_broken_rule_is_not_counted(analyst: Client) -> None:
    response = analyst.post("/segments/preview/", {"rule": "{"})

    assert response.status_code == 422
    assert response.context["problems"] == ["rule: write the rule as JSON."]


def test_no_query_runs_while_the_list_is_drawn(
    analyst: Client, django_assert_max_num_queries: Any
) -> None:
    made(analyst)
    with django_assert_max_num_queries(20) as one:
        analyst.get("/segments/")
    n_queries = len(one.captured_queries)
    for n in range(5):
        analyst.post("/segments/new/", form(name=f"Another {n}"))
    with django_assert_max_num_queries(n_queries):
        analyst.get("/segments/")


@pytest.mark.parametrize(
    "role", [Role.CHANNEL_OWNER, Role.PRIVACY_REVIEWER, Role.EXECUTIVE]
)
def test_readers_see_a_disabled_button_with_its_reason(
    analyst: Client, role: Role, now: datetime
) -> None:
    segment = made(analyst)
    reader = make.signed_in(make.person("rea", role, now=now))

    page = reader.get(f"/segments/{segment.key}/")
    posted = reader.post(f"/segments/{segment.key}/", form(name="Mine now"))

    assert "Your role reads this" in page.content.decode()
    assert posted.status_code == 403
    assert reader.get("/segments/new/").status_code == 403
    assert Segment.objects.get().name == "Good buyers"


def test_support_does_not_enter(now: datetime) -> None:
    client = make.signed_in(make.person("sue", Role.SUPPORT, now=now))

    assert client.get("/segments/").status_code == 403


def test_a_marketer_may_not_change_a_colleagues_segment(
    analyst: Client, now: datetime
) -> None:
    segment = made(analyst)
    marketer = make.signed_in(make.person("mia", Role.MARKETER, now=now))

    page = marketer.get(f"/segments/{segment.key}/")
    posted = marketer.post(f"/segments/{segment.key}/", form(name="Mine"))

    assert "only what you own" in page.content.decode()
    assert posted.status_code == 403


def test_a_segment_that_is_not_there_is_not_found(analyst: Client) -> None:
    assert analyst.get("/segments/none/").status_code == 404
    assert analyst.post("/segments/none/retirement/").status_code == 404


def test_an_edit_of_a_served_segment_waits_and_the_page_says_so(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = made(analyst)
    monkeypatch.setattr(revisions, "_served_by", [lambda _k, _o: True])
    monkeypatch.setattr(revisions, "_after_draft", [])

    response = analyst.post(
        f"/segments/{segment.key}/",
        form(rule=json.dumps(make.AT_LEAST_100)),
        follow=True,
    )

    row = Segment.objects.get()
    assert (row.rule["rule"], row.draft_revision) == (RULE, 2)
    text = response.content.decode()
    assert "Saved as a draft" in text
    assert "Waits for signatures" in text
    assert json.loads(response.context["form"]["rule"].value())["rule"] == (
        make.AT_LEAST_100
    )


def test_retiring_asks_and_keeps_the_versions(analyst: Client) -> None:
    segment = made(analyst)

    analyst.post(f"/segments/{segment.key}/retirement/")

    assert Segment.objects.get().retired_at is not None
    assert (
        segment.name not in analyst.get("/segments/").content.decode().split("toast")[0]
    )


def test_an_empty_list_shows_the_first_step(analyst: Client) -> None:
    assert "Build the first segment" in analyst.get("/segments/").content.decode()


def test_the_count_is_as_of_now_and_windows_roll(
    analyst: Client, now: datetime
) -> None:
    from decisioning.events.models import Event
    from governance.installation.queries import now as clock

    people = make.customers([{}] * 12, now=now)
    Event.objects.bulk_create(
        Event(
            customer_id=one.pk,
            type="track",
            name="Order Completed",
            occurred_at=clock() - timedelta(days=40),
            received_at=now,
            source="test",
        )
        for one in people
    )
    within = {"did": "Order Completed", "at_least": 1, "within_days": 30}

    recent = analyst.post("/segments/preview/", {"rule": json.dumps(within)})
    ever = analyst.post("/segments/preview/", {"rule": '{"did": "Order Completed"}'})

    assert recent.context["preview"].count == "0"
    assert ever.context["preview"].count == "12"
