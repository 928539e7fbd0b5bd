"""Writing choices into a standing and joining two; nothing here ever widens."""

from collections.abc import Mapping
from dataclasses import replace

from governance.catalogue.core import PURPOSES, Purpose
from governance.consent.core.head import Age, Cell, Choice, Head, Key, expiry
from governance.consent.core.resolve import places_above


def apply(head: Head | None, key: Key, cell: Cell) -> Head:
    """Write one choice into a head; an older choice never undoes a newer one.

    Parameters
    ----------
    head
        Standing so far, ``None`` for a person met for the first time.
    key, cell
        Where, and what was said. At equal times the denial wins.

    Returns
    -------
    Head
        The next version, or the same head when the choice is out of date.
    """
    base = head or Head(version=0)
    standing = base.cells.get(key)
    if standing is not None and not _overrides(cell, standing):
        return base
    cells = {**base.cells, key: cell}
    return replace(base, cells=cells, version=base.version + 1)


def _overrides(new: Cell, old: Cell) -> bool:
    if new.at != old.at:
        return new.at > old.at
    return _strictness(new) >= _strictness(old)


def _strictness(cell: Cell) -> int:
    if cell.choice is Choice.GRANT:
        return 0 if cell.evidence_complete else 1
    return 2 if cell.choice is Choice.DENY else 3


def merge(a: Head, b: Head, *, purposes: Mapping[str, Purpose] = PURPOSES) -> Head:
    """Join two people's standing, the stricter of the two on every cell.

    Parameters
    ----------
    a, b
        Standing of the two identities that turn out to be one customer.
    purposes
        The catalogue, for grants given to a purpose above.

    Returns
    -------
    Head
        Allows nothing that either of the two denies. A grant survives only where
        the other identity granted the same; the earlier expiry holds.
    """
    cells: dict[Key, Cell] = {}
    for key in (*a.cells, *b.cells):
        merged = _stricter(_standing(a, key, purposes), _standing(b, key, purposes))
        if merged is not None:
            cells[key] = merged
    return _switches(a, b, cells)


def adopt_denials(account: Head, visitor: Head) -> Head:
    """Join an anonymous visitor's standing to an account.

    Parameters
    ----------
    account
        Standing of the customer who signed in.
    visitor
        Standing of the browser before that.

    Returns
    -------
    Head
        The account's grants with the visitor's denials on top: consent never
        travels from a visitor to an account, a refusal does.
    """
    cells = dict(account.cells)
    for key, cell in visitor.cells.items():
        if cell.choice is not Choice.GRANT:
            standing = cells.get(key)
            if standing is None or _strictness(cell) >= _strictness(standing):
                cells[key] = cell
    joined = _switches(account, visitor, cells)
    is_child = visitor.age is Age.CHILD
    return replace(joined, age=Age.CHILD if is_child else account.age)


def _standing(head: Head, key: Key, purposes: Mapping[str, Purpose]) -> Cell | None:
    """Find the strictest cell that speaks about a place: its own or one above it."""
    above = places_above(key.purpose, key.channel, key.topic, purposes)
    speaking = [
        head.cells[k]
        for k in above
        if k in head.cells and (k == key or _reaches_down(head.cells[k]))
    ]
    return max(speaking, key=_strictness, default=None)


def _reaches_down(cell: Cell) -> bool:
    return cell.covers_below or cell.choice is not Choice.GRANT


def _stricter(a: Cell | None, b: Cell | None) -> Cell | None:
    if a is None or b is None:
        only = a or b
        return only if only and only.choice is not Choice.GRANT else None
    worse, other = (a, b) if _strictness(a) >= _strictness(b) else (b, a)
    if worse.choice is not Choice.GRANT:
        return worse
    return replace(
        worse,
        at=min(a.at, b.at),
        expires_at=min(expiry(a), expiry(b)),
        covers_below=a.covers_below and b.covers_below,
        seen_gpc=a.seen_gpc and b.seen_gpc,
        notice=",".join(sorted({*worse.notice.split(","), *other.notice.split(",")})),
    )


def _switches(a: Head, b: Head, cells: Mapping[Key, Cell]) -> Head:
    pauses = {
        place: max(h.paused_until[place] for h in (a, b) if place in h.paused_until)
        for place in {*a.paused_until, *b.paused_until}
    }
    signals = [head.gpc_at for head in (a, b) if head.gpc_at is not None]
    return Head(
        cells=cells,
        channels_off=a.channels_off | b.channels_off,
        paused_until=pauses,
        personalisation_off=a.personalisation_off or b.personalisation_off,
        gpc_at=max(signals, default=None),
        version=max(a.version, b.version) + 1,
        topics_off=a.topics_off | b.topics_off,
        signals_off=a.signals_off | b.signals_off,
        suppressed=a.suppressed | b.suppressed,
        age=_strictest_age(a.age, b.age),
        blocked=a.blocked or b.blocked,
        max_per_week=_lowest(a.max_per_week, b.max_per_week),
    )


STRICTEST_FIRST = (Age.CHILD, Age.UNKNOWN, Age.ADULT_DECLARED, Age.ADULT_VERIFIED)


def _strictest_age(a: Age, b: Age) -> Age:
    return min(a, b, key=STRICTEST_FIRST.index)


def _lowest(a: int | None, b: int | None) -> int | None:
    return min((n for n in (a, b) if n is not None), default=None)
