"""Who acts, on what, and how a refusal is told: the words every concept shares."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

Digest = NewType("Digest", str)


class Role(StrEnum):
    """A staff role; roles are data, one person may hold several."""

    MARKETER = "marketer"
    MARKETING_OWNER = "marketing_owner"
    ANALYST = "analyst"
    CHANNEL_OWNER = "channel_owner"
    PRIVACY_REVIEWER = "privacy_reviewer"
    EXECUTIVE = "executive"
    SUPPORT = "support"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """The role in words."""
        return self.value.replace("_", " ").capitalize()


class Scope(StrEnum):
    """What an API key may be used for."""

    INGEST = "ingest"
    DECIDE = "decide"
    READ = "read"
    MANAGE = "manage"


class SignOffRole(StrEnum):
    """In which capacity somebody signs a use case."""

    MARKETING = "marketing"
    DATA = "data"
    CHANNEL = "channel"
    PRIVACY = "privacy"
    EXECUTIVE = "executive"

    @property
    def label(self) -> str:
        """The sign-off in words."""
        return SIGN_OFF_LABELS[self]

    @property
    def staff_role(self) -> Role:
        """The staff role that may give this sign-off."""
        return SIGNED_BY[self]


SIGN_OFF_LABELS: Mapping[SignOffRole, str] = {
    SignOffRole.MARKETING: "Marketing peer",
    SignOffRole.DATA: "Data and analytics",
    SignOffRole.CHANNEL: "Channel",
    SignOffRole.PRIVACY: "Privacy",
    SignOffRole.EXECUTIVE: "Executive",
}

SIGNED_BY: Mapping[SignOffRole, Role] = {
    SignOffRole.MARKETING: Role.MARKETING_OWNER,
    SignOffRole.DATA: Role.ANALYST,
    SignOffRole.CHANNEL: Role.CHANNEL_OWNER,
    SignOffRole.PRIVACY: Role.PRIVACY_REVIEWER,
    SignOffRole.EXECUTIVE: Role.EXECUTIVE,
}


class State(StrEnum):
    """Where a use case stands in its life."""

    DEFINE = "define"
    DATA_NEEDS = "data_needs"
    GOVERNANCE = "governance"
    READY = "ready"
    TESTING = "testing"
    MEASURED = "measured"
    SCALED = "scaled"
    PAUSED = "paused"
    ROLLED_BACK = "rolled_back"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """The state in words."""
        return self.value.replace("_", " ").capitalize()


SERVING_STATES: frozenset[State] = frozenset(
    {State.TESTING, State.MEASURED, State.SCALED}
)


class RiskTier(StrEnum):
    """How much a use case may touch people; decides who must sign."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"

    @property
    def label(self) -> str:
        """What the tier stands for."""
        return TIER_LABELS[self]


TIER_LABELS: Mapping[RiskTier, str] = {
    RiskTier.T0: "No personal data",
    RiskTier.T1: "Only what people told us",
    RiskTier.T2: "Profiling",
    RiskTier.T3: "High risk",
}


class ActorKind(StrEnum):
    """What sort of party acts."""

    PERSON = "person"
    API_KEY = "api_key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The party behind a request, a job or a command."""

    id: int | None
    username: str
    label: str = ""
    roles: frozenset[Role] = frozenset()
    kind: ActorKind = ActorKind.PERSON
    scopes: frozenset[Scope] = frozenset()

    @classmethod
    def system(cls, name: str = "attune") -> "Actor":
        """The machinery itself, acting by rule."""
        return cls(None, name, name.capitalize(), kind=ActorKind.SYSTEM)

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds at least one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    def __str__(self) -> str:
        return self.label or self.username


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """A thing spoken of without a foreign key: what it is, which, and its content."""

    kind: str
    id: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a stable code, a plain sentence and the way out."""

    code: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.mend}".strip()


class GovernanceError(Exception):
    """An action did not happen; the message is fit to be shown."""

    code = "governance.error"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details: dict[str, Any] = dict(details or {})


class Refused(GovernanceError):
    """The rules forbid it for this actor or at this moment."""

    code = "governance.refused"

    @classmethod
    def because(cls, *reasons: Reason) -> "Refused":
        """A refusal told by one or more reasons; the first gives the code."""
        return cls(
            " ".join(str(reason) for reason in reasons),
            code=reasons[0].code,
            details={"reasons": [[r.code, r.text, r.mend] for r in reasons]},
        )


class NotFound(GovernanceError):
    """There is no such thing, or none that the actor may see."""

    code = "governance.not_found"


class Gone(NotFound):
    """It was here, and why it is not any more may be told."""


class Conflict(GovernanceError):
    """Somebody else changed it in the meantime."""

    code = "governance.conflict"


class Invalid(GovernanceError):
    """Some fields cannot be accepted as they are."""

    code = "governance.invalid"

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        told = message or " ".join(fields.values())
        super().__init__(told, details={"fields": dict(fields)})
        self.fields: dict[str, str] = dict(fields)


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, or no with its reasons; true exactly when nothing stands against it."""

    reasons: tuple[Reason, ...] = field(default=())

    def __bool__(self) -> bool:
        return not self.reasons

    @property
    def code(self) -> str:
        """The code of the first reason, empty when the answer is yes."""
        return self.reasons[0].code if self.reasons else ""

    @classmethod
    def no(cls, code: str, text: str, mend: str = "") -> "Answer":
        """Build a refusal with one reason."""
        return cls((Reason(code, text, mend),))


def canonical_json(value: object) -> str:
    """One text for one value, whatever the order it was put together in.

    Follows RFC 8785: keys sorted by UTF-16 code units, no white space, numbers as
    ECMAScript writes them. Beyond JSON it accepts aware datetimes (UTC), dates,
    decimals and UUIDs as strings, and sets as sorted lists.
    """
    text = _canonical(value)
    text.encode()
    return text


def _canonical(value: object) -> str:
    if value is None or isinstance(value, (bool, int, str)):
        plain = str(value) if isinstance(value, str) else value
        return json.dumps(plain, ensure_ascii=False)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        pairs = sorted(
            ((str(key), item) for key, item in value.items()),
            key=lambda pair: pair[0].encode("utf-16-be"),
        )
        return (
            "{" + ",".join(f"{_canonical(k)}:{_canonical(v)}" for k, v in pairs) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, (set, frozenset)):
        return "[" + ",".join(sorted(_canonical(item) for item in value)) + "]"
    return json.dumps(_as_text(value), ensure_ascii=False)


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A time without a zone has no single meaning.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, (date, UUID, Decimal)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _number(value: float) -> str:
    """A double as ECMAScript's Number::toString writes it (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError("Only finite numbers have a canonical form.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    _, figures, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{point - 1:+d}"


def sha256_hex(text: str) -> Digest:
    """SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits."""
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def digest_of(value: object, *, domain: str = "") -> Digest:
    """Digest of a value's canonical form; ``domain`` keeps kinds of digest apart."""
    prefix = f"{domain}\n" if domain else ""
    return sha256_hex(prefix + canonical_json(value))
