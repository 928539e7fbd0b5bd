"""What a marketer writes down about a use case; every part may still be empty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.usecases.core.codec import parse, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whom it helps, with what, and how we would know."""

    who: str = ""
    task: str = ""
    gets_better: str = ""
    effort_baseline: float | None = None
    effort_unit: str = ""
    effort_how_measured: str = ""
    evidence_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What it is for; shares and differences are fractions (0.01 = 1 point)."""

    horizon: str = ""
    primary_metric: str = ""
    smallest_change: float | None = None
    long_run: str = ""
    long_run_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """A harm that must not happen; ``margin`` is the most it may worsen."""

    metric: str = ""
    direction: str = ""
    margin: float | None = None
    min_n: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """One data element for one purpose, with the reason for needing it."""

    element: str = ""
    purpose: str = ""
    role: str = ""
    reason: str = ""
    granularity: str = ""
    max_age_days: int | None = None
    could_work_without: bool | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The customer's sentence. Slots: ``{offer}`` and ``{element key}``."""

    template: str = ""
    fallback: str = ""
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom it may reach, where, with what and how often."""

    channels: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    segment: str = ""
    offers: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()
    budget: str = ""
    max_contacts: int | None = None
    window_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """How it is tested; shares are fractions of those reached."""

    key: str = ""
    arms: tuple[str, ...] = ()
    allocation: dict[str, float] = field(default_factory=dict)
    holdout_share: float | None = None
    first_exposure: float | None = None
    max_exposure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """How it decides."""

    scores: tuple[str, ...] = ()
    exploration_rate: float | None = None
    price_varies: bool = False
    ai_generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who might be reached that deserves particular care."""

    children: bool | None = None
    vulnerable: bool | None = None
    special_category: bool | None = None
    excludes_from_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is shown where nothing may be personalised."""

    uses_placement_default: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who answers for it, by user id."""

    marketing_owner: int | None = None
    channel_owner: int | None = None
    reviewer: int | None = None
    stop_person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """For how long its decisions are kept."""

    decision_log_days: int | None = None
    inputs_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosmetic:
    """Names and notes; nothing here changes what a customer meets."""

    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseContent:
    """The guided intake as one value."""

    cosmetic: Cosmetic = field(default_factory=Cosmetic)
    customer: Customer = field(default_factory=Customer)
    objective: Objective = field(default_factory=Objective)
    guardrails: tuple[Guardrail, ...] = ()
    data_uses: tuple[DataUse, ...] = ()
    lawful_basis: dict[str, str] = field(default_factory=dict)
    eprivacy_basis: dict[str, str] = field(default_factory=dict)
    explanation: Explanation = field(default_factory=Explanation)
    reach: Reach = field(default_factory=Reach)
    logic: Logic = field(default_factory=Logic)
    experiment: Experiment = field(default_factory=Experiment)
    people: People = field(default_factory=People)
    fallback: Fallback = field(default_factory=Fallback)
    owners: Owners = field(default_factory=Owners)
    retention: Retention = field(default_factory=Retention)
    review_interval_days: int | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "UseCaseContent":
        """Read a draft, leaving empty whatever is absent or cannot be read."""
        return parse(cls, data)[0]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "tuple[UseCaseContent, dict[str, str]]":
        """Read a draft and say, by field path, what could not be read."""
        return parse(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; ``from_dict`` gives an equal content back."""
        return dict(plain(self))

    @property
    def purposes(self) -> tuple[str, ...]:
        """Purposes named by the data uses, each once, in order."""
        return tuple(dict.fromkeys(u.purpose for u in self.data_uses if u.purpose))
