"""Rows that are live now, and whether they are the ones that were signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from decisioning.caps.models import Budget, Cap
from decisioning.experiments.models import Experiment
from decisioning.features.queries import lawful
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.revisions.core import Kind, content_of, digest_of_row, is_narrower
from decisioning.revisions.queries import snapshot_by_digest
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion
from decisioning.segments.models import Segment
from governance.catalogue.models import DataElement
from governance.catalogue.queries import catalogue
from governance.fairness.core import USUAL
from governance.signoffs.models import Approval
from governance.types import digest_of
from governance.usecases.core.freshness import FRESH_FOR, fresh_until
from governance.usecases.models import (
    Attestation,
    StrategicAssessment,
    UseCaseVersion,
)

UNCHECKED_KINDS = frozenset({"notice"})
NARROWING_KINDS = frozenset({"cap", "budget"})
REMOVABLE_KINDS = frozenset({"offer", "creative"})


@dataclass(frozen=True, slots=True)
class LiveRows:
    """The whole live configuration, read in one go."""

    placements: Mapping[str, Placement]
    offers: Mapping[str, Offer]
    creatives: Mapping[str, Creative]
    segments: Mapping[str, Segment]
    caps: Mapping[str, Cap]
    budgets: Mapping[str, Budget]
    experiments: Mapping[str, Experiment]
    models: Mapping[str, ModelVersion]
    phrases: Mapping[str, str]
    signals: Mapping[str, str]
    sensitive: frozenset[str]
    lawful: Mapping[str, frozenset[str]]
    boundaries: tuple[datetime, ...]
    digests: dict[str, str | None] = field(default_factory=dict)

    def digest(self, reference: str) -> str | None:
        """Digest of the columns as they are now; None where there is no such row."""
        if reference not in self.digests:
            self.digests[reference] = self._computed(reference)
        return self.digests[reference]

    def _computed(self, reference: str) -> str | None:
        kind, _, key = reference.partition(":")
        if kind == "model":
            return _model_digest(self.models.get(key))
        if kind == "fairness":
            return USUAL.digest
        row = self._row(reference)
        return None if row is None else str(digest_of_row(Kind(kind), row))

    def _row(self, reference: str) -> Any:
        kind, _, key = reference.partition(":")
        rows: Mapping[str, Any] = getattr(self, f"{kind}s", {})
        return rows.get(key)

    def differs_from(self, references: Mapping[str, Any]) -> tuple[str, ...]:
        """References whose live row allows something that was not signed."""
        return tuple(
            name
            for name, pinned in references.items()
            if name.partition(":")[0] not in UNCHECKED_KINDS
            and self.digest(name) != _pinned(pinned)
            and not self._only_takes_away(name)
            and not self._is_narrower(name, _pinned(pinned))
        )

    def _only_takes_away(self, name: str) -> bool:
        """A retired offer or creative is a candidate less, which nobody signs."""
        kind = name.partition(":")[0]
        return kind in REMOVABLE_KINDS and self._row(name) is None

    def _is_narrower(self, name: str, signed_digest: str) -> bool:
        kind = name.partition(":")[0]
        row = self._row(name)
        if kind not in NARROWING_KINDS or row is None:
            return False
        signed = snapshot_by_digest(Kind(kind), signed_digest)
        return signed is not None and is_narrower(
            Kind(kind), signed, content_of(Kind(kind), row)
        )


def _pinned(value: Any) -> str:
    return str(value.get("digest", "")) if isinstance(value, Mapping) else str(value)


def _model_digest(row: ModelVersion | None) -> str | None:
    """Computed from the numbers as they are now, never read."""
    if row is None:
        return None
    stored = row.parameters
    if not (isinstance(stored, dict) and "weights" in stored):
        return str(digest_of(stored))
    try:
        return LinearModel.of_dict(stored).digest
    except (KeyError, ValueError):
        return ""


def read(now: datetime) -> LiveRows:
    offers = _by_key(Offer.objects.filter(retired_at=None))
    placements = _by_key(Placement.objects.filter(retired_at=None))
    budgets = _by_key(Budget.objects.filter(retired_at=None))
    known = catalogue().elements
    creatives = Creative.objects.filter(
        retired_at=None, offer__retired_at=None, placement__retired_at=None
    ).select_related("offer", "placement")
    return LiveRows(
        placements=placements,
        offers=offers,
        creatives={
            f"{c.offer.key}/{c.placement.key}/{c.key}": c
            for c in creatives.order_by("offer__key", "placement__key", "key")
        },
        segments=_by_key(Segment.objects.filter(retired_at=None)),
        caps=_by_key(Cap.objects.filter(retired_at=None)),
        budgets=budgets,
        experiments={
            e.use_case_key: e
            for e in Experiment.objects.filter(state="running", is_imported=False)
            .exclude(use_case_key="")
            .order_by("started_at")
        },
        models=_by_key(ModelVersion.objects.filter(is_champion=True)),
        lawful=lawful(),
        phrases={k: e.phrase for k, e in known.items()},
        signals={e.field: e.key for e in DataElement.objects.order_by("-key")},
        sensitive=frozenset(k for k, e in known.items() if e.is_sensitive),
        boundaries=tuple(sorted(_boundaries(now, offers, budgets))),
    )


def _by_key(rows: Iterable[Any]) -> dict[str, Any]:
    return {row.key: row for row in rows}


def _boundaries(
    now: datetime, offers: Mapping[str, Offer], budgets: Mapping[str, Budget]
) -> Iterable[datetime]:
    """Moments to come at which something starts or ends by itself."""
    rows: list[Offer | Budget] = [*offers.values(), *budgets.values()]
    for row in rows:
        for at in (row.starts_at, row.ends_at):
            if at is not None and at > now:
                yield at
    expiries = UseCaseVersion.objects.filter(expires_at__gt=now)
    yield from (at for at in expiries.values_list("expires_at", flat=True) if at)
    attested = Attestation.objects.filter(valid_until__gt=now)
    yield from attested.values_list("valid_until", flat=True)
    for test, at in StrategicAssessment.objects.values_list("test", "assessed_at"):
        if test in FRESH_FOR and fresh_until(test, at) > now:
            yield fresh_until(test, at)
    due = Approval.objects.filter(conditions_due_at__gt=now)
    yield from (at for at in due.values_list("conditions_due_at", flat=True) if at)
