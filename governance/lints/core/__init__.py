"""Lints: wording of explanations, creepy configurations, dark patterns in copy."""

from governance.lints.core.creepy import CODES, Facts, SignalUse, creepy
from governance.lints.core.finding import Finding, Severity, blockers
from governance.lints.core.pressure import dark_patterns
from governance.lints.core.reading import grade
from governance.lints.core.wording import wording

__all__ = [
    "CODES",
    "Facts",
    "Finding",
    "Severity",
    "SignalUse",
    "blockers",
    "creepy",
    "dark_patterns",
    "grade",
    "wording",
]
