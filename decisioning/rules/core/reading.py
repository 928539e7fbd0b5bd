"""Reading JSON data into a tree, with every problem named where it stands."""

import math
from collections.abc import Mapping, Sequence

from decisioning.rules.core.problems import InvalidRule, Problem, at
from decisioning.rules.core.tree import (
    EVERYONE,
    OPS,
    SOURCES,
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Op,
    Path,
    Rule,
    Scalar,
    Then,
    Where,
    split_field,
)

FORMAT_VERSION = 1
MAX_DEPTH = 8
MAX_NODES = 200
MAX_VALUES = 500
MAX_TEXT = 200
MAX_COUNT = 10_000
MAX_DAYS = 3_660
# Whole numbers beyond this are not exact as float, and the readers would differ.
MAX_NUMBER = 2**53
KEYS: Mapping[str, frozenset[str]] = {
    "all": frozenset({"all"}),
    "any": frozenset({"any"}),
    "not": frozenset({"not"}),
    "field": frozenset({"field", "op", "value", "values"}),
    "did": frozenset({"did", "at_least", "within_days", "where", "then", "then_not"}),
    "may": frozenset({"may", "channel", "topic"}),
    "segment": frozenset({"segment"}),
}
STEP = frozenset({"did", "within_days", "where"})


class Reader:
    """Reads one rule and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.n_nodes = 0

    def read(self, data: object) -> Rule:
        """Read an envelope or a bare node.

        Parameters
        ----------
        data
            Parsed JSON.

        Returns
        -------
        Rule
            The tree.

        Raises
        ------
        InvalidRule
            With every problem found.
        """
        if isinstance(data, Mapping) and "rule" in data:
            if data.get("version") != FORMAT_VERSION:
                self.add("version", f"write {FORMAT_VERSION}, the only known version")
            data = data["rule"]
        rule = self._node(data, ())
        if self.problems:
            raise InvalidRule(self.problems)
        return rule

    def add(self, path: str, message: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(path, message))

    def _node(self, data: object, path: Path) -> Rule:
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES:
            if self.n_nodes == MAX_NODES + 1:
                self.add("rule", f"use at most {MAX_NODES} conditions and groups")
            return EVERYONE
        if len(path) >= MAX_DEPTH:
            self.add(at(path), f"nest groups at most {MAX_DEPTH} deep")
            return EVERYONE
        shape = _shape(data)
        if shape is None or not isinstance(data, Mapping):
            known = "all, any, not, field, did, may or segment"
            self.add(at(path), f"write one of {known}")
            return EVERYONE
        self._extra_keys(data, KEYS[shape], at(path))
        return self._shaped(shape, data, path)

    def _shaped(self, shape: str, data: Mapping[str, object], path: Path) -> Rule:
        if shape == "all":
            return All(self._parts(data["all"], path))
        if shape == "any":
            return Any(self._parts(data["any"], path))
        if shape == "not":
            return Not(self._node(data["not"], (*path, 0)))
        return self._leaf_shaped(shape, data, path)

    def _leaf_shaped(self, shape: str, data: Mapping[str, object], path: Path) -> Rule:
        if shape == "did":
            is_first = "then" in data or "then_not" in data
            return self._then(data, path) if is_first else self._did(data, at(path))
        if shape == "may":
            return self._may(data, path)
        if shape == "segment":
            return InSegment(self._text(data["segment"], at(path, "segment")))
        return self._leaf(data, path)

    def _parts(self, data: object, path: Path) -> tuple[Rule, ...]:
        if not isinstance(data, list):
            self.add(at(path), "write a list of conditions")
            return ()
        if not data and path:
            self.add(at(path), "add at least one condition, or remove the group")
        # A longer list cannot be within the limit; reading on would only cost time.
        return tuple(
            self._node(part, (*path, i)) for i, part in enumerate(data[: MAX_NODES + 1])
        )

    def _leaf(self, data: Mapping[str, object], path: Path) -> Rule:
        field = self._field(data["field"], path)
        op = data.get("op")
        if op == "exists":
            self._extra_keys(data, frozenset({"field", "op"}), at(path))
            return Exists(field)
        if op == "in":
            return In(field, self._values(data, path))
        self._extra_keys(data, frozenset({"field", "op", "value"}), at(path))
        value = self._scalar(data.get("value"), at(path, "value"))
        return Compare(field, self._op(op, value, at(path, "op"), more=True), value)

    def _field(self, field: object, path: Path) -> str:
        where = at(path, "field")
        text = self._text(field, where)
        source, key = split_field(text)
        if text and (source not in SOURCES or not key):
            self.add(where, "name a field as trait.…, feature.…, score.… or context.…")
        return text

    def _values(self, data: Mapping[str, object], path: Path) -> tuple[Scalar, ...]:
        self._extra_keys(data, frozenset({"field", "op", "values"}), at(path))
        values, where = data.get("values"), at(path, "values")
        if not isinstance(values, list) or not values:
            self.add(where, "list at least one value")
            return ()
        if len(values) > MAX_VALUES:
            self.add(where, f"list at most {MAX_VALUES} values")
            return ()
        return tuple(
            self._scalar(value, at(path, "values", str(i + 1)))
            for i, value in enumerate(values)
        )

    def _op(self, op: object, value: Scalar, where: str, *, more: bool = False) -> Op:
        known = next((name for name in OPS if name == op), None)
        if known is None:
            self.add(where, f"write one of {', '.join(OPS)}{', in, exists' * more}")
            return "eq"
        if isinstance(value, bool) and known not in ("eq", "ne"):
            self.add(where, "yes and no have no order: write eq or ne")
        return known

    def _scalar(self, value: object, where: str) -> Scalar:
        if isinstance(value, str):
            return self._text(value, where, empty=True)
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            if not math.isfinite(value) or abs(value) > MAX_NUMBER:
                self.add(where, f"write a number between ±{MAX_NUMBER}")
                return 0
            return value
        self.add(where, "write a text, a number, true or false")
        return ""

    def _text(self, value: object, where: str, *, empty: bool = False) -> str:
        if not isinstance(value, str) or not (value.strip() or empty):
            self.add(where, "write a text")
            return ""
        if len(value) > MAX_TEXT:
            self.add(where, f"shorten the text to {MAX_TEXT} characters")
            return ""
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            self.add(where, "remove the characters that cannot be stored")
            return ""
        return value

    def _did(self, data: Mapping[str, object], place: str) -> Did:
        days = data.get("within_days")
        return Did(
            event=self._text(data.get("did"), f"{place} › did"),
            at_least=self._count(
                data.get("at_least", 1), MAX_COUNT, f"{place} › at_least"
            ),
            within_days=None
            if days is None
            else self._count(days, MAX_DAYS, f"{place} › within_days"),
            where=self._wheres(data.get("where", []), place),
        )

    def _then(self, data: Mapping[str, object], path: Path) -> Rule:
        word = "then" if "then" in data else "then_not"
        self._extra_keys(data, STEP | {word}, at(path))
        second, place = data[word], at(path, word)
        if not isinstance(second, Mapping):
            self.add(place, "write did and within_days")
            return EVERYONE
        self._extra_keys(second, STEP, place)
        if second.get("within_days") is None:
            self.add(f"{place} › within_days", "say within how many days")
        return Then(self._did(data, at(path)), self._did(second, place), word == "then")

    def _may(self, data: Mapping[str, object], path: Path) -> May:
        places = [
            self._text(data.get(name, ""), at(path, name), empty=True)
            for name in ("channel", "topic")
        ]
        return May(self._text(data["may"], at(path, "may")), *places)

    def _count(self, value: object, top: int, where: str) -> int:
        if type(value) is not int or not 1 <= value <= top:
            self.add(where, f"write a whole number from 1 to {top}")
            return 1
        return value

    def _wheres(self, data: object, place: str) -> tuple[Where, ...]:
        if not isinstance(data, list) or len(data) > MAX_NODES:
            self.add(f"{place} › where", "write a list of conditions on properties")
            return ()
        return tuple(
            self._where(item, f"{place} › where › {i + 1}")
            for i, item in enumerate(data)
        )

    def _where(self, data: object, where: str) -> Where:
        if not isinstance(data, Mapping):
            self.add(where, "write a property, an op and a value")
            return Where("", "eq", "")
        self._extra_keys(data, frozenset({"property", "op", "value"}), where)
        value = self._scalar(data.get("value"), f"{where} › value")
        return Where(
            self._text(data.get("property"), f"{where} › property"),
            self._op(data.get("op"), value, f"{where} › op"),
            value,
        )

    def _extra_keys(
        self, data: Mapping[str, object], known: frozenset[str], where: str
    ) -> None:
        extra: Sequence[str] = sorted(str(key)[:40] for key in data if key not in known)
        if extra:
            self.add(where, f"remove what is not understood here: {', '.join(extra)}")


def _shape(data: object) -> str | None:
    if not isinstance(data, Mapping):
        return None
    named = [shape for shape in KEYS if shape in data]
    return named[0] if len(named) == 1 else None
