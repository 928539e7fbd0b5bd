"""Segments in the console: the rule survives, mistakes keep what was typed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from decisioning.customers.models import Customer
from decisioning.revisions import actions as revisions
from decisioning.segments import actions
from decisioning.segments.models import Segment, SegmentBuild, SegmentMembership
from governance.audit.models import AuditEntry
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
    return {
        "name": "Good buyers",
        "goal": "More second orders",
        "description": "",
        "rule": TEXT,
        **more,
    }


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


def test_a_segment_without_a_goal_is_not_saved(analyst: Client) -> None:
    response = analyst.post("/segments/new/", form(goal=""))

    assert response.status_code == 422
    assert "business goal" in " ".join(response.context["form"].errors["goal"])
    assert not Segment.objects.exists()


def test_the_builder_offers_consent_channels_and_other_segments(
    analyst: Client,
) -> None:
    segment = made(analyst)

    new = analyst.get("/segments/new/").context["builder"]
    own = analyst.get(f"/segments/{segment.key}/").context["builder"]

    assert new["segments"] == [{"key": "good-buyers", "label": "Good buyers"}]
    assert own["segments"] == []
    assert {"key": "direct_marketing", "label": "direct marketing"} in new["consents"]
    assert {"key": "email", "label": "by e-mail"} in new["channels"]


def test_a_circle_is_told_on_the_page(analyst: Client) -> None:
    made(analyst)
    first = form(name="On top", rule='{"segment": "good-buyers"}')
    assert analyst.post("/segments/new/", first).status_code == 302

    response = analyst.post(
        "/segments/good-buyers/", form(rule='{"segment": "on-top"}')
    )

    assert response.status_code == 422
    assert "circle" in " ".join(response.context["form"].errors["rule"])


def test_it_warns_of_stand_ins_and_of_few_people(
    analyst: Client, now: datetime
) -> None:
    make.element("history", now=now, label="Past spend", proxy_for=["income"])
    make.customers([{"history": 500}] * 49, now=now)
    rule = json.dumps(make.AT_LEAST_100)

    few = analyst.post("/segments/preview/", {"rule": rule}).context["preview"]
    assert [check.text for check in few.checks] == [
        "Fewer than 50 customers: one could be picked out.",
        "Past spend: Can stand in for income.",
    ]
    Customer.objects.create(pseudonym="p-x", traits={"history": 500}, created_at=now)

    enough = analyst.post("/segments/preview/", {"rule": rule}).context["preview"]
    assert enough.checks[0].state == "ok"


def test_the_members_page_shows_size_freshness_versions_and_groups(
    analyst: Client, now: datetime
) -> None:
    make.element("area", now=now, kind="text", label="Home area", proxy_for=["race"])
    made(analyst, rule=json.dumps(make.AT_LEAST_100))
    north = [{"history": 500, "area": "north"}] * 60
    south = [{"history": 500 if i < 30 else 5, "area": "south"} for i in range(60)]
    make.customers(north + south, now=now)
    for day in (0, 1):
        actions.rebuild(key="good-buyers", now=now + timedelta(days=day))

    page = analyst.get("/segments/good-buyers/members/")

    assert page.status_code == 200
    values = {row["label"]: row["value"] for row in page.context["freshness"].facts}
    assert (values["Customers in it now"], values["In it then"]) == ("90", "90")
    assert not page.context["chart"].is_empty
    (fair,) = page.context["fairness"]
    assert (fair.pill, [g.rate for g in fair.groups]) == (
        "Uneven",
        ["100.0\u202f%", "50.0\u202f%"],
    )
    assert [one.number for one in page.context["versions"]] == [1]


def test_the_size_is_that_of_now_and_not_of_the_last_build(
    analyst: Client, now: datetime
) -> None:
    segment = made(analyst, rule=json.dumps(make.AT_LEAST_100))
    actions.rebuild(key="good-buyers", now=now)
    for customer_id in range(12):
        SegmentMembership.objects.create(
            segment=segment,
            customer_id=customer_id,
            entered_at=now,
            entry_cause="event",
        )

    (row,) = analyst.get("/segments/").context["rows"]
    page = analyst.get("/segments/good-buyers/members/")

    assert row.size == "12"
    values = {fact["label"]: fact["value"] for fact in page.context["freshness"].facts}
    assert values["Customers in it now"] == "12"


def test_the_members_page_says_what_is_not_there_yet(analyst: Client) -> None:
    made(analyst)

    text = analyst.get("/segments/good-buyers/members/").content.decode()

    assert "Not built yet" in text
    assert "nothing to compare" in text


def test_a_failed_build_is_told_first(analyst: Client, now: datetime) -> None:
    segment = made(analyst)
    SegmentBuild.objects.create(
        segment=segment, revision=1, built_at=now, error="Out of memory"
    )

    text = analyst.get("/segments/good-buyers/members/").content.decode()

    assert "The last build failed." in text
    assert "Out of memory" in text


def test_why_a_customer_is_in_or_out_names_each_value_and_is_on_record(
    analyst: Client, now: datetime
) -> None:
    made(analyst)
    make.customers([{"history": 500, "channel": "Web"}], now=now)

    page = analyst.post("/segments/good-buyers/members/", {"customer": "p-00000"})

    found = page.context["explained"]
    assert (found.pill, len(found.lines)) == ("Out", 5)
    assert [line.state for line in found.lines] == ["ok", "ok", "ok", "fail", "fail"]
    assert found.lines[0].text.endswith("(here: 500)")
    assert "(here: not in these days)" in found.lines[3].text
    entry = AuditEntry.objects.get(type="segment.explained")
    assert entry.details == {"customer": "p-00000"}


def test_nobody_of_that_name_is_told_and_not_on_record(analyst: Client) -> None:
    made(analyst)

    page = analyst.post("/segments/good-buyers/members/", {"customer": "nobody"})

    assert page.status_code == 422
    assert "No customer has this pseudonym" in page.content.decode()
    assert not AuditEntry.objects.filter(type="segment.explained").exists()


def test_a_look_alike_needs_people_who_allow_training(analyst: Client) -> None:
    page = analyst.get("/segments/look-alike/")

    assert page.status_code == 200
    assert "Cannot tell yet." in page.content.decode()


def test_a_build_can_be_asked_for(analyst: Client, now: datetime) -> None:
    made(analyst)

    assert analyst.post("/segments/good-buyers/rebuild/").status_code == 302
    reader = make.signed_in(make.person("ex", Role.EXECUTIVE, now=now))
    assert reader.post("/segments/good-buyers/rebuild/").status_code == 403
