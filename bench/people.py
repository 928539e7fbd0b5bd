"""Willing customers, sent in as any client would send them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bench.installation import Installation
from decisioning.experiments.core import uniform

PERSONALISED = "personalised"
SHOWN = "shown"
AT_ONCE = 1_000


def send_in(here: Installation, n: int, traits: Mapping[str, Any]) -> list[str]:
    """Customers who said yes to personalisation; gives their user ids."""
    ids = [f"proof-{i}" for i in range(n)]
    said_yes = {"consent": {"categoryPreferences": {"personalise_onsite": True}}}
    batch = [
        {
            "type": "identify",
            "userId": user_id,
            "messageId": f"hello-{user_id}",
            "traits": dict(traits),
            "context": said_yes,
        }
        for user_id in ids
    ]
    for start in range(0, n, AT_ONCE):
        part = batch[start : start + AT_ONCE]
        told = here.ask("POST", "/v1/batch", {"batch": part}, key="writeKey").json()
        assert told["accepted"] == len(part), told
    return ids


def reached(case_key: str, ids: Iterable[str]) -> list[str]:
    """Those whom the use case's running experiment reaches and shows something."""
    from decisioning.customers.models import CustomerIdentity
    from decisioning.experiments.models import Experiment
    from governance.usecases.queries import use_case

    trial = Experiment.objects.get(use_case_key=case_key, state="running")
    exposure = use_case(case_key).exposure_share
    shown = next(a for a in trial.arms if a["key"] == SHOWN)
    assert trial.arms[0] is shown or trial.arms[0]["key"] == SHOWN
    names = CustomerIdentity.objects.filter(
        kind="user", value__in=list(ids)
    ).values_list("value", "customer__pseudonym")
    return sorted(
        user_id
        for user_id, pseudonym in names
        if uniform(f"{trial.salt}:allocation", pseudonym) < exposure
        and uniform(f"{trial.salt}:arm", pseudonym) < shown["share"]
    )


def decide(here: Installation, user_id: str, placement: str) -> dict[str, Any]:
    body = {"customer": {"userId": user_id}, "placement": placement, "channel": "web"}
    answer = here.ask("POST", "/api/v1/decisions", body)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.json()
    return told


def reasons(answers: Iterable[Mapping[str, Any]]) -> Counter[str]:
    return Counter(f"{each['mode']} ({each['reason']})" for each in answers)
