from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from simulator.client import TRIES, Client
from simulator.errors import Refused, Unauthorised, Unreachable
from tests.simulator.shop_server import Shop, serving

pytestmark = pytest.mark.enable_socket

EVENT = {"type": "track", "event": "x", "userId": "k-1", "messageId": "m-1"}


def sent(shop, waits):
    with serving(shop) as url:
        client = Client(url, write_key="w", api_key="a", sleep=waits.append)
        try:
            client.send([EVENT])
        finally:
            client.close()
    return client


@pytest.mark.parametrize("status", [429, 503])
def test_waits_as_long_as_a_busy_server_asks(status):
    shop, waits = Shop(), []
    shop.answers = [(status, {"Retry-After": "3"})] * 2

    client = sent(shop, waits)

    assert waits == [3.0, 3.0]
    assert client.counts == {
        "retries": 2,
        "accepted": 1,
        "duplicates": 0,
        "rejected": 0,
    }


def test_understands_a_date_in_retry_after():
    shop, waits = Shop(), []
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    shop.answers = [(503, {"Retry-After": at})]

    sent(shop, waits)

    assert 7 < waits[0] <= 10


def test_backs_off_longer_each_time_and_gives_up_in_the_end():
    shop, waits = Shop(), []
    shop.answers = [(503, {})] * TRIES

    with pytest.raises(Unreachable, match="still busy after"):
        sent(shop, waits)

    assert waits == sorted(set(waits))
    assert len(waits) == TRIES - 1
    assert max(waits) <= 30


def test_names_the_key_that_is_not_accepted():
    shop = Shop()
    shop.answers = [(401, {})]

    with pytest.raises(Unauthorised, match="--write-key is not accepted"):
        sent(shop, [])


def test_stops_at_any_other_refusal_with_the_servers_words():
    shop = Shop()
    shop.answers = [(413, {})]

    with pytest.raises(Refused, match=r"answered 413.*told"):
        sent(shop, [])


def test_says_so_when_nothing_answers():
    with serving(Shop()) as url:
        pass
    client = Client(url, write_key="w", api_key="a")

    with pytest.raises(Unreachable, match="Nothing answers at"):
        client.send([EVENT])
    client.close()


def test_refuses_an_answer_of_the_wrong_length():
    shop = Shop()
    shop.decide = lambda body: []

    with serving(shop) as url:
        client = Client(url, write_key="w", api_key="a")
        with pytest.raises(Refused, match="did not answer with as many"):
            client.decide("home.hero", "web", ["k-1"], {})
        client.close()
