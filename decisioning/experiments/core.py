"""Design of an experiment and the arm of a customer."""

import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from decisioning.stats import power
from decisioning.types import MetricKind

LEAST_COMPARISON_SHARE = 0.05
HOLDOUT = "holdout"
_SHARE_TOLERANCE = 1e-6


class InvalidDesign(ValueError):
    """The design contradicts itself; ``problems`` lists every reason in words."""

    code = "experiment.invalid_design"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problems))


class ArmRole(StrEnum):
    """What an arm is for."""

    TREATED = "treated"
    CONTROL = "control"
    HOLDOUT = "holdout"


@dataclass(frozen=True, slots=True)
class Arm:
    """One way a customer is treated; ``share`` of those the experiment reaches."""

    key: str
    share: float
    role: ArmRole = ArmRole.TREATED


@dataclass(frozen=True, slots=True)
class Design:
    """Arms with their shares, and who is left out.

    Parameters
    ----------
    arms
        Two or more with shares that sum to 1; exactly one is the control.
    salt
        Seed of the assignment, one an experiment; the same salt gives the same arms.
    holdout_share
        Share of all customers left alone, in [0, 1); drawn before the arms.
    allocation
        Share of the others that the experiment reaches, in (0, 1]. Raising it keeps
        everyone who is in where they are.
    planned_n
        Customers, all arms together, at which the result is read.

    Raises
    ------
    InvalidDesign
        If a share, the control, the salt or the plan is wrong.
    """

    arms: tuple[Arm, ...]
    salt: str
    holdout_share: float = 0.0
    allocation: float = 1.0
    planned_n: int | None = None

    def __post_init__(self) -> None:
        problems = _structure_problems(self)
        if problems:
            raise InvalidDesign(problems)

    @classmethod
    def of_shares(
        cls,
        shares: Mapping[str, float],
        *,
        control: str,
        salt: str,
        holdout_share: float = 0.0,
        allocation: float = 1.0,
        planned_n: int | None = None,
    ) -> "Design":
        """Design from a share per arm.

        Raises
        ------
        InvalidDesign
            As the constructor.
        """
        arms = tuple(
            Arm(key, share, ArmRole.CONTROL if key == control else ArmRole.TREATED)
            for key, share in shares.items()
        )
        return cls(arms, salt, holdout_share, allocation, planned_n)

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms if arm.role is ArmRole.CONTROL)

    @property
    def treated(self) -> tuple[Arm, ...]:
        """All arms but the control."""
        return tuple(arm for arm in self.arms if arm.role is ArmRole.TREATED)

    @property
    def holdout(self) -> Arm | None:
        """Those left alone, as an arm of its own; ``None`` without a holdout."""
        if not self.holdout_share:
            return None
        return Arm(HOLDOUT, self.holdout_share, ArmRole.HOLDOUT)

    @property
    def shares(self) -> dict[str, float]:
        """Designed share per arm."""
        return {arm.key: arm.share for arm in self.arms}

    def propensity(self, arm_key: str) -> float:
        """Chance of a customer to be in this arm, over all customers.

        Raises
        ------
        KeyError
            If the design has no such arm.
        """
        if arm_key == HOLDOUT:
            return self.holdout_share
        return (1 - self.holdout_share) * self.allocation * self.shares[arm_key]


def assign(unit_id: str, design: Design) -> Arm | None:
    """Arm of a customer: stable for a salt, independent between salts.

    Parameters
    ----------
    unit_id
        The customer's stable id.
    design
        Arms, shares and salt.

    Returns
    -------
    Arm or None
        The holdout, an arm, or ``None`` where the experiment does not reach them.

    Notes
    -----
    Three independent draws (holdout, allocation, arm), so that changing one share moves
    nobody because of another.
    """
    if uniform(f"{design.salt}:holdout", unit_id) < design.holdout_share:
        return design.holdout
    if uniform(f"{design.salt}:allocation", unit_id) >= design.allocation:
        return None
    point = uniform(f"{design.salt}:arm", unit_id)
    bounds = itertools.accumulate(arm.share for arm in design.arms)
    chosen = (
        arm for arm, bound in zip(design.arms, bounds, strict=True) if point < bound
    )
    return next(chosen, design.arms[-1])


