"""Dark patterns in copy: urgency, scarcity, shame and double negatives."""

import re
from collections.abc import Iterable

from governance.lints.core.finding import Finding, Severity
from governance.lints.core.vocabulary import URGENCY

MESSAGES = (
    r"(?:e-?mails?|mails?|messages?|news(?:letters?)?|calls?|texts?|notices?|cookies?|"
    r"letters?|contact|reminders?)"
)
SHAMING = re.compile(
    rf"\bno\b,? ?(?:thanks|thank you)?,? ?i\b(?!.*\b{MESSAGES}\b).*|"
    r"\bi (?:do not|don['’]?t) (?:care|deserve|need (?:help|savings)|"
    r"want (?:nice|good|great|better|the best|to (?:save|win|be|know))|"
    r"like (?:saving|deals|good|money)).*|"
    r"\bi(?:['’]m| am) (?:not interested in (?:being|saving|getting)|"
    r"(?:happy|fine|ok|okay) (?:to|with|being) (?:pay|wast|los|miss|stay|be )).*|"
    r"\bi(?:['’]ll| will) (?:pay (?:full|more)|stay |miss|regret|risk|"
    r"take my chances).*|"
    r"\bi (?:already |really )?have enough .*|"
    r"\bi (?:hate|prefer|would rather|['’]d rather) .*|"
    r"\bleave me (?:behind|out|in the dark)\b.*|"
    r"\bonly (?:an? )?(?:fools?|losers?|idiots?)\b.*|"
    r"\bkeep (?:me|my) (?:\w+ )*(?:dull|boring|poor|slow|bad|ugly|unsafe|behind|"
    r"in the dark|tired|messy|unprotected)\b.*",
    re.IGNORECASE,
)
STRONG = re.compile(r"\b(?:not|never|cannot)\b|n['’]t\b|\bdont\b", re.IGNORECASE)
WEAK = re.compile(
    r"\b(?:un(?:tick|check|select|subscrib)\w*|deselect\w*|opt(?:ing|ed|s)? out|"
    r"stop\w*|withdraw\w*|refus\w+|disabl\w+|(?:turn|switch)\w* off|without|no|none|"
    r"left out|decline\w*|object\w*)\b",
    re.IGNORECASE,
)
CHOICE = re.compile(
    rf"\b(?:{MESSAGES}|tick\w*|untick\w*|(?:un)?check\w*|box|(?:de)?select\w*|"
    r"opt\w*|consent|shar(?:e|ed|ing)|receiv\w+|want\w*|subscri\w+|unsubscri\w+|"
    r"settings?|offers?|here)\b",
    re.IGNORECASE,
)
PLAIN_WAY_OUT = re.compile(
    r"\b(?:untick|uncheck|deselect|tick|turn off|switch off|unsubscribe)\w*\b"
    r"[^.!?]{0,30}\bto stop\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[^.!?;:]+")


def dark_patterns(text: str, *, has_real_deadline: bool = False) -> tuple[Finding, ...]:
    """Check a text that is shown to customers for patterns that push or mislead.

    Parameters
    ----------
    text
        Headline, body or label of a button.
    has_real_deadline
        Whether urgency in it refers to a real end date or stock level.

    Returns
    -------
    tuple of Finding
        Only what was found; empty for a fair text.

    References
    ----------
    EDPB Guidelines 03/2022; ``governance.md`` 8, D-07, D-08, D-14.
    """
    urgent = () if has_real_deadline else _urgent(text)
    return (*_shaming(text), *_ambiguous(text), *urgent)


def _shaming(text: str) -> Iterable[Finding]:
    if hit := SHAMING.search(text):
        yield Finding(
            "D-07",
            Severity.BLOCK,
            f"“{hit.group()}” shames people for saying no.",
            "Use a plain “No, thank you”.",
        )


def _ambiguous(text: str) -> Iterable[Finding]:
    for sentence in SENTENCE.findall(text):
        if CHOICE.search(sentence) and _is_double(sentence):
            yield Finding(
                "D-08",
                Severity.BLOCK,
                f"“{sentence.strip()}” is a double negative.",
                "Say what happens when it is chosen.",
            )
            return


def _is_double(sentence: str) -> bool:
    plain = PLAIN_WAY_OUT.sub("", sentence)
    return len(STRONG.findall(plain)) + len(WEAK.findall(plain)) >= 2


def _urgent(text: str) -> Iterable[Finding]:
    if hit := URGENCY.search(text):
        yield Finding(
            "D-14",
            Severity.BLOCK,
            f"“{hit.group()}” urges without a real end date or stock level.",
            "Give the offer a real end date, or drop the words.",
        )
