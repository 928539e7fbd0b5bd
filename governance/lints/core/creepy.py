"""Creepy-versus-helpful lints on a configuration, and how much they weigh together."""

import re
from collections import Counter
from collections.abc import Iterable

from governance.lints.core.creepy_reach import contacts, labels, precise
from governance.lints.core.facts import Facts, SignalUse
from governance.lints.core.finding import Finding, Severity
from governance.lints.core.vocabulary import SENSITIVE

SMALL_AUDIENCE = 50
SINGLED_OUT = 10
MANY_SOURCES = 4
RAW_GRANULARITIES = frozenset({"exact", "count"})
CODES = tuple(f"L-{n:02}" for n in range(1, 15))
WATCHED = frozenset({"behavioural", "transactional"})
MARKETING_ROLES = frozenset({"eligibility", "ranking", "timing", "content_slot"})
SERVICE = re.compile(
    r"\b(?:complain\w*|help ?desk|service desk|call cent(?:re|er)|"
    r"customer (?:service|support|care)|support (?:desk|tickets?|chats?|cases?|calls?|"
    r"team|e-?mails?))\b",
    re.IGNORECASE,
)
UNEXPECTED = re.compile(
    r"\b(?:(?:failed|declined|missed|late|overdue) payments?|payment (?:failures?|"
    r"reminders?|providers?)|dunning|debt collect\w*|billing|gps|geolocation|"
    r"location (?:services?|history|data)|position of the (?:phone|device))\b",
    re.IGNORECASE,
)
EXECUTIVE_SCORE = 60
WEIGHTS = {Severity.BLOCK: 30, Severity.WARN: 15}
AGAIN = 5
MOST = 100


def creepy(facts: Facts) -> tuple[Finding, ...]:
    """Name what customers would find intrusive about a configuration.

    Parameters
    ----------
    facts
        Elements with their roles, rules, audience, channels, labels.

    Returns
    -------
    tuple of Finding
        Only what was found, in the order of the codes L-01 to L-14.

    References
    ----------
    ``governance.md`` 8.
    """
    found = (
        *_sensitive(facts),
        *_proxies(facts),
        *_raw_copy(facts.uses),
        *_other_contexts(facts.uses),
        *_audience(facts.audience_size),
        *_of_others(facts.uses),
        *_many_sources(facts.uses),
        *precise(facts),
        *labels(facts),
        *contacts(facts),
        *_guessed(facts),
    )
    return tuple(sorted(found, key=lambda finding: finding.code))


def score(findings: Iterable[Finding]) -> tuple[int, tuple[str, ...]]:
    """How intrusive a configuration is, 0 to 100, with the reasons.

    Parameters
    ----------
    findings
        Of the lints L-01 to L-14, about configuration and copy; others are ignored.

    Returns
    -------
    int
        30 for a code that blocks, 15 for one that warns, 5 for each further finding of
        the same code, at most 100. From ``EXECUTIVE_SCORE`` on an executive signs.
    tuple of str
        One line a code, the heaviest first.
    """
    raised = [f for f in findings if f.code in CODES and f.severity in WEIGHTS]
    counts = Counter(finding.code for finding in raised)
    points: dict[str, tuple[int, str]] = {}
    for finding in raised:
        weight = WEIGHTS[finding.severity]
        if weight > points.get(finding.code, (0, ""))[0]:
            points[finding.code] = (weight, finding.text)
    told = {
        code: (weight + AGAIN * (counts[code] - 1), text)
        for code, (weight, text) in points.items()
    }
    total = sum(weight for weight, _ in told.values())
    lines = sorted(told.items(), key=lambda item: (-item[1][0], item[0]))
    return min(total, MOST), tuple(f"{n} for {c}: {text}" for c, (n, text) in lines)


def _sensitive(facts: Facts) -> Iterable[Finding]:
    labelled = [use.label for use in facts.uses if use.is_sensitive]
    hinting = [name for name in facts.references if SENSITIVE.search(name)]
    for label in (*labelled, *hinting):
        yield Finding(
            "L-01",
            Severity.BLOCK,
            f"“{label}” lets one guess at health, faith, money trouble or the like.",
            "Leave it out.",
        )


def _proxies(facts: Facts) -> Iterable[Finding]:
    shutting = {"exclusion"}
    if facts.excludes_from_service:
        shutting.add("eligibility")
    for use in facts.uses:
        if use.proxy_for and use.role in shutting:
            traits = " and ".join(use.proxy_for)
            yield Finding(
                "L-02",
                Severity.BLOCK,
                f"“{use.label}” stands in for {traits} and is used to exclude people.",
                "Exclude people for what they did or asked, not for who they are.",
            )


def _raw_copy(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    for use in uses:
        is_raw = use.granularity in RAW_GRANULARITIES and use.source_type in WATCHED
        if use.role == "content_slot" and is_raw:
            yield Finding(
                "L-03",
                Severity.BLOCK,
                f"The text would show “{use.label}” exactly as it was observed.",
                "Show a coarse form: a category, “recently”, yes or no.",
            )


def _other_contexts(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    for use in uses:
        told = f"{use.label} {use.collected_where}"
        if use.role not in MARKETING_ROLES:
            continue
        if SERVICE.search(told):
            yield Finding(
                "L-05",
                Severity.BLOCK,
                f"“{use.label}” was told to us for help, not for offers.",
                "Keep what people tell support or complain about out of marketing.",
            )
        elif UNEXPECTED.search(told):
            yield Finding(
                "L-05",
                Severity.WARN,
                f"“{use.label}” comes from a place where nobody expects offers.",
                "See whether something people told us for this would do.",
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


def _of_others(uses: Iterable[SignalUse]) -> Iterable[Finding]:
    for use in uses:
        if use.identifiability == "household" and use.role in MARKETING_ROLES:
            yield Finding(
                "L-07",
                Severity.BLOCK,
                f"“{use.label}” may be what somebody else in the home did.",
                "Use only what this customer did or said.",
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


def _guessed(facts: Facts) -> Iterable[Finding]:
    for use in facts.uses:
        if use.provenance == "derived" and use.key in facts.named:
            yield Finding(
                "L-14",
                Severity.WARN,
                f"The sentence names “{use.label}”, which nobody told us.",
                "Name what the guess rests on: what the customer did or said.",
            )
