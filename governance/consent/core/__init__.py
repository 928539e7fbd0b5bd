"""What a person allowed: unknown denies, denial beats grant, merging never widens."""

from governance.consent.core.head import (
    ANY,
    GRANT_LIFETIME,
    Cell,
    Choice,
    Head,
    Key,
    expiry,
)
from governance.consent.core.joining import adopt_denials, apply, merge
from governance.consent.core.resolve import SENTENCES, Code, may
from governance.consent.core.signals import evidence_gaps, gpc_signal

__all__ = [
    "ANY",
    "GRANT_LIFETIME",
    "SENTENCES",
    "Cell",
    "Choice",
    "Code",
    "Head",
    "Key",
    "adopt_denials",
    "apply",
    "evidence_gaps",
    "expiry",
    "gpc_signal",
    "may",
    "merge",
]
