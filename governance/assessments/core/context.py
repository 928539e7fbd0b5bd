"""What an assessment was written against, and what differs since."""

from collections.abc import Mapping
from typing import Any

from governance.catalogue.core import Catalogue, Element
from governance.types import Digest, digest_of
from governance.usecases.core import Change, UseCaseContent, diff, material
from governance.usecases.core.codec import plain

RISKY_FACTS = (
    "source_type",
    "provenance",
    "identifiability",
    "special_category",
    "proxy_for",
    "child_possible",
    "vulnerability_signal",
    "price_related",
    "location_precise",
    "recipients",
    "ttl_days",
    "derived_from",
)
DOMAIN = "pc/assessed/v1"


def context_of(
    content: UseCaseContent, references: Mapping[str, str], catalogue: Catalogue
) -> dict[str, Any]:
    """Everything that an assessment judges, as plain values.

    Parameters
    ----------
    content, references
        What the signatures cover.
    catalogue
        The elements it uses enter with what bears on risk, so that a change in the
        data map outdates the assessment too (GDPR Article 35(11)).

    Returns
    -------
    dict
        Settings by block, with ``elements`` beside them.
    """
    keys = sorted({use.element for use in content.data_uses if use.element})
    return {
        **material(content, references),
        "elements": {key: _facts(catalogue.elements.get(key)) for key in keys},
    }


def _facts(element: Element | None) -> dict[str, Any]:
    if element is None:
        return {"known": False}
    return {name: plain(getattr(element, name)) for name in RISKY_FACTS}


def element_digest(element: Element) -> Digest:
    """Digest of what bears on risk in one element; its wording does not count.

    Parameters
    ----------
    element
        One element of the catalogue.

    Returns
    -------
    Digest
        What its data sheet is written for.
    """
    return digest_of(_facts(element), domain="pc/element-facts/v1")


def context_digest(context: Mapping[str, Any]) -> Digest:
    """Digest of a context.

    Parameters
    ----------
    context
        As ``context_of`` gives it.

    Returns
    -------
    Digest
        Equal exactly where nothing differs.
    """
    return digest_of(context, domain=DOMAIN)


def changed_since(
    written: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[Change, ...]:
    """List every setting that differs from what was assessed, old to new.

    Parameters
    ----------
    written, now
        Two contexts.

    Returns
    -------
    tuple of Change
        Empty exactly where the digests are equal.
    """
    return diff(written, now)
