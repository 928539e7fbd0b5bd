"""Every page about one object: by role, by method, and by what became of the object.

An object is one's own, somebody else's, retired, or was never there. What the table
forbids is refused and leaves no trace, whatever the state; nothing ever crashes.
``make prove NAME=permissions`` asks every cell; here those with a reader or a writer,
about objects that are there (``test_urls`` asks about what is not).
"""

from __future__ import annotations

import logging
import os
import re

import pytest
from django.contrib.messages import get_messages
from django.db import transaction

from decisioning.caps import actions as caps
from decisioning.offers import actions as offers
from decisioning.segments import actions as segments
from governance.audit.models import AuditEntry
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.types import Role
from governance.usecases import actions as usecases
from tests.architecture.authz_table import FOREIGN_TO_MK, OWN_TO_MK, PAGES, ROLES
from tests.architecture.doors import METHODS, address, furnish, may, told
from tests.factories import configuration as make

EVERY_CELL = os.environ.get("ATTUNE_EVERY_CELL") == "1"
ABOUT_ONE = [route for route in PAGES if route.count("<") == 1]
# doors that open, behind which the object's own state says no: nothing is signed yet,
# nobody asked for a review, a hand-over is not for those who may not export
CLOSED_BY_STATE = {
    "use-cases/<slug:key>/exposure/",
    "reviews/<slug:key>/",
    "segments/<slug:key>/audiences/new/",
}
# who looks a customer up says why first, whether or not there is such a customer
REASON_FIRST = "customers/<slug:pseudonym>/"
BODIES = {
    "reviews/<slug:key>/conditions/": {
        "approval": "987654",
        "place": "0",
        "text": "Done as asked.",
    },
    "use-cases/<slug:key>/exposure/": {"share": "0.05"},
    "use-cases/<slug:key>/pause/": {"reason": "It looks wrong to me."},
    "use-cases/<slug:key>/stop/": {"reason": "It looks wrong to me."},
    "use-cases/<slug:key>/transitions/": {"transition": "submit", "reason": "Ready."},
}


@pytest.fixture(autouse=True)
def _unlogged():
    """Thousands of refusals, each of which would be told at length."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(db):
    """For each state, the keys of one object behind each kind of address."""
    now = clock()
    seed_standard(now)
    return {"foreign": furnish(), "retired": retired(now), "missing": None}


def mine(user, now):
    """What somebody made; only those who may make things have any."""
    by = make.actor_named(user.username)
    return {
        "offers/": make.offer(by, now, "Mine").key,
        "offers/placements/": make.placement(by, now, "my.place").key,
        "segments/": make.segment(by, now, "My own").key,
        "caps/": make.cap(by, now, "My cap").key,
        "caps/budgets/": make.budget(by, now, "My budget").key,
        "use-cases/": usecases.create(by=by, now=now, name="Mine", content={}).key,
        "jobs/": str(
            Job.objects.create(
                kind="x", label="Mine", started_by=user, created_at=now
            ).pk
        ),
    }


def retired(now):
    owner = make.actor("otto", Role.MARKETING_OWNER, now=now)
    offer = make.offer(owner, now, "Gone").key
    segment = make.segment(owner, now, "Gone").key
    cap = make.cap(owner, now, "Gone").key
    offers.retire_offer(by=owner, now=now, key=offer)
    segments.retire(by=owner, now=now, key=segment)
    caps.retire_cap(by=owner, now=now, key=cap)
    return {"offers/": offer, "segments/": segment, "caps/": cap}


def asked(client, method, route, things):
    """The answer, and whether it left an entry in the audit log; undone afterwards."""
    client.raise_request_exception = False
    cookies = client.cookies.copy()
    with transaction.atomic():
        before = AuditEntry.objects.count()
        url = address(route, things)
        if method == "POST":
            answer = client.post(url, BODIES.get(route, {}))
        else:
            answer = client.generic(method, url)
        wrote = AuditEntry.objects.count() > before
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer, wrote


def was_refused(answer):
    """Shut, not there, or led back with the reason."""
    if answer.status_code in (403, 404, 405):
        return True
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    return answer.status_code in (302, 422) and any(
        words.startswith("Not done.") for words in said
    )


def expected_refusal(route, row, method, letters, state):
    """Whether the table shuts this cell."""
    if not may(row, method, letters):
        return True
    if letters != "MK" or state == "own":
        return False
    if method == "POST":
        return route in OWN_TO_MK
    return route in FOREIGN_TO_MK


@pytest.mark.parametrize("letters", sorted(ROLES))
def test_each_object_opens_to_those_in_its_row_whatever_became_of_it(letters, world):
    now, user = clock(), make.person(letters.lower(), Role(ROLES[letters]), now=clock())
    client = make.signed_in(user)
    found = {**world, "own": mine(user, now)} if letters in ("MK", "MO") else world
    n_cells, wrong = 0, []

    for route in ABOUT_ONE:
        for state, things in found.items():
            if not is_asked(route, things):
                continue
            for method in METHODS if EVERY_CELL else ("GET", "POST"):
                n_cells += 1
                answer, wrote = asked(client, method, route, things)
                if answer.status_code >= 500 or not fits(
                    answer, wrote, route, method, letters, state
                ):
                    wrong.append((state, *told(method, route, answer)))

    print(f"cells: {n_cells}")
    assert wrong == [], wrong
    assert n_cells > (1000 if EVERY_CELL else 60)


def is_asked(route, things):
    if things is None:
        return EVERY_CELL
    return route.partition("<")[0] in things


def fits(answer, wrote, route, method, letters, state):
    shut = expected_refusal(route, PAGES[route], method, letters, state)
    if shut:
        return was_refused(answer) and not wrote
    if state == "missing":
        led_on = route.startswith(REASON_FIRST) and answer.status_code == 302
        return (answer.status_code == 404 or led_on) and not wrote
    if answer.status_code == 403 and route in CLOSED_BY_STATE:
        return not wrote
    return answer.status_code not in (401, 403, 405)


HIDDEN = sorted(route for route, status in FOREIGN_TO_MK.items() if status == 404)


@pytest.mark.parametrize("route", HIDDEN)
def test_what_others_own_and_what_never_was_answer_alike(route, world):
    client = make.signed_in(make.person("mk", Role.MARKETER, now=clock()))

    foreign, missing = (
        client.get(address(route, things)) for things in (world["foreign"], None)
    )

    assert foreign.status_code == missing.status_code == 404
    assert masked(foreign) == masked(missing)


def masked(answer):
    """The page without its nonce and token."""
    text = re.sub(r'nonce="[^"]*"', "", answer.content.decode())
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    return re.sub(r'"X-CSRFToken": "[^"]*"', "", text)