def uniform(salt: str, unit_id: str) -> float:
    """Map a salt and an id to a number in [0, 1), evenly and repeatably.

    Parameters
    ----------
    salt, unit_id
        Any text.

    Returns
    -------
    float
        A multiple of ``2 ** -53``.

    References
    ----------
    BLAKE2b (RFC 7693) over the length-prefixed pair; 53 of its bits.
    """
    text = f"{len(salt)}:{salt}:{unit_id}".encode()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) * 2.0**-53


def start_problems(design: Design) -> tuple[str, ...]:
    """List what still keeps a sound design from starting, in words.

    Parameters
    ----------
    design
        A design that passed its own checks.

    Returns
    -------
    tuple of str
        Each names the field and the way out.
    """
    problems = []
    compared = max(design.holdout_share, design.propensity(design.control.key))
    if compared < LEAST_COMPARISON_SHARE:
        problems.append(
            f"control, holdout: {compared:.1%} of customers are left alone; "
            f"give one of them at least {LEAST_COMPARISON_SHARE:.0%}."
        )
    if design.planned_n is None:
        problems.append(
            "planned_n: say how many customers the experiment is planned for."
        )
    return tuple(problems)


def planned_sample(
    design: Design,
    *,
    kind: MetricKind,
    base: float,
    smallest_gain: float,
    sd: float | None = None,
    level: float = 0.95,
    chance: float = 0.8,
) -> int:
    """Plan for how many customers, in all arms, show the smallest gain that matters.

    Parameters
    ----------
    design
        Arms and shares; the smallest treated arm decides.
    kind
        ``proportion`` or ``mean``.
    base
        The control's rate or mean.
    smallest_gain
        Absolute, in the metric's unit; not 0.
    sd
        Standard deviation of one customer's value; needed for a mean.
    level, chance
        Level of the interval and power, in (0, 1).

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If an argument is out of range or ``sd`` is missing.
    """
    smallest = min(design.treated, key=lambda arm: arm.share)
    ratio = smallest.share / design.control.share
    if kind is MetricKind.PROPORTION:
        size = power.sample_size_proportions(
            base, base + smallest_gain, level=level, power=chance, ratio=ratio
        )
    elif sd is None:
        raise ValueError("sd: needed to plan for a mean")
    else:
        size = power.sample_size_means(
            smallest_gain, sd, level=level, power=chance, ratio=ratio
        )
    return math.ceil(size.n_control / design.control.share - 1e-9)


def _structure_problems(design: Design) -> list[str]:
    return [*_arm_problems(design.arms), *_number_problems(design)]


def _arm_problems(arms: Sequence[Arm]) -> Iterable[str]:
    if len(arms) < 2:
        yield "arms: an experiment needs a control and at least one other arm."
    keys = [arm.key for arm in arms]
    if len(set(keys)) < len(keys) or "" in keys or HOLDOUT in keys:
        yield f"arms: each needs a name of its own, other than '{HOLDOUT}'."
    if sum(arm.role is ArmRole.CONTROL for arm in arms) != 1:
        yield "control: exactly one arm must be the control."
    if any(arm.role is ArmRole.HOLDOUT for arm in arms):
        yield "holdout: give it as holdout_share, not as an arm."
    if not all(0 < arm.share < 1 for arm in arms):
        yield "share: each arm needs more than 0 % and less than 100 %."
    total = sum(arm.share for arm in arms)
    if abs(total - 1) > _SHARE_TOLERANCE:
        yield f"share: the arms sum to {total:.2%}; make it 100 %."


def _number_problems(design: Design) -> Iterable[str]:
    if not design.salt:
        yield "salt: must not be empty."
    if not 0 <= design.holdout_share < 1:
        yield "holdout_share: must be at least 0 % and less than 100 %."
    if not 0 < design.allocation <= 1:
        yield "allocation: must be more than 0 % and at most 100 %."
    if design.planned_n is not None and design.planned_n < 1:
        yield "planned_n: must be at least 1."
