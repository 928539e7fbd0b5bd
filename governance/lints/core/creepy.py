"""Creepy-versus-helpful lints on a configuration."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from governance.lints.core.finding import Finding, Severity

SMALL_AUDIENCE = 50
SINGLED_OUT = 10
MANY_SOURCES = 4
RAW_GRANULARITY = "exact"
CODES = ("L-01", "L-02", "L-03", "L-06", "L-08", "L-09")
WATCHED = frozenset({"behavioural", "transactional"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalUse:
    """One data element as a use case uses it."""

    key: str
    label: str
    role: str
    granularity: str = "bucketed"
    source_type: str = "first_party"
    is_sensitive: bool = False
    proxy_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the creepy lints look at; nothing here names a person."""

    uses: tuple[SignalUse, ...] = ()
    audience_size: int | None = None
    price_varies: bool = False
    has_price_label: bool = False
    sensitive_references: tuple[str, ...] = field(default=())


def creepy(facts: Facts) -> tuple[Finding, ...]:
    """Name what customers would find intrusive about a configuration.

    Parameters
    ----------
    facts
        Elements with their roles, size of the audience, whether a price varies.

    Returns
    -------
    tuple of Finding
        Only what was found: L-01, L-02, L-03, L-06, L-08, L-09 in that order.

    References
    ----------
    ``governance.md`` 8.
    """
    return (
        *_sensitive(facts),
        *_proxies(facts.uses),
        *_raw_copy(facts.uses),
        *_audience(facts.audience_size),
        *_many_sources(facts.uses),
        *_price(facts),
    )


def _sensitive(facts: Facts) -> Iterable[Finding]:
    labels = [use.label for use in facts.uses if use.is_sensitive]
    for label in (*labels, *facts.sensitive_references):
        yield Finding(
            "L-01",
            Severity.BLOCK,
            f"“{label}” lets one guess at health, faith, money trouble or the like.",
            "Leave it out.",
        )


def _proxies(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    for use in uses:
        if use.proxy_for and use.role == "exclusion":
            traits = " and ".join(use.proxy_for)
            yield Finding(
                "L-02",
                Severity.BLOCK,
                f"“{use.label}” stands in for {traits} and is used to exclude people.",
                "Exclude people for what they did or asked, not for who they are.",
            )


def _raw_copy(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    for use in uses:
        is_raw = use.granularity == RAW_GRANULARITY and use.source_type in WATCHED
        if use.role == "content_slot" and is_raw:
            yield Finding(
                "L-03",
                Severity.BLOCK,
                f"The text would show “{use.label}” exactly as it was observed.",
                "Show a coarse form: a category, “recently”, yes or no.",
            )


def _audience(size: int | None) -> Iterable[Finding]:
    if size is None or size >= SMALL_AUDIENCE:
        return
    if size < SINGLED_OUT:
        yield Finding(
            "L-06",
            Severity.BLOCK,
            "Fewer than 10 people would be reached: that singles people out.",
            "Widen the segment.",
        )
        return
    yield Finding(
        "L-06",
        Severity.WARN,
        f"Only {size} people would be reached; fewer than 50 feels singled out.",
        "Widen the segment if you can.",
    )


def _many_sources(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    sources = {use.source_type for use in uses}
    if len(sources) >= MANY_SOURCES:
        yield Finding(
            "L-08",
            Severity.WARN,
            f"{len(sources)} kinds of data are combined; people expect fewer.",
            "See whether it works with less.",
        )


def _price(facts: Facts) -> Iterable[Finding]:
    if facts.price_varies and not facts.has_price_label:
        yield Finding(
            "L-09",
            Severity.BLOCK,
            "A price or discount differs by person and nothing tells them so.",
            "Label the price as personalised, or give everybody the same.",
        )
