"""A person's standing as their own page reads it, from the head that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.pages.preferences.wording import (
    CHANNELS,
    FREQUENCIES,
    PAUSES,
    QUESTIONS,
    SENT,
)
from decisioning.engine.interests import Declared, Interest, Topic
from decisioning.engine.links import make_why_token
from decisioning.engine.queries import Decision
from governance.catalogue.core import PURPOSES, Purpose
from governance.consent.core import ORDINARY, Age, Head, Policy, may
from governance.rights.queries import Complaint
from governance.types import Answer

EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    key: str
    label: str
    is_on: bool
    hint: str


@dataclass(frozen=True, slots=True)
class PurposeRow:
    key: str
    label: str
    hint: str
    state: str
    said_yes: bool
    said_no: bool


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    place: str
    label: str
    until: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A topic or an interest: its key, its words, whether it is struck out."""

    key: str
    label: str
    hint: str
    is_struck: bool


@dataclass(frozen=True, slots=True)
class Told:
    trait: str
    label: str
    value: str
    options: list[Option]
    is_yes_no: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that was shown lately; ``value`` names it in the form."""

    value: str
    label: str
    url: str
    asks: str


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint as its sender sees it."""

    label: str
    state: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the engine could use of this person, read beforehand."""

    interests: Sequence[Interest] = ()
    topics: Sequence[Topic] = ()
    declared: Sequence[Declared] = ()
    signals_off: Mapping[str, str] = field(default_factory=dict)
    decisions: Sequence[Decision] = ()
    complaints: Sequence[Complaint] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    is_off: bool
    paused_until: str
    breaks: list[Break]
    places: list[Option]
    channels: list[ChannelRow]
    purposes: list[PurposeRow]
    frequencies: list[Option]
    says_gpc: bool
    is_child: bool
    interests: list[Struck]
    topics: list[Struck]
    told: list[Told]
    signals: list[Option]
    shown: list[Shown]
    complaints: list[Complained]
    pauses: tuple[int, ...] = PAUSES


def day(moment: datetime) -> str:
    return date_format(moment, "DATE_FORMAT")


def choices(
    head: Head | None,
    now: datetime,
    *,
    policy: Policy = ORDINARY,
    known: Known | None = None,
) -> Choices:
    standing, seen = head or Head(), known or Known()
    return Choices(
        is_off=standing.personalisation_off,
        paused_until=_paused(standing, now, ""),
        breaks=_breaks(standing, now),
        places=[
            Option(EVERYWHERE, _("Everything")),
            *(Option(key, str(label)) for key, label in CHANNELS.items()),
        ],
        channels=[_channel(standing, key, now, policy) for key in CHANNELS],
        purposes=[_purpose(standing, PURPOSES[key], now, policy) for key in QUESTIONS],
        frequencies=_frequencies(standing.max_per_week),
        says_gpc=standing.gpc_at is not None,
        is_child=standing.age is Age.CHILD,
        interests=[_interest(found) for found in seen.interests],
        topics=[Struck(t.key, words(t.key), "", t.is_struck) for t in seen.topics],
        told=[_told(found) for found in seen.declared],
        signals=[Option(key, label) for key, label in seen.signals_off.items()],
        shown=[_shown(decision) for decision in seen.decisions],
        complaints=[_complained(complaint) for complaint in seen.complaints],
    )


def _shown(decision: Decision) -> Shown:
    headline = str(decision.content.get("headline", "")) or words(decision.offer_key)
    label = f"{headline}, {day(decision.decided_at)}"
    return Shown(
        value=str(decision.pk),
        label=label,
        url=_why_url(decision.pk),
        asks=_("Why did I see this: %(what)s?") % {"what": label},
    )


def _why_url(decision_id: UUID) -> str:
    return reverse("why:page", args=[make_why_token(decision_id)])


def _complained(complaint: Complaint) -> Complained:
    if complaint.state == "received":
        state = _("A person writes back by %(day)s.") % {
            "day": day(complaint.acknowledge_by)
        }
    elif complaint.state == "closed":
        state = _("Closed.")
    else:
        state = _("We wrote back and look into it.")
    return Complained(
        label=_("Number %(n)s of %(day)s")
        % {"n": complaint.pk, "day": day(complaint.received_at)},
        state=state,
        url=_why_url(complaint.decision_id) if complaint.decision_id else "",
    )


def words(key: str) -> str:
    """A key as a person would write it."""
    return key.replace("_", " ").replace("-", " ").replace(".", ": ").capitalize()


def _paused(head: Head, now: datetime, place: str) -> str:
    until = head.paused_until.get(place)
    return day(until) if until and now < until else ""


def _breaks(head: Head, now: datetime) -> list[Break]:
    return [
        Break(place or EVERYWHERE, str(CHANNELS.get(place, _("Everything"))), until)
        for place in head.paused_until
        if (until := _paused(head, now, place))
    ]


def _channel(head: Head, key: str, now: datetime, policy: Policy) -> ChannelRow:
    is_listed = not head.suppressed.isdisjoint({key, ""})
    is_on = key not in head.channels_off and not is_listed
    need = "direct_marketing" if key in SENT else "personalise_onsite"
    answer: Answer = may(head, need, key, now=now, policy=policy)
    unsaid = ("consent.missing_purpose", "consent.unknown", "consent.withdrawn")
    hint = ""
    if is_listed:
        hint = _("You are on our stop list. Turn this on to come off it.")
    elif is_on and answer.code in unsaid:
        hint = _("Waits for your yes to “%(question)s”.") % {
            "question": QUESTIONS[need][0]
        }
    return ChannelRow(key, str(CHANNELS[key]), is_on, hint)


def _purpose(head: Head, purpose: Purpose, now: datetime, policy: Policy) -> PurposeRow:
    label, hint = QUESTIONS[purpose.key]
    cells = [cell for key, cell in head.cells.items() if key.purpose == purpose.key]
    said_no = any(cell.choice != "grant" for cell in cells)
    said_yes = bool(cells) and not said_no
    holds = any(
        may(head, purpose.key, place, now=now, policy=policy)
        for place in ("", *CHANNELS)
    )
    if said_no:
        state = _("You said no.")
    elif said_yes and holds:
        said_at = day(max(cell.at for cell in cells))
        state = _("You said yes on %(day)s.") % {"day": said_at}
    elif said_yes:
        state = _("You said yes, but it is not in use now.")
    else:
        state = _("You have not said. That means no.")
    return PurposeRow(purpose.key, str(label), str(hint), state, said_yes, said_no)


def _frequencies(limit: int | None) -> list[Option]:
    options = [Option("none", _("No limit of my own"), is_chosen=limit is None)]
    wanted = sorted({*FREQUENCIES, *([limit] if limit is not None else [])})
    for n in wanted:
        label = (
            ngettext("At most %(n)s a week", "At most %(n)s a week", n) % {"n": n}
            if n
            else _("Nothing at all")
        )
        options.append(Option(str(n), label, is_chosen=n == limit))
    return options


def _interest(found: Interest) -> Struck:
    parts = []
    if found.n_viewed:
        text = ngettext("You looked once.", "You looked %(n)s times.", found.n_viewed)
        parts.append(text % {"n": found.n_viewed})
    if found.n_bought:
        text = ngettext("You bought once.", "You bought %(n)s times.", found.n_bought)
        parts.append(text % {"n": found.n_bought})
    return Struck(found.key, words(found.key), " ".join(parts), found.is_struck)


def _told(found: Declared) -> Told:
    answers = ("yes", "no") if found.is_yes_no else found.choices
    shown = {"yes": _("Yes"), "no": _("No")} if found.is_yes_no else {}
    options = [
        Option(answer, shown.get(answer, words(answer)), answer == found.value)
        for answer in answers
    ]
    value = shown.get(found.value, words(found.value))
    return Told(found.trait, found.label, value, options, found.is_yes_no)
