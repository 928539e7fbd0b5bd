"""Profiling, automated decisions and risk tier: computed, with the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from governance.catalogue.core import (
    Catalogue,
    Element,
    Identifiability,
    Provenance,
    SourceType,
)
from governance.lints.core import EXECUTIVE_SCORE, dark_patterns
from governance.lints.core import score as creepiness
from governance.types import RiskTier
from governance.usecases.core.content import UseCaseContent
from governance.usecases.core.registry import PROFILING_ROLES
from governance.usecases.core.wordings import creepy_findings

EVALUATED = frozenset(
    {SourceType.BEHAVIOURAL, SourceType.TRANSACTIONAL, SourceType.PREDICTIVE}
)
MANY_SOURCES = 4


class AdmClass(StrEnum):
    """Automated decision-making, after the ICO's draft of March 2026."""

    NONE = "none"
    HUMAN_RULE = "human_rule"
    AUTOMATED_NOT_SIGNIFICANT = "automated_not_significant"
    AUTOMATED_SIGNIFICANT = "automated_significant"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Classification:
    """A computed class and the reasons that led to it."""

    tier: RiskTier
    tier_reasons: tuple[str, ...]
    is_profiling: bool
    profiling_reasons: tuple[str, ...]
    adm: AdmClass
    adm_reasons: tuple[str, ...]


def classify(
    content: UseCaseContent, catalogue: Catalogue, *, unfair: Iterable[str] = ()
) -> Classification:
    """Classify a use case from what it declares.

    Parameters
    ----------
    content
        The use case.
    catalogue
        Elements it refers to; an element that is not in it counts as high risk.
    unfair
        Groups whose share of the benefit an audit found below four fifths, with the
        whole interval (T7).

    Returns
    -------
    Classification
        Nobody can lower it by hand: it changes only with the declaration.

    References
    ----------
    ``governance.md`` 2.6; GDPR Article 4(4).
    """
    profiling = tuple(_profiling(content, catalogue))
    triggers = (*_triggers(content, catalogue), *_unfair(unfair))
    adm, adm_reasons = _adm(content, catalogue, triggers, bool(profiling))
    tier, tier_reasons = _tier(content, catalogue, profiling, adm, adm_reasons)
    return Classification(
        tier, tier_reasons, bool(profiling), profiling, adm, adm_reasons
    )


def _used(content: UseCaseContent, catalogue: Catalogue) -> list[Element]:
    keys = dict.fromkeys(use.element for use in content.data_uses)
    return [catalogue.elements[key] for key in keys if key in catalogue.elements]


def _unknown(content: UseCaseContent, catalogue: Catalogue) -> list[str]:
    keys = dict.fromkeys(use.element for use in content.data_uses if use.element)
    return [key for key in keys if key not in catalogue.elements]


def _profiling(content: UseCaseContent, catalogue: Catalogue) -> Iterable[str]:
    for use in content.data_uses:
        element = catalogue.elements.get(use.element)
        if element is None or use.role not in PROFILING_ROLES:
            continue
        if element.source_type in EVALUATED and element.is_personal:
            yield (
                f"“{element.label}” ({element.source_type.value}) is used for "
                f"{use.role.replace('_', ' ')}."
            )
    for score in content.logic.scores:
        yield f"The score “{score}” predicts what a person will do."


def _triggers(content: UseCaseContent, catalogue: Catalogue) -> Iterable[str]:
    elements = _used(content, catalogue)
    people = content.people
    if content.logic.price_varies or any(e.price_related for e in elements):
        yield "A price or discount may differ by person (T1)."
    if people.excludes_from_service:
        yield "It shuts some people out of a product or service (T2)."
    if people.children or people.vulnerable:
        yield "Children or people in a vulnerable situation may be reached (T3)."
    for element in elements:
        if element.vulnerability_signal or element.child_possible:
            yield f"“{element.label}” may point to vulnerability or a child (T3)."
        if element.is_sensitive:
            yield f"“{element.label}” touches a special category (T4)."
        if element.location_precise:
            yield f"“{element.label}” is a precise location or device value (T5)."
    if people.special_category:
        yield "Special category data is declared (T4)."
    if len({e.source_type for e in elements}) >= MANY_SOURCES:
        yield "Four or more kinds of data are combined (T5)."
    yield from _elsewhere(elements)
    yield from _pressure(content)


def _elsewhere(elements: Iterable[Element]) -> Iterable[str]:
    for element in elements:
        if element.provenance is Provenance.THIRD_PARTY:
            yield f"“{element.label}” follows people from elsewhere (T5)."
        elif element.identifiability is Identifiability.HOUSEHOLD:
            yield f"“{element.label}” joins the devices of a household (T5)."


def _pressure(content: UseCaseContent) -> Iterable[str]:
    told = content.explanation
    for text in (told.template, told.fallback):
        for finding in dark_patterns(text):
            yield f"It presses people: {finding.text} (T6)"


def _unfair(groups: Iterable[str]) -> Iterable[str]:
    for group in groups:
        yield f"{group} get less than four fifths of the benefit (T7)."


def _adm(
    content: UseCaseContent,
    catalogue: Catalogue,
    triggers: tuple[str, ...],
    is_profiling: bool,
) -> tuple[AdmClass, tuple[str, ...]]:
    if triggers:
        return AdmClass.UNDETERMINED, triggers
    if not any(element.is_personal for element in _used(content, catalogue)):
        return AdmClass.NONE, ("No personal data is used.",)
    if content.logic.scores or is_profiling:
        return AdmClass.AUTOMATED_NOT_SIGNIFICANT, (
            "People are evaluated automatically; the effect is which message they see.",
        )
    return AdmClass.HUMAN_RULE, ("A person set a fixed rule; nobody is evaluated.",)


def _tier(
    content: UseCaseContent,
    catalogue: Catalogue,
    profiling: tuple[str, ...],
    adm: AdmClass,
    adm_reasons: tuple[str, ...],
) -> tuple[RiskTier, tuple[str, ...]]:
    high = list(adm_reasons) if adm is AdmClass.UNDETERMINED else []
    high += [
        f"“{key}” is not in the data catalogue." for key in _unknown(content, catalogue)
    ]
    elements = _used(content, catalogue)
    high += [
        f"“{e.label}” is passed to, or comes from, a third party."
        for e in elements
        if e.recipients or e.provenance is Provenance.THIRD_PARTY
    ]
    points, why = creepiness(creepy_findings(content, catalogue))
    if points >= EXECUTIVE_SCORE:
        high.append(f"It would feel intrusive: {points} of 100. {why[0]}")
    if high:
        return RiskTier.T3, tuple(high)
    if profiling:
        return RiskTier.T2, profiling
    personal = [e.label for e in elements if e.is_personal]
    if not personal:
        return RiskTier.T0, ("No personal data is used.",)
    return RiskTier.T1, (f"Only what people told us: {', '.join(personal)}.",)
