"""A use case under test and its first decisions, for pages that need some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from governance.access.actions import issue_key
from governance.installation.queries import now as clock
from governance.people.models import User
from governance.types import Actor
from governance.usecases.models import UseCase
from tests.factories.intake import KEY

N_VISITORS = 80
PLACEMENT = "email.weekly"


@dataclass(frozen=True)
class World:
    decision: dict[str, Any]

    case_url = f"/use-cases/{KEY}/"
    review_url = f"/reviews/{KEY}/"

    @property
    def decision_url(self) -> str:
        return f"/decisions/{self.decision['decisionId']}/"

    def state(self) -> str:
        return str(UseCase.objects.get(key=KEY).state)


def first_decisions(base: str, admin: User) -> World:
    """Visitors who said yes arrive and are decided for, all over HTTP."""
    key = _key(admin)
    _post(base, "/v1/batch", key, {"batch": [_arrival(n) for n in range(N_VISITORS)]})
    body = {
        "customers": [{"userId": f"v-{n}"} for n in range(N_VISITORS)],
        "placement": PLACEMENT,
        "channel": "email",
    }
    answers = _post(base, "/api/v1/decisions/batch", key, body)["decisions"]
    best = next((a for a in answers if a["mode"] == "personalised"), answers[0])
    return World(best)


def _key(admin: User) -> str:
    scopes = ["ingest", "decide", "read"]
    _, text = issue_key(
        by=Actor.system(), now=clock(), owner_id=admin.pk, name="Shop", scopes=scopes
    )
    return text


def _arrival(n: int) -> dict[str, Any]:
    allowed = {"direct_marketing": True, "personalise_onsite": True}
    return {
        "type": "identify",
        "userId": f"v-{n}",
        "messageId": f"arrival-{n}",
        "traits": {"history": 150, "recency": 2},
        "context": {"consent": {"categoryPreferences": allowed}},
    }


def _post(base: str, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.post(f"{base}{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
