from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.catalogue.core import Catalogue, Element, Provenance, SourceType
from governance.signoffs.core import Approval, Attestation, Decision, Standing
from governance.types import RiskTier, SignOffRole, State
from governance.usecases.core import (
    Assessed,
    Situation,
    TestVerdict,
    UseCaseContent,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PURPOSES = ("personalise_onsite", "direct_marketing")


@pytest.fixture
def catalogue():
    return Catalogue.of(
        Element(
            key="recency",
            label="Months since the last purchase",
            phrase="bought from us this year",
            source_type=SourceType.TRANSACTIONAL,
            ttl_days=395,
            lawful_purposes=PURPOSES,
        ),
        Element(
            key="topics",
            label="Topics they chose",
            phrase="told us you like gardens",
            source_type=SourceType.ZERO_PARTY,
            provenance=Provenance.DECLARED,
            ttl_days=730,
            lawful_purposes=PURPOSES,
        ),
        Element(
            key="broker",
            label="Bought-in score",
            source_type=SourceType.PREDICTIVE,
            provenance=Provenance.THIRD_PARTY,
            ttl_days=30,
            lawful_purposes=PURPOSES,
        ),
        Element(
            key="daypart",
            label="Time of day",
            source_type=SourceType.CONTEXTUAL,
            ttl_days=1,
            lawful_purposes=PURPOSES,
        ),
    )


def complete():
    return {
        "cosmetic": {"name": "Bring back recent buyers", "tags": ["e-mail"]},
        "customer": {
            "who": "Recent buyers",
            "task": "Find the catalogue they care about",
            "gets_better": "faster",
            "effort_baseline": "4.5",
            "effort_unit": "pages until the first product",
            "effort_how_measured": "Pages viewed before a product",
            "evidence_source": "Survey of March",
        },
        "objective": {
            "horizon": "both",
            "primary_metric": "conversion",
            "smallest_change": 0.005,
            "long_run": "own_holdout",
        },
        "guardrails": [
            {"metric": m, "direction": d, "margin": 0.001, "min_n": 1000}
            for m, d in (
                ("opt_out_rate", "up"),
                ("complaint_rate", "up"),
                ("trust_score", "down"),
            )
        ],
        "data_uses": [
            {
                "element": "recency",
                "purpose": "direct_marketing",
                "role": "ranking",
                "reason": "Recent buyers know us",
                "granularity": "bucketed",
                "max_age_days": 30,
                "could_work_without": False,
                "why_not": "Guessing",
            }
        ],
        "lawful_basis": {"direct_marketing": "consent"},
        "eprivacy_basis": {"email": "soft_opt_in"},
        "explanation": {
            "template": "You're seeing {offer} because you {recency}.",
            "fallback": "You're seeing our best sellers. "
            "We did not use your personal data to choose them.",
            "controls": ["turn_off"],
        },
        "reach": {
            "channels": ["email"],
            "placements": ["email.weekly"],
            "segment": "recent",
            "offers": ["mens", "womens"],
            "caps": ["weekly"],
            "max_contacts": 3,
            "window_days": 7,
        },
        "experiment": {
            "key": "comeback",
            "arms": ["treated", "control"],
            "allocation": {"treated": 0.9, "control": 0.1},
            "holdout_share": 0.1,
            "first_exposure": 0.1,
            "max_exposure": 0.9,
        },
        "people": {"children": "no", "vulnerable": False, "special_category": False},
        "fallback": {"uses_placement_default": "on"},
        "owners": {
            "marketing_owner": 2,
            "channel_owner": 4,
            "reviewer": 5,
            "stop_person": 4,
        },
        "retention": {"decision_log_days": 760, "inputs_days": 90},
        "review_interval_days": 180,
    }


@pytest.fixture
def data():
    return complete()


@pytest.fixture
def content():
    return UseCaseContent.from_dict(complete())


def approval(role, who, **changes):
    row = Approval(
        role=SignOffRole(role),
        approver_id=who,
        decision=Decision.APPROVE,
        config_hash="h",
        decided_at=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=100),
    )
    return replace(row, **changes)


@pytest.fixture
def signed():
    return Standing(
        state=State.TESTING,
        tier=RiskTier.T2,
        approved_hash="h",
        live_hash="h",
        approvals=(
            approval("marketing", 2),
            approval("data", 3),
            approval("channel", 4),
            approval("privacy", 5),
        ),
        attestation=Attestation(config_hash="h", valid_until=NOW + timedelta(days=90)),
    )


@pytest.fixture
def situation(content, catalogue, signed):
    return Situation(
        state=State.DEFINE,
        standing=signed,
        content=content,
        catalogue=catalogue,
        now=NOW,
        author_id=1,
        fallback_present=True,
        assessed=tuple(
            Assessed(test=n, verdict=TestVerdict.PASSES, assessor_id=3)
            for n in (1, 2, 3)
        ),
        last_approved_at=NOW - timedelta(days=1),
    )
