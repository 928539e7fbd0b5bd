"""What the lints look at; nothing here names a person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalUse:
    """One data element as a use case uses it."""

    key: str
    label: str
    role: str
    granularity: str = "bucketed"
    source_type: str = "first_party"
    provenance: str = "observed"
    identifiability: str = "pseudonymous"
    collected_where: str = ""
    is_sensitive: bool = False
    is_precise: bool = False
    proxy_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A configuration.

    Parameters
    ----------
    uses
        Data elements with their roles.
    references
        Names of the segments, topics and offers it refers to.
    rule_fields
        Dotted names that its rules read, such as ``trait.postcode``.
    named
        Keys of the elements that the customer's sentence names.
    audience_size
        People reached now, where known.
    channels
        Where it speaks to people.
    freshest_days
        Shortest time that its rules let pass after an event; ``None`` without one.
    reminders
        Most reminders of one thing left behind.
    hours
        Hours of the day, from and to, between which it may reach people.
    price_varies, has_price_label, ai_generated, has_ai_label
        What is shown, and whether people are told so.
    excludes_from_service
        Whether some people are shut out of a product or service.
    """

    uses: tuple[SignalUse, ...] = ()
    references: tuple[str, ...] = ()
    rule_fields: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    audience_size: int | None = None
    channels: tuple[str, ...] = ()
    freshest_days: float | None = None
    reminders: int = 0
    hours: tuple[int, int] | None = None
    price_varies: bool = False
    has_price_label: bool = False
    ai_generated: bool = False
    has_ai_label: bool = False
    excludes_from_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A text that customers read, and where and how it is shown."""

    text: str
    channel: str = ""
    topic: str = ""
    has_real_deadline: bool = False
    price_varies: bool = False
    has_price_label: bool = False
    ai_generated: bool = False
    has_ai_label: bool = False


OUTBOUND = frozenset({"email", "sms", "push"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a use case cannot say of itself: read from the rows that it refers to."""

    references: tuple[str, ...] = ()
    rule_fields: tuple[str, ...] = ()
    freshest_days: float | None = None
    reminders: int = 0
    has_price_label: bool = False
    has_ai_label: bool = False


NOTHING_KNOWN = Known()
