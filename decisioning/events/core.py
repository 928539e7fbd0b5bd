"""One event of Segment's specification as a normalised record, or why it is refused."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec

MAX_EVENT_BYTES: Final = 32 * 1024
MAX_NAME: Final = 120
TOO_DEEP: Final = "$: lists and objects are nested too deeply."
MAX_ID: Final = 200
LARGEST_MINOR: Final = 10**15
SURELY_NO_HALF: Final = 0.49
EXACT_ENOUGH: Final = 10**12
FUTURE_TOLERANCE: Final = timedelta(days=1)
SKEW_THAT_COUNTS: Final = timedelta(minutes=1)
NO_SKEW: Final = timedelta()

USER: Final = "user"
ANONYMOUS: Final = "anonymous"
DEVICE: Final = "device"
# Old Androids all say the same, and others say that they will not tell.
NO_DEVICE: Final = frozenset({"9774d56d682e549c", "unknown", "null", "undefined"})
TYPES: Final = frozenset({"identify", "track", "page", "screen", "alias", "group"})
CALL_NAMES: Final[Mapping[str, str]] = {
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "identify": "identify",
    "alias": "alias",
    "group": "group",
}
CONTACT_TRAITS: Final = frozenset(
    {
        "email",
        "phone",
        "name",
        "firstName",
        "lastName",
        "middleName",
        "address",
        "birthday",
        "username",
        "avatar",
        "website",
    }
)
# Category names that consent tools ship with; a purpose's own key works as well.
CATEGORY_PURPOSES: Final[Mapping[str, str]] = {
    "advertising": "ads_sharing",
    "datasharing": "ads_sharing",
    "targeting": "ads_sharing",
    "analytics": "analytics",
    "performance": "analytics",
    "functional": "personalise_onsite",
    "personalization": "personalise_onsite",
    "marketing": "direct_marketing",
}

Identity = tuple[str, str]
encode: Final = msgspec.json.Encoder().encode


class Incoming(msgspec.Struct, rename="camel", gc=False):
    """An event as clients send it; fields that the specification lacks are ignored."""

    type: str | None = None
    message_id: str | int | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Taken(msgspec.Struct, gc=False):
    """An event that can be stored.

    ``hash`` is the hexadecimal MD5 of the message id, empty where the source gave none.
    ``links`` marks calls that may join two identities; ``who`` is whose event it is;
    ``stored`` is room for the row as the log will keep it.
    """

    hash: str
    type: str
    name: str
    user: str | None
    anonymous: str | None
    device: str | None
    previous: str | None
    links: bool
    occurred_at: datetime
    value_minor: int | None
    decision_id: str | None
    properties: bytes
    traits: dict[str, Any] | None
    contact: dict[str, Any] | None
    consents: tuple[tuple[str, str], ...]
    timezone: str
    locale: str
    stored: bytes = b""

    @property
    def who(self) -> Identity:
        """The identity that the event belongs to."""
        if self.user is not None:
            return (USER, self.user)
        if self.anonymous is not None:
            return (ANONYMOUS, self.anonymous)
        return (DEVICE, self.device or "")


class Refusal(ValueError):
    """Why an event cannot be stored: a stable code, and what to mend."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


decoder: Final = msgspec.json.Decoder(Incoming)


