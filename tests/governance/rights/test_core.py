"""Pure parts of the registry: how names are searched for, how fields are declared."""

import pytest

from governance.rights.core import DataClass, Kept, fields_of, needles


def test_short_names_are_searched_for_only_between_quotes():
    assert needles(["7", "carla-77", "", "carla-77"]) == (("carla-77",), ("7",))


def test_a_field_named_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        fields_of(identity="a b", technical="b")


def test_fields_carry_their_class():
    assert fields_of(words="text") == {"text": DataClass.WORDS}


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Kept(90, "made_at"), "90 days"),
        (Kept(1_095, "closed_at", "after it was closed"),
         "1,095 days, after it was closed"),
        (Kept(until="for ever"), "for ever"),
    ],
)  # fmt: skip
def test_a_retention_rule_is_told_in_words(kept, words):
    assert kept.words == words
