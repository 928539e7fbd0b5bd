"""A saved mapping turns the rows of any table into Segment events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from decisioning.events.core import Incoming
from decisioning.events.imports.files import RowProblem
from governance.types import Invalid

KINDS = ("text", "number", "yes_no", "auto")
YES = frozenset({"1", "yes", "y", "true", "t"})
NO = frozenset({"0", "no", "n", "false", "f"})


@dataclass(frozen=True, slots=True)
class Column:
    """Where a value comes from: a column and how to read it, or one fixed value."""

    name: str = ""
    kind: str = "auto"
    value: Any = None

    def of(self, row: Mapping[str, str]) -> Any:
        """The value in this row; None where the cell is empty."""
        if not self.name:
            return self.value
        text = row.get(self.name, "").strip()
        return None if text == "" else typed(text, self.kind, self.name)


def typed(text: str, kind: str, column: str) -> Any:
    match kind:
        case "text":
            return text
        case "yes_no":
            return yes_or_no(text, column)
        case "number":
            return number(text, column)
        case _:
            try:
                return number(text, column)
            except RowProblem:
                return text


def yes_or_no(text: str, column: str) -> bool:
    low = text.strip().lower()
    if low in YES or low in NO:
        return low in YES
    raise RowProblem(column, f"{text!r} is neither yes nor no.")


def number(text: str, column: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) == float("inf"):
        raise RowProblem(column, f"{text!r} is no number.")
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def load(path: Path, needed: Sequence[str], known: Sequence[str]) -> dict[str, Any]:
    """Read a mapping file; every problem is told by its field."""
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise Invalid({"mapping": f"{path} cannot be read: {error}."}) from error
    except ValueError as error:
        raise Invalid({"mapping": f"{path.name} is not JSON: {error}."}) from error
    return checked(data, needed, known)


def checked(data: Any, needed: Sequence[str], known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Invalid({"mapping": "The mapping must be one JSON object."})
    errors = {name: f"{name} is missing." for name in needed if not data.get(name)}
    for name in data:
        if name not in known:
            errors[name] = f"{name} is not known. Known are: {', '.join(known)}."
    if errors:
        raise Invalid(errors)
    return data


def column(given: Any, field: str, header: Sequence[str]) -> Column:
    """``"name"``, ``{"column": "name", "type": …}`` or ``{"value": "fixed"}``."""
    if isinstance(given, str):
        given = {"column": given}
    if not isinstance(given, dict) or not ("column" in given or "value" in given):
        raise Invalid({field: f"{field} must name a column, or give a value."})
    if "column" not in given:
        return Column(value=given["value"])
    name, kind = str(given["column"]), str(given.get("type", "auto"))
    if name not in header:
        has = ", ".join(header[:20])
        raise Invalid({field: f"There is no column {name!r}. The file has: {has}."})
    if kind not in KINDS:
        raise Invalid({field: f"type must be one of {', '.join(KINDS)}."})
    return Column(name, kind)


def columns(given: Any, field: str, header: Sequence[str]) -> dict[str, Column]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Invalid({field: f"{field} must be an object of names and columns."})
    return {
        str(name): column(where, f"{field}.{name}", header)
        for name, where in given.items()
    }


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a row becomes an identify, or a track where it has an event."""

    digest: str
    user: Column | None
    anonymous: Column | None
    event: Column | None
    at: Column | None
    message: Column | None
    values: Mapping[str, Column]
    message_prefix: str = ""

    def event_of(self, number_: int, row: Mapping[str, str]) -> Incoming:
        """One row as an event.

        Raises
        ------
        RowProblem
            Naming the column.
        """
        message = _text(self.message, row)
        if message:
            message = f"{self.message_prefix}{message}"
        values = {name: where.of(row) for name, where in self.values.items()}
        kept = {name: value for name, value in values.items() if value is not None}
        at = _text(self.at, row)
        return Incoming(
            type="track" if self.event else "identify",
            event=_text(self.event, row),
            message_id=message or f"{self.digest[:16]}:{number_}",
            user_id=_text(self.user, row),
            anonymous_id=_text(self.anonymous, row),
            timestamp=instant(at, self.at.name).isoformat() if at and self.at else None,
            traits=None if self.event else kept,
            properties=kept if self.event else None,
        )


def _text(where: Column | None, row: Mapping[str, str]) -> str | None:
    if where is None:
        return None
    if not where.name:
        return str(where.value)
    return row.get(where.name, "").strip() or None


def instant(text: str, column: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RowProblem(
            column, f"{text!r} is no time such as 2026-03-02T09:00:00Z."
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


CUSTOMER_FIELDS = ("userId", "anonymousId", "traits", "timestamp", "messageId")
EVENT_FIELDS = (*CUSTOMER_FIELDS[:2], "event", "timestamp", "messageId", "properties")
ORDER_PARTS = ("orderId", "revenue", "currency")
ORDER_NEEDED = ("orderId", "revenue", "timestamp")
ORDER_FIELDS = (*CUSTOMER_FIELDS[:2], *ORDER_PARTS, "timestamp", "properties")


def customers(data: dict[str, Any], header: Sequence[str], digest: str) -> TableMapping:
    return _mapping(data, header, digest, "traits")


def events(data: dict[str, Any], header: Sequence[str], digest: str) -> TableMapping:
    return _mapping(data, header, digest, "properties")


def orders(data: dict[str, Any], header: Sequence[str], digest: str) -> TableMapping:
    """An order's own number names its message: in two files it is one order."""
    parts = {part: data[part] for part in ORDER_PARTS if data.get(part)}
    event = {
        **{name: where for name, where in data.items() if name not in ORDER_PARTS},
        "event": {"value": "Order Completed"},
        "messageId": data["orderId"],
        "properties": {**(data.get("properties") or {}), **parts},
    }
    made = _mapping(event, header, digest, "properties")
    number = replace(made.values["orderId"], kind="text")
    values = {**made.values, "orderId": number}
    return replace(made, values=values, message_prefix="order:")


def _mapping(
    data: dict[str, Any], header: Sequence[str], digest: str, values: str
) -> TableMapping:
    def where(field: str) -> Column | None:
        return column(data[field], field, header) if data.get(field) else None

    if not data.get("userId") and not data.get("anonymousId"):
        raise Invalid({"userId": "Name the column of userId or of anonymousId."})
    return TableMapping(
        digest=digest,
        user=where("userId"),
        anonymous=where("anonymousId"),
        event=where("event"),
        at=where("timestamp"),
        message=where("messageId"),
        values=columns(data.get(values), values, header),
    )
