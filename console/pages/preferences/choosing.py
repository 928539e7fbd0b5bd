"""One choice of a customer, from a form's fields to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from console.customer_doors import CUSTOMER
from console.pages.preferences.presenters import CHANNELS, PAUSES, QUESTIONS
from governance.catalogue.core import PURPOSES
from governance.consent import actions as consent
from governance.consent import queries
from governance.types import Invalid

SOURCE = "preferences"
NOTICE = "preferences-page"


def choose(person: int, form: Mapping[str, str], now: datetime) -> str:
    """Record what the form asks for and say which part of the page it concerns.

    Raises
    ------
    Invalid
        Where the form asks for nothing that the page offers.
    """
    for name, record in RECORDERS.items():
        if name in form:
            return record(person, form[name], now)
    raise Invalid({"choice": "Use one of the buttons on the page."})


def _everything(person: int, value: str, now: datetime) -> str:
    change = consent.turn_on if value == "on" else consent.turn_everything_off
    change(by=CUSTOMER, now=now, person_id=person, source=SOURCE)
    return "everything"


def _pause(person: int, value: str, now: datetime) -> str:
    if value == "end":
        consent.unpause(by=CUSTOMER, now=now, person_id=person, source=SOURCE)
    elif value in map(str, PAUSES):
        consent.pause(
            by=CUSTOMER, now=now, person_id=person, days=int(value), source=SOURCE
        )
    else:
        raise Invalid({"choice": "Choose 7, 30 or 90 days."})
    return "pause"


def _channel(person: int, value: str, now: datetime) -> str:
    key, _, wanted = value.partition(":")
    if key not in CHANNELS:
        raise Invalid({"choice": "Use one of the buttons on the page."})
    consent.set_channel(
        by=CUSTOMER,
        now=now,
        person_id=person,
        channel=key,
        allowed=wanted == "on",
        source=SOURCE,
    )
    return f"channel.{key}"


def _purpose(person: int, value: str, now: datetime) -> str:
    key, _, wanted = value.partition(":")
    if key not in QUESTIONS:
        raise Invalid({"choice": "Use one of the buttons on the page."})
    if wanted == "yes":
        _say_yes(person, key, now)
    else:
        _say_no(person, key, now)
    return f"purpose.{key}"


def _say_yes(person: int, key: str, now: datetime) -> None:
    """A yes names the exact words on the page and reaches every way left on."""
    words = ". ".join(QUESTIONS[key])
    notice = consent.add_notice(
        by=CUSTOMER, now=now, key=f"{NOTICE}-{key.replace('_', '-')}", text=words
    )
    head = queries.head(person)
    saw_signal = head is not None and head.gpc_at is not None
    for place in _places_said_no(person, key) or ("",):
        consent.record(
            by=CUSTOMER,
            now=now,
            person_id=person,
            purpose=key,
            action="grant",
            channel=place,
            source=SOURCE,
            notice=notice,
            evidence={
                "mechanism": "button on the preferences page",
                "wording": words,
                "covers_below": True,
                **(
                    {"seen_gpc": True}
                    if saw_signal and PURPOSES[key].gpc_applies
                    else {}
                ),
            },
        )


def _places_said_no(person: int, key: str) -> tuple[str, ...]:
    """Channels with a no of their own, which a yes for all would not lift, and all."""
    head = queries.head(person)
    if head is None:
        return ()
    said_no = {
        place.channel
        for place, cell in head.cells.items()
        if place.purpose == key and cell.choice != "grant"
    }
    return tuple(sorted({"", *said_no}))


def _say_no(person: int, key: str, now: datetime) -> None:
    consent.record(
        by=CUSTOMER,
        now=now,
        person_id=person,
        purpose=key,
        action="withdraw",
        source=SOURCE,
    )


RECORDERS = {
    "everything": _everything,
    "pause": _pause,
    "channel": _channel,
    "purpose": _purpose,
}
