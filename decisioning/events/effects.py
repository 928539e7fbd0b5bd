"""What stored events change beside the log: profiles, consent, reservations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from decisioning.customers import actions as customers
from decisioning.customers.actions import Sighting
from decisioning.events import storing
from decisioning.events.core import Taken
from governance.catalogue.core import PURPOSES
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.consent.core import Head, Key
from governance.consent.ledger import CHOICES
from governance.rights import actions as rights
from governance.types import Actor

Owned = Sequence[tuple[int, Taken]]
REFUSALS = frozenset({"Unsubscribed", "Email Marked as Spam"})
MARKETING = "direct_marketing"
CHANNELS = frozenset({"web", "email", "app", "push", "sms"})
REPEAT_AFTER = timedelta(days=1)
SYSTEM = Actor.system("events")


def profile(
    owned: Owned, *, newcomers: Sequence[int], now: datetime, basis: str
) -> set[int]:
    """Bring the customers of these events up to date; who was touched."""
    customers.bring_up_to_date(
        _sightings(owned),
        told_traits={customer for customer, event in owned if event.traits},
        newcomers=newcomers,
        now=now,
        basis=basis,
    )
    customers.note_contact(_contact_news(owned), now=now)
    return {customer for customer, _ in owned}


def govern(owned: Owned, *, now: datetime, source: str, gpc: bool) -> None:
    """Complaints, consent and reservations: takes people's locks, so it comes late."""
    _complaints(owned, now)
    _record_choices(_choices(owned, gpc), now=now, source=source)
    storing.mark_shown(
        [
            (event.decision_id, customer, event.occurred_at)
            for customer, event in owned
            if event.name == "Decision Shown" and event.decision_id is not None
        ]
    )


def _choices(owned: Owned, gpc: bool) -> list[consent.ConsentRow]:
    """Every change of mind within the batch, in order of time."""
    rows: list[consent.ConsentRow] = []
    latest: dict[tuple[int, str, str], str] = {}
    for customer, event in owned:
        said = [(purpose, action, "") for purpose, action in event.consents]
        if event.name in REFUSALS:
            said.append(_refused(event))
        if gpc:
            said.append(("", "gpc", ""))
        for purpose, action, channel in said:
            if latest.get((customer, purpose, channel)) != action:
                latest[customer, purpose, channel] = action
                rows.append(_choice(customer, purpose, action, channel, event))
    return rows


def _refused(event: Taken) -> tuple[str, str, str]:
    told = _properties(event)
    purpose, channel = told.get("purpose"), told.get("channel")
    return (
        str(purpose) if purpose in PURPOSES else MARKETING,
        "withdraw",
        str(channel) if channel in CHANNELS else "",
    )


def _choice(
    customer: int, purpose: str, action: str, channel: str, event: Taken
) -> consent.ConsentRow:
    # A category speaks of the purpose as a whole: every channel and topic.
    evidence = {"event": event.name, "covers_below": True}
    return consent.ConsentRow(
        person_id=customer,
        purpose=purpose,
        action=action,
        channel=channel,
        occurred_at=event.occurred_at,
        evidence=evidence,
    )


def _record_choices(
    rows: list[consent.ConsentRow], *, now: datetime, source: str
) -> None:
    """Write what is news; browsers repeat their standing choice with every event."""
    heads = consents.heads({row.person_id for row in rows}) if rows else {}
    news = [row for row in rows if _is_news(row, heads.get(row.person_id))]
    if news:
        consent.record_bulk(by=SYSTEM, now=now, rows=news, source=source[:40])


def _is_news(row: consent.ConsentRow, head: Head | None) -> bool:
    if head is None or row.occurred_at is None:
        return True
    if row.action == "gpc":
        return head.gpc_at is None or row.occurred_at - head.gpc_at > REPEAT_AFTER
    standing = head.cells.get(Key(row.purpose, row.channel))
    return (
        standing is None
        or standing.choice is not CHOICES[row.action]
        or row.occurred_at - standing.at > REPEAT_AFTER
    )


def _properties(event: Taken) -> dict[str, Any]:
    return dict(msgspec.json.decode(event.properties))


def _sightings(owned: Owned) -> dict[int, Sighting]:
    seen: dict[int, Sighting] = {}
    for customer, event in owned:
        before = seen.get(customer)
        if before is None or event.timezone or event.locale:
            seen[customer] = Sighting(
                event.occurred_at,
                event.timezone or (before.timezone if before else ""),
                event.locale or (before.locale if before else ""),
            )
        elif event.occurred_at > before.last_at:
            seen[customer] = Sighting(event.occurred_at, before.timezone, before.locale)
    return seen


def _contact_news(owned: Owned) -> dict[int, dict[str, tuple[str, Any]]]:
    news: dict[int, dict[str, tuple[str, Any]]] = {}
    for customer, event in owned:
        if event.contact:
            at = event.occurred_at.isoformat(timespec="microseconds")
            mine = news.setdefault(customer, {})
            for key, value in event.contact.items():
                if key not in mine or (at, str(value)) >= (
                    mine[key][0],
                    str(mine[key][1]),
                ):
                    mine[key] = (at, value)
    return news


def _complaints(owned: Owned, now: datetime) -> None:
    for customer, event in owned:
        if event.name == "Complaint Raised":
            told = _properties(event)
            rights.take_complaint(
                person_id=customer,
                text=str(told.get("text") or told.get("topic") or "No words given."),
                use_case_key=str(told.get("useCase") or "")[:60],
                decision_id=UUID(event.decision_id) if event.decision_id else None,
                now=now,
            )
