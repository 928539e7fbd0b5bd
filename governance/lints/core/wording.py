"""Wording lints W1 to W8 for the sentence a customer reads."""

import re
from collections.abc import Callable, Collection

from governance.lints.core.finding import Finding, Severity
from governance.lints.core.reading import grade, words
from governance.lints.core.vocabulary import PERSUASION, RELATIONS, SENSITIVE, URGENCY

MAX_GRADE = 6.0
MAX_WORDS = 20
NO_DATA = "We did not use your personal data to choose them."

SEEING = re.compile(r"^you(?:['’]re| are) seeing \S.*", re.IGNORECASE)
BECAUSE_YOU = re.compile(r"\bbecause (?:you(?!['’]?r)\b|of what you\b)", re.IGNORECASE)
NO_PERSONAL_DATA = re.compile(
    r"\bwe did(?: not|n['’]t) use your (?:personal )?data\b", re.IGNORECASE
)
SECOND_PERSON = re.compile(r"\byou(?:['’]re|r|rs)?\b", re.IGNORECASE)
SIGNAL = re.compile(
    r"\byou(?:['’]ve| have)? (?:recently |often |just |also )?(?:"
    r"told us|asked us|chose|picked|said|saved|liked|rated|follow|joined|"
    r"bought|ordered|paid|returned|shopped|have bought|"
    r"looked at|looked for|viewed|visited|read|watched|searched|browsed|opened|"
    r"live|are in|are here|use|used|signed up|have an account|are a member|"
    r"put|added|left)\b",
    re.IGNORECASE,
)
BANNED = (
    "algorithm",
    "ai model",
    "propensity",
    "segment",
    "cohort",
    "behavioural signal",
    "behavioral signal",
    "affinity",
    "activity",
    "preferences like yours",
    "partners",
    "machine learning",
    "our model",
    "optimised for you",
    "optimized for you",
)
EXACT: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a clock time",
        re.compile(r"\b\d{1,2}[:.]\d{2}\b(?!\d)|\b\d{1,2} ?[ap]m\b", re.I),
    ),
    (
        "a price",
        re.compile(
            r"[£$€]\s?\d|\b\d+(?:[.,]\d+)? ?(?:pounds?|dollars?|euros?|pence)\b", re.I
        ),
    ),
    (
        "an exact count",
        re.compile(
            r"\b(?:\d+|twice|thrice) ?(?:times|orders|visits|items|views|left)\b"
            r"|\btwice\b",
            re.I,
        ),
    ),
    (
        "an exact date",
        re.compile(
            r"\b\d{1,2}(?:st|nd|rd|th)? "
            r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b",
            re.I,
        ),
    ),
    (
        "a page address",
        re.compile(r"https?://|\b[\w-]+\.(?:com|co|org|net|shop|io)\b", re.I),
    ),
    (
        "a device",
        re.compile(
            r"\b(?:iphone|ipad|galaxy|pixel|android|macbook|chrome|safari)\b", re.I
        ),
    ),
    (
        "a precise place",
        re.compile(
            r"\b(?:[a-z]{1,2}\d{1,2}[a-z]? ?\d[a-z]{2}"
            r"|\d+ \w+ (?:street|road|avenue|lane))\b",
            re.I,
        ),
    ),
)
ANOTHER_PERSON = re.compile(
    rf"\byour {RELATIONS}\b|\b(?:people (?:like|near) you|people with|"
    r"other (?:people|customers))\b",
    re.IGNORECASE,
)
CHOICES = frozenset({"less_like_this", "dont_use", "turn_off"})


