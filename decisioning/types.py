"""Values that every part of decisioning shares: money, periods, reasons, verdicts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from types import MappingProxyType

_CURRENCY = re.compile(r"[A-Z]{3}")
_MINOR_DIGITS = MappingProxyType(
    {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "JOD": 3}
)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (pence, cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(
                f"currency: {self.currency!r} is not a three-letter code such as GBP"
            )

    @classmethod
    def of_major(cls, amount: Decimal | int | str, currency: str) -> "Money":
        """Money from pounds, euros, dollars; half minor units round to even."""
        scale = Decimal(10) ** minor_digits(currency)
        minor = (Decimal(amount) * scale).to_integral_value(ROUND_HALF_EVEN)
        return cls(int(minor), currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"{self.currency} and {other.currency} cannot be combined; "
                "convert one of them first"
            )

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        return f"{self.major:,.{digits}f} {self.currency}"


def minor_digits(currency: str) -> int:
    """How many decimal places the currency has."""
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open time span: ``starts_at`` belongs to it, ``ends_at`` does not."""

    starts_at: datetime
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        for name, at in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            if at is not None and at.utcoffset() is None:
                raise ValueError(f"{name}: a time zone is missing")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be later than starts_at")

    def __contains__(self, at: datetime) -> bool:
        return self.starts_at <= at and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        return self.ends_at is not None and at >= self.ends_at

    def overlaps(self, other: "Period") -> bool:
        return not (self.is_over(other.starts_at) or other.is_over(self.starts_at))


class Verdict(StrEnum):
    """What the evidence allows; the only words a verdict may use."""

    SCALE = "scale"
    KEEP_RUNNING = "keep_running"
    DO_NOT_SCALE = "do_not_scale"
    STOP = "stop"
    CANNOT_TELL = "cannot_tell"

    @property
    def label(self) -> str:
        return _VERDICT_LABELS[self]


_VERDICT_LABELS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.SCALE: "Scale",
        Verdict.KEEP_RUNNING: "Keep running",
        Verdict.DO_NOT_SCALE: "Do not scale",
        Verdict.STOP: "Stop",
        Verdict.CANNOT_TELL: "Cannot tell",
    }
)


class MetricKind(StrEnum):
    """How a metric is summed up: yes or no, an amount, or a quotient of two sums."""

    PROPORTION = "proportion"
    MEAN = "mean"
    RATIO = "ratio"


