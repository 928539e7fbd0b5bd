"""What a person allowed: unknown denies, denial beats grant, merging never widens."""

from governance.consent.core.head import (
    ANY,
    GRANT_LIFETIME,
    Age,
    Block,
    Cell,
    Choice,
    Head,
    Key,
    expiry,
)
from governance.consent.core.joining import adopt_denials, apply, merge
from governance.consent.core.resolve import (
    ORDINARY,
    SENTENCES,
    Code,
    Policy,
    may,
    topics_above,
)
from governance.consent.core.signals import (
    evidence_gaps,
    gpc_signal,
    header_values,
)
from governance.consent.core.suppression import keyed_hash, normalised

__all__ = [
    "ANY",
    "GRANT_LIFETIME",
    "ORDINARY",
    "SENTENCES",
    "Age",
    "Block",
    "Cell",
    "Choice",
    "Code",
    "Head",
    "Key",
    "Policy",
    "adopt_denials",
    "apply",
    "evidence_gaps",
    "expiry",
    "gpc_signal",
    "header_values",
    "keyed_hash",
    "may",
    "merge",
    "normalised",
    "topics_above",
]
