"""What a change of each setting of a use case asks for, named one by one.

``A`` everyone signs again; ``S`` at once where it is narrower, else ``A``; ``B`` its
owners alone; ``C`` nobody. A setting that is missing here fails the build, and counts
as ``A`` meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from governance.usecases.core.content import UseCaseContent

BY_BLOCK: Mapping[str, Mapping[str, str]] = {
    "cosmetic": {"C": "name description tags"},
    "customer": {
        "B": "who task gets_better effort_baseline effort_unit effort_how_measured"
        " evidence_source"
    },
    "objective": {
        "A": "horizon primary_metric smallest_change long_run long_run_because"
    },
    "guardrails": {"A": "metric direction margin min_n"},
    "data_uses": {
        "A": "element purpose role reason granularity max_age_days could_work_without"
        " why_not"
    },
    "lawful_basis": {"A": "*"},
    "eprivacy_basis": {"A": "*"},
    "explanation": {"A": "template fallback controls"},
    "reach": {
        "S": "channels placements offers caps max_contacts",
        "A": "segment budget window_days",
    },
    "logic": {"A": "scores exploration_rate price_varies ai_generated"},
    "experiment": {
        "S": "holdout_share first_exposure max_exposure",
        "A": "key arms allocation",
    },
    "people": {"A": "children vulnerable special_category excludes_from_service"},
    "fallback": {"A": "uses_placement_default note"},
    "owners": {"A": "marketing_owner channel_owner reviewer stop_person"},
    "retention": {"S": "decision_log_days inputs_days"},
    "review_interval_days": {"S": ""},
}


def classes() -> dict[str, str]:
    """Class by the path of each setting that is named here.

    Returns
    -------
    dict
        Groups in a list go by the block alone: ``guardrails.margin``.
    """
    return {
        f"{block}.{name}" if name else block: kind
        for block, kinds in BY_BLOCK.items()
        for kind, names in kinds.items()
        for name in (names.split() or [""])
    }


def settings_of(kind: Any = UseCaseContent) -> tuple[str, ...]:
    """Path of every setting that a content has, read from its own declaration.

    Parameters
    ----------
    kind
        The class of the content.

    Returns
    -------
    tuple of str
        ``block.*`` for a block whose keys are free.
    """
    hints = get_type_hints(kind)
    found: list[str] = []
    for field in fields(kind):
        found += _paths(field.name, hints[field.name])
    return tuple(found)


def _paths(name: str, hint: Any) -> Iterable[str]:
    inner = next((a for a in (hint, *get_args(hint)) if is_dataclass(a)), None)
    if inner is not None:
        return [f"{name}.{field.name}" for field in fields(inner)]
    return [f"{name}.*"] if getattr(hint, "__origin__", None) is dict else [name]


def unclassified(kind: Any = UseCaseContent) -> tuple[str, ...]:
    """Settings that nobody has classified.

    Parameters
    ----------
    kind
        The class of the content.

    Returns
    -------
    tuple of str
        Empty, or the build fails.
    """
    known = classes()
    return tuple(path for path in settings_of(kind) if path not in known)
