"""Values of one decision: what is live, who asks, what came out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from decisioning.rules.core import CompiledRules, Rule, matches
from decisioning.rules.core.evaluate import Values
from decisioning.rules.core.tree import Where
from governance.consent.core import ORDINARY, Head, Policy

Singles = npt.NDArray[np.float32]
Losses = tuple[tuple[str, int], ...]


def _nothing() -> Values:
    known: dict[str, object] = {}
    return known


class Mode(StrEnum):
    """What kind of answer a decision is."""

    PERSONALISED = "personalised"
    CONTROL = "control"
    HOLDOUT = "holdout"
    DEFAULT = "default"
    SAFE_DEFAULT = "safe_default"


class Contact(NamedTuple):
    """One reservation that still counts; ``at`` in seconds since the epoch."""

    at: float
    channel: str
    topic: str
    offer: str
    use_case: str
    decision_id: str


class Happening(NamedTuple):
    """One event of the person; ``at`` in seconds since the epoch."""

    name: str
    at: float
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``n`` contacts in ``window`` seconds among those that match.

    ``scope`` is ``all``, ``channel``, ``topic``, ``offer`` or ``use_case``; ``bits``
    are the candidates it holds back once reached.
    """

    key: str
    n: int
    window: float
    scope: str
    scope_key: str
    bits: int

    def counts(self, contact: Contact) -> bool:
        """Whether a contact is one that this cap counts."""
        match self.scope:
            case "all":
                return True
            case "channel":
                return contact.channel == self.scope_key
            case "topic":
                return contact.topic == self.scope_key
            case "offer":
                return contact.offer == self.scope_key
            case _:
                return contact.use_case == self.scope_key


@dataclass(frozen=True, slots=True)
class TrialArm:
    """One arm; ``bits`` are the candidates that it may show."""

    key: str
    share: float
    mode: Mode
    bits: int


@dataclass(frozen=True, slots=True)
class Trial:
    """The experiment that a use case runs; without ``id`` only a holdout."""

    id: int | None
    key: str
    salt: str
    arms: tuple[TrialArm, ...]


@dataclass(frozen=True, slots=True)
class Linear:
    """Log-odds per candidate, linear in the person's features.

    Parameters
    ----------
    columns : (k,) int64
        Positions in the stored feature array.
    weights : (n, k) float32, row-major
    intercepts, known : (n,)
        ``known`` is false for a candidate the model has never seen.
    fill : (k,) float32
        Stands for an unknown feature.
    """

    digest: str
    columns: npt.NDArray[np.int64]
    weights: Singles
    intercepts: Singles
    known: npt.NDArray[np.bool_]
    fill: Singles


@dataclass(frozen=True, slots=True)
class Words:
    """What a candidate's sentence is made of; ``phrases`` complete "because you …".

    ``signal`` are the offer's own words for the elements in ``own``.
    """

    template: str
    offer: str
    signal: str
    phrases: Mapping[str, str]
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a candidate may be explained by.

    Parameters
    ----------
    rule
        What lets a person in: the audience's rule and the offer's own.
    signals
        Data element by field.
    in_rule
        Elements that the rule reads, those that the sentence names first.
    certain
        Those of them each of which alone would end it.
    hides
        Elements that no sentence may name, such as sensitive ones.
    words
        What sentences are made of.
    plain
        The sentence where nothing about the person was read.
    """

    rule: Rule
    signals: Mapping[str, str]
    in_rule: tuple[str, ...]
    certain: tuple[str, ...]
    hides: frozenset[str]
    words: Words
    plain: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A use case on a placement; ``bits`` are its candidates.

    ``model_signals`` are the data elements behind the model's columns, in their order.
    """

    key: str
    name: str
    version: int
    config_hash: str
    bits: int
    refusal: str = ""
    purposes: tuple[str, ...] = ()
    audience_bit: int = 0
    exposure: float = 1.0
    trial: Trial | None = None
    exploration: float = 0.0
    max_age: float | None = None
    model: Linear | None = None
    wants_score: bool = False
    model_signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacementTable:
    """Everything live on one placement, candidate by candidate; immutable.

    Bit ``i`` of every bitset, and place ``i`` of every tuple and array, is candidate
    ``i``: one creative of one offer in one use case. ``rules`` answers eligibility in
    bits ``0 … n - 1`` and the cases' audiences above. ``pinned`` is all of it as text,
    from which the table can be made again, and ``digest`` that text's.
    """

    key: str
    channel: str
    default_content: Mapping[str, Any]
    cases: tuple[Case, ...]
    offers: tuple[str, ...]
    creatives: tuple[str, ...]
    topics: tuple[str, ...]
    contents: tuple[Mapping[str, Any], ...]
    sentences: tuple[str, ...]
    values: Singles
    weights: Singles
    priorities: Singles
    costs: tuple[int, ...]
    budgets: tuple[int | None, ...]
    rules: CompiledRules
    schedule: Losses = ()
    floor: Losses = ()
    unexplained: int = 0
    caps: tuple[Cap, ...] = ()
    cap_window: float = 604_800.0
    events: tuple[str, ...] = ()
    event_window: float | None = 0.0
    packed: bytes = b"{}"
    policy: Policy = ORDINARY
    trees: tuple[Rule, ...] = ()
    grounds: tuple[Ground, ...] = ()
    pinned: str = ""
    digest: str = ""

    @property
    def n(self) -> int:
        """Number of candidates."""
        return len(self.offers)


