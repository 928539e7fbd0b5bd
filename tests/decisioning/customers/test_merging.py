"""A visitor becomes a known customer: events move, refusals hold, undo works."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.customers import merging
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from decisioning.events import actions
from decisioning.events.models import DeadLetter, Event
from decisioning.features.queries import row_of
from governance.audit.models import AuditEntry
from governance.consent.queries import may_use
from governance.types import Actor, Conflict

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def send(now: datetime, *events: dict[str, Any]) -> actions.Receipt:
    numbered = [
        {"messageId": f"{now.timestamp()}-{i}", "timestamp": now.isoformat(), **event}
        for i, event in enumerate(events)
    ]
    return actions.ingest(numbered, source="test", now=now)


def order(**who: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "properties": {"revenue": 10},
        **who,
    }


def identify(traits: dict[str, Any] | None = None, **who: str) -> dict[str, Any]:
    return {"type": "identify", "traits": traits or {}, **who}


def of(kind: str, value: str) -> Customer:
    return CustomerIdentity.objects.get(kind=kind, value=value).customer


@pytest.fixture
def joined(now: datetime) -> IdentityMerge:
    hour = timedelta(hours=1)
    send(now - 3 * hour, order(anonymousId="a"), identify({"hat": 3}, anonymousId="a"))
    send(now - 2 * hour, order(userId="u"), identify({"shoe": 9}, userId="u"))
    send(now - hour, identify({"shoe": 10}, userId="u", anonymousId="a"))
    return IdentityMerge.objects.get()


def test_events_traits_and_features_follow(joined: IdentityMerge) -> None:
    person = of("anonymous", "a")

    features = row_of(person.pk)

    assert person == of("user", "u")
    assert person.traits == {"hat": 3, "shoe": 10}
    assert Event.objects.filter(customer_id=person.pk).count() == 5
    assert features is not None
    assert features.get("orders_all") == 2
    assert Customer.objects.get(pk=joined.merged_id).merged_into == person
    assert AuditEntry.objects.filter(type="customer.merged").count() == 1


def test_an_alias_does_the_same(now: datetime) -> None:
    send(now - timedelta(hours=2), order(anonymousId="a"), order(userId="u"))

    send(now, {"type": "alias", "previousId": "a", "userId": "u"})

    assert of("anonymous", "a") == of("user", "u")
    assert IdentityMerge.objects.get().reason == "alias"


def test_undone_everything_is_as_before(joined: IdentityMerge, now: datetime) -> None:
    merging.undo_merge(by=SYSTEM, now=now, merge_id=joined.pk)

    visitor, person = of("anonymous", "a"), of("user", "u")
    assert visitor.pk == joined.merged_id
    assert visitor.merged_into is None
    assert visitor.traits == {"hat": 3}
    assert person.traits == {"shoe": 10}
    assert Event.objects.filter(customer_id=visitor.pk).count() == 2
    assert AuditEntry.objects.filter(type="customer.merge_undone").count() == 1


def test_a_merge_is_undone_once(joined: IdentityMerge, now: datetime) -> None:
    merging.undo_merge(by=SYSTEM, now=now, merge_id=joined.pk)

    with pytest.raises(Conflict):
        merging.undo_merge(by=SYSTEM, now=now, merge_id=joined.pk)


def consenting(who: dict[str, str], **chosen: bool) -> dict[str, Any]:
    context = {"consent": {"categoryPreferences": chosen}}
    return {**identify(**who), "context": context}


def test_the_visitors_refusal_outlives_the_accounts_grant(now: datetime) -> None:
    hour = timedelta(hours=1)
    send(now - 2 * hour, consenting({"anonymousId": "a"}, direct_marketing=False))
    send(now - hour, consenting({"userId": "u"}, direct_marketing=True))
    before = may_use(of("user", "u").pk, "direct_marketing", "email", now=now)

    send(now, identify(userId="u", anonymousId="a"))

    after = may_use(of("user", "u").pk, "direct_marketing", "email", now=now)
    assert before
    assert after.code == "consent.withdrawn"


def test_a_visitors_grant_does_not_travel(now: datetime) -> None:
    hour = timedelta(hours=1)
    send(now - 2 * hour, consenting({"anonymousId": "a"}, direct_marketing=True))
    send(now - hour, order(userId="u"))

    send(now, identify(userId="u", anonymousId="a"))

    assert not may_use(of("user", "u").pk, "direct_marketing", "email", now=now)


def test_two_identified_people_are_never_merged(now: datetime) -> None:
    send(now - timedelta(hours=2), order(userId="u"), order(userId="v"))

    told = send(now, {"type": "alias", "previousId": "v", "userId": "u"})

    assert [row.code for row in told.rejected] == ["identity.two_people"]
    assert of("user", "u") != of("user", "v")
    assert DeadLetter.objects.count() == 1
    assert not IdentityMerge.objects.exists()
