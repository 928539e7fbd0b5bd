"""What is served follows what is signed, from the very next decision on."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from decisioning.caps.models import Cap
from decisioning.engine import actions as engine
from decisioning.engine import snapshot, writing
from decisioning.engine.models import Decision
from decisioning.offers.models import Offer
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.test_http import BODY, key, post
from tests.decisioning.engine.world import World, ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("decisioning.api.urls"),
]
CHANGED = ("default", "governance.config_changed")


@pytest.fixture
def coats(world: World) -> World:
    place = shop.placement()
    offers = [shop.offer("coats", [place], topic="outdoor")]
    shop.segment("all", {"all": []})
    limit = shop.cap(5)
    reach = {"segment": "all", "caps": [limit.key]}
    shop.use_case(world, offers, [place], reach=reach)
    shop.customer("c-1")
    assert ask("c-1")["mode"] == "personalised"
    return world


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decisioning_offer SET value_minor = value_minor + 1",
        'UPDATE decisioning_offer SET eligibility = \'{"rule": {"all": []}}\'',
        'UPDATE decisioning_creative SET content = \'{"headline": "Other"}\'',
        'UPDATE decisioning_placement SET default_content = \'{"headline": "x"}\'',
        "UPDATE decisioning_segment SET rule = '{\"any\": []}'",
        "UPDATE decisioning_cap SET n = n + 1",
    ],
)
def test_a_live_row_changed_by_sql_is_not_served(coats: World, change: str) -> None:
    sql(change)
    told = ask("c-1")
    assert (told["mode"], told["reason"]) == CHANGED


@pytest.mark.parametrize("table", ["offer", "creative"])
def test_what_is_retired_is_only_taken_away(coats: World, table: str) -> None:
    sql(f"UPDATE decisioning_{table} SET retired_at = now()")
    told = ask("c-1")
    assert told["mode"] == "default"
    assert told["reason"] != CHANGED[1]


def test_a_creative_that_nobody_signed_is_never_shown(coats: World) -> None:
    sql(
        "INSERT INTO decisioning_creative (offer_id, placement_id, key, content,"
        " revision, digest, created_by_id, created_at, changed_at)"
        " SELECT offer_id, placement_id, '0-unsigned', '{\"headline\": \"Sneaked\"}',"
        " 1, '', created_by_id, now(), now() FROM decisioning_creative LIMIT 1"
    )
    people = [f"new-{n}" for n in range(12)]
    for user_id in people:
        shop.customer(user_id)

    told = [ask(user_id) for user_id in people]

    assert {each["mode"] for each in told} == {"personalised"}
    assert "0-unsigned" not in {each["items"][0]["creative"] for each in told}


def test_a_pause_by_sql_holds_at_once_and_its_end_too(coats: World) -> None:
    sql("UPDATE governance_usecase SET state = 'paused'")
    assert ask("c-1")["reason"] == "governance.paused"
    sql("UPDATE governance_usecase SET state = 'testing'")
    assert ask("c-1")["mode"] == "personalised"


def test_a_lower_exposure_by_sql_holds_at_once(coats: World) -> None:
    sql("UPDATE governance_usecase SET exposure_share = 0")
    assert ask("c-1")["reason"] == "experiment.not_allocated"


def test_an_edit_that_is_put_back_is_served_again(coats: World) -> None:
    sql("UPDATE decisioning_offer SET value_minor = 7")
    assert ask("c-1")["mode"] == "default"
    sql("UPDATE decisioning_offer SET value_minor = 1000")
    assert ask("c-1")["mode"] == "personalised"


def test_what_is_not_governed_rebuilds_nothing(coats: World) -> None:
    before = snapshot.current()
    ask("c-1")
    shop.customer("c-2")
    ask("c-2")
    assert snapshot.current() is before


def test_an_offer_ends_by_itself_when_its_time_has_come(world: World) -> None:
    place = shop.placement()
    soon = timezone.now() + timedelta(seconds=1)
    shop.use_case(world, [shop.offer("coats", [place], ends_at=soon)], [place])
    shop.customer("c-1")
    shop.customer("c-2")
    assert ask("c-1")["mode"] == "personalised"
    built = snapshot.current()
    sql("SELECT pg_sleep(1.1)")
    assert ask("c-2")["reason"] == "eligibility.ended"
    assert snapshot.current() is not built


def test_a_placement_without_a_use_case_shows_its_default(world: World) -> None:
    shop.placement()
    shop.customer("c-1")
    told = ask("c-1")
    assert (told["mode"], told["reason"]) == (
        "default",
        "governance.no_live_use_case",
    )


def test_an_unreadable_rule_holds_for_nobody(world: World) -> None:
    place = shop.placement()
    offers = [shop.offer("coats", [place], eligibility={"rule": {"wat": 1}})]
    shop.use_case(world, offers, [place])
    shop.customer("c-1")
    assert ask("c-1")["reason"] == "eligibility.offer_rule"


class _Down:
    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise psycopg.OperationalError("gone")


def test_without_the_database_a_good_key_gets_the_static_default(
    coats: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from decisioning.api import hot_path

    text = key()
    monkeypatch.setattr(engine, "forget_connection", lambda: None)
    monkeypatch.setattr(hot_path, "_doors", hot_path._Doors())
    assert post(BODY, text).status_code == 200
    n = Decision.objects.count()
    monkeypatch.setattr(writing, "run", _Down())
    told = post(BODY, text)
    assert (told.status_code, told.json()["mode"]) == (200, "safe_default")
    assert told.json()["items"][0]["content"] == {"headline": "Welcome"}
    assert told.json()["degraded"] == ["database"]
    assert post(BODY, text[:-1] + "x").status_code == 401
    assert post({**BODY, "placement": "nowhere"}, text).status_code == 404
    assert Decision.objects.count() == n


def test_a_narrower_cap_is_effective_without_new_signatures(coats: World) -> None:
    from decisioning.revisions.core import Kind, content_of, digest_of_row
    from decisioning.revisions.models import Revision

    row = Cap.objects.get()
    Revision.objects.create(
        kind="cap",
        object_key=row.key,
        number=1,
        snapshot=content_of(Kind.CAP, row),
        digest=digest_of_row(Kind.CAP, row),
        created_by_label="test",
        created_at=shop.START,
    )
    sql("UPDATE decisioning_cap SET n = 1")
    assert ask("c-1")["mode"] == "personalised"
    assert Offer.objects.count() == 1