def read(raw: bytes) -> Incoming:
    """Read one event from its JSON.

    Parameters
    ----------
    raw
        The event's own bytes, at most 32 KB.

    Raises
    ------
    Refusal
        With what to mend.
    """
    if len(raw) > MAX_EVENT_BYTES:
        raise Refusal("event.too_large", "The event is larger than 32 KB. Shorten it.")
    try:
        return decoder.decode(raw)
    except RecursionError as error:
        raise Refusal("event.malformed", TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        told = str(error)
        place = "" if "`$" in told or "byte" in told else " (at `$`)"
        raise Refusal("event.malformed", f"{told}{place}."[:300]) from error


def normalise(
    incoming: Incoming,
    *,
    now: datetime,
    purposes: frozenset[str],
    latest: datetime | None = None,
    skew: timedelta = NO_SKEW,
) -> Taken:
    """Check an event and bring it into the form that is stored.

    Parameters
    ----------
    incoming
        The event; ``properties`` and ``traits`` are not changed.
    now
        When it was received; stands in for a missing timestamp.
    purposes
        Keys of the purposes that consent can be given to.
    latest
        Where another clock than ``now`` counts as the present, its time.
    skew
        By how much the sender's clock is behind; its timestamps are moved on by it.

    Returns
    -------
    Taken
        Ids as text, time in UTC, money in minor units, contact details apart.

    Raises
    ------
    Refusal
        If a field is missing or of the wrong kind.

    References
    ----------
    Segment, "Common Fields": timestamps are corrected by the time of sending.
    """
    kind = incoming.type
    if kind not in TYPES:
        raise Refusal("event.type", f"type must be one of {', '.join(sorted(TYPES))}.")
    user = _identifier(incoming.user_id, "userId")
    anonymous = _identifier(incoming.anonymous_id, "anonymousId")
    previous = _identifier(incoming.previous_id, "previousId")
    context = incoming.context or {}
    device = _device(context["device"]) if "device" in context else None
    _check_identity(kind, user, anonymous or device, previous)
    traits, contact = _split_traits(incoming, context)
    properties = incoming.properties or {}
    occurred_at = _instant(incoming, now, latest or now, skew)
    return Taken(
        hash=_hash(incoming.message_id),
        type=kind,
        name=_name(incoming),
        user=user,
        anonymous=anonymous,
        device=device,
        previous=previous,
        links=kind in ("identify", "alias"),
        occurred_at=occurred_at,
        value_minor=_value(properties) if properties else None,
        decision_id=_decision(properties, incoming.event) if properties else None,
        properties=_stored(incoming, properties, traits),
        traits=traits,
        contact=contact,
        consents=_consents(context, purposes) if "consent" in context else (),
        timezone=_short_text(context.get("timezone"), 40),
        locale=_short_text(context.get("locale"), 20),
    )


def _identifier(value: str | int | None, field: str) -> str | None:
    if value is None or value == "":
        return None
    text = str(value)
    if len(text) > MAX_ID or "\x00" in text:
        raise Refusal(
            "event.identity",
            f"{field} must be text of at most {MAX_ID} characters.",
        )
    return text


def _device(told: Any) -> str | None:
    """The device's own id; what stands in for a missing one on many is none."""
    value = told.get("id") if isinstance(told, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    is_one = len(set(text.replace("-", ""))) > 1 and text.lower() not in NO_DEVICE
    return text if is_one and len(text) <= MAX_ID and "\x00" not in text else None


def _check_identity(
    kind: str, user: str | None, visitor: str | None, previous: str | None
) -> None:
    if kind == "alias" and (user is None or previous is None):
        raise Refusal("event.identity", "An alias needs both userId and previousId.")
    if user is None and visitor is None:
        raise Refusal("event.identity", "Send a userId or an anonymousId.")


def _hash(message_id: str | int | None) -> str:
    if message_id is None or message_id == "":
        return ""
    return hash_of(str(message_id))


def hash_of(message_id: str) -> str:
    """Hash under which a message id is remembered for ever.

    Parameters
    ----------
    message_id
        As the source gave it.

    Returns
    -------
    str
        32 hexadecimal digits of its MD5.
    """
    data = message_id.encode(errors="surrogatepass")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _name(incoming: Incoming) -> str:
    if incoming.type != "track":
        return CALL_NAMES[str(incoming.type)]
    name = (incoming.event or "").strip()
    if not name:
        raise Refusal("event.name", "A track call needs its event name in `event`.")
    if len(name) > MAX_NAME or "\x00" in name:
        raise Refusal("event.name", f"event must have at most {MAX_NAME} characters.")
    return name


def skew_of(sent_at: str | None, received_at: datetime) -> timedelta:
    """How far a sender's clock is behind, from when it says that it sent.

    Parameters
    ----------
    sent_at
        The batch's own ``sentAt``; anything else than a time is no statement.
    received_at
        The same moment by our clock.

    Returns
    -------
    timedelta
        Zero below a minute, which is the time that sending takes.
    """
    try:
        skew = received_at - _utc(sent_at or "")
    except (ValueError, OverflowError):
        return NO_SKEW
    return skew if abs(skew) >= SKEW_THAT_COUNTS else NO_SKEW


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _instant(
    incoming: Incoming, now: datetime, latest: datetime, skew: timedelta
) -> datetime:
    text = incoming.timestamp or incoming.original_timestamp
    if not text:
        return now
    try:
        at = _utc(text) + skew if skew else _utc(text)
    except (ValueError, OverflowError) as error:
        raise Refusal(
            "event.timestamp",
            "timestamp must be an ISO 8601 time such as 2026-03-02T09:00:00Z.",
        ) from error
    if at > latest + FUTURE_TOLERANCE:
        raise Refusal(
            "event.timestamp", "timestamp lies in the future. Check the sender's clock."
        )
    return at


def _value(properties: Mapping[str, Any]) -> int | None:
    value = properties.get("revenue")
    field = "revenue"
    if value is None:
        value, field = properties.get("total"), "total"
    if value is None:
        return None
    return minor_units(value, f"properties.{field}")


def minor_units(value: Any, field: str) -> int:
    """Money in major units as whole minor units, half a unit away from zero.

    Parameters
    ----------
    value
        A number, or text that is one.
    field
        What the refusal names.

    Raises
    ------
    Refusal
        If it is no number, or larger than 10^15 minor units.
    """
    minor = _minor(value)
    if minor is None or abs(minor) > LARGEST_MINOR:
        raise Refusal(
            "event.value", f"{field} must be an amount of money such as 12.50."
        )
    return minor


def _minor(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        return value * 100
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        # Away from a half, and small enough to be exact to far less than one, the
        # nearest whole number is what decimal arithmetic finds, at a tenth of its cost.
        units = value * 100
        nearest = round(units)
        if abs(units - nearest) < SURELY_NO_HALF and abs(units) < EXACT_ENOUGH:
            return nearest
    try:
        return int((Decimal(str(value)) * 100).to_integral_value("ROUND_HALF_UP"))
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _decision(properties: Mapping[str, Any], event: str | None) -> str | None:
    value = properties.get("decisionId")
    if value is None:
        return None
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        if event is None or not event.startswith("Decision "):
            return None
        raise Refusal(
            "event.decision_id",
            "properties.decisionId must be the decisionId that the API answered with.",
        ) from error


def _split_traits(
    incoming: Incoming, context: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if incoming.type != "identify":
        return None, None
    traits = incoming.traits or context.get("traits") or {}
    if not isinstance(traits, dict):
        raise Refusal("event.traits", "traits must be an object of names and values.")
    if CONTACT_TRAITS.isdisjoint(traits):
        return traits, None
    contact = {key: traits[key] for key in traits if key in CONTACT_TRAITS}
    if b"\\u0000" in encode(contact):
        raise Refusal("event.malformed", "Remove the NUL character from the traits.")
    plain = {key: traits[key] for key in traits if key not in CONTACT_TRAITS}
    return plain, contact


def _stored(
    incoming: Incoming, properties: dict[str, Any], traits: dict[str, Any] | None
) -> bytes:
    match incoming.type:
        case "identify":
            kept: dict[str, Any] = {"traits": traits} if traits else {}
        case "page" | "screen":
            kept = {**properties}
            if incoming.name:
                kept["name"] = incoming.name
            if incoming.category:
                kept["category"] = incoming.category
        case "group":
            kept = {"groupId": incoming.group_id, "traits": incoming.traits or {}}
        case "alias":
            kept = {"previousId": incoming.previous_id}
        case _:
            kept = properties
    if not kept:
        return b"{}"
    try:
        stored = encode(kept)
    except (OverflowError, ValueError, TypeError, RecursionError) as error:
        raise Refusal(
            "event.malformed", f"A value cannot be stored: {error}."
        ) from error
    if b"\\u0000" in stored:
        where = _with_nul(kept)
        told = f"Remove the NUL character from `{where}`."
        raise Refusal("event.malformed", told)
    return stored


def _with_nul(kept: Mapping[str, Any]) -> str:
    """The first field that has the character, in its name or its value."""
    held = (name for name in kept if b"\\u0000" in encode([name, kept[name]]))
    return next(held, "").replace("\x00", "")[:MAX_NAME] or "properties"


def _consents(
    context: Mapping[str, Any], purposes: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    consent = context.get("consent")
    chosen = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(chosen, dict):
        return ()
    answers: dict[str, bool] = {}
    for category, allowed in chosen.items():
        purpose = (
            category
            if category in purposes
            else CATEGORY_PURPOSES.get(category.lower())
        )
        if purpose is not None and isinstance(allowed, bool):
            answers[purpose] = answers.get(purpose, True) and allowed
    return tuple(
        (purpose, "grant" if allowed else "deny")
        for purpose, allowed in sorted(answers.items())
    )


def _short_text(value: Any, limit: int) -> str:
    if isinstance(value, str) and len(value) <= limit and "\x00" not in value:
        return value
    return ""
