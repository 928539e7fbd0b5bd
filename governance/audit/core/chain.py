"""The hash chain of the audit log: each entry seals the one before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.types import Digest, canonical_json, sha256_hex

DOMAIN = "pc/audit/v1"
GENESIS = Digest("0" * 64)


def canonical_row(row: Mapping[str, Any]) -> str:
    """One text for an entry's content, whatever order its fields come in.

    Parameters
    ----------
    row
        Every stored field of the entry except its hash.

    Returns
    -------
    str
        Canonical JSON (RFC 8785).
    """
    return canonical_json(row)


def entry_hash(prev: str, row: Mapping[str, Any]) -> Digest:
    """Seal an entry together with its predecessor.

    Parameters
    ----------
    prev
        Hash of the entry before, or ``GENESIS`` for the first of a stream.
    row
        Every stored field of the entry except its hash.

    Returns
    -------
    Digest
        SHA-256 over a domain line, the predecessor and the canonical row.
    """
    return sha256_hex(f"{DOMAIN}\n{prev}\n{canonical_row(row)}")


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is stored: its place, its predecessor, its seal, its content."""

    seq: int
    prev_hash: str
    hash: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold, and why."""

    seq: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found."""

    n_checked: int
    head: Digest
    broken: Broken | None = None

    @property
    def is_intact(self) -> bool:
        """Whether every entry that was read holds."""
        return self.broken is None


def verify(
    links: Iterable[Link],
    *,
    prev: str = GENESIS,
    first_seq: int = 1,
    expected_head: str | None = None,
) -> Verification:
    """Walk a stream in order and name the first broken place.

    Parameters
    ----------
    links
        Entries in ascending order of ``seq``.
    prev
        Hash before the first entry given; the genesis for a whole stream.
    first_seq
        Place the first entry must have.
    expected_head
        Last hash known from outside the database. Without it a chain cannot show
        that its tail was cut off.

    Returns
    -------
    Verification
        How many entries held, the last good hash, and the first broken place.
    """
    head, seq, n_checked = Digest(prev), first_seq, 0
    for link in links:
        broken = _fault(link, head, seq)
        if broken is not None:
            return Verification(n_checked, head, broken)
        head, seq, n_checked = Digest(link.hash), seq + 1, n_checked + 1
    if expected_head is not None and head != expected_head:
        text = (
            f"The chain ends at entry {seq - 1}, but a later end was published: "
            "entries at the end are missing or were replaced."
        )
        return Verification(n_checked, head, Broken(seq, "audit.tail_missing", text))
    return Verification(n_checked, head)


def _fault(link: Link, head: str, seq: int) -> Broken | None:
    if link.seq != seq:
        text = f"Entry {seq} is missing: the next one found is {link.seq}."
        return Broken(seq, "audit.gap", text)
    if link.prev_hash != head:
        text = f"Entry {seq} does not follow entry {seq - 1} as it stands now."
        return Broken(seq, "audit.unlinked", text)
    if entry_hash(link.prev_hash, link.row) != link.hash:
        text = f"The content of entry {seq} is not what was sealed."
        return Broken(seq, "audit.altered", text)
    return None
