"""A slice of the proof `malformed`: what went wrong on its way is refused in words."""

import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from bench.malformed import judge_bodies
from bench.mutation import Mutant, bodies
from decisioning.events.models import Event
from governance.access import actions as access
from governance.installation.queries import now as database_now
from governance.types import Actor, Role, Scope
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db(transaction=True)
SLICE = 600


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def keys(transactional_db: None) -> dict[str, str]:
    now = database_now()
    channel = make.actor("chen", Role.CHANNEL_OWNER, now=now)
    make.placement(channel, now)
    owner = make.person("ada", Role.ADMIN, now=now)
    scopes = {"writeKey": (Scope.INGEST,), "apiKey": (Scope.DECIDE,)}
    return {
        name: access.issue_key(
            by=Actor.system(), now=now, owner_id=owner.pk, name=name, scopes=held
        )[1]
        for name, held in scopes.items()
    }


def test_no_malformed_body_is_an_error_or_half_taken(keys: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)

    def send(mutant: Mutant) -> tuple[int, bytes]:
        answer = client.post(
            mutant.door.path,
            mutant.body,
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {keys[mutant.door.key]}",
                **mutant.headers,
            },
        )
        return answer.status_code, answer.content

    tally = judge_bodies(bodies(SLICE, seed=20261122), send)

    assert tally.examples == []
    assert tally.statuses[400] > 0 < tally.statuses[422]
    assert Event.objects.exists(), "some mutants are still good: they must be taken"
