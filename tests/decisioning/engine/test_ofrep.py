"""OpenFeature's own Python provider, unmodified, against a running server."""

from typing import Any

import pytest
import requests
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TargetingKeyMissingError
from openfeature.flag_evaluation import Reason

from decisioning.caps.models import Contact
from decisioning.engine.models import Decision
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.test_http import key
from tests.decisioning.engine.world import World

pytestmark = [
    pytest.mark.urls("decisioning.api.urls"),
    pytest.mark.django_db(transaction=True),
]
WHO = EvaluationContext("c-1", {"page": "/"})


@pytest.fixture
def provider(world: World, live_server: Any) -> OFREPProvider:
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place])], [place])
    shop.customer("c-1")
    text = key()
    return OFREPProvider(
        live_server.url, headers_factory=lambda: {"Authorization": f"Bearer {text}"}
    )


def test_the_provider_resolves_a_placement(provider: OFREPProvider) -> None:
    found = provider.resolve_object_details("home.hero", {}, WHO)
    assert found.value == {"headline": "coats"}
    assert (found.variant, found.reason) == ("coats:a", Reason.TARGETING_MATCH)
    decision = Decision.objects.get(pk=found.flag_metadata["decisionId"])
    assert found.flag_metadata["why"] == decision.why
    again = provider.resolve_object_details("home.hero", {}, WHO)
    assert again.flag_metadata["decisionId"] == found.flag_metadata["decisionId"]


def test_a_stranger_gets_the_default(provider: OFREPProvider) -> None:
    found = provider.resolve_object_details("home.hero", {}, EvaluationContext("x"))
    assert (found.value, found.reason) == ({"headline": "Welcome"}, Reason.DEFAULT)


def test_unknown_flags_and_missing_targeting_keys_are_told(
    provider: OFREPProvider,
) -> None:
    with pytest.raises(FlagNotFoundError):
        provider.resolve_object_details("nowhere", {}, WHO)
    with pytest.raises(TargetingKeyMissingError):
        provider.resolve_object_details("home.hero", {}, EvaluationContext())


def test_the_key_may_come_as_x_api_key(
    provider: OFREPProvider, live_server: Any
) -> None:
    url = f"{live_server.url}/ofrep/v1/evaluate/flags/home.hero"
    body = {"context": {"targetingKey": "c-1"}}
    assert requests.post(url, json=body, timeout=5).status_code == 401
    told = requests.post(url, json=body, headers={"X-API-Key": key()}, timeout=5)
    assert (told.status_code, told.json()["variant"]) == (200, "coats:a")


def test_all_flags_at_once_carry_an_etag(
    provider: OFREPProvider, live_server: Any
) -> None:
    shop.placement("cart.banner")
    url = f"{live_server.url}/ofrep/v1/evaluate/flags"
    body = {"context": {"targetingKey": "c-1"}}
    headers = {"X-API-Key": key()}
    told = requests.post(url, json=body, headers=headers, timeout=5)
    flags = {flag["key"]: flag for flag in told.json()["flags"]}
    assert flags["home.hero"]["variant"] == "coats:a"
    assert flags["cart.banner"]["reason"] == "DISABLED"
    headers["If-None-Match"] = told.headers["ETag"]
    assert requests.post(url, json=body, headers=headers, timeout=5).status_code == 304
    assert Contact.objects.count() == 1