@dataclass(frozen=True, slots=True)
class Standing:
    """The decision that still holds for the person on the placement."""

    decision_id: str
    mode: str
    use_case: str
    config_hash: str
    offer: str
    creative: str
    arm: str


@dataclass(frozen=True, slots=True)
class Person:
    """One customer as the single read found them; also the rules' profile.

    ``features`` is the stored array, NaN for unknown; ``remaining`` what is left of
    each budget, in minor units.
    """

    id: int | None
    pseudonym: str = ""
    traits: Values = field(default_factory=_nothing)
    vector: Singles | None = None
    vector_age: float = 0.0
    features: Values = field(default_factory=_nothing)
    scores: Mapping[str, float] = field(default_factory=dict)
    context: Values = field(default_factory=_nothing)
    head: Head | None = None
    consent_version: int = 0
    max_per_week: int | None = None
    contacts: Sequence[Contact] = ()
    last_contact: int = 0
    remaining: Mapping[int, int] = field(default_factory=dict)
    events: Sequence[Happening] = ()
    standing: Standing | None = None

    def count(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> int:
        """Events in ``(since, until]`` that meet all of ``where``."""
        return sum(1 for _ in self._matching(event, since, until, where))

    def moments(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> Sequence[datetime]:
        """When those events happened, in any order."""
        found = self._matching(event, since, until, where)
        return [datetime.fromtimestamp(at, UTC) for at in found]

    def _matching(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> Iterator[float]:
        start = since.timestamp() if since else float("-inf")
        end = until.timestamp()
        return (
            at
            for name, at, properties in self.events
            if name == event and start < at <= end and matches(properties, where)
        )


@dataclass(frozen=True, slots=True)
class Factors:
    """Parts of the score, one value a candidate."""

    probability: Singles
    score: Singles
    model_digest: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, and why each candidate was left out.

    ``losses`` are disjoint bitsets in the order of the stages; together with
    ``outranked`` and the chosen one they make up all candidates. ``next_at`` says per
    cap when it lets the next contact through; ``leaves`` which conditions of rules
    held, ``None`` where no rule was asked. ``why`` is the customer's sentence;
    ``named`` and ``read`` are the data elements in it and behind the choice, and
    ``conditions`` says which of the chosen one's own held, where the sentence was
    found by varying them.
    """

    mode: Mode
    reason: str
    case: Case | None = None
    arm: TrialArm | None = None
    chosen: int | None = None
    propensity: float | None = None
    draw: float | None = None
    factors: Factors | None = None
    losses: Losses = ()
    outranked: int = 0
    next_at: Mapping[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    consent_version: int | None = None
    leaves: int | None = None
    why: str = ""
    named: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    conditions: tuple[bool, ...] | None = None
