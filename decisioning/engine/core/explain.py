"""The customer's sentence and the two layers behind it, from logged facts only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from decisioning.engine.core.types import Words
from governance.lints.core import blockers, wording
from governance.usecases.core import fill, slots

PLAIN = "You're seeing {offer} because you {signal}."
NO_DATA = "You're seeing our most popular items. We did not use your personal data."
TESTING = "We're also testing which version people find more useful."
MOST_SIGNALS = 3


@lru_cache(maxsize=20_000)
def _passes(sentence: str) -> bool:
    return not blockers(wording(sentence))


def sentence(
    template: str, offer: str, signal: str, phrases: Mapping[str, str]
) -> str | None:
    """Fill a use case's sentence for one offer.

    Parameters
    ----------
    template
        With the slots ``{offer}``, ``{signal}`` and keys of data elements.
    offer
        The offer in words.
    signal
        What it rests on, as it completes "because you …".
    phrases
        Words of the data elements.

    Returns
    -------
    str or None
        ``None`` where a slot has no words or a wording lint blocks: such an offer is
        not personalised.
    """
    words = {**phrases, "offer": _within_a_sentence(offer), "signal": signal}
    if not template or any(not words.get(slot) for slot in slots(template)):
        return None
    text = " ".join(fill(template, words).split())
    return text if _passes(text) else None


def sentence_of(words: Words, named: Sequence[str]) -> str | None:
    """The sentence that names some signals, and no others.

    Parameters
    ----------
    words
        The use case's own sentence and what fills it.
    named
        Elements to name; they complete "because you …" together.

    Returns
    -------
    str or None
        In the use case's own words where they speak of these signals alone, otherwise
        in the plain form; ``None`` where there are no words or a lint blocks.
    """
    about = set(slots(words.template)) - {"offer"}
    known = {*named, "signal"} if set(named) <= set(words.own) else set(named)
    if about <= known:
        told = sentence(words.template, words.offer, words.signal, words.phrases)
        if told is not None:
            return told
    phrases = [words.phrases.get(key, "") for key in named]
    if not words.template or not all(phrases):
        return None
    return sentence(PLAIN, words.offer, " and ".join(phrases), {})


def _within_a_sentence(name: str) -> str:
    """A name keeps its capitals where it has more of them than the first."""
    rest = name[1:]
    return name if rest != rest.lower() else name.lower()


@dataclass(frozen=True, slots=True)
class Signal:
    """A fact that was used: its words, where it came from, how long it is kept.

    ``looked_back_days`` is how far back it was looked at; ``key`` its element.
    """

    label: str
    source: str
    kept_days: int | None
    looked_back_days: int | None = None
    key: str = ""
    trait: str = ""


@dataclass(frozen=True, slots=True)
class Layers:
    """The three layers of an explanation; ``also`` was used beside the first three."""

    sentence: str
    testing: str
    used: tuple[Signal, ...]
    also: tuple[Signal, ...]
    not_used: tuple[str, ...]
    controls: tuple[tuple[str, str], ...]


def layers(
    *,
    why: str,
    is_personal: bool,
    in_experiment: bool,
    used: Sequence[Signal],
    others: Sequence[str],
    controls: Mapping[str, str],
) -> Layers:
    """Put an explanation together.

    Parameters
    ----------
    why
        The sentence as it was shown; empty where nothing personal was used.
    is_personal
        Whether personal data chose the content.
    in_experiment
        Whether the decision was part of a test.
    used
        Signals the decision read.
    others
        Labels of facts we hold for other purposes and did not use.
    controls
        Label by key, each one tap away.

    Returns
    -------
    Layers
        The default's layers name no signal.
    """
    return Layers(
        sentence=why if is_personal and why else NO_DATA,
        testing=TESTING if in_experiment else "",
        used=tuple(used[:MOST_SIGNALS]) if is_personal else (),
        also=tuple(used[MOST_SIGNALS:]) if is_personal else (),
        not_used=tuple(others),
        controls=tuple(controls.items()),
    )
