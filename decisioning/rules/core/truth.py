"""What a comparison of two values means, in one place for the Python readers."""

import math
import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final, TypeAlias

import numpy as np

from decisioning.rules.core.tree import Op, Scalar

Test: TypeAlias = Callable[[object], bool]

NUMBER: Final = "number"
TEXT: Final = "text"
YES_NO: Final = "yes_no"


def plain(value: object) -> object:
    """Return the value with numpy and decimal numbers as ``float``, NaN as ``None``.

    Parameters
    ----------
    value
        Anything a profile may hold.

    Returns
    -------
    object
        ``None`` stands for missing.
    """
    if isinstance(value, Decimal | np.floating | np.integer):
        value = float(value)
    elif isinstance(value, np.bool_):
        return bool(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def kind_of(value: object) -> str | None:
    """Kind by which values may be compared.

    Parameters
    ----------
    value
        A plain value.

    Returns
    -------
    str or None
        ``number``, ``text``, ``yes_no``; ``None`` for null, lists and objects, which
        compare with nothing.
    """
    if isinstance(value, bool):
        return YES_NO
    if isinstance(value, int | float):
        return NUMBER
    return TEXT if isinstance(value, str) else None


def comparison(op: Op, wanted: Scalar) -> Test:
    """Test of a value against a rule's value.

    Parameters
    ----------
    op
        Which comparison; yes/no values know ``eq`` and ``ne`` only.
    wanted
        The rule's value.

    Returns
    -------
    callable
        ``value -> bool``, false when the value is missing or of another kind.
    """
    kind = kind_of(wanted) or TEXT
    compare = _BY_KIND[kind].get(op)
    if compare is None:
        return lambda _value: False
    fits = _FITS[kind]

    def test(value: object) -> bool:
        if type(value) in fits:
            return compare(value, wanted)
        if type(value) in _NATIVE:
            return False
        value = plain(value)
        return type(value) in fits and compare(value, wanted)

    return test


def membership(wanted: Iterable[Scalar]) -> Test:
    """Test whether a value equals one of a rule's values.

    Parameters
    ----------
    wanted
        The rule's values, of any kinds.

    Returns
    -------
    callable
        ``value -> bool``, false when the value is missing.
    """
    keys = {(kind_of(value), value) for value in wanted}

    def test(value: object) -> bool:
        value = plain(value)
        kind = kind_of(value)
        return kind is not None and (kind, value) in keys

    return test


def is_present(value: object) -> bool:
    """Whether a field has a value at all; lists and objects count.

    Parameters
    ----------
    value
        What the profile holds, ``None`` when it holds nothing.

    Returns
    -------
    bool
        False for null and NaN.
    """
    return plain(value) is not None


Compared: TypeAlias = Callable[[Any, Any], bool]


def _other_number(a: float, b: float) -> bool:
    # NaN differs from everything, yet to us it is missing.
    return a != b and a == a


_NATIVE: Final = frozenset({bool, int, float, str, type(None)})
_FITS: Final[dict[str, frozenset[type]]] = {
    NUMBER: frozenset({int, float}),
    TEXT: frozenset({str}),
    YES_NO: frozenset({bool}),
}
_EQUALITY: Final[dict[Op, Compared]] = {"eq": operator.eq, "ne": operator.ne}
_ORDERED: Final[dict[Op, Compared]] = {
    **_EQUALITY,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_BY_KIND: Final[dict[str, dict[Op, Compared]]] = {
    NUMBER: {**_ORDERED, "ne": _other_number},
    TEXT: _ORDERED,
    YES_NO: _EQUALITY,
}
