"""Every field of every table has a class, a retention rule and a handler."""

from dataclasses import replace

import pytest
from django.apps import apps

from decisioning.customers.registry import COUNTED
from decisioning.experiments.sql import CONSTANTS
from governance.append_only import AppendOnly
from governance.rights.core import DataClass, Erasure, problems
from governance.rights.registry import tables

OURS = ("governance", "decisioning")
ALL = [model for app in OURS for model in apps.get_app_config(app).get_models()]
# Columns by which a table of ours points to a customer, whatever its name.
POINTING = {"customer_id", "person_id", "customer", "kept_id", "merged_id"}


def columns(model):
    return {field.name for field in model._meta.get_fields() if field.concrete}


def test_every_table_is_declared_and_none_that_is_gone():
    assert {model._meta.label for model in ALL} == set(tables())


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_every_field_has_a_class_a_retention_rule_and_a_handler(model):
    table = tables().get(model._meta.label)

    assert table is not None, "declare it in governance or decisioning registry.py"
    assert problems(table, columns(model)) == ()


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_a_table_that_points_to_a_customer_says_so(model):
    table = tables().get(model._meta.label)

    assert table is not None
    assert POINTING & columns(model) <= set(table.subject)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_only_tables_that_take_updates_are_erased_without_the_narrow_door(model):
    table = tables().get(model._meta.label)

    assert table is not None
    if issubclass(model, AppendOnly):
        assert table.erasure in (Erasure.KEEP, Erasure.LOG, Erasure.PROOF)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fields": {}}, "id has no class"),
        ({"fields": {"gone": DataClass.TECHNICAL}}, "gone is no field"),
        ({"kept": replace(tables()["decisioning.Score"].kept, days=None, until="")},
         "there is no retention rule"),
        ({"erasure": Erasure.KEEP}, "stay after an erasure without a reason"),
        ({"in_pack": False}, "left out of the pack without a reason"),
        ({"subject": ()}, "nothing says whose the rows are"),
    ],
)  # fmt: skip
def test_what_a_declaration_lacks_is_named(change, told):
    model = apps.get_model("decisioning.Score")
    table = tables()["decisioning.Score"]

    found = problems(replace(table, **change), columns(model))

    assert any(told in each for each in found)


def test_what_experiments_count_survives_an_erasure_as_a_count():
    counted = {*CONSTANTS["activity"], CONSTANTS["spam"], "Unsubscribed"}

    assert counted <= set(COUNTED)
