"""An oracle of what may be served, written apart from the product, and S-changes.

Whatever the product calls risk-reducing must leave every moment unserved that was
unserved before: the property is checked against this reading of the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

CHANNELS = ("web", "app", "email")
PLACES = ("home.hero", "cart", "email.weekly")
OFFERS = ("a", "b", "c")
CAPS = ("weekly", "daily")
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """One person in one place, with everything a setting can look at."""

    channel: str
    place: str
    offer: str
    contacts: int
    caps_full: frozenset[str]
    bucket: float
    asked_share: float
    days_since_review: int
    days_since_decision: int


def may_be_served(settings: Settings, at: Moment) -> bool:
    """Plain reading: every bound holds, and nothing else is asked."""
    return (
        at.channel in settings["reach.channels"]
        and at.place in settings["reach.placements"]
        and at.offer in settings["reach.offers"]
        and at.contacts < settings["reach.max_contacts"]
        and not at.caps_full & set(settings["reach.caps"])
        and at.bucket >= settings["experiment.holdout_share"]
        and at.bucket - settings["experiment.holdout_share"]
        < min(at.asked_share, settings["experiment.max_exposure"])
        and at.asked_share <= settings["experiment.max_exposure"]
        and at.days_since_review < settings["review_interval_days"]
    )


def is_kept(settings: Settings, at: Moment) -> bool:
    """Whether a decision, with its inputs, is still stored."""
    return (
        at.days_since_decision < settings["retention.decision_log_days"]
        or at.days_since_decision < settings["retention.inputs_days"]
    )


def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=len(names))


share = st.integers(0, 100).map(lambda n: n / 100)
days = st.integers(0, 400)
settings_drawn = st.fixed_dictionaries(
    {
        "reach.channels": some(CHANNELS),
        "reach.placements": some(PLACES),
        "reach.offers": some(OFFERS),
        "reach.caps": some(CAPS),
        "reach.max_contacts": st.integers(0, 9),
        "experiment.holdout_share": share,
        "experiment.first_exposure": share,
        "experiment.max_exposure": share,
        "retention.decision_log_days": days,
        "retention.inputs_days": days,
        "review_interval_days": days,
    }
)
moments = st.builds(
    Moment,
    channel=st.sampled_from(CHANNELS),
    place=st.sampled_from(PLACES),
    offer=st.sampled_from(OFFERS),
    contacts=st.integers(0, 9),
    caps_full=st.frozensets(st.sampled_from(CAPS)),
    bucket=share,
    asked_share=share,
    days_since_review=days,
    days_since_decision=days,
)


def narrowed(before: Settings, wanted: Settings) -> dict[str, Any]:
    """The settings with every wanted change that the product calls safer."""
    from governance.usecases.core import ChangeClass, classify_change

    return {
        name: wanted[name]
        if classify_change(name, old, wanted[name]) is ChangeClass.SAFER
        else old
        for name, old in before.items()
    }


def enlarges(before: Settings, wanted: Settings, at: Moment) -> str:
    """What an S-change added, or nothing."""
    after = narrowed(before, wanted)
    if is_kept(after, at) and not is_kept(before, at):
        return "kept for longer"
    lower = {**after, "experiment.holdout_share": before["experiment.holdout_share"]}
    if may_be_served(lower, at) and not may_be_served(before, at):
        return "served more widely"
    held = at.bucket < after["experiment.holdout_share"]
    was_held = at.bucket < before["experiment.holdout_share"]
    return "left fewer alone" if was_held and not held else ""
