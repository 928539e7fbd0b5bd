"""A cast, a shop's configuration, and a use case taken along by the pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from decisioning.offers import actions as offers
from governance.access.queries import actor_of
from governance.assessments import actions as assessments
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.types import Role
from governance.usecases.models import UseCase
from tests.factories import configuration as make
from tests.factories.impact import IMPACT

KEY = "bring-back-recent-buyers"
URL = f"/use-cases/{KEY}/"
REVIEW = f"/reviews/{KEY}/"
EVIDENCE = "I read the survey and counted the pages myself."
REASON = "Read in full and nothing stands against it."
ROLES = {
    "mara": Role.MARKETER,
    "olga": Role.MARKETING_OWNER,
    "anna": Role.ANALYST,
    "chen": Role.CHANNEL_OWNER,
    "priya": Role.PRIVACY_REVIEWER,
    "eve": Role.EXECUTIVE,
    "sue": Role.SUPPORT,
    "aud": Role.AUDITOR,
    "ada": Role.ADMIN,
}


@pytest.fixture
def cast(db, settings):
    settings.REQUIRE_MFA = False
    now = clock()
    seed_standard(now)
    return {name: make.person(name, role, now=now) for name, role in ROLES.items()}


@pytest.fixture
def clients(cast):
    return {name: make.signed_in(user) for name, user in cast.items()}


@pytest.fixture
def shop(cast):
    """What a use case needs to refer to, made by those whose work it is."""
    now = clock()
    owner = actor_of(cast["olga"])
    channel = actor_of(cast["chen"])
    placement = make.placement(channel, now, key="email.weekly", channel="email")
    offer = make.offer(owner, now, name="Catalogue", why_signal="our catalogue")
    offers.save_creative(
        by=owner,
        now=now,
        offer_key=offer.key,
        placement_key=placement.key,
        key="a",
        content={"headline": "New this week"},
    )
    make.element("history", now=now)
    make.customers([{"history": 150 if n % 2 else 50} for n in range(80)], now=now)
    segment = make.segment(owner, now)
    cap = make.cap(channel, now)
    return SimpleNamespace(
        placement=placement.key, offer=offer.key, segment=segment.key, cap=cap.key
    )


@pytest.fixture
def answers(cast, shop):
    """Every answer of the intake, as the form sends it."""
    guards = {
        "opt_out_rate": ("up", "0.2", "2,000"),
        "complaint_rate": ("up", "1", "2000"),
        "trust_score": ("down", "0.1", "400"),
    }
    rows = {}
    for place, (metric, (way, margin, n)) in enumerate(guards.items()):
        rows |= {
            f"guardrails__{place}__metric": metric,
            f"guardrails__{place}__direction": way,
            f"guardrails__{place}__margin": margin,
            f"guardrails__{place}__min_n": n,
        }
    return rows | {
        "cosmetic__name": "Bring back recent buyers",
        "customer__who": "People who bought from us this year",
        "customer__task": "Find the catalogue they care about",
        "customer__gets_better": "faster",
        "customer__effort_baseline": "4.5",
        "customer__effort_unit": "pages until the first product",
        "customer__effort_how_measured": "Pages viewed before a product",
        "customer__evidence_source": "Survey of March",
        "objective__horizon": "both",
        "objective__primary_metric": "conversion",
        "objective__smallest_change": "0.5",
        "objective__long_run": "own_holdout",
        "data_uses__0__element": "recency",
        "data_uses__0__purpose": "direct_marketing",
        "data_uses__0__role": "ranking",
        "data_uses__0__granularity": "bucketed",
        "data_uses__0__max_age_days": "30",
        "data_uses__0__reason": "Recent buyers know us",
        "data_uses__0__could_work_without": "no",
        "data_uses__0__why_not": "We would have to guess",
        "lawful_basis__direct_marketing": "consent",
        "eprivacy_basis__email": "soft_opt_in",
        "explanation__template": "You're seeing {offer} because you {recency}.",
        "explanation__fallback": "You're seeing our best sellers. "
        "We did not use your personal data to choose them.",
        "explanation__controls": ["turn_off", "complain"],
        "reach__channels": ["email"],
        "reach__placements": [shop.placement],
        "reach__segment": shop.segment,
        "reach__offers": [shop.offer],
        "reach__caps": [shop.cap],
        "reach__max_contacts": "3",
        "reach__window_days": "7",
        "experiment__holdout_share": "10",
        "experiment__first_exposure": "10",
        "experiment__max_exposure": "90",
        "arms__0__name": "personalised",
        "arms__0__share": "90",
        "arms__1__name": "control",
        "arms__1__share": "10",
        "people__children": "no",
        "people__vulnerable": "no",
        "people__special_category": "no",
        "people__excludes_from_service": "no",
        "logic__price_varies": "no",
        "logic__ai_generated": "no",
        "fallback__uses_placement_default": "yes",
        "owners__marketing_owner": str(cast["olga"].pk),
        "owners__channel_owner": str(cast["chen"].pk),
        "owners__reviewer": str(cast["priya"].pk),
        "owners__stop_person": str(cast["chen"].pk),
        "retention__decision_log_days": "730",
        "retention__inputs_days": "90",
        "review_interval_days": "180",
    }


@pytest.fixture
def draft(clients, answers):
    clients["mara"].post("/use-cases/new/", {"name": "Bring back recent buyers"})
    clients["mara"].post(f"{URL}edit/", answers)
    return KEY


@pytest.fixture
def in_review(clients, answers, draft):
    for test in (1, 2, 3):
        assess(clients["olga"], test)
    clients["mara"].post(f"{URL}edit/", {**answers, "then": "to_data_needs"})
    clients["mara"].post(f"{URL}transitions/", {"transition": "submit"})
    assert UseCase.objects.get().state == "governance"
    return KEY


@pytest.fixture
def ready(cast, clients, in_review):
    assess_impact(cast["priya"])
    clients["priya"].post(
        f"{URL}attestations/",
        {"text": "Assessed in writing, nothing stands against it."},
    )
    for name in ("olga", "anna", "chen", "priya"):
        done = answer(clients[name])
        assert done.status_code == 302, done.context["form"].errors
    assert UseCase.objects.get().state == "ready"
    return KEY


@pytest.fixture
def running(clients, ready):
    clients["chen"].post(f"{URL}transitions/", {"transition": "start_test"})
    assert UseCase.objects.get().state == "testing"
    return KEY


def assess_impact(user, key=KEY):
    assessments.save(
        by=actor_of(user),
        now=clock(),
        key=key,
        kind="dpia",
        answers=IMPACT,
        complete=True,
    )


def shown(client):
    """What the review page carries for its answer."""
    form = client.get(REVIEW).context["form"]
    names = ("role", "shown_hash", "number", "opened")
    return {name: form[name].value() for name in names}


def answer(client, decision="approve", reason=REASON, **more):
    return client.post(
        REVIEW, {**shown(client), "decision": decision, "reason": reason, **more}
    )


def assess(client, test, verdict="pass"):
    return client.post(
        f"{URL}assessments/",
        {"test": test, "verdict": verdict, "evidence": EVIDENCE},
        follow=True,
    )
