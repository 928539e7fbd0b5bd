"""Which parts of the rules let one guess a protected trait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from decisioning.fairness.simulating import Simulated
from decisioning.rules.core import (
    EVERYONE,
    Compare,
    Exists,
    In,
    Rule,
    describe_condition,
    evaluate,
    fields_used,
    load,
    walk,
)
from decisioning.rules.core.evaluate import field_value
from decisioning.segments import queries as segments
from decisioning.segments.catalogue import rule_catalogue
from decisioning.segments.models import Segment
from governance.consent.queries import policy as consent_policy
from governance.fairness.core import Proxy, association, banded

MOST_PARTS = 24
SEED = 20_261
Groups = Mapping[str, npt.NDArray[np.object_]]


def hunt(
    seen: Simulated, groups: Groups, *, segment: str, eligibilities: list[Any]
) -> list[Proxy]:
    """Every field and condition of the rules against every trait, strongest first."""
    rng = np.random.default_rng(SEED)
    rules = list(_rules(segment, eligibilities))
    found = [
        association(name, trait, values, members, rng=rng)
        for name, values in _parts(seen, rules)
        for trait, members in groups.items()
        if name != trait
    ]
    return sorted(found, key=lambda p: -(p.lo or 0.0))


def _rules(segment: str, eligibilities: list[Any]) -> Iterator[Rule]:
    stored = Segment.objects.filter(key=segment, retired_at=None).first()
    if stored is not None:
        yield segments.ready(segments.readable(stored.rule), key=segment)
    for each in eligibilities:
        if each is not None:
            yield load(each)


def _parts(
    seen: Simulated, rules: list[Rule]
) -> Iterator[tuple[str, npt.NDArray[np.object_]]]:
    """Fields by their labels, then single conditions in words."""
    catalogue = rule_catalogue(with_context=True)
    fields = sorted({field for rule in rules for field in fields_used(rule)})
    for field in fields[:MOST_PARTS]:
        info = catalogue.fields.get(field)
        values = [field_value(person, field) for person in seen.people]
        yield _capital(info.label if info else field), banded(values)
    policy = consent_policy()
    leaves = {
        describe_condition(node, catalogue): node
        for rule in rules
        for _, node in walk(rule)
        if isinstance(node, (Compare, In, Exists)) and rule != EVERYONE
    }
    for words, leaf in sorted(leaves.items())[:MOST_PARTS]:
        holds = [evaluate(leaf, person, seen.now, policy) for person in seen.people]
        told = ["yes" if each else "no" for each in holds]
        yield _capital(words), np.array(told, dtype=object)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
