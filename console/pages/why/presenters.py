from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from decisioning.engine.core.explain import NO_DATA
from decisioning.engine.queries import Layers, Signal
from governance.consent.core import Head

CHANNELS: Mapping[str, str | Promise] = {
    "web": gettext_lazy("our pages"),
    "email": gettext_lazy("e-mail"),
    "sms": gettext_lazy("text messages"),
    "app": gettext_lazy("the app"),
    "push": gettext_lazy("app notices"),
}
MOST_UNUSED = 5
WRITTEN_IN = "en"  # what staff write, and what was logged with the decision


@dataclass(frozen=True, slots=True)
class Used:
    """A signal; ``value`` names it in a form, ``edit`` is where it can be changed."""

    label: str
    hint: str
    value: str
    is_off: bool
    edit: str


@dataclass(frozen=True, slots=True)
class Why:
    """The three layers in the customer's words."""

    sentence: str
    language: str
    testing: str
    used: list[Used]
    also: list[Used]
    not_used: str
    is_known: bool
    is_off: bool
    less: str
    is_less: bool
    channel: str
    channel_is_off: bool
    preferences_url: str


def why(
    layers: Layers,
    *,
    head: Head | None,
    is_known: bool,
    channel: str,
    topic: str,
    off: Collection[str],
    preferences_url: str,
) -> Why:
    is_ours = layers.sentence == NO_DATA
    offered = dict(layers.controls)
    return Why(
        sentence=_no_data() if is_ours else layers.sentence,
        language="" if is_ours else WRITTEN_IN,
        testing=_testing() if layers.testing else "",
        used=[_used(s, off, preferences_url) for s in layers.used],
        also=[_used(s, off, preferences_url) for s in layers.also],
        not_used=_not_used(layers.not_used),
        is_known=is_known,
        is_off=head is not None and head.personalisation_off,
        less=topic if "less_like_this" in offered else "",
        is_less=head is not None and topic in head.topics_off,
        channel=str(CHANNELS.get(channel, "")),
        channel_is_off=head is not None and channel in head.channels_off,
        preferences_url=preferences_url,
    )


def _used(signal: Signal, off: Collection[str], preferences_url: str) -> Used:
    can_edit = bool(signal.trait and preferences_url)
    return Used(
        label=written_by_staff(signal.label),
        hint=_hint(signal),
        value=f"signal.{signal.key}" if signal.source else "",
        is_off=signal.key in off,
        edit=f"{preferences_url}#told-{signal.trait}" if can_edit else "",
    )


def _no_data() -> str:
    return _("You're seeing our most popular items. We did not use your personal data.")


def _testing() -> str:
    return _("We're also testing which version people find more useful.")


def written_by_staff(text: str) -> str:
    """Words of staff, marked with their language where the page speaks another."""
    if (get_language() or WRITTEN_IN).startswith(WRITTEN_IN):
        return text
    return format_html('<span lang="{}">{}</span>', WRITTEN_IN, text)


def _around(sentence: str, name: str, told: str) -> str:
    """A translated sentence with words of staff in it; they stay marked."""
    return format_html(sentence.replace(f"%({name})s", "{}"), written_by_staff(told))


def _hint(signal: Signal) -> str:
    parts = []
    if signal.source:
        told = f"{signal.source[0].lower()}{signal.source[1:].rstrip('.')}"
        parts.append(_around(_("From %(source)s."), "source", told))
    if signal.looked_back_days:
        span = {"span": _span(signal.looked_back_days)}
        parts.append(_("We look back %(span)s at most.") % span)
    if signal.kept_days:
        parts.append(_("Kept for %(span)s.") % {"span": _span(signal.kept_days)})
    return format_html_join(" ", "{}", [(part,) for part in parts])


def _span(days: int) -> str:
    if days % 365 == 0:
        years = days // 365
        return ngettext("a year", "%(n)s years", years) % {"n": years}
    if days >= 60:
        return _("%(n)s months") % {"n": round(days / 30.4)}
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _not_used(labels: tuple[str, ...]) -> str:
    named = ", ".join(
        f"{label[0].lower()}{label[1:]}" for label in labels[:MOST_UNUSED] if label
    )
    if not named:
        return _("Anything from other firms.")
    listed = f"{named[0].upper()}{named[1:]}"
    return _around(_("%(listed)s, or anything from other firms."), "listed", listed)


def read_back(saved: str, shown: Why) -> str:
    """What holds now, about the control that was used; empty for anything else."""
    if saved == "everything" and shown.is_off:
        return _("all is off")
    if saved == "channel" and shown.channel_is_off:
        return _("%(what)s: off") % {"what": shown.channel}
    if saved == "less" and shown.is_less:
        return _("you see less like this")
    for signal in (*shown.used, *shown.also):
        if saved == signal.value and signal.is_off:
            told = _("we no longer use this: %(what)s").replace("%(what)s", "{}")
            return format_html(told, signal.label)
    return ""
