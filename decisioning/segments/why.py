"""Why one customer is in a segment or out: each condition with what is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from decisioning.rules.core import (
    All,
    Any,
    Catalogue,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Profile,
    Rule,
    Then,
    describe_condition,
    evaluate,
)
from decisioning.rules.core.evaluate import field_value
from decisioning.rules.core.truth import plain
from governance.consent.core import Policy, may

NOTHING = "not on record"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer; ``depth`` counts the groups around it."""

    depth: int
    words: str
    holds: bool
    value: str


class Asked:
    """A customer's profile put to a rule, with the rules of the segments it names."""

    def __init__(
        self,
        profile: Profile,
        ready: "dict[str, Rule]",
        catalogue: Catalogue,
        now: datetime,
        policy: Policy,
    ) -> None:
        self.profile, self.ready, self.catalogue = profile, ready, catalogue
        self.now, self.policy = now, policy

    def findings(self, rule: Rule, depth: int = 0) -> Iterator[Finding]:
        """Every line of the rule from the top, groups before their parts.

        Parameters
        ----------
        rule
            As it was written: other segments are named, not spelt out.
        depth
            Of ``rule`` itself.

        Yields
        ------
        Finding
            In the order of the rule.
        """
        match rule:
            case All(parts) | Any(parts):
                if depth or isinstance(rule, Any):
                    word = "any one of" if isinstance(rule, Any) else "all of"
                    yield Finding(depth, word, self.holds(rule), "")
                    depth += 1
                for part in parts:
                    yield from self.findings(part, depth)
            case Not(All() | Any() | Not() as part):
                yield Finding(depth, "not", self.holds(rule), "")
                yield from self.findings(part, depth + 1)
            case Not(part):
                yield self._leaf(rule, part, depth)
            case _:
                yield self._leaf(rule, rule, depth)

    def holds(self, rule: Rule) -> bool:
        """Whether a part of the rule is true for this customer.

        Parameters
        ----------
        rule
            Any part, which may name other segments.

        Returns
        -------
        bool
            As `evaluate` says with every named rule in place.
        """
        return evaluate(self._ready(rule), self.profile, self.now, self.policy)

    def _ready(self, rule: Rule) -> Rule:
        match rule:
            case All(parts):
                return All(tuple(self._ready(part) for part in parts))
            case Any(parts):
                return Any(tuple(self._ready(part) for part in parts))
            case Not(part):
                return Not(self._ready(part))
            case InSegment(key):
                return self.ready.get(key, Any())
            case _:
                return rule

    def _leaf(self, rule: Rule, leaf: Rule, depth: int) -> Finding:
        words = describe_condition(rule, self.catalogue)
        return Finding(depth, words, self.holds(rule), self._value(leaf))

    def _value(self, leaf: Rule) -> str:
        match leaf:
            case Compare(field) | In(field) | Exists(field):
                return told(field_value(self.profile, field))
            case Did():
                return self._times(leaf)
            case Then(first):
                return self._times(first)
            case May(purpose, channel, topic):
                answer = may(
                    self.profile.head,
                    purpose,
                    channel,
                    topic,
                    now=self.now,
                    policy=self.policy,
                )
                return answer.reasons[0].text if answer.reasons else "allowed"
            case InSegment():
                return "in" if self.holds(leaf) else "not in"
            case All() | Any() | Not():
                return ""
            case _:
                assert_never(leaf)

    def _times(self, did: Did) -> str:
        days = did.within_days
        since = None if days is None else self.now - timedelta(days=days)
        moments = self.profile.moments(did.event, since, self.now, did.where)
        if not moments:
            return "never" if days is None else "not in these days"
        last = max(moments).astimezone(UTC)
        n = len(moments)
        return f"{n:,} {'time' if n == 1 else 'times'}, last on {last:%Y-%m-%d}"


def told(value: object) -> str:
    """One value as a person reads it.

    Parameters
    ----------
    value
        Of a trait, feature or score.

    Returns
    -------
    str
        "not on record" where there is none.
    """
    known = plain(value)
    if known is None:
        return NOTHING
    if isinstance(known, bool):
        return "yes" if known else "no"
    if isinstance(known, float):
        return f"{known:,.2f}".rstrip("0").rstrip(".")
    return f"{known:,}" if isinstance(known, int) else str(known)
