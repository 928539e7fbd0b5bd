"""What arrives from outside: the browser's signal, imported evidence."""

from collections.abc import Iterable, Mapping
from typing import Any


def gpc_signal(values: Iterable[str]) -> bool:
    """Whether a request carries the Global Privacy Control signal.

    Parameters
    ----------
    values
        Every ``Sec-GPC`` header value of the request, as received.

    Returns
    -------
    bool
        True when at least one value is exactly ``1``.

    References
    ----------
    W3C Global Privacy Control, section 3.1.
    """
    return any(value == "1" for value in values)


def header_values(joined: str) -> tuple[str, ...]:
    """Take apart what a server joined from several headers of one name.

    Parameters
    ----------
    joined
        Values with commas between them; a server trims each value it received.

    Returns
    -------
    tuple of str
        As `gpc_signal` wants them.
    """
    return tuple(value.lstrip(" ") for value in joined.split(","))


def evidence_gaps(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Which parts of imported evidence of consent are missing.

    Parameters
    ----------
    evidence
        The declaration, with the field names of ``--consent-evidence``.

    Returns
    -------
    tuple of str
        Names of missing fields; with any missing the consent is stored as
        incomplete, which denies.
    """
    needed = (
        "purposes",
        "channels",
        "wording",
        "mechanism",
        "collectedAt",
        "validUntil",
        "declaredBy",
    )
    return tuple(name for name in needed if not evidence.get(name))
