"""From loose JSON or form values to frozen dataclasses and back."""

import dataclasses
import math
import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
TRUE = frozenset({"true", "on", "yes", "1"})
FALSE = frozenset({"false", "off", "no", "0"})
EMPTY: tuple[object, ...] = (None, "")


def parse(kind: type[T], data: Mapping[str, Any]) -> tuple[T, dict[str, str]]:
    """Read a dataclass from loose values.

    Parameters
    ----------
    kind
        A dataclass whose every field has a default.
    data
        Values as JSON or a form gives them; numbers may be text.

    Returns
    -------
    value, problems
        The value with defaults where nothing usable was given, and a sentence for
        each field path that was given and could not be read, unknown ones included.
    """
    problems: dict[str, str] = {}
    return _record(kind, data, "", problems), problems


def plain(value: Any) -> Any:
    """Turn a dataclass into JSON values.

    Parameters
    ----------
    value
        A dataclass, or what its fields hold.

    Returns
    -------
    object
        Dictionaries, lists, text, numbers, booleans and nulls.
    """
    if dataclasses.is_dataclass(value):
        return {
            f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def _record(kind: Any, data: Any, path: str, problems: dict[str, str]) -> Any:
    if not isinstance(data, Mapping):
        if data not in EMPTY:
            problems[path or "content"] = "This should be a group of named answers."
        return kind()
    hints = get_type_hints(kind)
    for unknown in data.keys() - hints.keys():
        problems[_join(path, str(unknown))] = "There is no such field."
    given = {
        name: _value(hint, data[name], _join(path, name), problems)
        for name, hint in hints.items()
        if name in data and data[name] not in EMPTY
    }
    return kind(**{name: value for name, value in given.items() if value is not None})


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(hint: Any, raw: Any, path: str, problems: dict[str, str]) -> Any:
    if dataclasses.is_dataclass(hint):
        return _record(hint, raw, path, problems)
    if get_origin(hint) is tuple:
        return _items(get_args(hint)[0], raw, path, problems)
    if get_origin(hint) is dict:
        return _named(get_args(hint)[1], raw, path, problems)
    try:
        return _scalar(hint, raw)
    except (ValueError, TypeError, OverflowError):
        problems[path] = f"“{raw}” is not {_wanted(hint)}."
        return None


def _items(kind: Any, raw: Any, path: str, problems: dict[str, str]) -> Any:
    if not isinstance(raw, (list, tuple)):
        problems[path] = "This should be a list."
        return None
    read = [
        _value(kind, item, f"{path}.{place}", problems)
        for place, item in enumerate(raw)
        if item not in EMPTY
    ]
    return tuple(item for item in read if item is not None)


def _named(kind: Any, raw: Any, path: str, problems: dict[str, str]) -> Any:
    if not isinstance(raw, Mapping):
        problems[path] = "This should be a group of named answers."
        return None
    read = {
        str(key): _value(kind, item, f"{path}.{key}", problems)
        for key, item in raw.items()
        if item not in EMPTY
    }
    return {key: item for key, item in read.items() if item is not None}


def _scalar(hint: Any, raw: Any) -> Any:
    kind = _bare(hint)
    if kind is bool:
        return _truth(raw)
    if isinstance(raw, (bool, Mapping, list, tuple)):
        raise TypeError
    if kind is str:
        return str(raw).replace("\x00", "").strip()
    number = float(str(raw).replace(",", "") if isinstance(raw, str) else raw)
    if not math.isfinite(number):
        raise ValueError
    if kind is float:
        return number
    if number != int(number):
        raise ValueError
    return int(number)


def _truth(raw: Any) -> bool:
    text = str(raw).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError


def _bare(hint: Any) -> Any:
    """Drop ``None`` from an optional type."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(arg for arg in get_args(hint) if arg is not type(None))
    return hint


def _wanted(hint: Any) -> str:
    kind = _bare(hint)
    if kind is bool:
        return "yes or no"
    if kind is str:
        return "a text"
    return "a whole number" if kind is int else "a number"
