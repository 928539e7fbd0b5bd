"""Whether an impact assessment is needed: computed, raised by hand, never lowered."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.assessments.core.kinds import Level, higher
from governance.catalogue.core import Catalogue, Element, Provenance, SourceType
from governance.types import RiskTier
from governance.usecases.core import AdmClass, Classification, UseCaseContent
from governance.usecases.core.classify import MANY_SOURCES

LARGE_SCALE = 10_000
TWO_OF_NINE = 2


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion that applies, with what it rests on."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Screening:
    """What the criteria ask for.

    ``mandatory`` are items of the ICO's list, ``indicators`` those of WP248.
    """

    level: Level
    mandatory: tuple[Criterion, ...]
    indicators: tuple[Criterion, ...]
    raised: Level

    @property
    def because(self) -> str:
        """Why it is this level, in one or more sentences."""
        found = [c.text for c in self.mandatory]
        if len(self.indicators) >= TWO_OF_NINE:
            found += [c.text for c in self.indicators]
        if not found and self.indicators:
            found = [f"{self.indicators[0].text} One of nine signs, not two."]
        if self.raised is self.level and self.level is not Level.NONE:
            found.append("Raised by hand.")
        return " ".join(dict.fromkeys(found)) or "No sign of high risk."


def screen(
    content: UseCaseContent,
    catalogue: Catalogue,
    found: Classification,
    *,
    raised: Level = Level.NONE,
    audience_size: int | None = None,
) -> Screening:
    """Screen a use case for an impact assessment.

    Parameters
    ----------
    content, catalogue
        What it declares, and the elements it refers to.
    found
        Its computed classification.
    raised
        What somebody raised it to by hand; it can only add.
    audience_size
        People it may reach, where known; from 10,000 on it is large scale (our
        choice, since neither source gives a number).

    Returns
    -------
    Screening
        In full with one item of the ICO's list or two signs of WP248; the short form
        from profiling on.

    References
    ----------
    ICO, examples of processing likely to result in high risk; WP248 rev.01, III.B;
    GDPR Article 35(3); ``governance.md`` 2.6.
    """
    known = _used(content, catalogue)
    is_large = (audience_size or 0) >= LARGE_SCALE
    indicators = tuple(_wp248(content, known, found, is_large=is_large))
    mandatory = tuple(_ico(content, known, found, indicators, is_large=is_large))
    is_full = bool(mandatory) or len(indicators) >= TWO_OF_NINE
    least = Level.SHORT if found.tier >= RiskTier.T2 else Level.NONE
    level = higher(Level.FULL if is_full else least, raised)
    return Screening(level, mandatory, indicators, raised)


def _used(content: UseCaseContent, catalogue: Catalogue) -> list[Element]:
    keys = dict.fromkeys(use.element for use in content.data_uses)
    found = (catalogue.elements.get(key) for key in keys)
    return [element for element in found if element is not None and element.is_personal]


def _wp248(
    content: UseCaseContent,
    known: list[Element],
    found: Classification,
    *,
    is_large: bool,
) -> Iterable[Criterion]:
    people, logic = content.people, content.logic
    significant = {AdmClass.UNDETERMINED, AdmClass.AUTOMATED_SIGNIFICANT}
    watched = [e for e in known if e.source_type is SourceType.BEHAVIOURAL]
    signs = (
        ("W-1", found.is_profiling, "People are evaluated or scored."),
        ("W-2", found.adm in significant, "Its effect on people may be significant."),
        ("W-3", bool(watched), "What people do is followed over time."),
        ("W-4", _is_sensitive(content, known), "Special category data may be touched."),
        ("W-5", is_large, "It reaches very many people."),
        ("W-6", _is_matched(known), "Data from different sources is combined."),
        ("W-7", _is_vulnerable(content, known), "Vulnerable people may be reached."),
        ("W-8", bool(logic.scores) or logic.ai_generated, "New technology is used."),
        ("W-9", people.excludes_from_service, "Some are kept from a service."),
    )
    return (Criterion(code, text) for code, holds, text in signs if holds)


def _ico(
    content: UseCaseContent,
    known: list[Element],
    found: Classification,
    indicators: tuple[Criterion, ...],
    *,
    is_large: bool,
) -> Iterable[Criterion]:
    codes = {sign.code for sign in indicators}
    third = any(e.provenance is Provenance.THIRD_PARTY for e in known)
    tracked = any(e.location_precise for e in known)
    items = (
        (
            "I-1",
            "W-8" in codes and len(codes) > 1,
            "New technology together with another sign of risk.",
        ),
        (
            "I-2",
            content.people.excludes_from_service,
            "It can deny somebody a product or service.",
        ),
        ("I-3", found.is_profiling and is_large, "People are profiled at large scale."),
        ("I-4", _is_matched(known), "Data from different sources is matched."),
        ("I-5", third, "People do not know that this data is held."),
        ("I-6", tracked, "People's place or device is tracked."),
        (
            "I-7",
            _is_vulnerable(content, known),
            "Children or vulnerable people may be targeted.",
        ),
        (
            "I-8",
            _is_sensitive(content, known),
            "Special category data may be inferred.",
        ),
    )
    return (Criterion(code, text) for code, holds, text in items if holds)


def _is_sensitive(content: UseCaseContent, known: list[Element]) -> bool:
    return bool(content.people.special_category) or any(e.is_sensitive for e in known)


def _is_vulnerable(content: UseCaseContent, known: list[Element]) -> bool:
    people = content.people
    signals = any(e.vulnerability_signal or e.child_possible for e in known)
    return bool(people.children or people.vulnerable) or signals


def _is_matched(known: list[Element]) -> bool:
    third = any(e.provenance is Provenance.THIRD_PARTY for e in known)
    return third or len({e.source_type for e in known}) >= MANY_SOURCES
