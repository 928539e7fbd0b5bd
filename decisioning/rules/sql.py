"""Second reader: the rule as an SQL condition over ``decisioning_customer c``.

Values travel as parameters only. Each condition is true or false, never NULL, so
``NOT`` means what it means in memory.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from decisioning.rules.core.evaluate import Unresolved
from decisioning.rules.core.tree import (
    All,
    Any,
    AskedLeaf,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Op,
    Rule,
    Scalar,
    Then,
    Where,
    split_field,
)
from decisioning.rules.core.truth import NUMBER, TEXT, YES_NO, kind_of
from decisioning.rules.sql_consent import may_sql
from governance.consent.core import ORDINARY, Key, Policy

Param: TypeAlias = bool | int | float | str | datetime | list[float] | list[str]
Condition: TypeAlias = tuple[str, list[Param]]

SIGNS: Final[dict[Op, str]] = {
    "eq": "=",
    "ne": "<>",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
JSON_KINDS: Final = {NUMBER: "number", TEXT: "string", YES_NO: "boolean"}
ALL_HOLD: Final[Mapping[str, timedelta]] = MappingProxyType({})
NEVER: Final = "FALSE"
ALWAYS: Final = "TRUE"


class UnableToCompile(ValueError):
    """The rule asks for something that the database does not know."""

    code = "rules.not_in_database"


def compile_sql(
    rule: Rule,
    now: datetime,
    *,
    feature_index: Mapping[str, int],
    fresh_for: Mapping[str, timedelta] = ALL_HOLD,
    policy: Policy = ORDINARY,
) -> Condition:
    """Condition over alias ``c`` with ``%s`` placeholders, and its parameters.

    ``feature_index`` gives the zero-based place of each feature in the stored array;
    those in ``fresh_for`` are unknown once that long has passed since they were stored.

    Raises:
        UnableToCompile: for a field of the context, or a feature without a place.
        Unresolved: for another segment; put its rule in place first.
    """
    return _Compiler(now, feature_index, fresh_for, policy).condition(rule)


class _Compiler:
    def __init__(
        self,
        now: datetime,
        feature_index: Mapping[str, int],
        fresh_for: Mapping[str, timedelta],
        policy: Policy,
    ) -> None:
        self.now = now
        self.policy = policy
        self.feature_index = feature_index
        self.fresh_for = fresh_for

    def condition(self, rule: Rule) -> Condition:
        match rule:
            case All(parts):
                return self._joined(parts, " AND ", ALWAYS)
            case Any(parts):
                return self._joined(parts, " OR ", NEVER)
            case Not(part):
                sql, params = self.condition(part)
                return f"NOT {sql}", params
            case Did() | Then() | May() | InSegment():
                return self._asked(rule)
            case Compare() | In() | Exists():
                return self._field(rule)
            case _:
                assert_never(rule)

    def _joined(self, parts: Sequence[Rule], word: str, empty: str) -> Condition:
        conditions = [self.condition(part) for part in parts]
        if not conditions:
            return empty, []
        sql = word.join(sql for sql, _ in conditions)
        return f"({sql})", [param for _, params in conditions for param in params]

    def _field(self, leaf: Compare | In | Exists) -> Condition:
        source, key = split_field(leaf.field)
        match source:
            case "trait":
                return _json_leaf("c.traits", key, leaf)
            case "feature":
                return self._feature(key, leaf)
            case "score":
                return _score(key, leaf)
            case _:
                raise UnableToCompile(
                    f"{leaf.field} is known only at the moment of a request:"
                    " use it in eligibility, not in a segment"
                )

    def _feature(self, key: str, leaf: Compare | In | Exists) -> Condition:
        if key not in self.feature_index:
            raise UnableToCompile(f"there is no feature named {key!r}")
        # The place comes from our own index, never from the rule's author.
        column = f"f.values[{int(self.feature_index[key]) + 1}]::float8"
        test, params = _number_test(column, leaf)
        if test == NEVER:
            return NEVER, []
        if key in self.fresh_for:
            test = f"{test} AND f.computed_at >= %s::timestamptz"
            params = [*params, self.now - self.fresh_for[key]]
        sql = (
            "EXISTS (SELECT 1 FROM decisioning_customerfeatures f"  # noqa: S608
            f" WHERE f.customer_id = c.id AND {test})"
        )
        return sql, params

    def _asked(self, leaf: AskedLeaf) -> Condition:
        match leaf:
            case Did():
                return self._did(leaf)
            case Then():
                return self._then(leaf)
            case May(purpose, channel, topic):
                return may_sql(
                    Key(purpose, channel, topic), now=self.now, policy=self.policy
                )
            case InSegment(key):
                raise Unresolved(key)
            case _:
                assert_never(leaf)

    def _did(self, did: Did) -> Condition:
        sql, params = _happened(did, self.now, self.now)
        events = f"FROM decisioning_event e WHERE e.customer_id = c.id AND {sql}"
        if did.at_least == 1:
            return f"EXISTS (SELECT 1 {events})", params
        # OFFSET n-1: stops at the n-th event instead of counting them all.
        return f"EXISTS (SELECT 1 {events} OFFSET %s::bigint)", [
            *params,
            did.at_least - 1,
        ]

    def _then(self, then: Then) -> Condition:
        first, second = then.first, then.second
        hours = 24 * (second.within_days or 0)
        # Hours, not days: a day of the time zone may have 23 of them.
        until = self.now if then.happened else self.now - timedelta(hours=hours)
        start, params = _happened(first, self.now, until)
        ever = replace(second, within_days=None)
        end, more = _happened(ever, self.now, self.now, alias="n")
        follows = (
            "EXISTS (SELECT 1 FROM decisioning_event n"  # noqa: S608
            " WHERE n.customer_id = e.customer_id AND n.occurred_at > e.occurred_at"
            " AND n.occurred_at <= e.occurred_at + make_interval(hours => %s::int)"
            f" AND {end})"
        )
        sql = (
            "EXISTS (SELECT 1 FROM decisioning_event e"  # noqa: S608
            " WHERE e.customer_id = c.id"
            f" AND {start} AND {'' if then.happened else 'NOT '}{follows})"
        )
        return sql, [*params, hours, *more]


def _happened(
    did: Did, now: datetime, until: datetime, *, alias: str = "e"
) -> Condition:
    """Over ``decisioning_event``: the right event in ``(now - days, until]``."""
    at = f"{alias}.occurred_at"
    found = [f"{alias}.name = %s::text", f"{at} <= %s::timestamptz"]
    params: list[Param] = [did.event, until]
    if did.within_days is not None:
        found.append(f"{at} > %s::timestamptz")
        params.append(now - timedelta(days=did.within_days))
    for where in did.where:
        sql, more = _where(where, alias)
        found.append(sql)
        params += more
    return " AND ".join(found), params


def _score(key: str, leaf: Compare | In | Exists) -> Condition:
    test, params = _number_test("s.value", leaf)
    if test == NEVER:
        return NEVER, []
    sql = (
        "EXISTS (SELECT 1 FROM decisioning_score s"  # noqa: S608
        f" WHERE s.customer_id = c.id AND s.score_key = %s::text AND {test})"
    )
    return sql, [key, *params]


def _number_test(column: str, leaf: Compare | In | Exists) -> Condition:
    # PostgreSQL holds NaN equal to itself and above all numbers: to us it is missing.
    known = f"{column} <> 'NaN'::float8"
    match leaf:
        case Exists():
            return known, []
        case In(_, values):
            numbers = [float(value) for value in values if kind_of(value) == NUMBER]
            if not numbers:
                return NEVER, []
            return f"{known} AND {column} = ANY(%s::float8[])", [numbers]
        case Compare(_, op, value):
            if kind_of(value) != NUMBER:
                return NEVER, []
            return f"{known} AND {column} {SIGNS[op]} %s::float8", [float(value)]
        case _:
            assert_never(leaf)


def _where(where: Where, alias: str) -> Condition:
    leaf = Compare(where.property, where.op, where.value)
    return _json_leaf(f"{alias}.properties", where.property, leaf)


def _json_leaf(column: str, key: str, leaf: Compare | In | Exists) -> Condition:
    match leaf:
        case Exists():
            sql = f"COALESCE(jsonb_typeof({column}->%s::text) <> 'null', FALSE)"
            return sql, [key]
        case In(_, values):
            sql = f"COALESCE({column}->%s::text = ANY(%s::jsonb[]), FALSE)"
            return sql, [key, [_json(value) for value in values]]
        case Compare(_, "eq", value):
            # Containment can use a GIN index.
            return f"COALESCE({column} @> %s::jsonb, FALSE)", [_json({key: value})]
        case Compare(_, op, value):
            return _json_compare(column, key, op, value)
        case _:
            assert_never(leaf)


def _json_compare(column: str, key: str, op: Op, value: Scalar) -> Condition:
    kind = kind_of(value)
    if kind is None or (kind == YES_NO and op != "ne"):
        return NEVER, []
    typed = f"jsonb_typeof({column}->%s::text) = '{JSON_KINDS[kind]}'"
    if kind == TEXT:
        # COLLATE "C" orders UTF-8 by code point, as Python does.
        test = f'({column}->>%s::text) COLLATE "C" {SIGNS[op]} %s::text'
        wanted: Param = str(value)
    else:
        # Numbers compare as numeric inside jsonb, without a cast that could fail.
        test = f"{column}->%s::text {SIGNS[op]} %s::jsonb"
        wanted = _json(value)
    return f"COALESCE({typed} AND {test}, FALSE)", [key, key, wanted]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
