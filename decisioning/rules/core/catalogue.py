"""What rules may speak about: fields and events, with the words for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from decisioning.rules.core.tree import (
    Compare,
    Did,
    Exists,
    In,
    Op,
    Rule,
    dids_of,
    walk,
)

Kind = Literal["number", "text", "yes_no"]


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field with its kind and its words.

    ``phrases`` replaces the usual wording for an operator, with ``{value}`` where the
    value stands (``{"le": "last bought {value} months ago or later"}``); for yes/no
    fields the keys are ``yes`` and ``no``. ``element`` is the key of the data element
    whose use governance checks; the reference itself where none is given. ``choices``
    closes the list of texts.
    """

    ref: str
    label: str
    kind: Kind
    unit: str = ""
    element: str = ""
    choices: tuple[str, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventInfo:
    """An event with its words: ``did`` "placed an order", ``did_not`` "not placed …".

    Both continue "has". ``properties`` is ``None`` where any property may be asked for.
    """

    name: str
    did: str
    element: str = ""
    properties: Mapping[str, FieldInfo] | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Fields by reference and events by name; with ``open_events`` any event goes.

    ``segments`` are names by key of those that a rule may refer to; ``consents`` words
    by purpose, ``channels`` words by channel ("by e-mail").
    """

    fields: Mapping[str, FieldInfo]
    events: Mapping[str, EventInfo]
    open_events: bool = False
    segments: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def elements_used(self, rule: Rule) -> tuple[str, ...]:
        """Name the data elements that a rule reads, for the check of permitted use.

        Parameters
        ----------
        rule
            Any tree.

        Returns
        -------
        tuple of str
            Element keys, sorted; the plain reference where the catalogue names none.
        """
        used: set[str] = set()
        for _, node in walk(rule):
            if isinstance(node, Compare | In | Exists):
                info = self.fields.get(node.field)
                used.add((info and info.element) or node.field)
            for did in dids_of(node):
                used.update(self._event_elements(did))
        return tuple(sorted(used))

    def _event_elements(self, did: Did) -> set[str]:
        info = self.events.get(did.event)
        used = {(info and info.element) or f"event.{did.event}"}
        for where in did.where:
            known = (info and info.properties) or {}
            prop = known.get(where.property)
            ref = f"event.{did.event}.{where.property}"
            used.add((prop and prop.element) or ref)
        return used


def ops_for(kind: Kind) -> tuple[Op, ...]:
    """Operators that make sense for a kind, for the builder.

    Parameters
    ----------
    kind
        Of a field.

    Returns
    -------
    tuple of str
        In the order they are offered.
    """
    return ("eq", "ne") if kind == "yes_no" else ("eq", "ne", "lt", "le", "gt", "ge")
