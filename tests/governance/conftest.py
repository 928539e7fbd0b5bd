"""People, a catalogue and a complete use case, through the product's own actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from governance.access.queries import actor_of
from governance.assessments import actions as assessments
from governance.catalogue import actions as catalogue
from governance.installation.queries import now as database_now
from governance.people import actions as people
from governance.people.models import User
from governance.signoffs import actions as signoffs
from governance.types import Actor, Role, SignOffRole
from governance.usecases import actions as use_cases
from governance.usecases import queries as use_case_queries
from tests.factories.impact import IMPACT

STAFF = {
    "mara": Role.MARKETER,
    "owen": Role.MARKETING_OWNER,
    "olive": Role.MARKETING_OWNER,
    "ana": Role.ANALYST,
    "arno": Role.ANALYST,
    "chris": Role.CHANNEL_OWNER,
    "petra": Role.PRIVACY_REVIEWER,
    "piet": Role.PRIVACY_REVIEWER,
    "eve": Role.EXECUTIVE,
    "sam": Role.SUPPORT,
    "aldo": Role.AUDITOR,
    "ada": Role.ADMIN,
}
SIGNERS = {
    SignOffRole.MARKETING: "olive",
    SignOffRole.DATA: "arno",
    SignOffRole.CHANNEL: "chris",
    SignOffRole.PRIVACY: "petra",
}
REFERENCES = {
    "offer:mens": {"digest": "a" * 64, "revision": 1},
    "offer:womens": {"digest": "b" * 64, "revision": 1},
    "placement:email.weekly": {"digest": "c" * 64, "revision": 1},
    "segment:recent": {"digest": "d" * 64, "revision": 1},
    "cap:weekly": {"digest": "e" * 64, "revision": 1},
}
REASON = "Read in full; nothing here goes beyond what people were told."


@dataclass
class House:
    """The people of the tests and short ways through the product's actions."""

    now: datetime
    actors: dict[str, Actor] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]

    def content(self, **changes: Any) -> dict[str, Any]:
        ids = {name: actor.id for name, actor in self.actors.items()}
        data = complete(ids)
        for block, value in changes.items():
            data[block] = {**data[block], **value} if isinstance(value, dict) else value
        return data

    def drafted(self, **changes: Any) -> str:
        """A use case in DEFINE, written by the marketer."""
        case = use_cases.create(
            by=self["mara"],
            now=self.now,
            name="Bring back recent buyers",
            content=self.content(**changes),
        )
        return str(case.key)

    def assess(self, key: str, by: str = "ana") -> None:
        for test in (1, 2, 3):
            use_cases.assess(
                by=self[by],
                now=self.now,
                key=key,
                test=test,
                verdict="pass",
                evidence="Seen the survey and the numbers behind it.",
            )

    def submitted(self, **changes: Any) -> str:
        key = self.drafted(**changes)
        self.assess(key)
        use_cases.transition(
            by=self["mara"], now=self.now, key=key, transition="to_data_needs"
        )
        use_cases.submit(by=self["mara"], now=self.now, key=key, references=REFERENCES)
        return key

    def assess_impact(self, key: str, **more: Any) -> None:
        """The short form that profiling asks for, complete."""
        given = {"answers": IMPACT, "complete": True, "now": self.now, **more}
        assessments.save(by=self["petra"], key=key, kind="dpia", **given)

    def attest(self, key: str) -> None:
        self.assess_impact(key)
        use_cases.attest(
            by=self["petra"],
            now=self.now,
            key=key,
            kind="assessments",
            text="No risk found beyond those that are described.",
        )

    def sign(
        self,
        key: str,
        role: SignOffRole,
        by: str | None = None,
        **more: Any,
    ) -> Any:
        version = use_case_queries.version(key)
        given = {
            "decision": "approve",
            "shown_hash": version.config_hash,
            "number": version.number,
            "reason": REASON,
            "now": self.now,
            **more,
        }
        return signoffs.sign(by=self[by or SIGNERS[role]], key=key, role=role, **given)

    def sign_all(self, key: str) -> None:
        self.attest(key)
        for role in SIGNERS:
            self.sign(key, role)

    def running(self, **changes: Any) -> str:
        """A use case in TESTING, signed by four people other than its author."""
        key = self.submitted(**changes)
        self.sign_all(key)
        use_cases.transition(
            by=self["chris"], now=self.now, key=key, transition="start_test"
        )
        return key

    def serving(self, key: str, now: datetime | None = None) -> Any:
        cases = use_case_queries.serving_cases(now or self.now)
        return next(case for case in cases if case.key == key)


def complete(ids: dict[str, Any]) -> dict[str, Any]:
    return {
        "cosmetic": {"name": "Bring back recent buyers"},
        "customer": {
            "who": "Recent buyers",
            "task": "Find the catalogue they care about",
            "gets_better": "faster",
            "effort_baseline": 4.5,
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
            {"metric": metric, "direction": way, "margin": 0.001, "min_n": 1000}
            for metric, way in (
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
                "why_not": "We would be guessing",
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
        "people": {"children": False, "vulnerable": False, "special_category": False},
        "fallback": {"uses_placement_default": True},
        "owners": {
            "marketing_owner": ids["owen"],
            "channel_owner": ids["chris"],
            "reviewer": ids["petra"],
            "stop_person": ids["chris"],
        },
        "retention": {"decision_log_days": 365, "inputs_days": 90},
        "review_interval_days": 180,
    }


def build_house(now: datetime) -> House:
    catalogue.seed_standard(now)
    house = House(now)
    for name, role in STAFF.items():
        user: User = people.add(
            by=Actor.system(),
            now=now,
            username=name,
            email=f"{name}@example.org",
            display_name=name.capitalize(),
            password="correct horse battery staple",
            roles=[role],
        )
        house.actors[name] = actor_of(user)
    return house


@pytest.fixture
def house(db: None, settings: Any) -> House:
    settings.REQUIRE_MFA = False
    return build_house(database_now())
