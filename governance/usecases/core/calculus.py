"""Privacy calculus: what a use case takes from customers beside what it gives them."""

from dataclasses import dataclass

from governance.catalogue.core import Catalogue, Provenance
from governance.lints.core import score
from governance.usecases.core.content import UseCaseContent
from governance.usecases.core.registry import GAINS
from governance.usecases.core.wordings import creepy_findings


@dataclass(frozen=True, slots=True)
class Calculus:
    """Both sides as lines of label and words."""

    costs: tuple[tuple[str, str], ...]
    benefits: tuple[tuple[str, str], ...]


def privacy_calculus(
    content: UseCaseContent, catalogue: Catalogue, audience_size: int | None = None
) -> Calculus:
    """Put the privacy cost beside the customer's benefit.

    Parameters
    ----------
    content
        The use case.
    catalogue
        Elements it refers to.
    audience_size
        Customers reached now, where known.

    Returns
    -------
    Calculus
        Both sides; what nobody wrote down reads "not said yet".

    References
    ----------
    Culnan and Armstrong (1999), Organization Science 10, 104-115.
    """
    return Calculus(_costs(content, catalogue, audience_size), _benefits(content))


def _costs(
    content: UseCaseContent, catalogue: Catalogue, size: int | None
) -> tuple[tuple[str, str], ...]:
    keys = dict.fromkeys(use.element for use in content.data_uses if use.element)
    used = [catalogue.elements[key] for key in keys if key in catalogue.elements]
    personal = [each for each in used if each.is_personal]
    points, _ = score(creepy_findings(content, catalogue, audience_size=size))
    lines = (
        ("Personal items", str(len(personal))),
        ("Sensitive items", str(sum(each.is_sensitive for each in used))),
        ("Kinds of data combined", str(len({each.source_type for each in used}))),
        (
            "Derived or guessed",
            str(sum(each.provenance is Provenance.DERIVED for each in used)),
        ),
        ("Not in the data map", str(len(keys) - len(used))),
        ("Contacts a week, at most", _a_week(content)),
        ("Intrusiveness", f"{points} of 100"),
    )
    reached = () if size is None else (("Customers reached", f"{size:,}"),)
    return (*lines, *reached)


def _a_week(content: UseCaseContent) -> str:
    most, days = content.reach.max_contacts, content.reach.window_days
    return f"{7 * most / days:.2g}" if most is not None and days else "no limit set"


def _benefits(content: UseCaseContent) -> tuple[tuple[str, str], ...]:
    customer = content.customer
    base = customer.effort_baseline
    today = "" if base is None else f"{base:g} {customer.effort_unit}".strip()
    lines = {
        "What they can do": customer.task,
        "What gets better": GAINS.get(customer.gets_better, ""),
        "Effort today": today,
        "How it is measured": customer.effort_how_measured,
        "Known from": customer.evidence_source,
    }
    return tuple((label, text or "not said yet") for label, text in lines.items())
