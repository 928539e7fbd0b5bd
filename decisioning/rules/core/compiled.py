"""Many rules at once: each distinct leaf is asked once, bitsets do the rest.

Every rule is brought to a disjunction of conjunctions of leaves. Term k of rule i
is bit ``k * n_rules + i`` of one integer, so a leaf's answer strikes out, in a single
operation, every term of every rule that it contradicts. Rules whose expansion would
exceed `MAX_TERMS` terms are evaluated one by one instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from decisioning.rules.core.codec import canonical_json
from decisioning.rules.core.evaluate import (
    Profile,
    asked,
    evaluate,
    leaf_test,
    values_of,
)
from decisioning.rules.core.tree import (
    SOURCES,
    All,
    Any,
    AskedLeaf,
    Compare,
    Exists,
    In,
    Leaf,
    Not,
    Rule,
    leaves_of,
    split_field,
)
from decisioning.rules.core.truth import Test
from governance.consent.core import ORDINARY, Policy

MAX_TERMS: Final = 64
PLACES: Final[Mapping[str, int]] = {source: i for i, source in enumerate(SOURCES)}

Literal: TypeAlias = tuple[int, bool]
Term: TypeAlias = frozenset[Literal]
FieldAtom: TypeAlias = tuple[Test, int, int, int]
FieldAtoms: TypeAlias = tuple[int, str, tuple[FieldAtom, ...]]
AskedAtom: TypeAlias = tuple[AskedLeaf, int, int, int]


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Rules ready for one profile after another; immutable and safe to share.

    ``fields`` holds, for each field, the place of its source in `SOURCES`, its key and
    its leaves; a leaf is a test with its own bit and the terms struck out by true and
    by false. A wide rule counts as one leaf more.
    """

    n_rules: int
    n_atoms: int
    n_layers: int
    every_rule: int
    every_term: int
    fields: tuple[FieldAtoms, ...]
    asked: tuple[AskedAtom, ...]
    wide: tuple[tuple[int, Rule], ...]

    def satisfied(
        self, profile: Profile, now: datetime, policy: Policy = ORDINARY
    ) -> int:
        """Tell which rules hold.

        Parameters
        ----------
        profile
            The customer.
        now
            Aware; the end of every window.
        policy
            What holds for everybody's consent.

        Returns
        -------
        int
            Bit ``i`` is set exactly when ``evaluate(rules[i], profile, now)``.
        """
        return self.answered(profile, now, policy)[0]

    def answered(
        self, profile: Profile, now: datetime, policy: Policy = ORDINARY
    ) -> tuple[int, int]:
        """Tell which rules hold, and which leaves.

        Parameters
        ----------
        profile, now, policy
            As for `satisfied`.

        Returns
        -------
        held, leaves : int
            `held_by` leads from the second back to the first.
        """
        struck, leaves = self._asked(profile, now, policy)
        for place, (_, rule) in enumerate(self.wide):
            if evaluate(rule, profile, now, policy):
                leaves |= 1 << (self.n_atoms + place)
        return self._held(struck, leaves), leaves

    def conditions(
        self, rule: Rule, profile: Profile, now: datetime, policy: Policy = ORDINARY
    ) -> tuple[bool, ...]:
        """Tell which conditions of one rule hold.

        Parameters
        ----------
        rule
            Any rule, compiled here or not.
        profile, now, policy
            As for `satisfied`.

        Returns
        -------
        tuple of bool
            One for each of `leaves_of` the rule, in that order.
        """
        return tuple(evaluate(leaf, profile, now, policy) for leaf in leaves_of(rule))

    def held_by(self, leaves: int) -> int:
        """Tell which rules hold where these leaves do.

        Parameters
        ----------
        leaves
            As `answered` gave them.

        Returns
        -------
        int
            As for `satisfied`.
        """
        struck = 0
        for _, _, atoms in self.fields:
            for _, bit, if_true, if_false in atoms:
                struck |= if_true if leaves & bit else if_false
        for _, bit, if_true, if_false in self.asked:
            struck |= if_true if leaves & bit else if_false
        return self._held(struck, leaves)

    def _held(self, struck: int, leaves: int) -> int:
        alive = self.every_term & ~struck
        held = alive & self.every_rule
        for layer in range(1, self.n_layers):
            held |= (alive >> (layer * self.n_rules)) & self.every_rule
        for place, (bit, _) in enumerate(self.wide):
            if leaves >> (self.n_atoms + place) & 1:
                held |= bit
        return held

    def _asked(
        self, profile: Profile, now: datetime, policy: Policy
    ) -> tuple[int, int]:
        struck = leaves = 0
        sources = tuple(values_of(profile, source) for source in SOURCES)
        for place, key, atoms in self.fields:
            value = sources[place].get(key)
            for test, bit, if_true, if_false in atoms:
                if test(value):
                    struck |= if_true
                    leaves |= bit
                else:
                    struck |= if_false
        for leaf, bit, if_true, if_false in self.asked:
            if asked(leaf, profile, now, policy):
                struck |= if_true
                leaves |= bit
            else:
                struck |= if_false
        return struck, leaves


