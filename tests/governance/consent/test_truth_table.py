"""A slice of the truth table that `make prove NAME=consent-table` walks in full."""

from itertools import islice

import pytest

from bench.consent_oracle import AGES, GPC, PURPOSES, STATES, SUPPRESSION, cells
from bench.proofs.consent_table import changed_words, differences
from governance.consent import queries
from governance.consent.core import resolve
from governance.installation.queries import now as clock

STEP = 61  # a prime to every dimension, so that the slice meets each value


def some(step=STEP):
    return islice(cells(), 0, None, step)


def differing(step=STEP):
    now = clock()
    changed_words(now)
    return differences(dict(enumerate(some(step), start=1)), now)


def test_the_slice_meets_every_value_of_every_dimension():
    met = list(some())
    for name, values in (
        ("purpose", PURPOSES),
        ("state", STATES),
        ("gpc", GPC),
        ("age", AGES),
        ("suppression", SUPPRESSION),
    ):
        assert {getattr(cell, name) for cell in met} == set(values)


@pytest.mark.django_db
def test_consent_answers_as_the_oracle_does():
    assert differing() == []


@pytest.mark.django_db
@pytest.mark.parametrize("guard", ["_barred", "_objected", "_own_switches"])
def test_without_one_of_its_guards_the_table_would_tell(guard, monkeypatch):
    monkeypatch.setattr(resolve, guard, lambda *_: None)

    assert differing(STEP * 5)


@pytest.mark.django_db
def test_the_stored_heads_are_what_the_ledger_says():
    differing(STEP * 20)
    people = queries.ConsentHead.objects.values_list("pk", flat=True)

    assert len(people) > 50
    assert all(queries.head(person) == queries.rebuilt(person) for person in people)
