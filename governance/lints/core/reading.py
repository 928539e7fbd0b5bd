"""Reading grade of a short text."""

import re
from functools import lru_cache

import pyphen

WORD = re.compile(r"[A-Za-z\u00C0-\u024F]+(?:['’][A-Za-z]+)*|\d+(?:[.,]\d+)*")
SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")
HYPHENATOR = pyphen.Pyphen(lang="en_US")
VOWELS = re.compile(r"[aeiouy]+")
SILENT_END = re.compile(r"[^aeiouyl]e$|[aeiouy]le$|[^aeiouytd]ed$|[^aeiouyscxzgh]es$")


def words(text: str) -> list[str]:
    """Words and numbers of a text, in order.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    list of str
        A word with an apostrophe counts once.
    """
    return WORD.findall(text)


def n_sentences(text: str) -> int:
    """How many sentences a text has; text without a full stop is one.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    int
        At least 1.
    """
    ends = len(SENTENCE_END.findall(text))
    tail = SENTENCE_END.split(text)[-1]
    return max(1, ends + bool(words(tail)))


@lru_cache(maxsize=4096)
def n_syllables(word: str) -> float:
    """Syllables of an English word.

    Parameters
    ----------
    word
        One word; figures count as one syllable a digit.

    Returns
    -------
    float
        Mean of two counts, at least 1: spoken groups of vowels, which misses the
        break in *see-ing*, and hyphenation points, which misses those that
        printers avoid, as in *deliv-ery*. Either alone is jumpy on short texts.
    """
    if word[0].isdigit():
        return sum(character.isdigit() for character in word)
    plain = re.sub(r"['’].*$", "", word.lower())
    silent = bool(SILENT_END.search(plain))
    groups = max(1, len(VOWELS.findall(plain)) - silent)
    return (groups + len(HYPHENATOR.positions(plain)) + 1) / 2


def grade(text: str) -> float:
    """Flesch-Kincaid grade: years of American school needed to read a text.

    Parameters
    ----------
    text
        One or more sentences.

    Returns
    -------
    float
        May be below zero for very short words; 0.0 for an empty text.

    References
    ----------
    Kincaid et al. (1975), Research Branch Report 8-75, Naval Technical Training.
    """
    found = words(text)
    if not found:
        return 0.0
    per_sentence = len(found) / n_sentences(text)
    per_word = sum(map(n_syllables, found)) / len(found)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59
