"""Lints: wording of explanations, creepy configurations, dark patterns in copy."""

from governance.lints.core.copy_lints import copy_findings
from governance.lints.core.creepy import CODES, EXECUTIVE_SCORE, creepy, score
from governance.lints.core.facts import NOTHING_KNOWN, Copy, Facts, Known, SignalUse
from governance.lints.core.finding import Finding, Severity, blockers
from governance.lints.core.pressure import dark_patterns
from governance.lints.core.reading import grade
from governance.lints.core.rendering import rendered, text_digest, translated
from governance.lints.core.wording import CHOICES, wording

__all__ = [
    "CHOICES",
    "CODES",
    "EXECUTIVE_SCORE",
    "NOTHING_KNOWN",
    "Copy",
    "Facts",
    "Finding",
    "Known",
    "Severity",
    "SignalUse",
    "blockers",
    "copy_findings",
    "creepy",
    "dark_patterns",
    "grade",
    "rendered",
    "score",
    "text_digest",
    "translated",
    "wording",
]
