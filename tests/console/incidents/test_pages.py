"""The incident page: reason, counts that name nobody, a note that closes it."""

import pytest

from governance.incidents.models import IncidentClosing
from governance.types import Role
from tests.factories import configuration as make
from tests.governance.conftest import house  # noqa: F401
from tests.governance.incidents.test_incidents import LEARNED, stopped

pytestmark = pytest.mark.django_db


def text(answer):
    return " ".join(answer.content.decode().split())


def client(role, now, name="anna"):
    return make.signed_in(make.person(name, role, now=now))


def test_what_happened_and_why_is_told_and_a_note_closes_it(house):  # noqa: F811
    row = stopped(house)
    page = client(Role.ANALYST, house.now)
    url = f"/incidents/{row.pk}/"

    assert "Rolled back" in text(page.get("/incidents/"))
    told = text(page.get(url))
    assert "Opt-out rate worse than allowed" in told
    assert "guardrail.harm" in told
    assert page.post(f"{url}closing/", {"learned": ""}).status_code == 422
    assert page.post(f"{url}closing/", {"learned": LEARNED}).status_code == 302
    assert LEARNED in text(page.get(url))
    assert IncidentClosing.objects.count() == 1


def test_an_auditor_reads_and_does_not_close(house):  # noqa: F811
    row = stopped(house)
    page = client(Role.AUDITOR, house.now)

    told = text(page.get(f"/incidents/{row.pk}/"))

    assert "Close the incident" not in told
    sent = page.post(f"/incidents/{row.pk}/closing/", {"learned": LEARNED})
    assert sent.status_code == 403


def test_what_was_learned_is_found_among_the_experiments(house):  # noqa: F811
    stopped(house)
    page = client(Role.ANALYST, house.now)

    assert "Learned before" in text(page.get("/experiments/?q=opt-out"))
    assert "Learned before" not in text(page.get("/experiments/?q=zebra"))


def test_a_drill_that_reaches_nobody_says_so_on_the_page(house):  # noqa: F811
    key = house.submitted()
    page = client(Role.ANALYST, house.now)

    sent = page.post(f"/use-cases/{key}/drills/")

    assert sent.status_code == 302
    assert "Nobody in the sample" in text(page.get(f"/use-cases/{key}/"))
