"""Asking at every door: the routes there are, and one request that leaves no trace."""

from __future__ import annotations

import re
from types import SimpleNamespace
from uuid import uuid4

from django.db import transaction
from django.urls import get_resolver

from governance.assessments import hearings
from governance.audit.models import AuditEntry
from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.rights import actions as rights
from governance.types import Actor, Role
from governance.usecases import actions as usecases
from tests.architecture.authz_table import EVERYBODY
from tests.factories import configuration as make

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
MISSING = {
    "slug": "no-such",
    "str": "no-such",
    "path": "no-such",
    "int": "987654",
    "uuid": "5f0c2b9e-6a51-4a55-8a0b-6f1d2c3b4a59",
}
ADMIN = "admin/"
ARGUMENT = re.compile(r"<(\w+):\w+>")


def routes(patterns=None, prefix=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


ROUTES = dict(routes())
OURS = sorted(route for route in ROUTES if not route.startswith(ADMIN))


def address(route, things=None):
    """The route's URL for an object that is there, or for none that ever was."""
    start, found, rest = route.partition("<")
    if found and things and start in things:
        route = start + things[start] + rest.partition(">")[2]
    return "/" + ARGUMENT.sub(lambda found: MISSING[found.group(1)], route)


def ask(client, method, url, **headers):
    """One request whose effects are undone; a crash is a 500, not an end."""
    client.raise_request_exception = False
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = client.generic(method, url, headers=headers)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def may(row, method, who):
    """What the table says: None where the method is shut for all."""
    allowed = row.get("GET" if method == "HEAD" else method)
    return allowed and (allowed == EVERYBODY or who in allowed.split())


def fits(answer, is_open):
    status = answer.status_code
    if is_open is None:
        return status == 405
    if is_open:
        return status not in (401, 403, 405) and status < 500
    return status == 403


def told(method, route, answer):
    crash = getattr(answer, "exc_info", None)
    return (method, route, answer.status_code, repr(crash[1]) if crash else "")


def furnish():
    """One object behind each kind of address; gives the keys by the routes' starts."""
    now = clock()
    made = SimpleNamespace(
        owner=make.actor("olga", Role.MARKETING_OWNER, now=now),
        channel=make.actor("chen", Role.CHANNEL_OWNER, now=now),
    )
    element = make.element("history", now=now)
    offer = make.offer(made.owner, now).key
    placement = make.placement(made.channel, now).key
    segment = make.segment(made.owner, now).key
    cap, budget = make.cap(made.channel, now).key, make.budget(made.owner, now).key
    case = usecases.create(by=made.owner, now=now, name="Bring back", content={}).key
    person = make.customers([{}], now=now)[0]
    complaint = rights.receive_complaint(
        by=Actor.system(), now=now, person_id=person.pk, text="Too many e-mails"
    )
    asked = rights.ask(by=Actor.system(), now=now, person_id=person.pk, kind="access")
    heard = hearings.receive(
        by=Actor.system(),
        now=now,
        person_id=person.pk,
        use_case_key=case,
        decision_id=uuid4(),
        wish="person",
    )
    job = Job.objects.create(kind="x", label="Train", created_at=now)
    entry = AuditEntry.objects.order_by("seq").last()
    return {
        "offers/": offer,
        "offers/placements/": placement,
        "segments/": segment,
        "caps/": cap,
        "caps/budgets/": budget,
        "use-cases/": case,
        "reviews/": case,
        "assessments/": case,
        "hearings/": str(heard.pk),
        "scorecard/": case,
        "data-map/": element.key,
        "fairness/": case,
        "api/v1/fairness/": case,
        "jobs/": str(job.pk),
        "complaints/": str(complaint.pk),
        "rights-requests/": str(asked.pk),
        "operating/references/": "uk-gdpr-5",
        "people/": "olga",
        "audit/": str(entry.seq),
        "api/v1/offers/": offer,
        "api/v1/placements/": placement,
        "api/v1/segments/": segment,
        "api/v1/caps/": cap,
        "api/v1/budgets/": budget,
        "api/v1/use-cases/": case,
        "api/v1/data-elements/": element.key,
        "api/v1/scorecards/": case,
    }
