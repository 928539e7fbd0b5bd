"""What goes back to the caller, and what goes into the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from decisioning.engine.core.arbitrate import SCORE_PREFIX
from decisioning.engine.core.trace import pack
from decisioning.engine.core.types import Mode, Outcome, Person, PlacementTable
from decisioning.engine.links import make_preferences_token, make_why_token
from decisioning.engine.reading import Earlier
from governance.lints.core import text_digest

Answer = dict[str, Any]
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for one decision, read and checked."""

    placement: str
    user_id: str = ""
    anonymous_id: str = ""
    channel: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = ""


def links(base_url: str, decision_id: UUID | str, person: int | None) -> dict[str, str]:
    base = (settings.PUBLIC_URL or base_url).rstrip("/")
    found = {"why": f"{base}/why/{make_why_token(decision_id)}"}
    if person is not None:
        found["preferences"] = f"{base}/preferences/{make_preferences_token(person)}"
    return found


def answer(
    table: PlacementTable,
    outcome: Outcome,
    person: Person,
    *,
    decision_id: UUID | str,
    expires_at: datetime,
    base_url: str,
) -> Answer:
    return _answer(
        decision_id=str(decision_id),
        placement=table.key,
        mode=outcome.mode.value,
        reason=outcome.reason,
        item=_item(table, outcome),
        links=links(base_url, decision_id, person.id),
        experiment=_experiment(outcome),
        degraded=list(outcome.degraded),
        expires_at=expires_at,
    )


def _item(table: PlacementTable, outcome: Outcome) -> Answer:
    place = outcome.chosen
    if place is None or outcome.factors is None:
        return _default_item(table)
    return {
        "offer": table.offers[place],
        "creative": table.creatives[place],
        "content": table.contents[place],
        "rank": 1,
        "score": round(float(outcome.factors.score[place]), 6),
        "propensity": outcome.propensity,
        "why": outcome.why,
    }


def _default_item(table: PlacementTable) -> Answer:
    return {
        "offer": None,
        "creative": None,
        "content": table.default_content,
        "rank": 1,
        "score": None,
        "propensity": None,
        "why": "",
    }


def _experiment(outcome: Outcome) -> Answer | None:
    case, arm = outcome.case, outcome.arm
    if case is None or arm is None or case.trial is None or not case.trial.key:
        return None
    return {"key": case.trial.key, "arm": arm.key}


def _answer(
    *,
    decision_id: str | None,
    placement: str,
    mode: str,
    reason: str,
    item: Answer,
    links: Mapping[str, str],
    experiment: Answer | None,
    degraded: list[str],
    expires_at: datetime | None,
) -> Answer:
    return {
        "decisionId": decision_id,
        "placement": placement,
        "mode": mode,
        "reason": reason,
        "items": [item],
        "links": links,
        "experiment": experiment,
        "degraded": degraded,
        "expiresAt": expires_at,
    }


def answer_again(
    table: PlacementTable, earlier: Earlier, person: Person, base_url: str
) -> Answer:
    """The standing decision once more, as it was logged."""
    standing = person.standing
    assert standing is not None
    is_personal = standing.mode == Mode.PERSONALISED
    item = {
        "offer": standing.offer or None,
        "creative": standing.creative or None,
        "content": earlier.content,
        "rank": 1,
        "score": None if earlier.score is None else round(earlier.score, 6),
        "propensity": earlier.propensity,
        "why": earlier.why,
    }
    reason = "chosen" if is_personal else f"experiment.{standing.mode}"
    key = earlier.experiment_key
    return _answer(
        decision_id=standing.decision_id,
        placement=table.key,
        mode=standing.mode,
        reason=reason,
        item=item,
        links=links(base_url, standing.decision_id, person.id),
        experiment={"key": key, "arm": standing.arm} if key else None,
        degraded=list(earlier.degraded),
        expires_at=earlier.expires_at,
    )


def safe_answer(table: PlacementTable) -> Answer:
    """The static default while the database is out of reach; nothing is counted."""
    return _answer(
        decision_id=None,
        placement=table.key,
        mode=Mode.SAFE_DEFAULT.value,
        reason="safe.database",
        item=_default_item(table),
        links={},
        experiment=None,
        degraded=["database"],
        expires_at=None,
    )


def log_row(
    table: PlacementTable,
    outcome: Outcome,
    person: Person,
    asked: Asked,
    *,
    decision_id: UUID,
    now: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    """The decision's row, column by column; JSON columns as text."""
    place, case, arm, factors = (
        outcome.chosen,
        outcome.case,
        outcome.arm,
        outcome.factors,
    )
    is_chosen = place is not None
    trial = case.trial if case else None
    return {
        "id": decision_id,
        "customer_id": person.id,
        "placement_key": table.key,
        "channel": table.channel,
        "mode": outcome.mode.value,
        "reason": outcome.reason,
        "use_case_key": case.key if case else "",
        "config_hash": case.config_hash if case else "",
        "offer_key": table.offers[place] if place is not None else "",
        "creative_key": table.creatives[place] if place is not None else "",
        "content": _text(
            table.contents[place] if place is not None else table.default_content
        ),
        "score": float(factors.score[place]) if factors and is_chosen else None,
        "propensity": outcome.propensity,
        "experiment_key": trial.key if trial else "",
        "arm": arm.key if arm else "",
        "consent_version": outcome.consent_version,
        "model_digest": factors.model_digest if factors else "",
        "snapshot_digest": table.digest,
        "why": outcome.why,
        "candidates": pack(table, outcome).decode(),
        "inputs": _inputs(table, outcome, person),
        "request": _text({"placement": asked.placement, "context": asked.context}),
        "degraded": list(outcome.degraded),
        "is_imported": False,
        "decided_at": now,
        "expires_at": expires_at,
    }


def _text(value: object) -> str:
    return _encode(value).decode()


def _inputs(table: PlacementTable, outcome: Outcome, person: Person) -> str:
    """What the choice read of the person, enough to decide the same again.

    Conditions of rules as bits, contacts by their decisions, features as stored; the
    consent it relied on stands in the ledger. Nothing where no rule was asked.
    """
    if outcome.leaves is None:
        return "{}"
    told: dict[str, Any] = {
        "leaves": f"{outcome.leaves:x}",
        "ledger": [contact.decision_id for contact in person.contacts],
        "contacts": len(person.contacts),
    }
    if person.remaining:
        told["budgets"] = {str(key): left for key, left in person.remaining.items()}
    if outcome.mode is Mode.PERSONALISED:
        told |= _scoring(table, outcome, person)
    return _text(told)


def _scoring(table: PlacementTable, outcome: Outcome, person: Person) -> dict[str, Any]:
    vector, case = person.vector, outcome.case
    told: dict[str, Any] = {
        "draw": outcome.draw,
        "exploration": case.exploration if case else 0.0,
        "features": None
        if vector is None
        else [None if x != x else x for x in vector.tolist()],
        "age": person.vector_age,
        "useCaseVersion": case.version if case else None,
        "named": outcome.named,
        "read": outcome.read,
        "shares": [round(share, 6) for share in outcome.shares],
        "whyDigest": text_digest(outcome.why),
    }
    if outcome.conditions is not None:
        told["conditions"] = "".join("01"[held] for held in outcome.conditions)
    if outcome.factors is not None and not outcome.factors.model_digest:
        keys = (SCORE_PREFIX + offer for offer in table.offers)
        told["scores"] = {k: person.scores[k] for k in keys if k in person.scores}
    return told
