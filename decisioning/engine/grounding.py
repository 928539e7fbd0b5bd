"""What each candidate may be explained by, from the rules and the data catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from decisioning.engine.core.explain import NO_DATA, sentence_of
from decisioning.engine.core.grounds import certain_signals, signals_of
from decisioning.engine.core.types import Ground, Linear, Words
from decisioning.engine.live import LiveRows
from decisioning.features.core import FEATURES, Feature
from decisioning.offers.models import Offer
from decisioning.rules.core import All, Rule
from governance.usecases.core import slots

RANKING = "ranking"


def ground_of(
    case: Any, offer: Offer, own: Rule, audience: Rule, live: LiveRows
) -> Ground:
    """The offer's own rule comes first: what is special to it is what people ask about.

    Nothing is explained where the use case has no sentence of its own.
    """
    template = case.content.explanation.template
    rule = All((own, audience))
    in_rule = signals_of(rule, live.signals)
    wanted = slots(template)
    words = Words(
        template=template,
        offer=offer.name,
        signal=offer.why_signal,
        phrases=live.phrases,
        own=in_rule,
    )
    return Ground(
        rule=rule,
        signals=live.signals,
        in_rule=_named_first(in_rule, wanted),
        certain=_named_first(certain_signals(rule, live.signals), wanted),
        hides=live.sensitive,
        words=words,
        plain=NO_DATA if template else None,
    )


def _named_first(keys: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=lambda key: key not in wanted))


def is_unexplained(ground: Ground) -> bool:
    """Whether no choice of this candidate could be put into words; known beforehand."""
    if ground.plain is None or ground.hides.intersection(ground.in_rule):
        return True
    if not ground.certain:
        return False
    return sentence_of(ground.words, ground.certain[:1]) is None


def model_signals(
    content: Any, model: Linear | None, signals: Mapping[str, str]
) -> tuple[str, ...]:
    """Elements behind a model's columns; for a score that is stored, the declared."""
    if model is None:
        return tuple(u.element for u in content.data_uses if u.role == RANKING)
    return tuple(_signal_of(FEATURES[column], signals) for column in model.columns)


def _signal_of(feature: Feature, signals: Mapping[str, str]) -> str:
    """The feature's own element, or else the one that it is computed from."""
    own = f"feature.{feature.key}"
    known = (signals[field] for field in (own, *feature.fields) if field in signals)
    return next(known, own)
