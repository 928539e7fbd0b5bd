"""Seals over many rows: a Merkle root for each batch, and the chain of the seals."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.types import Digest, canonical_json, sha256_hex

DOMAIN = "attune/seal/v1"
LEAF, NODE = b"\x00", b"\x01"
WIDTH = 32


def root(leaves: Sequence[bytes]) -> Digest:
    """Merkle root of a batch.

    Parameters
    ----------
    leaves
        Hashes of rows, in the order of the batch.

    Returns
    -------
    Digest
        That of no leaves is the hash of nothing.

    Notes
    -----
    RFC 6962, section 2.1: leaves and inner nodes are hashed under different prefixes,
    and the left part of an uneven tree is the largest full one.
    """
    return Digest(_node([_hash(LEAF + leaf) for leaf in leaves]).hex())


def _node(hashes: Sequence[bytes]) -> bytes:
    """Pairing neighbours level by level gives the tree of the RFC."""
    level = list(hashes) or [_hash(b"")]
    while len(level) > 1:
        paired = [
            _hash(NODE + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)
        ]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(packed: bytes) -> list[bytes]:
    """Cut hashes that are stored end to end.

    Parameters
    ----------
    packed
        As many times `WIDTH` bytes as there are hashes.

    Returns
    -------
    list of bytes
    """
    return [packed[i : i + WIDTH] for i in range(0, len(packed), WIDTH)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A seal as it is stored: what it covers, its predecessor and its own hash.

    ``columns`` are those that the table had; a column that came later is not covered.
    ``audit_seq`` and ``audit_hash`` are the end of the audit chain at that moment.
    """

    number: int
    table: str
    row_ids: Sequence[str]
    leaves: bytes
    columns: Sequence[str]
    root: str
    audit_seq: int
    audit_hash: str
    from_at: datetime
    until_at: datetime
    sealed_at: datetime
    prev_hash: str
    hash: str = ""

    def content(self) -> Mapping[str, Any]:
        """What the hash covers beside the predecessor; the root stands for leaves."""
        return {
            "number": self.number,
            "table": self.table,
            "rows": sha256_hex("\n".join(self.row_ids)),
            "n": len(self.row_ids),
            "columns": list(self.columns),
            "root": self.root,
            "audit": [self.audit_seq, self.audit_hash],
            "from": self.from_at,
            "until": self.until_at,
            "sealed": self.sealed_at,
        }


def seal_hash(seal: Sealed) -> Digest:
    """Hash of a seal together with its predecessor.

    Parameters
    ----------
    seal
        Its own ``hash`` is not read.

    Returns
    -------
    Digest
    """
    text = canonical_json(seal.content())
    return sha256_hex(f"{DOMAIN}\n{seal.prev_hash}\n{text}")


def fault_of(seal: Sealed, *, number: int, prev_hash: str) -> str:
    """Say in words what is wrong with a seal.

    Parameters
    ----------
    seal
        As it is stored.
    number, prev_hash
        What follows from the seal before.

    Returns
    -------
    str
        Empty where it holds.
    """
    if seal.number != number:
        return f"Seal {number} is missing: the next one found is {seal.number}."
    if seal.prev_hash != prev_hash:
        return f"Seal {number} does not follow seal {number - 1} as it stands now."
    if len(seal.leaves) != WIDTH * len(seal.row_ids):
        return f"Seal {number} does not have one hash for each of its rows."
    if root(split(seal.leaves)) != seal.root:
        return f"The hashes of rows in seal {number} are not those that were sealed."
    if seal_hash(seal) != seal.hash:
        return f"The content of seal {number} is not what was sealed."
    return ""
