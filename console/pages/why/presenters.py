from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from decisioning.engine.core.explain import NO_DATA
from decisioning.engine.queries import Layers
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
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Why:
    """The three layers in the customer's words."""

    sentence: str
    language: str
    testing: str
    used: list[Used]
    not_used: str
    is_known: bool
    is_off: bool
    channel: str
    channel_is_off: bool
    preferences_url: str


def why(
    layers: Layers,
    *,
    head: Head | None,
    is_known: bool,
    channel: str,
    preferences_url: str,
) -> Why:
    is_ours = layers.sentence == NO_DATA
    return Why(
        sentence=_no_data() if is_ours else layers.sentence,
        language="" if is_ours else WRITTEN_IN,
        testing=_testing() if layers.testing else "",
        used=[
            Used(written_by_staff(s.label), _hint(s.source, s.kept_days))
            for s in layers.used
        ],
        not_used=_not_used(layers.not_used),
        is_known=is_known,
        is_off=head is not None and head.personalisation_off,
        channel=str(CHANNELS.get(channel, "")),
        channel_is_off=head is not None and channel in head.channels_off,
        preferences_url=preferences_url,
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


def _hint(source: str, kept_days: int | None) -> str:
    parts = []
    if source:
        told = f"{source[0].lower()}{source[1:].rstrip('.')}"
        parts.append(_around(_("From %(source)s."), "source", told))
    if kept_days:
        parts.append(_("Kept for %(span)s.") % {"span": _span(kept_days)})
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
    return ""
