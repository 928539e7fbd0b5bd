from types import SimpleNamespace

import pytest

from console.demo import living
from console.pages import context


@pytest.fixture
def demo(cast):
    living.schedule(on=True)


def test_where_there_is_no_demo_there_is_no_such_page(clients):
    assert clients["ada"].get("/world/").status_code == 404
    assert clients["ada"].post("/world/", {"on": "off"}).status_code == 404


def test_the_world_is_stopped_and_started_again(clients, demo):
    page = clients["ada"].post("/world/", {"on": "off"}, follow=True)
    assert not living.is_on()
    assert "stands still" in page.content.decode()
    assert 'value="on"' in page.content.decode()

    clients["ada"].post("/world/", {"on": "on"})

    assert living.is_on()


def test_who_may_not_switch_it_sees_how_it_stands(clients, demo):
    page = clients["mara"].get("/world/").content.decode()

    assert 'role="switch"' not in page
    assert "Customers keep coming" in page
    assert clients["mara"].post("/world/", {"on": "off"}).status_code == 403
    assert living.is_on()


def test_the_strip_says_once_what_this_is_and_leads_to_the_switch(
    clients, demo, monkeypatch
):
    note = "Demonstration shop: simulated people."
    house = SimpleNamespace(is_demo=True, demo_note=note)
    monkeypatch.setattr(context, "installation", lambda: house)

    page = clients["mara"].get("/search/").content.decode()

    assert page.count(note) == 1
    assert page.count("no second factor") == 1
    assert page.count('href="/world/"') == 1


def test_elsewhere_the_strip_leads_nowhere(clients):
    assert "/world/" not in clients["mara"].get("/search/").content.decode()
