"""Lints W9 and W10: what is shown is what was stored, in every language."""

import hashlib
from collections.abc import Iterable, Mapping

from governance.lints.core.finding import Finding, Severity


def text_digest(text: str) -> str:
    """SHA-256 of a text, as it is stored with a decision.

    Parameters
    ----------
    text
        As it is shown.

    Returns
    -------
    str
        Sixty-four hexadecimal digits.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def rendered(text: str, stored_digest: str) -> Finding:
    """Check W9: whether the text shown is the text that was logged.

    Parameters
    ----------
    text
        As it is about to be shown.
    stored_digest
        As ``text_digest`` gave it when the decision was made.

    Returns
    -------
    Finding
        ``ok``, or a blocker.
    """
    if text_digest(text) == stored_digest:
        return Finding("W9", Severity.OK, "It is the sentence that was logged.")
    return Finding(
        "W9",
        Severity.BLOCK,
        "The sentence is not the one that was logged.",
        "Show the logged one, or none.",
    )


def translated(texts: Mapping[str, str], languages: Iterable[str]) -> Finding:
    """Check W10: whether a text is there in every language.

    Parameters
    ----------
    texts
        Text by language.
    languages
        Those that have to be there.

    Returns
    -------
    Finding
        ``ok``, or a blocker; the same text twice counts as not translated.
    """
    wanted = list(dict.fromkeys(languages))
    seen: dict[str, str] = {}
    lacking = []
    for language in wanted:
        text = texts.get(language, "").strip()
        if not text or text in seen.values():
            lacking.append(language)
        seen[language] = text or language
    if not lacking:
        return Finding("W10", Severity.OK, "Every language has it.")
    return Finding(
        "W10",
        Severity.BLOCK,
        f"It is missing in: {', '.join(lacking)}.",
        "Translate it.",
    )
