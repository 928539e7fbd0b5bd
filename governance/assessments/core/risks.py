"""A risk to people: how likely, how severe, what is done, what is left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from governance.usecases.core.codec import parse


class RiskLevel(StrEnum):
    """What likelihood and severity come to."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return tuple(RiskLevel).index(self)


LIKELIHOODS: Mapping[str, str] = {
    "remote": "Remote",
    "possible": "Possible",
    "probable": "More likely than not",
}
SEVERITIES: Mapping[str, str] = {
    "minimal": "Minimal",
    "some": "Some impact",
    "serious": "Serious harm",
}
LOW, MEDIUM, HIGH = RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH
MATRIX: Mapping[tuple[str, str], RiskLevel] = {
    ("remote", "minimal"): LOW,
    ("possible", "minimal"): LOW,
    ("probable", "minimal"): LOW,
    ("remote", "some"): LOW,
    ("possible", "some"): MEDIUM,
    ("probable", "some"): HIGH,
    ("remote", "serious"): LOW,
    ("possible", "serious"): HIGH,
    ("probable", "serious"): HIGH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One row of the matrix."""

    harm: str = ""
    who: str = ""
    likelihood: str = ""
    severity: str = ""
    measure: str = ""
    residual: str = ""
    owner: str = ""
    due: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Risk":
        """Read a row, leaving empty whatever is absent or cannot be read."""
        return parse(cls, data)[0]

    @property
    def inherent(self) -> RiskLevel | None:
        """The level before any measure; nothing while it is not judged."""
        return MATRIX.get((self.likelihood, self.severity))


def risk_problems(risk: Risk) -> Mapping[str, str]:
    """Name what a row lacks.

    Parameters
    ----------
    risk
        The row as typed.

    Returns
    -------
    mapping
        Field to sentence; empty for a complete row.

    References
    ----------
    ICO, DPIA template, steps 5 and 6.
    """
    found = {
        name: text
        for name, text in (
            ("harm", "Say what could happen to somebody."),
            ("who", "Say to whom."),
        )
        if not getattr(risk, name).strip()
    }
    if risk.inherent is None:
        found["likelihood"] = "Choose how likely and how severe it is."
        return found
    if risk.residual not in set(RiskLevel):
        found["residual"] = "Choose what risk is left."
    elif RiskLevel(risk.residual).rank > risk.inherent.rank:
        found["residual"] = "A measure cannot leave more risk than there was."
    elif risk.residual != risk.inherent and not risk.measure.strip():
        found["measure"] = "Name the measure that lowers it."
    if risk.measure.strip() and not risk.owner.strip():
        found["owner"] = "Say who carries the measure out."
    if risk.measure.strip() and not _is_date(risk.due):
        found["due"] = "Give the day by which it is done, as 2027-01-31."
    return found


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def worst(risks: Iterable[Risk]) -> RiskLevel:
    """Level that is left over all rows.

    Parameters
    ----------
    risks
        Rows of the matrix; one without a residual counts as high.

    Returns
    -------
    RiskLevel
        Low where there is no row.
    """
    left = (
        RiskLevel(risk.residual) if risk.residual in set(RiskLevel) else RiskLevel.HIGH
        for risk in risks
    )
    return max(left, key=lambda level: level.rank, default=RiskLevel.LOW)
