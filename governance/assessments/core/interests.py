"""Where legitimate interests can never be the ground, whatever is balanced."""

import re
from collections.abc import Iterable

from governance.catalogue.core import Catalogue, Element, SourceType
from governance.lints.core import Finding, Severity
from governance.usecases.core import UseCaseContent
from governance.usecases.core.registry import CHANNELS

LEGITIMATE = "legitimate_interests"
WRITTEN_TO = frozenset({"email", "sms"})
ON_DEVICES = frozenset({"web", "app", "push", "ads"})
INTEREST_CODES = ("LI-1", "LI-2", "LI-3", "LI-4", "LI-5")
STRANGERS = re.compile(
    r"\b(?:prospects?|prospective|leads?|strangers|non-?customers|not (?:yet )?"
    r"customers|never bought|have not bought|haven['’]t bought|bought nothing)\b",
    re.IGNORECASE,
)


def interests_of(content: UseCaseContent) -> tuple[str, ...]:
    """Purposes that rest on legitimate interests.

    Parameters
    ----------
    content
        The use case.

    Returns
    -------
    tuple of str
        Each needs an assessment of its own interests (LIA).
    """
    return tuple(
        purpose
        for purpose in content.purposes
        if content.lawful_basis.get(purpose) == LEGITIMATE
    )


def refused_interests(
    content: UseCaseContent, catalogue: Catalogue
) -> tuple[Finding, ...]:
    """Name why legitimate interests cannot be the ground here.

    Parameters
    ----------
    content, catalogue
        The use case and the elements it refers to.

    Returns
    -------
    tuple of Finding
        Blocking each; empty where no purpose rests on them or nothing stands against.

    References
    ----------
    PECR regulations 6 and 22; GDPR Articles 6(1)(f) and 9; EDPB Guidelines 1/2024;
    ``governance.md`` 2.7.
    """
    if not interests_of(content):
        return ()
    return tuple(
        Finding(code, Severity.BLOCK, text, mend)
        for code, text, mend in (
            *_device(content),
            *_messages(content, catalogue),
            *_people(content, catalogue),
            *_shared(content, catalogue),
        )
    )


Refusal = tuple[str, str, str]
ASK = "Rest it on consent."


def _device(content: UseCaseContent) -> Iterable[Refusal]:
    for channel in content.reach.channels:
        if channel in ON_DEVICES and content.eprivacy_basis.get(channel) == "consent":
            yield (
                "LI-1",
                f"{_told(channel)} stores or reads something on a device, which needs "
                "consent; legitimate interests cannot stand in for it.",
                ASK,
            )


def _messages(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Refusal]:
    for channel in content.reach.channels:
        if channel not in WRITTEN_TO:
            continue
        told = f"{_told(channel)} to people who are not customers needs their consent"
        if STRANGERS.search(content.customer.who):
            yield (
                "LI-2",
                f"{told}: this is for “{content.customer.who}”.",
                f"{ASK} Or write to own customers only.",
            )
        elif content.eprivacy_basis.get(channel) != "soft_opt_in":
            yield (
                "LI-2",
                f"{told}, and nothing says that these are own customers.",
                f"{ASK} Or keep to own customers with an opt-out each time.",
            )
        elif not _only_buyers(content, catalogue):
            yield (
                "LI-2",
                f"{told}; no data used here shows that they bought from us.",
                f"{ASK} Or make a purchase a condition.",
            )


def _told(channel: str) -> str:
    return CHANNELS.get(channel, channel)


def _only_buyers(content: UseCaseContent, catalogue: Catalogue) -> bool:
    return any(
        use.role == "eligibility"
        and use.element in catalogue.elements
        and catalogue.elements[use.element].source_type is SourceType.TRANSACTIONAL
        for use in content.data_uses
    )


def _people(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Refusal]:
    known = _known(content, catalogue)
    people = content.people
    sensitive = [e.label for e in known if e.is_sensitive]
    if people.special_category or sensitive:
        yield (
            "LI-3",
            f"Special category data is touched ({', '.join(sensitive) or 'declared'}); "
            "legitimate interests never cover it.",
            "Leave it out, or ask for explicit consent.",
        )
    young = [e.label for e in known if e.child_possible]
    if people.children or young:
        yield (
            "LI-4",
            f"Children may be reached ({', '.join(young) or 'declared'}); their "
            "interests come first.",
            f"Keep children out. {ASK}",
        )


def _shared(content: UseCaseContent, catalogue: Catalogue) -> Iterable[Refusal]:
    third = [e.label for e in _known(content, catalogue) if e.recipients]
    to_ads = "ads_sharing" in interests_of(content) or "ads" in content.reach.channels
    if to_ads or third:
        named = f" ({', '.join(third)})" if third else ""
        yield (
            "LI-5",
            f"Data is shared for advertising or passed on{named}; that needs consent.",
            f"{ASK} Or keep the data in the house.",
        )


def _known(content: UseCaseContent, catalogue: Catalogue) -> list[Element]:
    keys = dict.fromkeys(use.element for use in content.data_uses)
    return [catalogue.elements[key] for key in keys if key in catalogue.elements]
