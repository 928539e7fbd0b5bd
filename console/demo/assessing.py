"""The impact assessments of the demo, as its privacy reviewer would write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from console.demo import cases, cast
from console.demo.cases import Story
from governance.assessments import actions as assessments
from governance.assessments import queries
from governance.assessments.core import Kind
from governance.types import Role
from governance.usecases import queries as use_cases

DUE = timedelta(days=30)
SECOND_EMAIL: Mapping[str, Any] = {
    "nature": "Orders of the last year are counted, and kept for 13 months. People on "
    "the weekly list who ordered get one more e-mail with end-of-season goods. "
    "Only the shop's own people see the counts, and the mail itself holds none.",
    "scope": "People on the weekly list who bought this year; at most two mails in "
    "seven days, for as long as the test runs.",
    "context": "They asked for the list and know us as a shop. A second mail a week is "
    "more than they asked for, so half of them are left alone to see the harm.",
    "necessity": "Without the count of orders everybody on the list would get it, "
    "most of them for goods they never look at. A yes or no was tried; it cannot tell "
    "one order from many.",
    "rights": "Each mail says why it came and has a link that ends it with one click; "
    "the next mail already respects it.",
    "risks": [
        {
            "harm": "Too many mails, so that wanted ones go unread as well",
            "who": "Everybody on the list",
            "likelihood": "possible",
            "severity": "some",
            "measure": "At most two in seven days, and a stop once opt-outs rise",
            "residual": "low",
            "owner": "Channel owner",
            "due": "",
        },
        {
            "harm": "Somebody sharing the mailbox learns that orders were placed",
            "who": "People who share an address",
            "likelihood": "remote",
            "severity": "minimal",
            "measure": "",
            "residual": "low",
            "owner": "",
            "due": "",
        },
    ],
}
FREE_DELIVERY: Mapping[str, Any] = {
    "nature": "Orders of the last year are counted. Who ordered before sees free "
    "delivery at the cart; new customers have it already.",
    "scope": "People with a full cart who bought from us before, once in each cart.",
}
TEXTS: Mapping[str, Mapping[str, Any]] = {
    cases.SECOND_EMAIL: SECOND_EMAIL,
    cases.FREE_DELIVERY: FREE_DELIVERY,
}


def assess_impact(story: Story, *, now: datetime, complete: bool = True) -> None:
    """Write the impact assessment where the screening asks for one."""
    need = queries.judged(use_cases.version(story.key)).need(Kind.DPIA)
    if need.is_open:
        assessments.save(
            by=cast.actor(Role.PRIVACY_REVIEWER),
            now=now,
            key=story.key,
            kind=Kind.DPIA,
            answers=_dated(TEXTS[story.key], now),
            complete=complete,
        )


def _dated(text: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    due = (now + DUE).date().isoformat()
    risks = [
        {**row, "due": due if row["measure"] else ""} for row in text.get("risks", ())
    ]
    return {**text, "risks": risks} if risks else dict(text)
