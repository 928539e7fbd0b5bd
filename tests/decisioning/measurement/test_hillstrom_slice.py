"""Four thousand rows of Hillstrom: who may be trained on, what the score decides."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from decisioning.customers.models import Customer
from decisioning.engine import queries as engine
from decisioning.engine import snapshot
from decisioning.engine.imports import import_dataset
from decisioning.engine.models import Decision
from decisioning.experiments import queries as experiments
from decisioning.features.models import CustomerFeatures
from decisioning.scoring import actions as scoring
from decisioning.scoring import propensity
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion
from governance.catalogue.actions import seed_standard
from governance.types import Actor, Invalid, Refused, Role
from tests.datasets import dataset
from tests.decisioning.engine import world as shop
from tests.decisioning.measurement.conftest import NOW, grant, staff

pytestmark = pytest.mark.django_db
N = 4_000
SEND = datetime(2008, 3, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def hillstrom(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Actor]:
    """The slice with declared evidence, in a transaction around the module's tests."""
    path: Path = tmp_path_factory.mktemp("slice") / "hillstrom.csv"
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as lines:
        path.write_text("".join(islice(lines, N + 1)))
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        by = staff("ana", Role.ANALYST, Role.MARKETING_OWNER)
        grant(by)
        evidence = {
            "purposes": ["personalise_onsite", "direct_marketing"],
            "channels": ["web", "email"],
            "wording": "Yes, choose what you show me.",
            "mechanism": "box ticked at checkout",
            "collectedAt": "2025-11-02T10:00:00Z",
            "validUntil": "2027-10-31T00:00:00Z",
            "declaredBy": "ana",
        }
        seed_standard(NOW)
        import_dataset(
            by=by, now=NOW, name="hillstrom", path=path, consent_evidence=evidence
        )
    yield by
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


def train(by: Actor, outcome: str = "visit") -> ModelVersion:
    return scoring.train_propensity(
        by=by, now=NOW, experiment_key="hillstrom", outcome=outcome
    )


def test_nobody_without_consent_or_public_basis_is_trained_on(
    hillstrom: Actor,
) -> None:
    Customer.objects.update(basis="")

    with pytest.raises(Invalid, match="Nobody in it may be trained on"):
        train(hillstrom)


def test_only_those_who_may_train(hillstrom: Actor) -> None:
    with pytest.raises(Refused, match="for analysts"):
        train(staff("max", Role.MARKETER))


def test_an_outcome_that_is_not_known_is_named(hillstrom: Actor) -> None:
    with pytest.raises(Invalid, match="is not conversion or visit"):
        train(hillstrom, "delight")


def test_the_evidence_is_never_a_running_experiment(hillstrom: Actor) -> None:
    row = experiments.experiment("hillstrom")

    assert row.is_imported
    assert experiments.catalogue(state="running") == []
    assert experiments.running("hillstrom") is None


def test_what_came_after_the_e_mail_does_not_tell_what_led_to_it(
    hillstrom: Actor,
) -> None:
    """Visits and orders of the outcome days are no features of the training table."""
    version = train(hillstrom)

    assert version.report["n"] > 2_500
    named = set(version.report["features"])
    assert {"trait_recency", "trait_history"} <= named
    assert not {name for name in named if "30d" in name or "orders" in name}
    examples, _ = scoring._examples("hillstrom", "visit", NOW)
    moments = propensity._by_moment(examples)
    assert max(moments) < SEND
    assert min(moments) > SEND - timedelta(hours=2)


@pytest.fixture
def fresh_snapshot() -> Iterator[None]:
    snapshot.forget()
    yield
    snapshot.forget()


@pytest.fixture
def mails(
    hillstrom: Actor, monkeypatch: pytest.MonkeyPatch, fresh_snapshot: None
) -> ModelVersion:
    """A use case that scores by the model, its offers named as the arms."""
    version = train(hillstrom)
    made = shop.World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    place = shop.placement("weekly-mail", channel="email")
    offers = [
        shop.offer(key, [place], value_minor=1_000)
        for key in ("mens-email", "womens-email", "anything")
    ]
    shop.use_case(
        made,
        offers,
        [place],
        reach={"channels": ["email"]},
        lawful_basis={"direct_marketing": "consent"},
        logic={"scores": ["propensity"]},
    )
    return version


def test_an_offer_is_scored_by_the_arm_of_its_own_key(mails: ModelVersion) -> None:
    """And a decision for a customer with declared evidence uses the score."""
    model = LinearModel.of_dict(mails.parameters)
    fill = mails.parameters["fill"]
    for number in (1, 2, 3, 4, 5, 6):
        told = shop.ask(f"h-{number:05d}", "weekly-mail")

        assert told["mode"] == "personalised", told
        row = Decision.objects.get(pk=told["decisionId"])
        assert row.model_digest == mails.digest
        features = CustomerFeatures.objects.get(pk=row.customer_id).values
        known = [features[propensity.NAMES.index(n)] for n in model.feature_names]
        filled = [
            fill[name] if value is None else value
            for name, value in zip(model.feature_names, known, strict=True)
        ]
        chances = model.probabilities(np.array(filled))[0]
        expected = dict(zip(model.offers, chances.tolist(), strict=True))
        seen = {
            each.offer: each.factors["probability"]
            for each in engine.trace(row.pk).candidates
        }
        assert seen.pop("anything") == pytest.approx(np.mean(chances), abs=1e-4)
        assert seen == pytest.approx(expected, abs=1e-4)
        assert row.offer_key == max(expected, key=lambda key: expected[key])


def test_the_slice_is_what_the_file_says(hillstrom: Actor) -> None:
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as lines:
        rows = list(islice(csv.DictReader(lines), N))
    control = sum(row["segment"] == "No E-Mail" for row in rows)

    counts = experiments.arm_counts(experiments.experiment("hillstrom"))

    assert counts["no-email"] == control
    assert sum(counts.values()) == N
