import hashlib
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.usecases.core import (
    UseCaseContent,
    classify_change,
    diff,
    envelope,
    material,
    overlay_hash,
    within_envelope,
)
from governance.usecases.core.envelope import SAFER, flatten, label_of


def test_the_hash_is_sha_256_over_the_domain_line_and_the_canonical_text(content):
    made = envelope(content, {"segment": "abc"})
    expected = hashlib.sha256(b"pc/usecase/v1\n" + made.canonical.encode()).hexdigest()
    assert made.config_hash == expected
    assert '"referenced":{"segment":"abc"}' in made.canonical


def test_every_setting_but_the_cosmetic_and_the_story_changes_the_hash(content):
    before = envelope(content, {}).config_hash
    for path in flatten(content.to_dict()):
        data = deepcopy(content.to_dict())
        block = path.split(".")[0]
        data[block] = {"cosmetic": {}, "customer": {}}.get(block)
        after = envelope(UseCaseContent.from_dict(data), {}).config_hash
        is_empty_already = content.to_dict()[block] == UseCaseContent().to_dict()[block]
        unsigned = block in {"cosmetic", "customer"}
        assert (after == before) is (unsigned or is_empty_already), path


def test_a_change_in_something_referred_to_changes_the_hash(content):
    one, two = envelope(content, {"cap": "1"}), envelope(content, {"cap": "2"})
    assert one.config_hash != two.config_hash
    assert overlay_hash({}) != overlay_hash({"a": 1})


@pytest.mark.parametrize(
    ("field", "old", "new", "kind"),
    [
        ("reach.max_contacts", 3, 2, "S"),
        ("reach.max_contacts", 2, 3, "A"),
        ("reach.max_contacts", None, 2, "A"),
        ("reach.max_contacts", 3, True, "A"),
        ("experiment.holdout_share", 0.1, 0.2, "S"),
        ("experiment.holdout_share", 0.1, 1.0, "A"),
        ("reach.channels", ["a", "b"], ["a"], "S"),
        ("reach.channels", ["a"], ["b"], "A"),
        ("reach.channels", ["a"], None, "A"),
        ("reach.caps", ["a"], ["a", "b"], "S"),
        ("reach.caps", ["a"], [], "A"),
        ("reach.caps", None, ["a"], "A"),
        ("cosmetic.name", "a", "b", "C"),
        ("customer.task", "a", "b", "B"),
        ("explanation.template", "a", "b", "A"),
        ("brand_new_setting", 1, 0, "A"),
    ],
)
def test_each_change_has_a_class_and_the_unknown_is_material(field, old, new, kind):
    assert classify_change(field, old, new) == kind


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 60))
def test_whatever_a_safer_cap_still_lets_through_was_let_through_before(old, new, seen):
    if classify_change("reach.max_contacts", old, new) == "S" and seen < new:
        assert seen < old


@pytest.mark.parametrize("field", sorted(SAFER))
def test_no_setting_is_safer_in_both_directions(field):
    for a, b in [(0.1, 0.2), (["x"], ["x", "y"])]:
        assert not (SAFER[field](a, b) and SAFER[field](b, a))


def test_an_overlay_holds_only_while_it_is_no_wider_than_what_was_signed(content):
    signed = material(content, {})
    assert within_envelope({}, signed)
    assert within_envelope({"reach.max_contacts": 2, "reach.offers": ["mens"]}, signed)
    assert within_envelope({"reach.max_contacts": 3}, signed)
    assert not within_envelope({"reach.max_contacts": 4}, signed)
    assert not within_envelope({"reach.new_setting": 1}, signed)


def test_the_diff_names_each_setting_with_its_effect(content):
    new = content.to_dict()
    new["reach"]["max_contacts"] = 5
    new["experiment"]["holdout_share"] = 0.2
    new["reach"]["budget"] = "spring"
    new["reach"]["segment"] = ""
    new["cosmetic"]["name"] = "Other"
    new["guardrails"][0]["margin"] = 0.5
    found = {c.field: (c.effect, c.change_class) for c in diff(content.to_dict(), new)}
    assert found == {
        "reach.max_contacts": ("wider", "A"),
        "experiment.holdout_share": ("narrower", "S"),
        "reach.budget": ("new", "A"),
        "reach.segment": ("removed", "A"),
        "cosmetic.name": ("changed", "C"),
        "guardrails.opt_out_rate.margin": ("changed", "A"),
    }
    assert diff(content.to_dict(), content.to_dict()) == ()


def test_a_known_setting_that_goes_neither_way_is_merely_changed(content):
    new = content.to_dict()
    new["reach"]["channels"] = ["sms"]
    assert diff(content.to_dict(), new)[0].effect == "changed"


def test_lists_of_groups_are_told_apart_even_when_they_share_a_name():
    two = {"uses": [{"element": "a"}, {"element": "a"}, "odd", {"x": 1}]}
    keys = set(flatten(two))
    assert keys == {"uses.a.element", "uses.a+.element", "uses.2", "uses.3.x"}


def test_settings_and_classes_have_words():
    assert label_of("reach.max_contacts") == "Most contacts per window"
    assert label_of("reach.caps") == "Reach · caps"
    assert classify_change("cosmetic.name", 1, 2).label == "No sign-off needed"
