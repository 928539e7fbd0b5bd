"""The consent head as the decision's read brings it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from governance.consent.core import Head
from governance.consent.queries import head_from

_json = msgspec.json.Decoder().decode


def head_of(row: Sequence[Any]) -> Head | None:
    """Version, cells, personalisation off, paused until, most contacts a week."""
    version, cells, is_off, paused_until, _ = row
    if version is None:
        return None
    return _head(version, cells, is_off, paused_until)


@lru_cache(maxsize=10_000)
def _head(
    version: int, cells: str, is_off: bool, paused_until: datetime | None
) -> Head:
    """What the plain columns forbid holds too, should the two ever differ."""
    head = head_from(version, _json(cells))
    if is_off and not head.personalisation_off:
        head = replace(head, personalisation_off=True)
    if paused_until is not None:
        until = max(head.paused_until.get("", paused_until), paused_until)
        head = replace(head, paused_until={**head.paused_until, "": until})
    return head
