"""Data elements and purposes as plain values: what may be used for what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LONG_RETENTION_DAYS = 400


class SourceType(StrEnum):
    """Where a fact about a customer comes from, in the marketer's words."""

    ZERO_PARTY = "zero_party"
    FIRST_PARTY = "first_party"
    BEHAVIOURAL = "behavioural"
    TRANSACTIONAL = "transactional"
    CONTEXTUAL = "contextual"
    PREDICTIVE = "predictive"


class Provenance(StrEnum):
    """How the fact came to be known."""

    DECLARED = "declared"
    OBSERVED = "observed"
    DERIVED = "derived"
    THIRD_PARTY = "third_party"


class Identifiability(StrEnum):
    """How near the fact is to one person."""

    DIRECT = "direct"
    PSEUDONYMOUS = "pseudonymous"
    HOUSEHOLD = "household"
    AGGREGATE = "aggregate"


class SpecialCategory(StrEnum):
    """Whether the fact touches Article 9 of the GDPR."""

    NONE = "none"
    POSSIBLE_INFERENCE = "possible_inference"
    DECLARED = "declared"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One data element of the catalogue.

    ``phrase`` completes "because you …" in a customer's explanation, such as
    ``bought from us this year``. ``price_related`` marks what would make a price
    or discount differ by person; ``location_precise`` a position or device value.
    """

    key: str
    label: str
    plain_description: str = ""
    phrase: str = ""
    source_type: SourceType = SourceType.FIRST_PARTY
    provenance: Provenance = Provenance.OBSERVED
    identifiability: Identifiability = Identifiability.PSEUDONYMOUS
    special_category: SpecialCategory = SpecialCategory.NONE
    proxy_for: tuple[str, ...] = ()
    child_possible: bool = False
    vulnerability_signal: bool = False
    price_related: bool = False
    location_precise: bool = False
    recipients: tuple[str, ...] = ()
    lawful_purposes: tuple[str, ...] = ()
    ttl_days: int | None = None
    ttl_reason: str = ""
    derived_from: tuple[str, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether the fact is about a person rather than about the moment."""
        return not (
            self.source_type is SourceType.CONTEXTUAL
            or self.identifiability is Identifiability.AGGREGATE
        )

    @property
    def is_sensitive(self) -> bool:
        """Whether the fact is, or lets one guess, a special category."""
        return self.special_category is not SpecialCategory.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One purpose; consent to a parent covers it only where the notice said so."""

    key: str
    label: str
    plain_description: str = ""
    parent: str = ""
    consent_required: bool = True
    personalises: bool = False
    gpc_applies: bool = False
    objection_absolute: bool = False


PURPOSES: Mapping[str, Purpose] = {
    purpose.key: purpose
    for purpose in (
        Purpose(
            key="service",
            label="Run the service",
            plain_description="Deliver what you ordered and answer your questions.",
            consent_required=False,
        ),
        Purpose(
            key="personalise_onsite",
            label="Personalise our pages",
            plain_description="Choose what you see on our pages to suit you.",
            personalises=True,
            objection_absolute=True,
        ),
        Purpose(
            key="recommendations",
            label="Recommend products",
            plain_description="Suggest products that may suit you.",
            personalises=True,
            objection_absolute=True,
        ),
        Purpose(
            key="direct_marketing",
            label="Send you offers",
            plain_description="Send you news and offers by the channels you chose.",
            personalises=True,
            objection_absolute=True,
        ),
        Purpose(
            key="ads_sharing",
            label="Share with advertisers",
            plain_description="Pass data to others so that they can show you ads.",
            personalises=True,
            gpc_applies=True,
            objection_absolute=True,
        ),
        Purpose(
            key="analytics",
            label="Understand use",
            plain_description="Count how our pages are used.",
        ),
        Purpose(
            key="model_training",
            label="Train our models",
            plain_description="Learn from past behaviour to choose better.",
        ),
        Purpose(
            key="fairness_audit",
            label="Check for fairness",
            plain_description="Check that groups of people are treated alike.",
            consent_required=False,
        ),
    )
}


def ancestors(key: str, purposes: Mapping[str, Purpose] = PURPOSES) -> tuple[str, ...]:
    """Purposes above a purpose, nearest first.

    Parameters
    ----------
    key
        Purpose to start from; an unknown one has no ancestors.
    purposes
        The catalogue of purposes.

    Returns
    -------
    tuple of str
        Never contains ``key`` itself and never repeats, even in a broken catalogue.
    """
    found: list[str] = []
    current = purposes.get(key)
    while current and current.parent and current.parent not in {key, *found}:
        found.append(current.parent)
        current = purposes.get(current.parent)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The elements and purposes a use case is judged against."""

    elements: Mapping[str, Element] = field(default_factory=dict)
    purposes: Mapping[str, Purpose] = field(default_factory=lambda: PURPOSES)

    @classmethod
    def of(cls, *elements: Element) -> "Catalogue":
        """Build a catalogue from elements, with the ordinary purposes."""
        return cls({element.key: element for element in elements})


def element_problems(
    element: Element, others: Mapping[str, Element]
) -> tuple[tuple[str, str], ...]:
    """Name what keeps an element from being used.

    Parameters
    ----------
    element
        The element as it would be saved.
    others
        The catalogue it joins; needed to follow lineage.

    Returns
    -------
    tuple of (field, sentence)
        Empty when the element is complete.
    """
    found: list[tuple[str, str]] = []
    if not element.plain_description:
        found.append(("plain_description", "Say in plain words what this is."))
    elif len(element.plain_description) > 140:
        found.append(("plain_description", "Keep the description to 140 characters."))
    if element.ttl_days is None or element.ttl_days < 1:
        found.append(("ttl_days", "Say for how many days it is kept, at least 1."))
    elif element.ttl_days > LONG_RETENTION_DAYS and not element.ttl_reason:
        found.append(
            ("ttl_reason", "Keeping data for more than 400 days needs a reason.")
        )
    if element.source_type is SourceType.PREDICTIVE and not element.derived_from:
        found.append(("derived_from", "Name the elements this prediction comes from."))
    if _loops(element, others):
        found.append(("derived_from", "This element would be derived from itself."))
    return tuple(found)


def _loops(element: Element, others: Mapping[str, Element]) -> bool:
    seen: set[str] = set()
    waiting = list(element.derived_from)
    while waiting:
        key = waiting.pop()
        if key == element.key:
            return True
        if key not in seen and key in others:
            seen.add(key)
            waiting.extend(others[key].derived_from)
    return False