def wording(
    sentence: str, *, fallback: bool = False, controls: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Check the sentence a customer reads, as it will be rendered.

    Parameters
    ----------
    sentence
        With every slot filled; a template's bare slot is not a customer's sentence.
    fallback
        Whether it stands where no personal data was used: then it has to say so,
        and names no signal.
    controls
        Keys of the controls that are shown beside it; ``None`` skips W8.

    Returns
    -------
    tuple of Finding
        One finding a lint, in the order W1 to W8; a passed lint is ``ok``.

    Notes
    -----
    W9 (rendered text equals the stored one) and W10 (every language has it) are
    in ``rendering``.

    References
    ----------
    ``governance.md`` 5.
    """
    text = " ".join(sentence.split())
    checks: list[Callable[[str], Finding]] = [
        _w1_reading,
        _w2_addressed,
        _w3_without_data if fallback else _w3_signal,
        _w4_banned,
        _w5_exact,
        _w6_sensitive,
        _w7_pressure,
    ]
    findings = [check(text) for check in checks]
    if controls is not None:
        findings.append(_w8_control(controls))
    return tuple(findings)


def _ok(code: str, text: str) -> Finding:
    return Finding(code, Severity.OK, text)


def _block(code: str, text: str, mend: str) -> Finding:
    return Finding(code, Severity.BLOCK, text, mend)


def _w1_reading(text: str) -> Finding:
    n_words, level = len(words(text)), grade(text)
    if n_words > MAX_WORDS:
        return _block(
            "W1",
            f"The sentence has {n_words} words; the most is {MAX_WORDS}.",
            "Cut it down to what they see and why.",
        )
    if level > MAX_GRADE:
        return _block(
            "W1",
            f"The sentence reads at grade {level:.1f}; the most is 6.",
            "Use shorter words.",
        )
    return _ok("W1", f"{n_words} words at reading grade {max(level, 0):.1f}.")


def _w2_addressed(text: str) -> Finding:
    if text and not SEEING.match(text):
        return _block(
            "W2",
            "The sentence does not speak to the customer as “You're seeing …”.",
            "Begin with “You're seeing”.",
        )
    return _ok("W2", "It speaks to the customer.")


def _w3_signal(text: str) -> Finding:
    if NO_PERSONAL_DATA.search(text):
        return _ok("W3", "It says that no personal data was used.")
    if not text:
        return _block(
            "W3",
            "There is no sentence yet.",
            "Write “You're seeing … because you …”.",
        )
    if not (BECAUSE_YOU.search(text) and SIGNAL.search(text)):
        return _block(
            "W3",
            "The sentence does not name what the customer did or said.",
            "Go on with “because you told us”, “because you bought” or "
            "“because you looked at”, and what it was.",
        )
    return _ok("W3", "It names what the customer did or said.")


def _w3_without_data(text: str) -> Finding:
    if NO_PERSONAL_DATA.search(text):
        return _ok("W3", "It says that no personal data was used.")
    return _block(
        "W3",
        "The fallback sentence does not say that no personal data was used.",
        f"End it with “{NO_DATA}”",
    )


def _w4_banned(text: str) -> Finding:
    low = text.lower()
    found = [word for word in BANNED if word in low]
    if found:
        return _block(
            "W4",
            f"“{found[0]}” is our word, not the customer's.",
            "Say what the customer did, in their own words.",
        )
    return _ok("W4", "No jargon.")


def _w5_exact(text: str) -> Finding:
    found = [what for what, pattern in EXACT if pattern.search(text)]
    if found:
        return _block(
            "W5",
            f"The sentence shows {found[0]}; that feels like being watched.",
            "Stay coarse: “last week”, “this year”.",
        )
    return _ok("W5", "No exact times, counts, prices or places.")


def _w6_sensitive(text: str) -> Finding:
    if hit := SENSITIVE.search(text):
        return _block(
            "W6",
            f"“{hit.group()}” is a sensitive matter.",
            "Never hint at health, faith, sexuality, politics or money trouble.",
        )
    if hit := ANOTHER_PERSON.search(text):
        return _block(
            "W6",
            f"“{hit.group()}” speaks about somebody else.",
            "Name only what this customer did or said.",
        )
    return _ok("W6", "Nothing sensitive, nobody else.")


def _w7_pressure(text: str) -> Finding:
    if hit := URGENCY.search(text) or PERSUASION.search(text):
        return _block(
            "W7",
            f"“{hit.group()}” pushes; an explanation only explains.",
            "Leave persuasion to the offer, and urgency out altogether.",
        )
    return _ok("W7", "It explains and does not push.")


def _w8_control(controls: Collection[str]) -> Finding:
    if CHOICES.isdisjoint(controls):
        return _block(
            "W8",
            "There is no control beside the sentence that changes it.",
            "Offer at least “Turn off personalisation”.",
        )
    return _ok("W8", "A control stands beside it.")
