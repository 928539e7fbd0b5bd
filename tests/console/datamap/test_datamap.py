"""The data map: what may be known, on which terms, and who changes it."""

import re

import pytest

from governance.catalogue.models import DataElement

pytestmark = pytest.mark.django_db
URL = "/data-map/recency/"


def text_of(page):
    return re.sub(r"\s+", " ", page.content.decode())


def typed(**changes):
    row = DataElement.objects.get(pk="recency")
    names = ("label", "plain_description", "phrase", "ttl_days", "lawful_purposes")
    return {name: getattr(row, name) for name in names} | changes


def test_every_element_stands_with_its_source_and_time_to_live(clients):
    page = clients["anna"].get("/data-map/")

    lines = {line.key: line for line in page.context["elements"]}
    assert len(lines) == DataElement.objects.count()
    assert lines["recency"].source == "Purchases"
    assert lines["recency"].kept == "395 days"
    assert page.context["purposes"][0].label == "Run the service"


def test_an_element_names_the_use_cases_that_use_it(clients, draft):
    page = clients["priya"].get("/data-map/")

    lines = {line.key: line for line in page.context["elements"]}
    assert [u.name for u in lines["recency"].used_by] == ["Bring back recent buyers"]
    assert lines["recency"].used_by[0].url == f"/use-cases/{draft}/"


def test_an_analyst_changes_an_element_and_its_version_rises(clients, cast):
    done = clients["anna"].post(URL, typed(ttl_days=200))

    row = DataElement.objects.get(pk="recency")
    assert done.status_code == 302
    assert (row.ttl_days, row.version) == (200, 2)


def test_a_long_time_to_live_needs_its_reason_and_nothing_is_saved(clients, cast):
    page = clients["priya"].post(URL, typed(ttl_days=900, label="Kept as typed"))

    assert page.status_code == 422
    assert "more than 400 days needs a reason" in text_of(page)
    assert 'value="Kept as typed"' in text_of(page)
    assert DataElement.objects.get(pk="recency").ttl_days == 395


def test_others_read_and_do_not_write(clients, cast):
    assert "disabled" in text_of(clients["mara"].get(URL))
    assert clients["mara"].post(URL, typed(ttl_days=1)).status_code == 403
    assert clients["sue"].get("/data-map/").status_code == 403
    assert clients["anna"].get("/data-map/no-such/").status_code == 404
