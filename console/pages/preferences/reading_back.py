"""What was asked to be saved, told from what is stored now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from console.pages.preferences.presenters import Choices


def read_back(saved: str, now_holds: Choices) -> str:
    """Empty where nothing is known of it: a claim in the address is not believed."""
    kind, _dot, key = saved.partition(".")
    reader = READERS.get(kind)
    return reader(key, now_holds) if reader else ""


def _everything(_key: str, now_holds: Choices) -> str:
    if now_holds.is_off:
        return _("all is off")
    return _("you are back to your choices below")


def _pause(key: str, now_holds: Choices) -> str:
    for found in now_holds.breaks:
        if found.place == key:
            return _("you have a break until %(day)s") % {"day": found.until}
    return _("there is no break now")


def _channel(key: str, now_holds: Choices) -> str:
    for row in now_holds.channels:
        if row.key == key:
            text = _("%(what)s: on") if row.is_on else _("%(what)s: off")
            return text % {"what": row.label}
    return ""


def _purpose(key: str, now_holds: Choices) -> str:
    for row in now_holds.purposes:
        if row.key == key:
            yes = _("“%(what)s” is a yes")
            text = yes if row.said_yes else _("“%(what)s” is a no")
            return text % {"what": row.label}
    return ""


def _frequency(_key: str, now_holds: Choices) -> str:
    chosen = next((o.label for o in now_holds.frequencies if o.is_chosen), "")
    return f"{chosen[:1].lower()}{chosen[1:]}"


def _topic(key: str, now_holds: Choices) -> str:
    for row in (*now_holds.topics, *now_holds.interests):
        if row.key == key:
            out = _("we leave out %(what)s")
            text = out if row.is_struck else _("%(what)s is back in")
            return text % {"what": row.label}
    return ""


def _told(key: str, now_holds: Choices) -> str:
    for row in now_holds.told:
        if row.trait == key:
            return _("your answer is %(answer)s") % {"answer": row.value}
    return _("your answer is gone")


def _signal(key: str, now_holds: Choices) -> str:
    if any(row.value == key for row in now_holds.signals):
        return ""
    return _("it may be used again")


def _age(_key: str, now_holds: Choices) -> str:
    return _("we treat you as under 18") if now_holds.is_child else ""


READERS: Mapping[str, Callable[[str, Choices], str]] = {
    "everything": _everything,
    "pause": _pause,
    "channel": _channel,
    "purpose": _purpose,
    "frequency": _frequency,
    "topic": _topic,
    "told": _told,
    "age": _age,
    "signal": _signal,
}
