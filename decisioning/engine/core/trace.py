"""The trace of a decision: packed by columns to be stored, read back by candidate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from decisioning.engine.core.arbitrate import positions
from decisioning.engine.core.decide import CHOSEN, OUTRANKED
from decisioning.engine.core.types import Outcome, PlacementTable, Singles

_encode = msgspec.json.Encoder().encode


def constants(table: PlacementTable) -> bytes:
    """What every trace of a placement has in common, encoded once.

    Parameters
    ----------
    table
        The placement.

    Returns
    -------
    bytes
        JSON: one list per column.
    """
    return _encode(
        {
            "offer": table.offers,
            "creative": table.creatives,
            "useCase": [_case_of(table, place) for place in range(table.n)],
            "value": _plain(table.values),
            "weight": _plain(table.weights),
            "priority": _plain(table.priorities),
        }
    )


def _case_of(table: PlacementTable, place: int) -> str:
    return next((c.key for c in table.cases if c.bits >> place & 1), "")


def _plain(array: Singles) -> list[float]:
    rounded: list[float] = np.round(array.astype(np.float64), 6).tolist()
    return rounded


def pack(table: PlacementTable, outcome: Outcome) -> bytes:
    """Write a decision's candidates, reasons and factors as JSON.

    Parameters
    ----------
    table, outcome
        What was live, and what came out.

    Returns
    -------
    bytes
        Bitsets as hexadecimal text.
    """
    packed: dict[str, Any] = {
        "constants": msgspec.Raw(table.packed),
        "losses": [[code, f"{bits:x}"] for code, bits in outcome.losses],
        "outranked": f"{outcome.outranked:x}",
        "chosen": outcome.chosen,
    }
    if outcome.factors is not None:
        packed["probability"] = _plain(outcome.factors.probability)
        packed["score"] = _plain(outcome.factors.score)
    if outcome.next_at:
        packed["nextAt"] = {
            cap: None if at == float("inf") else at
            for cap, at in outcome.next_at.items()
        }
    return _encode(packed)


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate of a logged decision."""

    use_case: str
    offer: str
    creative: str
    reason: str
    factors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """What one stage took away, by reason, and how many it left."""

    stage: str
    lost: int
    left: int
    reasons: tuple[tuple[str, int], ...]


def rows(packed: Mapping[str, Any]) -> list[CandidateRow]:
    """Read a trace back, candidate by candidate.

    Parameters
    ----------
    packed
        As `pack` wrote it.

    Returns
    -------
    list of CandidateRow
        In the order of the trace; empty for one without candidates.
    """
    fixed = packed.get("constants") or {}
    n = len(fixed.get("offer", ()))
    reasons = _reasons(packed, n)
    scored = "score" in packed
    return [
        CandidateRow(
            use_case=fixed["useCase"][place],
            offer=fixed["offer"][place],
            creative=fixed["creative"][place],
            reason=reasons[place],
            factors={
                "probability": packed["probability"][place],
                "value": fixed["value"][place],
                "weight": fixed["weight"][place],
                "priority": fixed["priority"][place],
                "score": packed["score"][place],
            }
            if scored and reasons[place] in (CHOSEN, OUTRANKED)
            else {},
        )
        for place in range(n)
    ]


def _reasons(packed: Mapping[str, Any], n: int) -> list[str]:
    reasons = [OUTRANKED] * n
    for code, bits in packed.get("losses", ()):
        for place in positions(int(bits, 16), n):
            reasons[place] = code
    if packed.get("chosen") is not None:
        reasons[packed["chosen"]] = CHOSEN
    return reasons


def funnel(packed: Mapping[str, Any]) -> list[FunnelStep]:
    """How the candidates became fewer, stage by stage.

    Parameters
    ----------
    packed
        As `pack` wrote it.

    Returns
    -------
    list of FunnelStep
        The losses of all steps and what the last one leaves (one, or none) sum to
        the number of candidates.
    """
    left = len((packed.get("constants") or {}).get("offer", ()))
    stages: dict[str, dict[str, int]] = {}
    told = [(code, int(bits, 16)) for code, bits in packed.get("losses", ())]
    beaten = int(packed.get("outranked", "0"), 16)
    for code, bits in (*told, (OUTRANKED, beaten)):
        if bits:
            counts = stages.setdefault(code.partition(".")[0], {})
            counts[code] = counts.get(code, 0) + bits.bit_count()
    steps = []
    for stage, counts in stages.items():
        lost = sum(counts.values())
        left -= lost
        steps.append(FunnelStep(stage, lost, left, tuple(counts.items())))
    return steps
