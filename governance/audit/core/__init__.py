"""Chains of hashes: of what people did, and of the seals over what was written."""

from governance.audit.core.chain import (
    GENESIS,
    Broken,
    Link,
    Verification,
    canonical_row,
    entry_hash,
    verify,
)
from governance.audit.core.merkle import (
    Sealed,
    fault_of,
    root,
    seal_hash,
    split,
)

__all__ = [
    "GENESIS",
    "Broken",
    "Link",
    "Sealed",
    "Verification",
    "canonical_row",
    "entry_hash",
    "fault_of",
    "root",
    "seal_hash",
    "split",
    "verify",
]
