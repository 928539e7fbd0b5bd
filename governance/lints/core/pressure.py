"""Dark patterns in copy: urgency, scarcity, shame and double negatives."""

import re

from governance.lints.core.finding import Finding, Severity

URGENCY = re.compile(
    r"\b(?:hurry|act (?:now|fast)|buy now|order now|last chance|don['’]?t miss|"
    r"do not miss|miss(?:ing)? out|before it['’]?s? (?:is )?(?:too late|gone)|"
    r"ends (?:soon|today|tonight|in)|"
    r"running out|limited time|while stocks? lasts?|final hours?|today only|"
    r"only \d+ left|almost gone|selling fast|going fast)\b",
    re.IGNORECASE,
)
SHAMING = re.compile(
    r"\bno,? (?:thanks,? )?i(?:['’]d| would)? "
    r"(?:don['’]t|do not|hate|prefer|rather|like)"
    r"\b.*|\bi(?:['’]ll| will) (?:pay full price|stay uninformed|miss)\b.*",
    re.IGNORECASE,
)
DOUBLE_NEGATIVE = re.compile(
    r"\b(?:do(?:n['’]t| not)|un(?:tick|check|select))\b[^.!?]*"
    r"\b(?:not|don['’]t|opt(?:ing)? out|unsubscribe|stop|never|without)\b",
    re.IGNORECASE,
)


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
    found = []
    if hit := SHAMING.search(text):
        found.append(
            Finding(
                "D-07",
                Severity.BLOCK,
                f"“{hit.group()}” shames people for saying no.",
                "Use a plain “No, thank you”.",
            )
        )
    if hit := DOUBLE_NEGATIVE.search(text):
        found.append(
            Finding(
                "D-08",
                Severity.BLOCK,
                f"“{hit.group()}” is a double negative.",
                "Say what happens when it is chosen.",
            )
        )
    if (hit := URGENCY.search(text)) and not has_real_deadline:
        found.append(
            Finding(
                "D-14",
                Severity.BLOCK,
                f"“{hit.group()}” urges without a real end date or stock level.",
                "Link the creative to a real end date or stock, or drop the words.",
            )
        )
    return tuple(found)
