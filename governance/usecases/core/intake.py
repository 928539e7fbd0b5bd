"""What an intake still lacks: the question, where it stands, how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.catalogue.core import Catalogue
from governance.usecases.core.content import DataUse, Guardrail, UseCaseContent
from governance.usecases.core.registry import (
    CHANNELS,
    DATA_ROLES,
    EPRIVACY_BASES,
    GAINS,
    GRANULARITIES,
    HORIZONS,
    LAWFUL_BASES,
    LONG_RUN,
    MAX_FIRST_EXPOSURE,
    METRICS,
    MIN_GUARDRAILS,
    MIN_HOLDOUT,
    REQUIRED_GUARDRAILS,
    MetricFamily,
)
from governance.usecases.core.tests import TestVerdict, three_tests


@dataclass(frozen=True, slots=True)
class Missing:
    """An answer that is absent or cannot stand."""

    field: str
    question: str
    mend: str


def missing_answers(
    content: UseCaseContent, catalogue: Catalogue
) -> tuple[Missing, ...]:
    """Name everything an intake lacks, in the order of the form.

    Parameters
    ----------
    content
        The draft.
    catalogue
        Data elements and purposes it may refer to.

    Returns
    -------
    tuple of Missing
        Empty when nothing is missing; at most one entry a field.
    """
    first, second, third = three_tests(content, catalogue)
    found = [
        *_named(content),
        *_from(first.missing),
        *_from(second.missing),
        *_choices(content),
        *guardrail_gaps(content),
        *data_gaps(content, catalogue),
        *basis_gaps(content),
        *_from(third.missing),
        *_reach(content),
        *experiment_gaps(content),
        *fallback_gaps(content),
        *_keeping(content),
    ]
    by_field = {gap.field: gap for gap in reversed(found)}
    return tuple(gap for gap in found if by_field[gap.field] is gap)


def _from(checks: Iterable[object]) -> Iterable[Missing]:
    for check in checks:
        text, place = str(getattr(check, "text", "")), str(getattr(check, "field", ""))
        failed = getattr(check, "state", None) is TestVerdict.FAILS
        question = "This does not pass" if failed else "Not answered yet"
        yield Missing(place, question, text)


def _named(content: UseCaseContent) -> Iterable[Missing]:
    if not content.cosmetic.name:
        yield Missing(
            "cosmetic.name",
            "What is it called?",
            "Give it a name that colleagues will recognise.",
        )


def _choices(content: UseCaseContent) -> Iterable[Missing]:
    pairs = (
        ("customer.gets_better", content.customer.gets_better, GAINS),
        ("objective.horizon", content.objective.horizon, HORIZONS),
        ("objective.long_run", content.objective.long_run, LONG_RUN),
    )
    for place, value, known in pairs:
        if value and value not in known:
            yield Missing(
                place,
                f"“{value}” is not one of the choices.",
                f"Choose one of: {', '.join(known.values())}.",
            )


def guardrail_gaps(content: UseCaseContent) -> tuple[Missing, ...]:
    """Name what the guardrails lack.

    Parameters
    ----------
    content
        The draft.

    Returns
    -------
    tuple of Missing
        Empty with at least three complete guardrails on different metrics, among
        them opt-outs, complaints and one signal of trust.
    """
    found: list[Missing] = []
    keys = [guardrail.metric for guardrail in content.guardrails]
    if len(set(keys) - {""}) < MIN_GUARDRAILS:
        found.append(
            Missing(
                "guardrails",
                "Which harms must not happen?",
                "Name at least three guardrails.",
            )
        )
    found.extend(
        Missing(
            f"guardrails.{key}",
            "Which harms must not happen?",
            f"Add “{METRICS[key].label}” as a guardrail.",
        )
        for key in REQUIRED_GUARDRAILS
        if key not in keys
    )
    families = {METRICS[key].family for key in keys if key in METRICS}
    if MetricFamily.TRUST not in families:
        found.append(
            Missing(
                "guardrails.trust",
                "Would people still trust us?",
                "Add a trust or satisfaction signal as a guardrail.",
            )
        )
    for place, guardrail in enumerate(content.guardrails):
        found.extend(_one_guardrail(guardrail, f"guardrails.{place}"))
    return tuple(found)


def _one_guardrail(guardrail: Guardrail, path: str) -> Iterable[Missing]:
    metric = METRICS.get(guardrail.metric)
    if metric is None or not metric.may_guard:
        yield Missing(
            f"{path}.metric",
            "Which metric?",
            "Choose a metric that counts harm or trust, not clicks.",
        )
    if guardrail.direction not in {"up", "down"}:
        yield Missing(
            f"{path}.direction",
            "Which direction is harm?",
            "Say whether harm is when it goes up or down.",
        )
    if guardrail.margin is None or guardrail.margin < 0:
        yield Missing(
            f"{path}.margin",
            "How much worse is too much?",
            "Give the most it may worsen, as a number of 0 or more.",
        )
    if guardrail.min_n is None or guardrail.min_n < 1:
        yield Missing(
            f"{path}.min_n",
            "From how many customers on is it judged?",
            "Give a whole number of at least 1.",
        )


def data_gaps(content: UseCaseContent, catalogue: Catalogue) -> tuple[Missing, ...]:
    """Name what the data uses lack.

    Parameters
    ----------
    content
        The draft.
    catalogue
        Elements and purposes it may refer to.

    Returns
    -------
    tuple of Missing
        Empty when every use has purpose, role, reason, granularity, a maximum age
        within the element's retention, and an answer to “could it work without?”.
    """
    found: list[Missing] = []
    if not content.data_uses:
        found.append(
            Missing(
                "data_uses",
                "Which data does it need?",
                "Name each data element with the reason for it.",
            )
        )
    for place, use in enumerate(content.data_uses):
        path = f"data_uses.{place}"
        found.extend(_use_words(use, path))
        found.extend(_use_limits(use, path, catalogue))
    return tuple(found)


def _use_words(use: DataUse, path: str) -> Iterable[Missing]:
    if not use.element:
        yield Missing(f"{path}.element", "Which element?", "Choose a data element.")
    if use.role not in DATA_ROLES:
        yield Missing(f"{path}.role", "What is it used for?", "Choose its role.")
    if not use.reason:
        yield Missing(
            f"{path}.reason", "Why is it needed?", "Give the reason in one sentence."
        )
    if use.granularity not in GRANULARITIES:
        yield Missing(
            f"{path}.granularity",
            "How exact does it have to be?",
            "Choose the coarsest grain that works.",
        )
    if use.could_work_without is None:
        yield Missing(
            f"{path}.could_work_without", "Could it work without?", "Answer yes or no."
        )
    elif use.could_work_without is False and not use.why_not:
        yield Missing(
            f"{path}.why_not",
            "Why could it not work without?",
            "Say what would be lost.",
        )
    elif use.could_work_without:
        yield Missing(
            f"{path}.could_work_without",
            "It could work without this.",
            "Then leave the element out.",
        )


def _use_limits(use: DataUse, path: str, catalogue: Catalogue) -> Iterable[Missing]:
    element = catalogue.elements.get(use.element)
    if use.purpose not in catalogue.purposes:
        yield Missing(
            f"{path}.purpose",
            "For which purpose?",
            "Choose a purpose from the catalogue.",
        )
    elif element and use.purpose not in element.lawful_purposes:
        yield Missing(
            f"{path}.purpose",
            f"“{element.label}” may not be used for this purpose.",
            "Choose another element, or ask privacy to assess the purpose.",
        )
    if use.max_age_days is None or use.max_age_days < 1:
        yield Missing(
            f"{path}.max_age_days",
            "How old may it be?",
            "Give a number of days, at least 1.",
        )
    elif element and element.ttl_days and use.max_age_days > element.ttl_days:
        yield Missing(
            f"{path}.max_age_days",
            f"“{element.label}” is kept for {element.ttl_days} days only.",
            f"Give at most {element.ttl_days} days.",
        )


def basis_gaps(content: UseCaseContent) -> tuple[Missing, ...]:
    """Which purposes and channels have no lawful basis.

    Parameters
    ----------
    content
        The draft.

    Returns
    -------
    tuple of Missing
        One entry a purpose or channel without a known basis.
    """
    purposes = [
        Missing(
            f"lawful_basis.{purpose}",
            f"On what basis for “{purpose}”?",
            f"Choose one of: {', '.join(LAWFUL_BASES.values())}.",
        )
        for purpose in content.purposes
        if content.lawful_basis.get(purpose) not in LAWFUL_BASES
    ]
    channels = [
        Missing(
            f"eprivacy_basis.{channel}",
            f"On what basis on “{channel}”?",
            f"Choose one of: {', '.join(EPRIVACY_BASES.values())}.",
        )
        for channel in content.reach.channels
        if content.eprivacy_basis.get(channel) not in EPRIVACY_BASES
    ]
    return (*purposes, *channels)


def _reach(content: UseCaseContent) -> Iterable[Missing]:
    reach = content.reach
    named = (
        ("channels", reach.channels, "Choose at least one channel."),
        ("placements", reach.placements, "Choose at least one placement."),
        ("segment", reach.segment, "Choose the segment it may reach."),
        ("offers", reach.offers, "Choose at least one offer."),
        ("caps", reach.caps, "Choose at least one cap."),
    )
    for name, value, mend in named:
        if not value:
            yield Missing(f"reach.{name}", f"Which {name}?", mend)
    for channel in reach.channels:
        if channel not in CHANNELS:
            yield Missing(
                "reach.channels",
                f"There is no channel “{channel}”.",
                f"Choose from: {', '.join(CHANNELS.values())}.",
            )
    for name in ("max_contacts", "window_days"):
        value = getattr(reach, name)
        if value is None or value < 1:
            yield Missing(
                f"reach.{name}",
                "How many contacts in how many days?",
                "Give a whole number of at least 1.",
            )


def experiment_gaps(content: UseCaseContent) -> tuple[Missing, ...]:
    """Name what the controlled test lacks.

    Parameters
    ----------
    content
        The draft.

    Returns
    -------
    tuple of Missing
        Empty with a holdout of at least 5 %, a first exposure of at most 10 % and
        an allocation that adds up to 1 over the arms.
    """
    experiment, found = content.experiment, []
    holdout, first = experiment.holdout_share, experiment.first_exposure
    if holdout is None or not MIN_HOLDOUT <= holdout < 1:
        found.append(
            Missing(
                "experiment.holdout_share",
                "How many are left alone?",
                "Leave at least 5 % alone, so that harm can be seen.",
            )
        )
    if first is None or not 0 < first <= MAX_FIRST_EXPOSURE:
        found.append(
            Missing(
                "experiment.first_exposure",
                "How many meet it first?",
                "Begin with more than 0 % and at most 10 %.",
            )
        )
    total = sum(experiment.allocation.values())
    has_negative = any(share < 0 for share in experiment.allocation.values())
    if set(experiment.arms) != set(experiment.allocation) or not experiment.arms:
        found.append(
            Missing(
                "experiment.allocation",
                "Who gets which arm?",
                "Give every arm a share.",
            )
        )
    elif abs(total - 1) > 1e-9 or has_negative:
        found.append(
            Missing(
                "experiment.allocation",
                "Who gets which arm?",
                f"The shares have to add up to 100 %; they are at {100 * total:.4g} %.",
            )
        )
    return tuple(found)


def fallback_gaps(content: UseCaseContent) -> tuple[Missing, ...]:
    """Whether there is something to show where nothing may be personalised.

    Parameters
    ----------
    content
        The draft.

    Returns
    -------
    tuple of Missing
        Empty when the placement's default content is confirmed.
    """
    if content.fallback.uses_placement_default:
        return ()
    return (
        Missing(
            "fallback.uses_placement_default",
            "What do the others see?",
            "Confirm that the placement has default content.",
        ),
    )


def _keeping(content: UseCaseContent) -> Iterable[Missing]:
    days = (
        ("retention.decision_log_days", content.retention.decision_log_days),
        ("retention.inputs_days", content.retention.inputs_days),
        ("review_interval_days", content.review_interval_days),
    )
    for place, value in days:
        if value is None or value < 1:
            yield Missing(
                place, "For how many days?", "Give a whole number of days, at least 1."
            )
