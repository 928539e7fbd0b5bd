"""Lints on what customers read in a creative: creepy lines, labels, dark patterns."""

import re
from collections.abc import Callable, Iterable

from governance.lints.core.creepy_reach import ai_unlabelled, price_unlabelled
from governance.lints.core.facts import OUTBOUND, Copy
from governance.lints.core.finding import Finding, Severity
from governance.lints.core.pressure import dark_patterns
from governance.lints.core.vocabulary import RELATIONS, SEEN, SENSITIVE

ADDRESSED = re.compile(r"\b(?:you|your|yours|we|us)\b|\?", re.IGNORECASE)
CONDOLENCE = re.compile(r"\bsorry for your loss\b", re.IGNORECASE)
OBSERVED = re.compile(
    r"\byou(?:['’]ve| have| were| are)? (?:just |recently |often |also |last )?"
    rf"{SEEN}\b|"
    r"\byou (?:left|spent \d+|stayed|paused|came back|dropped)\b|"
    rf"\bsince you {SEEN}\b|\b(?:viewed|seen|opened) by you\b|"
    r"\bwe(?:['’]ve| have)? (?:saw|seen|noticed|spotted|know) (?:that )?you\b|"
    r"\byour (?:\d+|last|recent) (?:visits?|views?|clicks?|search(?:es)?|page)\b|"
    r"\b(?:based on|from) your (?:search|browsing|history|clicks|visits?)\w*\b|"
    r"\byou were here\b",
    re.IGNORECASE,
)
NOW = re.compile(
    r"\bjust\b|\b(?:moments?|minutes?|hours?) ago\b|\bearlier today\b|"
    r"\bthis (?:morning|afternoon|evening)\b|\btoday\b|\btonight\b|\bright now\b",
    re.IGNORECASE,
)
DONE = re.compile(
    rf"\byou(?:['’]ve| have| were| are)? (?:just )?(?:{SEEN}|left|here|visited)\b|"
    rf"\byou (?:just )?(?:{SEEN}|left)\b|\b(?:saw|seen|noticed|missed) you\b|"
    r"\byou were\b",
    re.IGNORECASE,
)
STILL_HERE = re.compile(r"\bstill (?:on|in) (?:our|the) (?:site|shop|app|page)\b", re.I)
SOMEBODY_ELSE = re.compile(
    rf"(?<!\bfor )\byour {RELATIONS}\b|"
    r"\b(?:some(?:one|body)|people|others) in your (?:home|house\w*|family|flat)\b|"
    r"\bwho lives? with you\b|\bin your (?:home|household)\b.{0,20}\bbought\b",
    re.IGNORECASE,
)
DATES: dict[str, re.Pattern[str]] = {
    "mothers-day": re.compile(r"\bmother(?:['’]?s['’]?)? ?day\b|\bmuttertag\b", re.I),
    "fathers-day": re.compile(
        r"\b(?:father|dad)(?:['’]?s['’]?)? day\b|\bvatertag\b", re.I
    ),
    "valentines-day": re.compile(r"\bvalentine\w*(?:['’]s)?\b", re.I),
    "grandparents-day": re.compile(r"\bgrandparents?['’]? day\b", re.I),
    "remembrance-day": re.compile(
        r"\b(?:remembrance|all souls['’]?|memorial) day\b|\ballerseelen\b", re.I
    ),
}


def copy_findings(copy: Copy) -> tuple[Finding, ...]:
    """Check one text of a creative, as customers read it.

    Parameters
    ----------
    copy
        The text, its channel and topic, its labels.

    Returns
    -------
    tuple of Finding
        Only what was found: L-01, L-03, L-04, L-07, L-09, L-11, L-13, then the dark
        patterns D-07, D-08 and D-14.

    References
    ----------
    ``governance.md`` 8.
    """
    lints: tuple[Callable[[Copy], Iterable[Finding]], ...] = (
        _hinting,
        _watched,
        _just_now,
        _others,
        _unlabelled,
        _sensitive_date,
    )
    found = [finding for lint in lints for finding in lint(copy)]
    pushing = dark_patterns(copy.text, has_real_deadline=copy.has_real_deadline)
    return (*found, *pushing)


def _hinting(copy: Copy) -> Iterable[Finding]:
    hit = CONDOLENCE.search(copy.text)
    if hit is None and ADDRESSED.search(copy.text):
        hit = SENSITIVE.search(copy.text)
    if hit is not None:
        yield Finding(
            "L-01",
            Severity.BLOCK,
            f"“{hit.group()}” tells people that we guess at a private matter.",
            "Speak of the goods, never of what somebody may be going through.",
        )


def _watched(copy: Copy) -> Iterable[Finding]:
    if hit := OBSERVED.search(copy.text):
        yield Finding(
            "L-03",
            Severity.BLOCK,
            f"“{hit.group()}” shows people what we saw them do.",
            "Show the goods without saying how you came to them.",
        )


def _just_now(copy: Copy) -> Iterable[Finding]:
    if copy.channel not in OUTBOUND:
        return
    did_now = DONE.search(copy.text) and NOW.search(copy.text)
    if did_now or STILL_HERE.search(copy.text):
        yield Finding(
            "L-04",
            Severity.WARN,
            "The message speaks of what somebody did within the day.",
            "Let a day pass, and leave out when it was.",
        )


def _others(copy: Copy) -> Iterable[Finding]:
    if hit := SOMEBODY_ELSE.search(copy.text):
        yield Finding(
            "L-07",
            Severity.BLOCK,
            f"“{hit.group()}” speaks of somebody else in the customer's life.",
            "Speak to the customer alone.",
        )


def _unlabelled(copy: Copy) -> Iterable[Finding]:
    if copy.price_varies and not copy.has_price_label:
        yield price_unlabelled()
    if copy.ai_generated and not copy.has_ai_label:
        yield ai_unlabelled()


def _sensitive_date(copy: Copy) -> Iterable[Finding]:
    for topic, pattern in DATES.items():
        hit = pattern.search(copy.text)
        if hit and not pattern.search(copy.topic.replace("-", " ")):
            yield Finding(
                "L-13",
                Severity.BLOCK,
                f"“{hit.group()}” hurts some people, and they cannot leave it out.",
                f"Give the offer the topic “{topic}”: people may then leave it out.",
            )
