"""Within what was signed: narrower at once, wider again by the channel owner alone."""

from __future__ import annotations

import pytest

from governance.audit.queries import story_of
from governance.types import Invalid, Refused
from governance.usecases import actions as use_cases
from governance.usecases import queries


def narrow(house, key, field, value, by="ana"):
    return use_cases.set_bound(
        by=house[by], now=house.now, key=key, field=field, value=value
    )


def test_a_safer_setting_holds_from_the_next_decision_without_signatures(house):
    key = house.running()
    narrow(house, key, "reach.max_contacts", 2)
    narrow(house, key, "reach.offers", ["mens"], by="petra")
    serving = house.serving(key)
    assert serving.may_serve
    assert serving.content.reach.max_contacts == 2
    assert serving.content.reach.offers == ("mens",)
    entry = story_of("use_case", key)[0]
    assert (entry.type, entry.details["class"]) == ("use_case.bound_set", "S")


def test_a_smaller_largest_share_takes_those_reached_down_with_it(house):
    key = house.running()
    narrow(house, key, "experiment.max_exposure", 0.05)
    assert house.serving(key).exposure_share == 0.05
    with pytest.raises(Invalid):
        use_cases.set_exposure(by=house["chris"], now=house.now, key=key, share=0.1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reach.max_contacts", 4),
        ("reach.offers", ["mens", "pets"]),
        ("reach.segment", "everyone"),
        ("experiment.holdout_share", 0.05),
        ("made.up", 1),
    ],
)
def test_nothing_goes_beyond_what_was_signed(house, field, value):
    key = house.running()
    with pytest.raises(Invalid):
        narrow(house, key, field, value, by="chris")
    assert house.serving(key).may_serve


def test_back_towards_the_signed_bound_is_for_the_channel_owner(house):
    key = house.running()
    narrow(house, key, "reach.max_contacts", 1)
    with pytest.raises(Refused, match="channel owner"):
        narrow(house, key, "reach.max_contacts", 2)
    narrow(house, key, "reach.max_contacts", 2, by="chris")
    version = narrow(house, key, "reach.max_contacts", 3, by="chris")
    assert (version.overlay, version.overlay_hash) == ({}, "")


def test_support_narrows_nothing_and_a_draft_has_no_bounds(house):
    key = house.running()
    with pytest.raises(Refused):
        narrow(house, key, "reach.max_contacts", 2, by="sam")
    draft = house.drafted(cosmetic={"name": "Other"})
    with pytest.raises(Refused):
        narrow(house, draft, "reach.max_contacts", 2)
    assert queries.version(draft).overlay == {}
