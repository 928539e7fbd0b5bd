"""The server that `decision_ratio.py` measures: the product's door, and a bare view."""

from __future__ import annotations

import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")

import django
from django.conf import settings

django.setup()
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["decisioning.api.hot_path.HotPathMiddleware"]
settings.ALLOWED_HOSTS = ["*"]

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from decisioning.engine import snapshot, writing  # noqa: E402
from tests.decisioning.engine import world as shop  # noqa: E402

N_OFFERS, N_CUSTOMERS = 100, 4_000
WORLD = shop.World()
snapshot.serving_cases = WORLD.serving_cases  # type: ignore[assignment]

READ = """SELECT c.id, c.pseudonym, attune_now() FROM decisioning_customeridentity i
    JOIN decisioning_customer c ON c.id = i.customer_id
    WHERE i.kind = 'user' AND i.value = %s"""
WRITE = """INSERT INTO decisioning_contact (customer_id, decision_id, channel, topic,
        offer_key, use_case_key, placement_key, cost_minor, reserved_at, release_at)
    VALUES (%s, %s, 'web', '', 'bare', 'bare', 'bare', 0, %s, %s)"""


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    """One read and one locked write, sent as the engine sends them; nothing else."""
    import json

    who = json.loads(request.body)["customer"]["userId"]
    person, name, now = writing.run(READ, [who]).fetchone() or (0, "", None)
    decision = uuid.uuid4()
    with writing.raw().pipeline():
        writing.run("BEGIN")
        writing.run(writing.LOCK_TIMEOUT)
        writing.lock_people([person])
        writing.run(WRITE, [person, decision, now, now + timedelta(minutes=15)])
        writing.run("COMMIT")
    return JsonResponse({"decision": str(decision), "customer": name})


@csrf_exempt
def bare_django(request: HttpRequest) -> JsonResponse:
    """The same read and write by Django's own cursor and transaction."""
    import json

    who = json.loads(request.body)["customer"]["userId"]
    with connection.cursor() as cursor:
        cursor.execute(READ, [who])
        person, name, now = cursor.fetchone() or (0, "", None)
    decision = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [person])
        cursor.execute(WRITE, [person, decision, now, now + timedelta(minutes=15)])
    return JsonResponse({"decision": str(decision), "customer": name})


urlpatterns = [path("bare", bare), path("bare-django", bare_django)]


def seed() -> str:
    from django.utils import timezone

    from decisioning.customers.models import Customer, CustomerIdentity
    from governance.access.actions import issue_key
    from governance.consent.core import Cell, Choice, Head, Key
    from governance.consent.models import ConsentHead
    from governance.types import Actor

    now = timezone.now()
    place = shop.placement()
    rule = {"field": "trait.tier", "op": "in", "values": ["gold", "silver"]}
    for n in range(N_OFFERS):
        own = {"all": [rule, {"field": "feature.orders_30d", "op": "le", "value": n}]}
        shop.offer(
            f"offer-{n}",
            [place],
            value_minor=100 + n,
            topic=f"topic-{n % 5}",
            eligibility={"version": 1, "rule": own},
        )
    shop.cap(1_000)
    shop.model(
        "likes",
        [f"offer-{n}" for n in range(N_OFFERS)],
        [[0.01 * n] for n in range(N_OFFERS)],
    )
    people = Customer.objects.bulk_create(
        Customer(pseudonym=f"p-{n}", traits={"tier": "gold", "age": n}, created_at=now)
        for n in range(N_CUSTOMERS)
    )
    CustomerIdentity.objects.bulk_create(
        CustomerIdentity(kind="user", value=f"c-{n}", customer=p, created_at=now)
        for n, p in enumerate(people)
    )
    from decisioning.features.core import FEATURES
    from decisioning.features.models import CustomerFeatures

    CustomerFeatures.objects.bulk_create(
        CustomerFeatures(
            customer_id=p.pk, values=[1.0] * len(FEATURES), computed_at=now
        )
        for p in people
    )
    yes = Cell(Choice.GRANT, now, covers_below=True)
    head = Head({Key("personalise_onsite"): yes}).to_dict()
    ConsentHead.objects.bulk_create(
        ConsentHead(person_id=p.pk, version=1, cells=head, updated_at=now)
        for p in people
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE decisioning_customer, decisioning_customeridentity")
    arrange(make=True)
    return issue_key(
        by=Actor.system(),
        now=now,
        owner_id=shop.user().pk,
        name="bench",
        scopes=["decide"],
    )[1]


def arrange(*, make: bool) -> None:
    """The use case; in the server, only what its row does not hold."""
    from decisioning.offers.models import Offer, Placement

    offers, places = list(Offer.objects.all()), list(Placement.objects.all())
    if make:
        shop.use_case(WORLD, offers, places, logic={"scores": ["likes"]})
        return
    shop.describe(WORLD, "warm-up", offers, places, logic={"scores": ["likes"]})


def application(environ: dict[str, Any], start_response: Any) -> Any:
    if not WORLD.content:
        arrange(make=False)
    return _wsgi(environ, start_response)


_wsgi = get_wsgi_application()