def compile_python(rules: Sequence[Rule]) -> CompiledRules:
    """Compile rules for repeated evaluation.

    Parameters
    ----------
    rules
        Rule ``i`` becomes bit ``i``.

    Returns
    -------
    CompiledRules
        Agrees with `evaluate` on every profile.
    """
    return _Compiler(rules).compiled()


class _Compiler:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.numbers: dict[str, int] = {}
        self.leaves: list[Leaf] = []
        self.if_true: list[int] = []
        self.if_false: list[int] = []
        self.every_term = 0
        self.n_layers = 1
        self.wide: list[tuple[int, Rule]] = []

    def compiled(self) -> CompiledRules:
        for i, rule in enumerate(self.rules):
            terms = self._terms(rule, holds=True)
            if terms is None:
                self.wide.append((1 << i, rule))
            else:
                self._place(i, terms)
        return CompiledRules(
            n_rules=len(self.rules),
            n_atoms=len(self.leaves),
            n_layers=self.n_layers,
            every_rule=(1 << len(self.rules)) - 1,
            every_term=self.every_term,
            fields=self._fields(),
            asked=tuple(
                (leaf, 1 << n, self.if_true[n], self.if_false[n])
                for n, leaf in enumerate(self.leaves)
                if not isinstance(leaf, Compare | In | Exists)
            ),
            wide=tuple(self.wide),
        )

    def _place(self, i: int, terms: Iterable[Term]) -> None:
        for layer, term in enumerate(terms):
            bit = 1 << (layer * len(self.rules) + i)
            self.every_term |= bit
            self.n_layers = max(self.n_layers, layer + 1)
            for number, wanted in term:
                strikes = self.if_false if wanted else self.if_true
                strikes[number] |= bit

    def _fields(self) -> tuple[FieldAtoms, ...]:
        groups: dict[str, list[FieldAtom]] = {}
        for n, leaf in enumerate(self.leaves):
            if isinstance(leaf, Compare | In | Exists):
                atom = (leaf_test(leaf), 1 << n, self.if_true[n], self.if_false[n])
                groups.setdefault(leaf.field, []).append(atom)
        return tuple(self._group(ref, atoms) for ref, atoms in groups.items())

    def _group(self, ref: str, atoms: Sequence[FieldAtom]) -> FieldAtoms:
        source, key = split_field(ref)
        return (PLACES[source], key, tuple(atoms))

    def _number(self, leaf: Leaf) -> int:
        # Equality of the tree will not do as a key: True == 1 in Python.
        key = canonical_json(leaf)
        if key not in self.numbers:
            self.numbers[key] = len(self.leaves)
            self.leaves.append(leaf)
            self.if_true.append(0)
            self.if_false.append(0)
        return self.numbers[key]

    def _terms(self, rule: Rule, *, holds: bool) -> tuple[Term, ...] | None:
        """Terms of the rule, or of its negation; `None` when there are too many."""
        if isinstance(rule, Not):
            return self._terms(rule.part, holds=not holds)
        if not isinstance(rule, All | Any):
            return (frozenset({(self._number(rule), holds)}),)
        parts = [self._terms(part, holds=holds) for part in rule.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        # De Morgan: the negation of "all" is "any" of the negations.
        return _both(known) if isinstance(rule, All) == holds else _either(known)


def _either(parts: Sequence[Sequence[Term]]) -> tuple[Term, ...] | None:
    return _few({term for part in parts for term in part})


def _both(parts: Sequence[Sequence[Term]]) -> tuple[Term, ...] | None:
    terms: tuple[Term, ...] = (frozenset(),)
    for part in parts:
        joined = _few({a | b for a in terms for b in part})
        if joined is None:
            return None
        terms = joined
    return terms


def _few(terms: Iterable[Term]) -> tuple[Term, ...] | None:
    possible = {term for term in terms if not _contradicts(term)}
    needed = [t for t in possible if not any(other < t for other in possible)]
    return tuple(sorted(needed, key=sorted)) if len(needed) <= MAX_TERMS else None


def _contradicts(term: Term) -> bool:
    return any((number, not wanted) in term for number, wanted in term)
