"""The sentence a customer would read, filled with examples, and its lints."""

import re
from collections.abc import Mapping

from governance.catalogue.core import Catalogue, Element
from governance.lints.core import (
    NOTHING_KNOWN,
    Facts,
    Finding,
    Known,
    Severity,
    SignalUse,
    creepy,
    wording,
)
from governance.usecases.core.content import DataUse, UseCaseContent

SLOT = re.compile(r"\{\s*([A-Za-z0-9_.\-]*)\s*\}")
EXAMPLE_OFFER = "our new range"


def slots(template: str) -> tuple[str, ...]:
    """Names of a template's slots, each once, in order.

    Parameters
    ----------
    template
        Text with ``{slot}`` in it.

    Returns
    -------
    tuple of str
        Empty for a text without slots.
    """
    return tuple(dict.fromkeys(SLOT.findall(template)))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill a template's slots; a slot without a value stays as it is.

    Parameters
    ----------
    template
        Text with ``{slot}`` in it.
    values
        What stands for each slot.

    Returns
    -------
    str
        The sentence.
    """
    return SLOT.sub(lambda m: values.get(m.group(1)) or m.group(0), template)


def example_sentence(
    content: UseCaseContent, catalogue: Catalogue, *, offer: str = EXAMPLE_OFFER
) -> str:
    """Fill the explanation with an example offer and the catalogue's phrases.

    Parameters
    ----------
    content
        The use case.
    catalogue
        Elements whose ``phrase`` fills the slots that carry their keys.
    offer
        Words for the offer.

    Returns
    -------
    str
        What a customer would read.
    """
    phrases = {key: e.phrase for key, e in catalogue.elements.items()}
    return fill(content.explanation.template, {**phrases, "offer": offer})


def explanation_findings(
    content: UseCaseContent, catalogue: Catalogue
) -> tuple[Finding, ...]:
    """Lint the explanation: its slots, its sentence, its fallback.

    Parameters
    ----------
    content
        The use case.
    catalogue
        Elements the slots refer to.

    Returns
    -------
    tuple of Finding
        Passed lints included; the fallback's findings carry the suffix ``.fallback``.
    """
    explanation = content.explanation
    fallback = tuple(
        Finding(f"{f.code}.fallback", f.severity, f"Fallback: {f.text}", f.mend)
        for f in wording(explanation.fallback, fallback=True)
    )
    sentence = example_sentence(content, catalogue)
    spoken = wording(sentence, controls=explanation.controls)
    return (*_slot_findings(content, catalogue), *spoken, *fallback)


def _slot_findings(
    content: UseCaseContent, catalogue: Catalogue
) -> tuple[Finding, ...]:
    declared = {use.element for use in content.data_uses}
    found = []
    for slot in slots(content.explanation.template):
        if slot == "offer":
            continue
        if slot not in declared:
            found.append(
                Finding(
                    "W3.slot",
                    Severity.BLOCK,
                    f"The sentence uses “{slot}”, not among the data declared.",
                    "Declare the data element, or take the slot out.",
                )
            )
        elif slot not in catalogue.elements or not catalogue.elements[slot].phrase:
            found.append(
                Finding(
                    "W3.slot",
                    Severity.BLOCK,
                    f"The catalogue has no words for “{slot}”.",
                    "Give the element a phrase that completes “because you …”.",
                )
            )
    return tuple(found)


def creepy_findings(
    content: UseCaseContent,
    catalogue: Catalogue,
    *,
    audience_size: int | None = None,
    known: Known = NOTHING_KNOWN,
) -> tuple[Finding, ...]:
    """Lint the configuration for what customers would find intrusive.

    Parameters
    ----------
    content
        The use case.
    catalogue
        Elements it refers to.
    audience_size
        People its segment holds now, where known.
    known
        What the rows that it refers to say: names, rules, labels.

    Returns
    -------
    tuple of Finding
        Only what was found.
    """
    uses = tuple(
        _signal_use(use, catalogue.elements[use.element])
        for use in content.data_uses
        if use.element in catalogue.elements
    )
    return creepy(
        Facts(
            uses=uses,
            references=known.references,
            rule_fields=known.rule_fields,
            named=slots(content.explanation.template),
            audience_size=audience_size,
            channels=content.reach.channels,
            freshest_days=known.freshest_days,
            reminders=known.reminders,
            price_varies=content.logic.price_varies,
            has_price_label=known.has_price_label,
            ai_generated=content.logic.ai_generated,
            has_ai_label=known.has_ai_label,
            excludes_from_service=content.people.excludes_from_service,
        )
    )


def _signal_use(use: DataUse, element: Element) -> SignalUse:
    return SignalUse(
        key=use.element,
        label=element.label,
        role=use.role,
        granularity=use.granularity,
        source_type=element.source_type.value,
        provenance=element.provenance.value,
        identifiability=element.identifiability.value,
        is_sensitive=element.is_sensitive,
        is_precise=element.location_precise,
        proxy_for=element.proxy_for,
    )
