"""The decision API as its callers meet it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from decisioning.caps.models import Contact
from decisioning.engine.core.explain import NO_DATA
from decisioning.engine.models import Decision
from governance.access import actions as access
from governance.access.models import ApiKey
from governance.types import Actor
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import World

pytestmark = pytest.mark.urls("decisioning.api.urls")
URL = "/api/v1/decisions"
BODY = {"customer": {"userId": "c-1"}, "placement": "home.hero", "channel": "web"}


def key(*scopes: str) -> str:
    return access.issue_key(
        by=Actor.system(),
        now=timezone.now(),
        owner_id=shop.user().pk,
        name="shop",
        scopes=scopes or ("decide",),
    )[1]


@pytest.fixture
def coats(db: None, world: World) -> World:
    place = shop.placement()
    offers = [shop.offer("coats", [place]), shop.offer("hats", [place], value_minor=10)]
    shop.use_case(world, offers, [place])
    shop.customer("c-1")
    return world


def post(body: Any, text: str, url: str = URL, **headers: str) -> Any:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client().post(
        url,
        raw,
        content_type="application/json",
        headers={"authorization": f"Bearer {text}", **headers},
    )


def test_an_answer_has_the_shape_of_the_contract(coats: World) -> None:
    told = post(BODY, key())
    assert told.status_code == 200
    assert told["Cache-Control"] == "private, no-store"
    answer = told.json()
    assert answer["mode"] == "personalised"
    assert answer["items"][0] == {
        "offer": "coats",
        "creative": "a",
        "content": {"headline": "coats"},
        "rank": 1,
        "score": 10.0,
        "propensity": 1.0,
        "why": NO_DATA,
    }
    assert answer["experiment"] == {"key": "warm-up-test", "arm": "new"}
    assert set(answer["timings"]) == {"load", "decide", "commit"}
    assert "/why/" in answer["links"]["why"]
    assert "/preferences/" in answer["links"]["preferences"]
    left = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ("{", 400, "invalid_json", None),
        (b"\xff", 400, "invalid_json", None),
        ({}, 422, "invalid", "customer"),
        ({**BODY, "customer": {}}, 422, "invalid", "customer"),
        ({**BODY, "customer": {"userId": 3}}, 422, "invalid", "customer.userId"),
        ({**BODY, "customer": {"userId": "a\x00"}}, 422, "invalid", "customer"),
        ({**BODY, "surprise": 1}, 422, "invalid", "surprise"),
        ({**BODY, "count": 2}, 422, "invalid", "count"),
        ({**BODY, "channel": "fax"}, 422, "invalid", "channel"),
        ({**BODY, "placement": ""}, 422, "invalid", "placement"),
        ({**BODY, "context": {"a": "\x00"}}, 422, "invalid", "context"),
        ({**BODY, "placement": "nowhere"}, 404, "unknown_placement", "placement"),
    ],
)
def test_bad_requests_name_the_field(
    coats: World, body: Any, status: int, code: str, field: str | None
) -> None:
    told = post(body, key())
    assert (told.status_code, told["Content-Type"]) == (
        status,
        "application/problem+json",
    )
    assert told.json()["code"] == code
    assert field is None or field in told.json()["fields"]
    assert not Decision.objects.exists()


def test_a_channel_that_is_not_the_placements_is_refused(coats: World) -> None:
    told = post({**BODY, "channel": "email"}, key())
    assert (told.status_code, list(told.json()["fields"])) == (422, ["channel"])
    assert not Decision.objects.exists()


def test_a_revoked_key_opens_nothing_from_the_next_request_on(coats: World) -> None:
    text = key()
    assert post(BODY, text).status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    told = post(BODY, text)
    assert told.status_code == 401
    assert told["WWW-Authenticate"].startswith("Bearer")


def test_wrong_missing_and_narrow_keys(coats: World) -> None:
    text = key()
    assert post(BODY, text[:-1] + "x").status_code == 401
    assert post(BODY, "").status_code == 401
    assert post(BODY, key("read", "ingest")).status_code == 403
    assert not Decision.objects.exists()


def test_the_same_idempotency_key_gives_the_same_bytes(coats: World) -> None:
    text = key()
    first = post(BODY, text, **{"idempotency-key": "k-1"})
    again = post(BODY, text, **{"idempotency-key": "k-1"})
    other = post({**BODY, "context": {"page": "/"}}, text, **{"idempotency-key": "k-1"})
    assert first.content == again.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Decision.objects.count() == 1


def test_an_unknown_customer_gets_the_default_and_it_is_logged(coats: World) -> None:
    text = key()
    headers = {"idempotency-key": "k"}
    told = post({**BODY, "customer": {"userId": "new"}}, text, **headers).json()
    again = post({**BODY, "customer": {"userId": "new"}}, text, **headers).json()
    assert (told["mode"], told["reason"]) == ("default", "consent.unknown_customer")
    assert told == again
    row = Decision.objects.get(pk=told["decisionId"])
    assert (row.customer_id, row.content) == (None, {"headline": "Welcome"})


def test_the_trace_says_why_for_every_candidate(coats: World) -> None:
    told = post(BODY, key()).json()
    trace = Client().get(
        f"{URL}/{told['decisionId']}",
        headers={"authorization": f"Bearer {key('read')}"},
    )
    assert trace.status_code == 200
    body = trace.json()
    reasons = {c["offer"]: c["reason"] for c in body["candidates"]}
    assert reasons == {"coats": "chosen", "hats": "outranked"}
    assert body["candidates"][0]["factors"]["score"] == 10.0
    assert body["customer"] == "p-c-1"
    assert body["funnel"][-1] == {
        "stage": "outranked",
        "lost": 1,
        "left": 1,
        "reasons": {"outranked": 1},
    }


def test_the_explanation_has_three_layers(coats: World) -> None:
    told = post(BODY, key()).json()
    url = f"{URL}/{told['decisionId']}/explanation"
    bearer = {"authorization": f"Bearer {key('read')}"}
    body = Client().get(url, headers=bearer).json()
    assert body["sentence"] == told["items"][0]["why"]
    assert {c["key"] for c in body["controls"]} >= {"turn_off", "complain"}


def test_traces_need_the_read_scope_and_exist(coats: World) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    url = f"{URL}/{nobody}"
    decide = {"authorization": f"Bearer {key('decide')}"}
    read = {"authorization": f"Bearer {key('read')}"}
    assert Client().get(url, headers=decide).status_code == 403
    assert Client().get(url, headers=read).status_code == 404
    assert Client().get(f"{url}/explanation", headers=read).status_code == 404


def test_a_batch_decides_each_customer_once_in_the_order_asked(coats: World) -> None:
    shop.customer("c-2")
    shop.customer("c-3", says="")
    asked = [{"userId": u} for u in ("c-2", "nobody", "c-1", "c-3", "c-2")]
    told = post({"placement": "home.hero", "customers": asked}, key(), f"{URL}/batch")
    decisions = told.json()["decisions"]
    assert [d["customer"]["userId"] for d in decisions] == [a["userId"] for a in asked]
    assert [d["mode"] for d in decisions] == [
        "personalised",
        "default",
        "personalised",
        "default",
        "personalised",
    ]
    assert decisions[0]["decisionId"] == decisions[4]["decisionId"]
    assert Decision.objects.count() == 4
    assert Contact.objects.count() == 2
    alone = post(BODY, key()).json()
    assert alone["decisionId"] == decisions[2]["decisionId"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"customers": []}, 422, "customers"),
        ({"customers": [{"userId": "a"}] * 1001}, 422, "customers"),
        ({"customers": [{"userId": "a"}, {}]}, 422, "customers.1"),
        ({"placement": "nowhere"}, 404, "placement"),
    ],
)
def test_bad_batches_name_the_field(
    coats: World, change: Any, status: int, field: str
) -> None:
    good = {"placement": "home.hero", "customers": [{"userId": "c-1"}]}
    told = post({**good, **change}, key(), f"{URL}/batch")
    assert told.status_code == status
    assert field in told.json()["fields"]
