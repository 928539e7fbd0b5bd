"""Sample-ratio check: whether each arm got the share it was designed for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import chi2 as chi2_distribution

WARNING_P, WARNING_GAP = 0.01, 0.005
ALARM_P, ALARM_GAP = 0.001, 0.01
LEAST_EXPECTED = 5.0


class RatioVerdict(StrEnum):
    """What the check says; only ``alarm`` invalidates a read-out."""

    OK = "ok"
    TRIVIAL = "trivial"
    WARNING = "warning"
    ALARM = "alarm"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Result of the check.

    ``chi2`` and ``p_value`` are ``None`` where too few customers have arrived.
    ``worst_gap`` is the largest relative distance of an arm from its designed count.
    """

    chi2: float | None
    p_value: float | None
    worst_arm: str | None
    worst_gap: float | None
    verdict: RatioVerdict
    message: str


def check(observed: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Compare counts per arm with the designed shares.

    Parameters
    ----------
    observed
        Customers per arm; an arm that is absent counts as empty.
    shares
        Designed share per arm; any positive scale (they are normalised).

    Returns
    -------
    SampleRatio

    Raises
    ------
    ValueError
        If a count is negative, a share is not positive, or an arm is not designed.

    References
    ----------
    Fabijan et al. (2019), KDD, section 2.
    """
    total_share = sum(shares.values())
    if not shares or min(shares.values()) <= 0:
        raise ValueError("shares: every arm needs a share above 0")
    total = sum(observed.values())
    expected = {arm: total * share / total_share for arm, share in shares.items()}
    return check_expected(observed, expected)


def check_expected(
    observed: Mapping[str, int], expected: Mapping[str, float]
) -> SampleRatio:
    """Compare counts per arm with expected counts.

    Parameters
    ----------
    observed
        Customers per arm; an arm that is absent counts as empty.
    expected
        Expected customers per arm, summed over the design as it changed in time.

    Returns
    -------
    SampleRatio

    Raises
    ------
    ValueError
        If a count is negative or an arm of ``observed`` is not expected.
    """
    unknown = sorted(set(observed) - set(expected))
    if unknown:
        raise ValueError(f"observed: arm {unknown[0]!r} is not in the design")
    if any(count < 0 for count in observed.values()):
        raise ValueError("observed: a count cannot be negative")
    counts = {arm: observed.get(arm, 0) for arm in expected}
    is_small = len(expected) < 2 or min(expected.values()) < LEAST_EXPECTED
    if is_small and not _has_empty_arm(counts, expected):
        return SampleRatio(
            None,
            None,
            None,
            None,
            RatioVerdict.NOT_ENOUGH_DATA,
            "Too few customers have arrived to check the shares of the arms.",
        )
    return _judge(counts, expected)


def _has_empty_arm(counts: Mapping[str, int], expected: Mapping[str, float]) -> bool:
    return any(
        counts[arm] == 0 and want >= LEAST_EXPECTED for arm, want in expected.items()
    )


def _judge(counts: Mapping[str, int], expected: Mapping[str, float]) -> SampleRatio:
    chi2 = sum((counts[arm] - want) ** 2 / want for arm, want in expected.items())
    p_value = float(chi2_distribution.sf(chi2, len(expected) - 1))
    gaps = {arm: counts[arm] / want - 1 for arm, want in expected.items()}
    worst = max(gaps, key=lambda arm: abs(gaps[arm]))
    is_empty = _has_empty_arm(counts, expected)
    verdict = _verdict(p_value, abs(gaps[worst]), has_empty_arm=is_empty)
    return SampleRatio(
        chi2, p_value, worst, gaps[worst], verdict, _message(verdict, worst, counts)
    )


def _verdict(p_value: float, gap: float, *, has_empty_arm: bool) -> RatioVerdict:
    if has_empty_arm or (p_value < ALARM_P and gap >= ALARM_GAP):
        return RatioVerdict.ALARM
    if p_value >= WARNING_P:
        return RatioVerdict.OK
    return RatioVerdict.WARNING if gap >= WARNING_GAP else RatioVerdict.TRIVIAL


def _message(verdict: RatioVerdict, arm: str, counts: Mapping[str, int]) -> str:
    match verdict:
        case RatioVerdict.OK:
            return "Customers are spread over the arms as designed."
        case RatioVerdict.TRIVIAL:
            return (
                "The shares are off by less than half a percent: too little to matter, "
                "and visible only because so many customers were counted."
            )
        case RatioVerdict.WARNING:
            return f"Arm {arm} has {counts[arm]:,} customers, not quite as designed."
        case _:
            return (
                f"Arm {arm} has {counts[arm]:,} customers, far from its designed "
                "share: something sorts customers before they are counted."
            )
