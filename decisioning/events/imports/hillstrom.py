"""The Hillstrom e-mail experiment: one row is a customer, an arm and what followed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from decisioning.events.core import Incoming
from decisioning.events.imports.files import (
    RowProblem,
    amount,
    cell,
    one_of,
    whole,
    yes_no,
)

NAME: Final = "hillstrom"
COLUMNS: Final = (
    "recency",
    "history_segment",
    "history",
    "mens",
    "womens",
    "zip_code",
    "newbie",
    "channel",
    "segment",
    "visit",
    "conversion",
    "spend",
)
ARMS: Final[Mapping[str, str]] = {
    "Mens E-Mail": "mens-email",
    "Womens E-Mail": "womens-email",
    "No E-Mail": "no-email",
}
CONTROL: Final = "no-email"
SENT_AT: Final = datetime(2008, 3, 20, tzinfo=UTC)
OUTCOME_AT: Final = SENT_AT + timedelta(days=1)
CURRENCY: Final = "USD"
_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:attune:dataset:hillstrom")


@dataclass(frozen=True, slots=True)
class Subject:
    """One row, read."""

    row: int
    traits: Mapping[str, object]
    arm: str
    visit: bool
    conversion: bool
    spend: float
    decision_id: uuid.UUID | None
    """Id of the logged e-mail; None for those who got none."""

    @property
    def user_id(self) -> str:
        return f"h-{self.row:05d}"

    @property
    def outcomes(self) -> dict[str, float]:
        return {
            "visit": float(self.visit),
            "conversion": float(self.conversion),
            "spend": self.spend,
        }


def read(number: int, row: dict[str, str]) -> Subject:
    """One subject of the experiment.

    Raises
    ------
    RowProblem
        Naming the column and what is wrong with it.
    """
    arm = ARMS[one_of(row, "segment", tuple(ARMS))]
    subject = Subject(
        row=number,
        traits={
            "recency": whole(row, "recency", 0, 1200),
            "history_segment": cell(row, "history_segment"),
            "history": amount(row, "history"),
            "mens": yes_no(row, "mens"),
            "womens": yes_no(row, "womens"),
            "zip_code": cell(row, "zip_code"),
            "newbie": yes_no(row, "newbie"),
            "channel": cell(row, "channel"),
        },
        arm=arm,
        visit=yes_no(row, "visit"),
        conversion=yes_no(row, "conversion"),
        spend=amount(row, "spend"),
        decision_id=None if arm == CONTROL else uuid.uuid5(_IDS, str(number)),
    )
    if subject.conversion != (subject.spend > 0):
        raise RowProblem("conversion", "contradicts spend.")
    return subject


def events_of(subject: Subject) -> list[Incoming]:
    """The row as Segment events, with ids that a second import repeats."""
    events = [
        Incoming(
            type="identify",
            message_id=f"{NAME}:{subject.row}:identify",
            user_id=subject.user_id,
            timestamp=SENT_AT.isoformat(),
            traits=dict(subject.traits),
        )
    ]
    if subject.decision_id is not None:
        sent = {"campaign": NAME, "arm": subject.arm}
        sent["decisionId"] = str(subject.decision_id)
        events.append(_track(subject, "email", "Email Delivered", SENT_AT, sent))
    if subject.visit:
        events.append(_track(subject, "visit", "Site Visited", OUTCOME_AT, {}))
    if subject.conversion:
        order = {
            "orderId": f"{NAME}-{subject.row}",
            "revenue": subject.spend,
            "currency": CURRENCY,
        }
        events.append(_track(subject, "order", "Order Completed", OUTCOME_AT, order))
    return events


def _track(
    subject: Subject,
    part: str,
    name: str,
    at: datetime,
    properties: Mapping[str, object],
) -> Incoming:
    return Incoming(
        type="track",
        event=name,
        message_id=f"{NAME}:{subject.row}:{part}",
        user_id=subject.user_id,
        timestamp=at.isoformat(),
        properties={**properties, "syntheticTime": True},
    )
