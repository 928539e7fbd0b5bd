"""The rule in SQL selects the customers for whom the rule in memory is true."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from decisioning.features.models import CustomerFeatures
from decisioning.rules.core import (
    OPS,
    All,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Rule,
    Then,
    Unresolved,
    Where,
    evaluate,
)
from decisioning.rules.sql import UnableToCompile, compile_sql
from decisioning.scoring.models import ModelVersion, Score
from governance.consent.core import ORDINARY, Cell, Choice, Head, Key, Policy
from governance.consent.models import ConsentHead
from tests.decisioning.rules.strategies import (
    FEATURE_INDEX,
    NOW,
    Person,
    consents,
    heads,
    people,
    policies,
    rules,
)

MEASURES = [0, 1, 2.5, -1]
TELLING = [*MEASURES, True, False, "", "1", "a", "B", "b", "é", "\ufb01", "𝄞"]


def store(persons: list[Person]) -> dict[int, Person]:
    customers = Customer.objects.bulk_create(
        Customer(pseudonym=f"rule-{i}", traits=person.traits, created_at=NOW)
        for i, person in enumerate(persons)
    )
    by_id = {c.pk: p for c, p in zip(customers, persons, strict=True)}
    Event.objects.bulk_create(
        Event(
            customer_id=pk,
            type="track",
            name=name,
            occurred_at=at,
            received_at=at,
            properties=properties,
            source="test",
        )
        for pk, person in by_id.items()
        for name, at, properties in person.events
    )
    CustomerFeatures.objects.bulk_create(
        CustomerFeatures(customer_id=pk, values=person.features, computed_at=NOW)
        for pk, person in by_id.items()
        if person.features is not None
    )
    ConsentHead.objects.bulk_create(
        ConsentHead(person_id=pk, cells=person.head.to_dict(), updated_at=NOW)
        for pk, person in by_id.items()
        if person.head is not None
    )
    version = ModelVersion.objects.create(
        key="rules", number=1, parameters={}, report={}, trained_at=NOW
    )
    Score.objects.bulk_create(
        Score(
            customer_id=pk,
            score_key=key,
            value=value,
            model_version=version,
            computed_at=NOW,
        )
        for pk, person in by_id.items()
        for key, value in person.scores.items()
    )
    return by_id


def selected(rule: Rule, policy: Policy) -> set[int]:
    condition, params = compile_sql(
        rule, NOW, feature_index=FEATURE_INDEX, policy=policy
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM decisioning_customer c WHERE {condition}", params
        )
        return {row[0] for row in cursor.fetchall()}


def assert_agreement(
    persons: list[Person], trees: list[Rule], policy: Policy = ORDINARY
) -> None:
    with transaction.atomic():
        by_id = store(persons)
        for rule in trees:
            wanted = {
                pk
                for pk, person in by_id.items()
                if evaluate(rule, person.profile(), NOW, policy)
            }
            assert selected(rule, policy) & set(by_id) == wanted, rule
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(
    st.lists(people, min_size=1, max_size=6),
    st.lists(rules, min_size=5, max_size=20),
    policies,
)
def test_sql_and_memory_select_the_same_customers(
    persons: list[Person], trees: list[Rule], policy: Policy
) -> None:
    assert_agreement(persons, trees, policy)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.builds(Person, st.just({}), st.none(), st.just({}), head=heads)),
    st.lists(consents, min_size=5, max_size=20),
    policies,
)
def test_sql_and_memory_agree_on_what_was_allowed(
    persons: list[Person], trees: list[Rule], policy: Policy
) -> None:
    assert_agreement(persons, trees, policy)


def telling_people() -> list[Person]:
    """One for every kind of value, at every place where a value can stand."""
    kept = [*TELLING, None, [1], {}, 10**30, 2**53 + 1, 1e300]
    known = [*MEASURES, None, float("nan"), float("inf"), float("-inf")]
    edges = [NOW - timedelta(days=30) + timedelta(microseconds=us) for us in (0, 1)]
    at = [*edges, NOW, NOW + timedelta(microseconds=1)]
    return [
        Person({}, None, {}),
        *(Person({"a": value}, None, {}) for value in kept),
        *(Person({}, [value, None, None], {}) for value in known),
        *(Person({}, None, {"clv": value}) for value in known if value is not None),
        *(Person({}, None, {}, [("X", now, {"a": 1})] * 2) for now in at),
        *(Person({}, None, {}, [("X", NOW, {"a": value})]) for value in kept),
    ]


def telling_rules() -> list[Rule]:
    pairs = [(op, value) for op in OPS for value in TELLING]
    fields = ("trait.a", "feature.orders_30d", "score.clv")
    leaves: list[Rule] = [
        *(Compare(field, op, value) for field in fields for op, value in pairs),
        *(In(field, (value, "b")) for field in fields for value in TELLING),
        *(Exists(field) for field in fields),
        *(Did("X", 1, None, (Where("a", op, value),)) for op, value in pairs),
        *(Did("X", n, days) for n in (1, 2, 3) for days in (None, 1, 30)),
    ]
    return [*leaves, *(Not(leaf) for leaf in leaves)]


@pytest.mark.django_db
def test_every_comparison_agrees_on_every_kind_of_value() -> None:
    assert_agreement(telling_people(), telling_rules())


def test_a_value_never_becomes_part_of_the_statement() -> None:
    evil = "x' OR 1=1 --"
    rule = All((Compare(f"trait.{evil}", "eq", evil), Compare("score.k", "gt", 1)))
    sql, params = compile_sql(rule, NOW, feature_index={})
    assert "OR" not in sql
    assert any(evil in str(param) for param in params)


def test_the_context_of_a_request_does_not_compile() -> None:
    with pytest.raises(UnableToCompile, match="only at the moment of a request"):
        compile_sql(Compare("context.device", "eq", "mobile"), NOW, feature_index={})


def test_a_feature_without_a_place_does_not_compile() -> None:
    with pytest.raises(UnableToCompile, match="no feature named 'nope'"):
        compile_sql(Compare("feature.nope", "eq", 1), NOW, feature_index={})


def spans() -> list[Person]:
    """A first thing, and a second so much later: before, at and past each edge."""
    day, tick = timedelta(days=3), timedelta(microseconds=1)
    starts = [NOW - timedelta(days=10), NOW - day, NOW - day + tick]
    gaps = [-tick, timedelta(0), tick, day - tick, day, day + tick]
    return [
        Person({}, None, {}, [("X", start, {}), *after])
        for start in starts
        for after in [[], *([("Y", start + gap, {})] for gap in gaps)]
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("happened", [True, False])
def test_a_sequence_agrees_at_every_edge_of_its_days(happened: bool) -> None:
    leaf = Then(Did("X", 1, 30), Did("Y", 1, 3), happened)

    assert_agreement(spans(), [leaf, Not(leaf)])
    assert sum(evaluate(leaf, person.profile(), NOW) for person in spans()) == 8


@pytest.mark.django_db
def test_consent_agrees_at_the_end_of_its_two_years() -> None:
    key = Key("direct_marketing", "email")
    ages = [timedelta(days=730), timedelta(days=730) - timedelta(microseconds=1)]
    persons = [
        Person({}, None, {}, head=Head({key: Cell(Choice.GRANT, NOW - age)}))
        for age in ages
    ]
    leaf = May("direct_marketing", "email")

    assert_agreement(persons, [leaf, Not(leaf)])
    assert [evaluate(leaf, p.profile(), NOW) for p in persons] == [False, True]


def test_another_segment_does_not_compile_before_its_rule_is_in_place() -> None:
    with pytest.raises(Unresolved, match="good-buyers"):
        compile_sql(InSegment("good-buyers"), NOW, feature_index={})
