"""Handing over: only who allows it, signed, retried, and taken back again."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.segments import actions as segments
from decisioning.segments import audiences, webhooks
from decisioning.segments.models import Audience, AudienceDelivery, AudienceMember
from governance.audit.models import AuditEntry
from governance.consent import actions as consent
from governance.installation.queries import now as clock
from governance.types import Actor, Invalid, Refused, Role
from tests.factories import configuration as make

EVIDENCE = {
    "purposes": ["direct_marketing"],
    "channels": ["email"],
    "wording": "Send me offers",
    "mechanism": "form",
    "collectedAt": "2026-01-01",
    "validUntil": "2027-01-01",
    "declaredBy": "test",
}


@pytest.fixture
def owner(db: None, now: datetime) -> Actor:
    make.element("history", now=now, label="Past spend")
    return make.actor("olga", Role.MARKETING_OWNER, now=now)


@pytest.fixture
def people(owner: Actor, now: datetime) -> dict[str, int]:
    rows = make.customers([{"history": 500}] * 3 + [{"history": 5}], now=now)
    names = dict(zip(("ann", "ben", "cat", "dan"), rows, strict=True))
    for name, row in names.items():
        CustomerIdentity.objects.create(
            kind="user", value=name, customer=row, created_at=now
        )
    make.segment(owner, now)
    ids = {name: row.pk for name, row in names.items()}
    choose("grant", ids, "ann", "ben", "dan", at=now)
    return ids


def choose(action: str, ids: dict[str, int], *names: str, at: datetime) -> None:
    rows = [
        consent.ConsentRow(
            person_id=ids[name],
            purpose="direct_marketing",
            channel="email",
            action=action,
            occurred_at=at,
            evidence=EVIDENCE,
        )
        for name in names
    ]
    consent.record_bulk(by=Actor.system(), now=at, rows=rows, source="test")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[dict[str, str], Any]]]:
    """What the other side received; `answers` decides what it says."""
    received: list[tuple[dict[str, str], Any]] = []

    def post(_url: str, headers: dict[str, str], body: bytes) -> int:
        received.append((headers, json.loads(body)))
        return ANSWERS.pop(0) if ANSWERS else 200

    monkeypatch.setattr(webhooks, "post", post)
    yield received
    ANSWERS.clear()


ANSWERS: list[int] = []


def added(owner: Actor, now: datetime, **more: Any) -> Audience:
    fields = {
        "name": "Mailer",
        "url": "https://hooks.example.com/in",
        "purpose": "direct_marketing",
        "channel": "email",
        **more,
    }
    return audiences.add(by=owner, now=now, key="good-buyers", **fields)[0]


def held() -> list[str]:
    return sorted(AudienceMember.objects.values_list("external_id", flat=True))


def ids_of(received: list[tuple[dict[str, str], Any]]) -> list[tuple[str, list[str]]]:
    return [
        (body["type"].partition("members_")[2], body["data"]["userIds"])
        for _, body in received
    ]


def test_only_members_who_allow_it_are_told_of(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)

    audiences.sync_all(now=now)
    audiences.send_waiting(now=now)

    assert ids_of(told) == [("added", ["ann", "ben"])]
    assert held() == ["ann", "ben"]
    assert AudienceDelivery.objects.get().external_ids == []


def test_a_second_comparison_tells_nothing_new(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)

    assert audiences.sync_all(now=now) == 0
    assert AudienceDelivery.objects.count() == 1


@pytest.mark.parametrize("way", ["leaves", "withdraws", "erased"])
def test_whoever_leaves_withdraws_or_is_erased_is_taken_back(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime, way: str
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)
    audiences.send_waiting(now=now)
    later = clock() + timedelta(seconds=1)

    if way == "leaves":
        Customer.objects.filter(pk=people["ann"]).update(traits={"history": 1})
    elif way == "withdraws":
        choose("withdraw", people, "ann", at=clock())
    else:
        AudienceMember.objects.filter(customer_id=people["ann"]).delete()
        Customer.objects.filter(pk=people["ann"]).update(traits={})
    audiences.sync_all(now=later)
    audiences.send_waiting(now=later)

    assert ids_of(told)[1:] == [("removed", ["ann"])]
    assert held() == ["ben"]


def test_a_withdrawal_between_writing_and_sending_holds(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)
    choose("withdraw", people, "ben", at=clock())

    audiences.send_waiting(now=clock() + timedelta(seconds=1))

    assert ids_of(told) == [("added", ["ann"])]


def test_a_failed_message_waits_longer_each_time_and_keeps_its_id(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)
    ANSWERS[:] = [500, 503]

    audiences.send_waiting(now=now)
    first = AudienceDelivery.objects.get()
    assert first.next_attempt_at == now + timedelta(seconds=5)
    assert first.error == "The other side answered 500."
    assert audiences.send_waiting(now=now + timedelta(seconds=4)) == 0
    audiences.send_waiting(now=now + timedelta(seconds=5))
    second = AudienceDelivery.objects.get()
    assert second.next_attempt_at == now + timedelta(seconds=305)
    audiences.send_waiting(now=now + timedelta(seconds=305))

    assert AudienceDelivery.objects.get().state == "delivered"
    assert len({headers["webhook-id"] for headers, _ in told}) == 1
    assert len(told) == 3


def test_a_system_that_never_answers_is_given_up_and_everybody_taken_back(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)
    ANSWERS[:] = [500] * 20
    for day in range(len(audiences.WAITS) + 1):
        audiences.send_waiting(now=now + timedelta(days=day))

    audience = Audience.objects.get()
    assert audience.stopped_at is not None
    assert AudienceDelivery.objects.get(kind="add").state == "failed"
    assert AudienceDelivery.objects.get(kind="remove").state == "waiting"
    assert held() == []
    assert AuditEntry.objects.filter(type="audience.given_up").exists()


def test_stopping_takes_everybody_back(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    audience = added(owner, now)
    audiences.sync_all(now=now)
    audiences.send_waiting(now=now)

    audiences.stop(by=owner, now=now, key="good-buyers", audience_id=audience.pk)
    audiences.sync_all(now=now)
    audiences.send_waiting(now=clock() + timedelta(seconds=1))

    assert ids_of(told)[1:] == [("removed", ["ann", "ben"])]


def test_the_signature_is_the_standard_one(
    owner: Actor, people: dict[str, int], now: datetime, monkeypatch: Any
) -> None:
    sent: list[tuple[dict[str, str], bytes]] = []
    monkeypatch.setattr(
        webhooks, "post", lambda _u, headers, body: sent.append((headers, body)) or 200
    )
    _, secret = audiences.add(
        by=owner,
        now=now,
        key="good-buyers",
        name="Mailer",
        url="https://hooks.example.com/in",
        purpose="direct_marketing",
        channel="email",
    )
    audiences.sync_all(now=now)
    audiences.send_waiting(now=now)

    (headers, body) = sent[0]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))


def test_a_published_example_of_the_standard_is_signed_alike() -> None:
    # The example of the Standard Webhooks reference libraries.
    headers = webhooks.signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    assert headers["webhook-signature"] == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_keys_that_are_being_changed_both_sign(settings: Any) -> None:
    before = webhooks.secrets("salt")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    after = webhooks.secrets("salt")

    assert after[1] == before[0]
    assert len(set(after)) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https://user@hooks.example.com/",
        "https://user:pw@hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com/#part",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://metadata/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nHost: x",
        "https://",
        "",
        "https://hooks.example.com:99999/",
    ],
)
def test_an_address_that_is_not_a_named_public_host_is_refused(url: str) -> None:
    with pytest.raises(webhooks.Forbidden):
        webhooks.checked(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "not an address",
    ],
)
def test_no_address_but_a_public_one_is_connected_to(address: str) -> None:
    assert not webhooks.is_public(address)


def test_public_addresses_pass() -> None:
    assert webhooks.is_public("93.184.216.34")
    assert webhooks.is_public("2606:2800:220:1:248:1893:25c8:1946")


@pytest.mark.parametrize(
    "found",
    [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1", "93.184.216.34"], []],
)
def test_one_private_answer_is_enough_to_refuse(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (address, 443)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(webhooks.Forbidden):
        webhooks.post("https://hooks.example.com/", {}, b"{}")
    assert asked == ["hooks.example.com."]


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    went: list[Any] = []

    def connect(address: Any, *_: Any) -> Any:
        went.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_a, **_k: [(2, 1, 6, "", (each, 443)) for each in next(answers)],
    )
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(OSError, match="nobody there"):
        webhooks.post("https://hooks.example.com/", {}, b"{}")
    assert went == [("93.184.216.34", 443)]


def test_a_file_holds_whom_it_may_and_is_on_record(
    owner: Actor, people: dict[str, int], now: datetime
) -> None:
    found = audiences.take_csv(
        by=owner,
        now=now,
        key="good-buyers",
        purpose="direct_marketing",
        channel="email",
    )

    assert found == ["ann", "ben"]
    entry = AuditEntry.objects.get(type="segment.exported")
    assert entry.details["n"] == 2


def test_analysts_hand_nobody_over(
    owner: Actor, people: dict[str, int], now: datetime
) -> None:
    analyst = make.actor("ana", Role.ANALYST, now=now)

    with pytest.raises(Refused):
        audiences.take_csv(
            by=analyst,
            now=now,
            key="good-buyers",
            purpose="direct_marketing",
            channel="email",
        )
    with pytest.raises(Refused):
        added(analyst, now)


def test_a_bad_address_is_named(
    owner: Actor, people: dict[str, int], now: datetime
) -> None:
    with pytest.raises(Invalid) as refusal:
        added(owner, now, url="http://10.0.0.1/", purpose="service")

    assert set(refusal.value.fields) == {"url", "purpose"}


def test_a_retired_segment_is_told_to_nobody(
    owner: Actor, people: dict[str, int], told: list[Any], now: datetime
) -> None:
    added(owner, now)
    audiences.sync_all(now=now)
    audiences.send_waiting(now=now)

    segments.retire(by=owner, now=now, key="good-buyers")
    audiences.send_waiting(now=clock() + timedelta(seconds=1))

    assert ids_of(told)[1:] == [("removed", ["ann", "ben"])]
