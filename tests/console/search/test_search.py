import pytest
from django.utils import timezone

from decisioning.experiments.models import Experiment
from governance.access.queries import actor_of
from governance.installation.queries import now as clock
from governance.usecases import actions as usecases
from tests.factories import configuration as make

HTMX = {"HX-Request": "true"}


@pytest.fixture
def shop(cast):
    olga = actor_of(cast["olga"])
    make.element("history", now=clock())
    return {
        "Offers": make.offer(olga, clock(), name="Winter boots").key,
        "Segments": make.segment(olga, clock(), name="Winter buyers").key,
        "Use cases": usecases.create(
            by=olga, now=clock(), name="Winter comeback", content={}
        ).key,
    }


def found(client, text):
    groups = client.get("/search/", {"q": text}).context["groups"]
    return {group.label: [hit.title for hit in group.items_list] for group in groups}


def test_one_word_finds_use_cases_offers_and_segments(clients, shop):
    assert found(clients["mara"], "winter") == {
        "Use cases": ["Winter comeback"],
        "Offers": ["Winter boots"],
        "Segments": ["Winter buyers"],
    }


def test_every_hit_leads_to_a_page(clients, shop):
    groups = clients["mara"].get("/search/?q=winter").context["groups"]

    urls = [hit.url for group in groups for hit in group.items_list]

    assert [clients["mara"].get(url).status_code for url in urls] == [200, 200, 200]


def test_an_experiment_is_found(clients, cast):
    Experiment.objects.create(
        key="spring-test",
        name="Spring test",
        created_by=cast["anna"],
        created_at=timezone.now(),
        salt="s",
        arms=[],
        control="a",
    )

    assert found(clients["anna"], "spring") == {"Experiments": ["Spring test"]}


def test_under_the_box_only_what_was_found_is_sent(clients, shop):
    answer = clients["mara"].get("/search/?q=winter", headers=HTMX)

    assert "<html" not in answer.content.decode()
    assert "Winter boots" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_an_empty_box_sends_an_empty_panel(clients, shop):
    assert clients["mara"].get("/search/?q=", headers=HTMX).content.strip() == b""


def test_the_box_stands_on_every_page_with_its_words(clients, shop):
    page = clients["mara"].get("/search/?q=winter").content.decode()

    assert 'action="/search/"' in page
    assert 'hx-get="/search/"' in page
    assert 'id="search-panel"' in page
    assert 'value="winter"' in page


def test_nothing_found_says_what_to_try(clients, shop):
    assert "Nothing found" in clients["mara"].get("/search/?q=zebra").content.decode()


def test_each_role_finds_only_what_it_may_read(clients, shop):
    assert set(found(clients["sue"], "winter")) == {"Customers"}
    assert "Customers" not in found(clients["mara"], "winter")


def test_a_customer_is_led_to_by_exact_id_without_saying_whether_there_is_one(
    clients, shop
):
    (hit,) = clients["sue"].get("/search/?q=h-1%262").context["groups"][0].items_list

    page = clients["sue"].get(hit.url)

    assert page.status_code == 200
    assert 'value="h-1&amp;2"' in page.content.decode()


@pytest.mark.parametrize("text", ["<b>", "'; --", "\0", "%", "x" * 5000])
def test_odd_words_are_only_words(clients, shop, text):
    answer = clients["mara"].get("/search/", {"q": text})

    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode()