class BetterWhen(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class MetricRole(StrEnum):
    PRIMARY = "primary"
    GUARDRAIL = "guardrail"
    SECONDARY = "secondary"


class ReasonCode(StrEnum):
    """Every reason a decision can give, as ``stage.cause``."""

    CHOSEN = "chosen"
    OUTRANKED = "outranked"
    GOVERNANCE_NO_LIVE_USE_CASE = "governance.no_live_use_case"
    GOVERNANCE_NOT_SIGNED = "governance.not_signed"
    GOVERNANCE_CONFIG_CHANGED = "governance.config_changed"
    GOVERNANCE_PAUSED = "governance.paused"
    GOVERNANCE_EXPIRED = "governance.expired"
    GOVERNANCE_TEST_FAILED = "governance.test_failed"
    CONSENT_UNKNOWN_CUSTOMER = "consent.unknown_customer"
    CONSENT_MISSING_PURPOSE = "consent.missing_purpose"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_OBJECTED = "consent.objected"
    CONSENT_PAUSED = "consent.paused"
    CONSENT_CHANNEL_OFF = "consent.channel_off"
    CONSENT_PERSONALISATION_OFF = "consent.personalisation_off"
    CONSENT_EXPIRED = "consent.expired"
    EXPERIMENT_HOLDOUT = "experiment.holdout"
    EXPERIMENT_CONTROL = "experiment.control"
    EXPERIMENT_NOT_ALLOCATED = "experiment.not_allocated"
    ELIGIBILITY_OFFER_RULE = "eligibility.offer_rule"
    ELIGIBILITY_AUDIENCE = "eligibility.audience"
    ELIGIBILITY_NOT_STARTED = "eligibility.not_started"
    ELIGIBILITY_ENDED = "eligibility.ended"
    ELIGIBILITY_PLACEMENT = "eligibility.placement"
    ELIGIBILITY_NO_CREATIVE = "eligibility.no_creative"
    CAPS_LIMIT_REACHED = "caps.limit_reached"
    CAPS_OWN_LIMIT = "caps.own_limit"
    BUDGET_EXHAUSTED = "budget.exhausted"
    MARGIN_BELOW_FLOOR = "margin.below_floor"
    EXPLANATION_NOT_BUILDABLE = "explanation.not_buildable"
    SAFE_DATABASE = "safe.database"
    SAFE_MODEL = "safe.model"


REASON_SENTENCES: Mapping[ReasonCode, str] = MappingProxyType(
    {
        ReasonCode.CHOSEN: "Chosen: the best of what was allowed.",
        ReasonCode.OUTRANKED: "Allowed, but another offer ranked higher.",
        ReasonCode.GOVERNANCE_NO_LIVE_USE_CASE: (
            "No live use case personalises this placement."
        ),
        ReasonCode.GOVERNANCE_NOT_SIGNED: (
            "The use case does not have all the signatures it needs."
        ),
        ReasonCode.GOVERNANCE_CONFIG_CHANGED: (
            "The live configuration is not the one that was signed."
        ),
        ReasonCode.GOVERNANCE_PAUSED: "Someone paused the use case.",
        ReasonCode.GOVERNANCE_EXPIRED: "The approval of the use case has run out.",
        ReasonCode.GOVERNANCE_TEST_FAILED: (
            "The use case has not passed its three strategic tests."
        ),
        ReasonCode.CONSENT_UNKNOWN_CUSTOMER: (
            "We do not know this customer, so we do not know what they allowed."
        ),
        ReasonCode.CONSENT_MISSING_PURPOSE: (
            "The customer has not agreed to this purpose."
        ),
        ReasonCode.CONSENT_WITHDRAWN: "The customer withdrew their consent.",
        ReasonCode.CONSENT_OBJECTED: "The customer objected to this use of their data.",
        ReasonCode.CONSENT_PAUSED: "The customer paused personalisation for a while.",
        ReasonCode.CONSENT_CHANNEL_OFF: "The customer switched this channel off.",
        ReasonCode.CONSENT_PERSONALISATION_OFF: (
            "The customer switched personalisation off."
        ),
        ReasonCode.CONSENT_EXPIRED: "The customer's consent has run out.",
        ReasonCode.EXPERIMENT_HOLDOUT: (
            "The customer is in the group left alone for comparison."
        ),
        ReasonCode.EXPERIMENT_CONTROL: (
            "The customer is in the experiment's control arm."
        ),
        ReasonCode.EXPERIMENT_NOT_ALLOCATED: (
            "The experiment does not reach this customer yet."
        ),
        ReasonCode.ELIGIBILITY_OFFER_RULE: (
            "The offer's own rule does not fit this customer."
        ),
        ReasonCode.ELIGIBILITY_AUDIENCE: (
            "The customer is not in the use case's audience."
        ),
        ReasonCode.ELIGIBILITY_NOT_STARTED: "The offer has not started yet.",
        ReasonCode.ELIGIBILITY_ENDED: "The offer has ended.",
        ReasonCode.ELIGIBILITY_PLACEMENT: "The offer is not meant for this placement.",
        ReasonCode.ELIGIBILITY_NO_CREATIVE: (
            "The offer has no live content for this placement."
        ),
        ReasonCode.CAPS_LIMIT_REACHED: (
            "The customer has already been contacted as often as the cap allows."
        ),
        ReasonCode.CAPS_OWN_LIMIT: (
            "The customer asked for fewer contacts and has reached that number."
        ),
        ReasonCode.BUDGET_EXHAUSTED: "The offer's budget is spent.",
        ReasonCode.MARGIN_BELOW_FLOOR: (
            "The offer would earn less than the margin floor."
        ),
        ReasonCode.EXPLANATION_NOT_BUILDABLE: (
            "No true sentence could explain this offer to the customer."
        ),
        ReasonCode.SAFE_DATABASE: (
            "The database was out of reach, so the default was shown."
        ),
        ReasonCode.SAFE_MODEL: (
            "The model was out of reach, so the default was shown."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was, or was not, shown. Unknown codes are refused."""

    code: ReasonCode

    @classmethod
    def of(cls, code: str) -> "Reason":
        try:
            return cls(ReasonCode(code))
        except ValueError:
            raise ValueError(f"reason: {code!r} is not a known reason code") from None

    @property
    def stage(self) -> str:
        return self.code.value.partition(".")[0]

    @property
    def sentence(self) -> str:
        return REASON_SENTENCES[self.code]


def bigints(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL writes an array of them: many times faster than the driver.

    Parameters
    ----------
    ids
        Whole numbers of at most 64 bits.

    Returns
    -------
    str
        A literal to cast, ``%s::bigint[]``.
    """
    return f"{{{','.join(map(str, ids))}}}"


def texts(values: Iterable[str]) -> str:
    """Texts as PostgreSQL writes an array of them: many times faster than the driver.

    Parameters
    ----------
    values
        Text without the NUL character.

    Returns
    -------
    str
        A literal to cast, ``%s::text[]`` or what text stands for.
    """
    return "{" + ",".join(map(_quoted, values)) + "}"


def _quoted(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'
