"""The questions of the intake, card by card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from console.pages.usecases.choices import Choices
from console.pages.usecases.fields import (
    Choose,
    Number,
    Several,
    Text,
    YesNo,
    with_current,
)
from console.units import unit_of
from governance.types import Role
from governance.usecases.core import METRICS, UseCaseContent
from governance.usecases.core.registry import (
    CHANNELS,
    CONTROLS,
    DATA_ROLES,
    EPRIVACY_BASES,
    GAINS,
    GRANULARITIES,
    HORIZONS,
    LAWFUL_BASES,
    LONG_RUN,
)

Fields = dict[str, forms.Field]
DIRECTIONS = (("up", "It goes up"), ("down", "It goes down"))


def _metric_label(key: str) -> str:
    metric = METRICS[key]
    return f"{metric.label} ({unit_of(key).words})"


def customer() -> Fields:
    return {
        "customer__who": Text(
            "Who is this for?",
            "One kind of customer, in words they would use of themselves.",
        ),
        "customer__task": Text(
            "What are they trying to get done?",
            "Start with a verb. Leave the company out of it.",
        ),
        "customer__gets_better": Choose(
            "What gets better for them?", GAINS.items(), radio=True
        ),
        "customer__effort_baseline": Number(
            "How hard is it today?", "A number you can measure again."
        ),
        "customer__effort_unit": Text(
            "In what unit?", "Such as “minutes, page to basket”."
        ),
        "customer__effort_how_measured": Text(
            "How will the effort be measured?",
            "So that somebody else gets the same number.",
        ),
        "customer__evidence_source": Text(
            "How do you know?",
            "Research, support tickets, a survey or our own events.",
        ),
    }


def objective() -> Fields:
    metrics = [(key, _metric_label(key)) for key in METRICS]
    return {
        "objective__horizon": Choose("What is it for?", HORIZONS.items(), radio=True),
        "objective__primary_metric": Choose(
            "What should improve for the business?",
            metrics,
            "Clicks and opens cannot be the main measure; you will read why.",
        ),
        "objective__smallest_change": Number(
            "Smallest change worth having",
            "In the unit of the measure. Used to size the test; it is not a promise.",
        ),
        "objective__long_run": Choose(
            "How will you see the long run?",
            LONG_RUN.items(),
            "Short tests miss slow harm. Say which customers never get this.",
            radio=True,
        ),
        "objective__long_run_because": Text(
            "Why is the long run not measured?", "Only where you chose “not measured”."
        ),
    }


def guardrail() -> Fields:
    metrics = [(key, _metric_label(key)) for key, m in METRICS.items() if m.may_guard]
    return {
        "metric": Choose("Measure", metrics, empty="Choose a measure …"),
        "direction": Choose("Harm is when", DIRECTIONS),
        "margin": Number("Stop if worse by"),
        "min_n": Number("Smallest group", whole=True),
    }


def data_use(choices: Choices) -> Fields:
    return {
        "element": Choose("Which data?", choices.elements),
        "purpose": Choose("For which purpose?", choices.purposes),
        "role": Choose(
            "What does it do?", DATA_ROLES.items(), "In the choice made for one person."
        ),
        "granularity": Choose(
            "How exact?", GRANULARITIES.items(), "The coarsest grain that works."
        ),
        "max_age_days": Number(
            "How old may it be, in days?", "No older than it is kept.", whole=True
        ),
        "reason": Text("Why is it needed?", "One sentence a customer would accept."),
        "could_work_without": YesNo("Could it work without?"),
        "why_not": Text("If not, what would be lost?"),
    }


def explanation() -> Fields:
    return {
        "explanation__template": Text(
            "What will the customer read?",
            "One sentence, 20 words at most: “You’re seeing {offer} because you …”. "
            "Put a data element’s key in braces to have its words filled in.",
            rows=2,
        ),
        "explanation__fallback": Text(
            "And where no personal data was used?",
            "Such as “You’re seeing our best sellers. We did not use your personal "
            "data to choose them.”",
            rows=2,
        ),
        "explanation__controls": Several(
            "What can they do about it, one tap away?", CONTROLS.items()
        ),
    }


def reach(choices: Choices, now: UseCaseContent) -> Fields:
    kept = now.reach
    return {
        "reach__channels": Several("Which channels?", CHANNELS.items()),
        "reach__placements": Several(
            "Which placements?", with_current(choices.placements, kept.placements)
        ),
        "reach__segment": Choose(
            "Who may be reached?",
            with_current(choices.segments, kept.segment),
            "A segment. Build one under Segments.",
        ),
        "reach__offers": Several(
            "Which offers?", with_current(choices.offers, kept.offers)
        ),
        "reach__caps": Several(
            "Which caps hold?",
            with_current(choices.caps, kept.caps),
            "How often one person may be contacted.",
        ),
        "reach__budget": Choose(
            "Which budget?",
            with_current(choices.budgets, kept.budget),
            "Money that the offers may cost in all.",
            empty="No budget",
        ),
        "reach__max_contacts": Number("At most how many contacts?", whole=True),
        "reach__window_days": Number("In how many days?", whole=True),
        "logic__scores": Several(
            "Which scores rank the offers?",
            with_current(choices.scores, now.logic.scores),
            "Leave empty to rank by value and priority alone.",
        ),
    }


def experiment() -> Fields:
    return {
        "experiment__holdout_share": Number(
            "How many are left alone?",
            "At least 5 %, so that harm can be seen.",
            percent=True,
        ),
        "experiment__first_exposure": Number(
            "How many meet it first?", "At most 10 %.", percent=True
        ),
        "experiment__max_exposure": Number(
            "How many at the most?", "The widest it may grow once signed.", percent=True
        ),
    }


def arm() -> Fields:
    return {
        "name": Text("Arm"),
        "share": Number("Share", percent=True),
    }


def governance(choices: Choices, now: UseCaseContent) -> Fields:
    people = choices.people
    owners: Mapping[str, tuple[str, Role]] = {
        "marketing_owner": ("Who answers for it?", Role.MARKETING_OWNER),
        "channel_owner": ("Who runs the channel?", Role.CHANNEL_OWNER),
        "reviewer": ("Who reviews it for privacy?", Role.PRIVACY_REVIEWER),
        "stop_person": ("Who stops it when called?", Role.CHANNEL_OWNER),
    }
    fields: Fields = {
        "people__children": YesNo("Might children be reached?"),
        "people__vulnerable": YesNo("People in a vulnerable situation?"),
        "people__special_category": YesNo(
            "Does any data touch health, faith, origin, politics or sexuality?"
        ),
        "people__excludes_from_service": YesNo(
            "Does it shut anybody out of a product or service?"
        ),
        "logic__price_varies": YesNo("Does a price or discount differ by person?"),
        "logic__ai_generated": YesNo("Is any wording written by a machine?"),
        "fallback__uses_placement_default": YesNo(
            "Do all others see the placement’s default content?",
            "Those without consent, left alone, or when something fails.",
        ),
        "fallback__note": Text("Anything to know about the default content?"),
        "retention__decision_log_days": Number(
            "Days its decisions are kept", whole=True
        ),
        "retention__inputs_days": Number("Days the inputs are kept", whole=True),
        "review_interval_days": Number("Days until the next review", whole=True),
    }
    for name, (question, role) in owners.items():
        listed = with_current(people.get(role, ()), getattr(now.owners, name))
        fields[f"owners__{name}"] = Choose(question, listed, empty="Choose a person …")
    return fields


def bases(now: UseCaseContent, purposes: Mapping[str, str]) -> Fields:
    """One question for each purpose and channel that the intake names."""
    fields: Fields = {
        f"lawful_basis__{key}": Choose(
            f"“{purposes.get(key, key)}” rests on", LAWFUL_BASES.items()
        )
        for key in (*now.purposes, *(k for k in now.lawful_basis if k))
    }
    fields |= {
        f"eprivacy_basis__{key}": Choose(
            f"On {CHANNELS.get(key, key)}, the basis is", EPRIVACY_BASES.items()
        )
        for key in dict.fromkeys((*now.reach.channels, *now.eprivacy_basis))
    }
    return fields


def initial_of(content: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        value: Any = content
        for step in name.split("__"):
            value = value.get(step) if isinstance(value, Mapping) else None
        found[name] = value
    return found
