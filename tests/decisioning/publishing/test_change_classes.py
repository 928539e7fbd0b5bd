"""Every field of the configuration has a change class, and the class is true."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings

from bench import change_classes
from bench.life.pure import ACTORS
from bench.monotone import enlarges, moments, settings_drawn
from decisioning.revisions.classes import FieldClass, class_of, signed_columns
from decisioning.revisions.classes import unclassified as unclassified_columns
from decisioning.revisions.core import CONTENT_FIELDS, Kind
from governance.usecases.core.classes import unclassified
from governance.usecases.core.content import Reach
from tests.governance.conftest import complete


def test_nothing_that_can_be_configured_is_without_a_class():
    assert change_classes.unnamed() == []


def test_a_new_setting_or_column_is_found_and_counts_as_material():
    @dataclass(frozen=True)
    class More:
        reach: Reach = field(default_factory=Reach)
        surprise: str = ""

    assert unclassified(More) == ("surprise",)
    assert unclassified_columns("decisioning.Offer", ["name", "surprise"]) == (
        "surprise",
    )
    assert class_of("decisioning.Offer", "surprise") is FieldClass.MATERIAL
    assert class_of("decisioning.Surprise", "name") is FieldClass.MATERIAL


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_signed_is_what_the_digest_covers(kind):
    assert signed_columns(kind) == set(CONTENT_FIELDS[kind])


def test_every_column_changed_by_sql_does_what_its_class_says(db, now):
    pinned = change_classes.configured(now)
    found = list(change_classes.mutations(pinned, now))
    assert len(found) > 60
    assert [str(one) for one in found if not one.is_right] == []
    assert change_classes.fixed_rows() == []


def test_every_setting_of_a_use_case_has_the_class_that_its_hash_shows():
    content = complete({name: actor.id for name, actor in ACTORS.items()})
    found = list(change_classes.settings(content))
    assert len(found) > 70
    assert [path for path, holds in found if not holds] == []


@settings(max_examples=300, deadline=None)
@given(settings_drawn, settings_drawn, moments)
def test_a_safer_change_lets_nothing_through_that_was_held_before(before, wanted, at):
    assert enlarges(before, wanted, at) == ""
