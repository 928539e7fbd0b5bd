"""Who belongs to which group: traits, their two-way intersections, the rest pooled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
POOLED = "all others"
UNKNOWN = -1
BETWEEN = " × "


@dataclass(frozen=True, slots=True)
class Grouping:
    """Customers by one trait, or by two at once.

    ``codes`` holds the place in ``names`` for each customer, -1 where the trait is not
    known; ``sizes`` the number in each. Names beyond ``pooled`` are real groups.
    """

    trait: str
    names: tuple[str, ...]
    codes: Codes
    sizes: tuple[int, ...]
    is_intersection: bool = False

    def counts(self, flags: Flags) -> tuple[int, ...]:
        """How many of each group are flagged."""
        of = self.codes[flags & (self.codes != UNKNOWN)]
        return tuple(int(n) for n in np.bincount(of, minlength=len(self.names)))


def groupings(
    traits: Mapping[str, Values], *, least: int, with_intersections: bool = True
) -> Iterator[Grouping]:
    """Every trait, then every pair of traits.

    Parameters
    ----------
    traits
        By name, one value a customer; an empty text is unknown.
    least
        Values held by fewer customers are pooled as ``all others``.
    with_intersections
        Whether pairs are wanted.

    Yields
    ------
    Grouping
        With at least two groups.
    """
    for trait, values in traits.items():
        found = grouped(trait, values, least=least)
        if len(found.names) > 1:
            yield found
    if not with_intersections:
        return
    for (a, one), (b, two) in combinations(traits.items(), 2):
        joined = np.array(
            [
                f"{x}{BETWEEN}{y}" if x and y else ""
                for x, y in zip(one, two, strict=True)
            ],
            dtype=object,
        )
        found = grouped(f"{a}{BETWEEN}{b}", joined, least=least, is_intersection=True)
        if len(found.names) > 1:
            yield found


def grouped(
    trait: str, values: Values, *, least: int, is_intersection: bool = False
) -> Grouping:
    """Customers by the values of one trait, small ones pooled.

    Parameters
    ----------
    trait
        Its name.
    values
        One a customer; an empty text is unknown.
    least, is_intersection
        As for ``groupings``.

    Returns
    -------
    Grouping
        Names in alphabetical order, the pool last where there is one.
    """
    found, places, sizes = np.unique(
        values.astype(str), return_inverse=True, return_counts=True
    )
    kept = [i for i, v in enumerate(found) if v and sizes[i] >= least]
    is_pooled = any(v and sizes[i] < least for i, v in enumerate(found))
    names = [str(found[i]) for i in kept] + ([POOLED] if is_pooled else [])
    new = np.full(len(found), len(kept), dtype=np.int64)
    new[kept] = np.arange(len(kept))
    if len(found) and found[0] == "":
        new[0] = UNKNOWN
    codes = new[places] if len(values) else np.empty(0, dtype=np.int64)
    counted = np.bincount(codes[codes != UNKNOWN], minlength=len(names))
    return Grouping(
        trait,
        tuple(names),
        codes,
        tuple(int(n) for n in counted),
        is_intersection=is_intersection,
    )
