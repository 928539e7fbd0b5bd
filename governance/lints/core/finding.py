"""What a lint says: a code, how bad it is, a plain sentence and the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops the way or is only printed for the reviewer."""

    BLOCK = "block"
    WARN = "warn"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One lint's result."""

    code: str
    severity: Severity
    text: str
    mend: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the finding has to be mended before going on."""
        return self.severity is Severity.BLOCK


def blockers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep only the findings that have to be mended.

    Parameters
    ----------
    findings
        Results of any lints.

    Returns
    -------
    tuple of Finding
        In the order given.
    """
    return tuple(finding for finding in findings if finding.blocks)
