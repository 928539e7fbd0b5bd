"""One choice of a customer, from a form's fields to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import get_language

from console.customer_doors import CUSTOMER
from console.pages.preferences.presenters import EVERYWHERE, Known
from console.pages.preferences.wording import (
    CHANNELS,
    CHOOSE_DAYS,
    CHOOSE_NUMBER,
    FREQUENCIES,
    PAUSES,
    QUESTIONS,
    USE_A_BUTTON,
)
from decisioning.customers.queries import address_of
from decisioning.engine import correcting
from governance.catalogue.core import PURPOSES
from governance.consent import actions as consent
from governance.consent import queries, suppressions
from governance.consent.core import Age, Head
from governance.consent.queries import Notice
from governance.types import Invalid

SOURCE = "preferences"
NOTICE = "preferences-page"
MECHANISM = "button on the preferences page"
Form = Mapping[str, str]


def choose(person: int, form: Form, now: datetime, known: Known) -> str:
    """Record what the form asks for and say which part of the page it concerns.

    Raises
    ------
    Invalid
        Where the form asks for nothing that the page offers.
    """
    if "topic" in form:
        return _topic(person, form["topic"], now, known)
    for name, record in RECORDERS.items():
        if name in form:
            return record(person, form, now)
    raise _not_offered()


def _not_offered() -> Invalid:
    return Invalid({"choice": str(USE_A_BUTTON)})


def _everything(person: int, form: Form, now: datetime) -> str:
    is_on = form["everything"] == "on"
    change = consent.turn_on if is_on else consent.turn_everything_off
    change(by=CUSTOMER, now=now, person_id=person, source=SOURCE)
    return "everything"


def _pause(person: int, form: Form, now: datetime) -> str:
    value, place = form["pause"], form.get("place", EVERYWHERE)
    if place not in {EVERYWHERE, *CHANNELS}:
        raise _not_offered()
    channel = "" if place == EVERYWHERE else place
    if value == "end":
        consent.unpause(
            by=CUSTOMER, now=now, person_id=person, channel=channel, source=SOURCE
        )
    elif value in map(str, PAUSES):
        consent.pause(
            by=CUSTOMER,
            now=now,
            person_id=person,
            days=int(value),
            channel=channel,
            source=SOURCE,
        )
    else:
        raise Invalid({"choice": str(CHOOSE_DAYS)})
    return f"pause.{place}"


def _channel(person: int, form: Form, now: datetime) -> str:
    key, _, wanted = form["channel"].partition(":")
    if key not in CHANNELS:
        raise _not_offered()
    if wanted == "on":
        _come_off_the_list(person, key, now)
    consent.set_channel(
        by=CUSTOMER,
        now=now,
        person_id=person,
        channel=key,
        allowed=wanted == "on",
        source=SOURCE,
    )
    return f"channel.{key}"


def _come_off_the_list(person: int, channel: str, now: datetime) -> None:
    """Only a person's own new yes lifts the suppression of their address."""
    head = queries.head(person) or Head()
    for listed in head.suppressed & {channel, ""}:
        suppressions.lift(
            by=CUSTOMER,
            now=now,
            person_id=person,
            channel=listed,
            address=address_of(person, listed),
            source=SOURCE,
        )


def _topic(person: int, value: str, now: datetime, known: Known) -> str:
    """Strike out, or take back in, something that the page lists."""
    key, _, wanted = value.rpartition(":")
    listed = {t.key for t in known.topics} | {i.key for i in known.interests}
    if key not in listed or wanted not in {"on", "off"}:
        raise _not_offered()
    consent.set_topic(
        by=CUSTOMER,
        now=now,
        person_id=person,
        topic=key,
        allowed=wanted == "on",
        source=SOURCE,
    )
    return f"topic.{key}"


def _frequency(person: int, form: Form, now: datetime) -> str:
    value = form["frequency"]
    if value != "none" and value not in map(str, FREQUENCIES):
        raise Invalid({"choice": str(CHOOSE_NUMBER)})
    consent.set_max_contacts(
        by=CUSTOMER,
        now=now,
        person_id=person,
        per_week=None if value == "none" else int(value),
        source=SOURCE,
    )
    return "frequency"


def _told(person: int, form: Form, now: datetime) -> str:
    correcting.correct(
        by=CUSTOMER,
        now=now,
        person_id=person,
        trait=form["told"],
        value=form.get("answer", ""),
    )
    return f"told.{form['told']}"


def _untold(person: int, form: Form, now: datetime) -> str:
    return _told(person, {"told": form["untold"]}, now)


def _signal(person: int, form: Form, now: datetime) -> str:
    key = form["signal"]
    correcting.use_again(by=CUSTOMER, now=now, person_id=person, element=key)
    return f"signal.{key}"


def _age(person: int, form: Form, now: datetime) -> str:
    if form["age"] != Age.CHILD:
        raise _not_offered()
    consent.set_age(
        by=CUSTOMER, now=now, person_id=person, age=Age.CHILD, source=SOURCE
    )
    return "age"


def _purpose(person: int, form: Form, now: datetime) -> str:
    key, _, wanted = form["purpose"].partition(":")
    if key not in QUESTIONS or wanted not in {"yes", "no"}:
        raise _not_offered()
    if wanted == "yes":
        _say_yes(person, key, now)
    else:
        _say_no(person, key, now)
    return f"purpose.{key}"


def _say_yes(person: int, key: str, now: datetime) -> None:
    """A yes names the exact words on the page and reaches every way left on."""
    notice = _notice(key, now)
    head = queries.head(person)
    saw_signal = head is not None and head.gpc_at is not None
    is_informed = saw_signal and PURPOSES[key].gpc_applies
    for place in _places_said_no(head, key) or ("",):
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
                "mechanism": MECHANISM,
                "wording": notice.text,
                "covers_below": True,
                **({"seen_gpc": True} if is_informed else {}),
            },
        )


def _notice(key: str, now: datetime) -> Notice:
    """The words as they stand on the page, in the language that the page speaks."""
    code = (get_language() or "en").partition("-")[0]
    slug = f"{NOTICE}-{key.replace('_', '-')}"
    return consent.add_notice(
        by=CUSTOMER,
        now=now,
        key=slug if code == "en" else f"{slug}-{code}",
        text=". ".join(map(str, QUESTIONS[key])),
        locale=code,
        covers_below=True,
    )


def _places_said_no(head: Head | None, key: str) -> tuple[str, ...]:
    """Channels with a no of their own, which a yes for all would not lift, and all."""
    if head is None:
        return ()
    said_no = {
        place.channel
        for place, cell in head.cells.items()
        if place.purpose == key and cell.choice != "grant"
    }
    return tuple(sorted({"", *said_no}))


def _say_no(person: int, key: str, now: datetime) -> None:
    """A no to offers is what the law calls an objection to direct marketing."""
    head = queries.head(person) or Head()
    had_said = any(place.purpose == key for place in head.cells)
    plain = "withdraw" if had_said else "deny"
    consent.record(
        by=CUSTOMER,
        now=now,
        person_id=person,
        purpose=key,
        action="object" if key == "direct_marketing" else plain,
        source=SOURCE,
        evidence={"mechanism": MECHANISM},
    )


RECORDERS: Mapping[str, Callable[[int, Form, datetime], str]] = {
    "everything": _everything,
    "pause": _pause,
    "channel": _channel,
    "frequency": _frequency,
    "told": _told,
    "untold": _untold,
    "age": _age,
    "signal": _signal,
    "purpose": _purpose,
}
