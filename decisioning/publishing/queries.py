"""What a use case refers to, by digest: what is live, what waits as a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from decisioning.caps import queries as caps
from decisioning.offers import queries as offers
from decisioning.revisions.core import (
    Kind,
    content_of,
    digest,
    digest_of_row,
    is_narrower,
)
from decisioning.revisions.queries import snapshot_by_digest, snapshot_of
from decisioning.rules.core import EVERYONE, load
from decisioning.scoring.models import ModelVersion
from decisioning.segments import queries as segments
from governance.fairness.core import USUAL
from governance.types import NotFound
from governance.usecases.core.content import UseCaseContent
from governance.usecases.queries import MeasuredFacts

__all__ = [
    "Part",
    "PendingChange",
    "audience_size",
    "facts",
    "holds",
    "live_parts",
    "missing",
    "pending_changes",
    "references",
]

References = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """A configuration object as it stands: its row, and the digest of its columns."""

    kind: Kind
    key: str
    row: Any
    digest: str

    @property
    def name(self) -> str:
        return f"{self.kind.value}:{self.key}"


@dataclass(frozen=True, slots=True)
class PendingChange:
    """An edit that waits for the next version's signatures."""

    name: str
    label: str
    live: Mapping[str, Any]
    draft: Mapping[str, Any]
    draft_revision: int


def live_parts(content: UseCaseContent) -> dict[str, Part]:
    """Every object the use case reaches, from the rows as they are now.

    Six queries, whatever the number of offers.
    """
    reach = content.reach
    found: list[Part] = []
    wanted_offers = offers.offers(keys=list(reach.offers), with_retired=True)
    found += _parts(Kind.OFFER, wanted_offers)
    placed = set(reach.placements)
    found += _parts(
        Kind.CREATIVE,
        [
            creative
            for creative in offers.creatives(offer_keys=list(reach.offers))
            if creative.placement_key in placed
        ],
    )
    found += _parts(
        Kind.PLACEMENT,
        [p for p in offers.placements(with_retired=True) if p.key in placed],
    )
    if reach.segment:
        # A segment's rule may name others: whoever changes those changes who is in.
        used = segments.uses(reach.segment)
        found += _parts(
            Kind.SEGMENT,
            [s for s in segments.segments(with_retired=True) if s.key in used],
        )
    kept_caps = [c for c in caps.caps(with_retired=True) if c.key in set(reach.caps)]
    found += _parts(Kind.CAP, kept_caps)
    if reach.budget:
        found += _parts(
            Kind.BUDGET,
            [b for b in caps.budgets(with_retired=True) if b.key == reach.budget],
        )
    return {part.name: part for part in found}


def _parts(kind: Kind, rows: Iterable[Any]) -> list[Part]:
    return [Part(kind, _key(kind, row), row, digest_of_row(kind, row)) for row in rows]


def _key(kind: Kind, row: Any) -> str:
    if kind is Kind.CREATIVE:
        return f"{row.offer_key}/{row.placement_key}/{row.key}"
    return str(row.key)


def references(content: UseCaseContent) -> dict[str, dict[str, Any]]:
    """Digests that the next envelope pins: drafts where there are any, else live."""
    pinned: dict[str, dict[str, Any]] = {}
    for name, part in live_parts(content).items():
        if part.row.retired_at is not None:
            continue
        number = part.row.draft_revision or part.row.revision
        pinned[name] = {"digest": _digest_at(part, number), "revision": number}
    pinned["fairness:limits"] = {"digest": USUAL.digest, "revision": 1}
    for score in content.logic.scores:
        model = ModelVersion.objects.filter(key=score, is_champion=True).first()
        if model is not None:
            pinned[f"model:{score}"] = {
                "digest": model.digest,
                "revision": model.number,
            }
    return pinned


def _digest_at(part: Part, number: int) -> str:
    if number == part.row.revision:
        return part.digest
    return digest(part.kind, snapshot_of(part.kind, part.key, number))


def missing(content: UseCaseContent) -> list[str]:
    """What the use case names but nobody has made, or somebody has retired."""
    live = {n for n, p in live_parts(content).items() if p.row.retired_at is None}
    reach = content.reach
    wanted = [f"offer:{key}" for key in reach.offers]
    wanted += [f"placement:{key}" for key in reach.placements]
    wanted += [f"cap:{key}" for key in reach.caps]
    wanted += [f"segment:{reach.segment}"] if reach.segment else []
    wanted += [f"budget:{reach.budget}"] if reach.budget else []
    lost = [name for name in wanted if name not in live]
    placed = {
        (part.row.offer_key, part.row.placement_key)
        for part in live_parts(content).values()
        if part.kind is Kind.CREATIVE
    }
    return lost + [
        f"creative:{offer}/*"
        for offer in reach.offers
        if f"offer:{offer}" in live and not any(o == offer for o, _ in placed)
    ]


def audience_size(content: UseCaseContent, now: datetime) -> int | None:
    """Customers in the segment; nothing where there is no segment or no customer."""
    if not content.reach.segment:
        return None
    try:
        rule = load(segments.segment(content.reach.segment).rule)
    except NotFound:
        return None
    size = segments.count(rule, now=now)
    return size if size or segments.count(EVERYONE, now=now) else None


def facts(content: UseCaseContent, now: datetime) -> MeasuredFacts:
    """What the guards of a submission ask of the configuration as it stands."""
    placed = {p.key: p for p in offers.placements()}
    has_defaults = all(
        placed[name].default_content
        for name in content.reach.placements
        if name in placed
    )
    return MeasuredFacts(
        fallback_present=bool(content.fallback.uses_placement_default) and has_defaults,
        referenced_missing=tuple(missing(content)),
        audience_size=audience_size(content, now),
    )


def holds(part: Part | None, signed_digest: str) -> bool:
    """Whether what is live is what was signed, or provably allows less."""
    if part is None:
        return False
    if part.digest == signed_digest:
        return True
    if part.kind not in (Kind.CAP, Kind.BUDGET):
        return False
    signed = snapshot_by_digest(part.kind, signed_digest)
    return signed is not None and is_narrower(
        part.kind, signed, content_of(part.kind, part.row)
    )


def pending_changes(content: UseCaseContent) -> list[PendingChange]:
    """Edits of what the use case serves that wait for signatures."""
    return [
        PendingChange(
            name=part.name,
            label=getattr(part.row, "name", part.key),
            live=content_of(part.kind, part.row),
            draft=snapshot_of(part.kind, part.key, part.row.draft_revision),
            draft_revision=part.row.draft_revision,
        )
        for part in live_parts(content).values()
        if part.row.draft_revision is not None
    ]
