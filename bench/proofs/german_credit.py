"""German credit through the fairness audit, against published rates and Fairlearn."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bench.installation import DATA
from bench.proof import Proof
from governance.fairness.core import (
    Audit,
    Direction,
    Measure,
    Observed,
    audit,
    grouped,
)
from governance.fairness.core.rates import tallies

PERSONAL_STATUS, AGE, VERDICT = 8, 12, 20
FEMALE = {"A92", "A95"}
PUBLISHED = {
    ("sex", "female"): 0.648,
    ("sex", "male"): 0.723,
    ("age", "25 or younger"): 0.579,
    ("age", "over 25"): 0.728,
}
GOOD, N_YOUNG = 0.70, 190
EQUAL = 1e-9
Texts = npt.NDArray[np.object_]


def prove() -> Proof:
    traits, good = _read()
    found = audit(Observed(traits=traits, chosen={Direction.BENEFIT: good}))
    pairs = [*_published(traits, good), *_fairlearn(traits, good, found)]
    wrong = [name for name, is_equal in pairs if not is_equal]
    worst = next(f for f in found.findings if f.trait == "age")
    return Proof(
        claim=(
            "German credit: rates equal the published ones, ratios and differences "
            "equal Fairlearn's to 1e-9"
        ),
        figure=(
            f"{len(pairs) - len(wrong)} of {len(pairs)} figures equal; young against "
            f"older {worst.estimate:.3f} ({worst.lo:.3f} to {worst.hi:.3f}), verdict "
            f"{found.verdict.value}" + "".join(f"; wrong: {name}" for name in wrong)
        ),
        holds=not wrong and len(pairs) == len(PUBLISHED) + 2 + 4,
    )


def _read() -> tuple[dict[str, Texts], npt.NDArray[np.bool_]]:
    path = DATA / "german_credit" / "german.data.gz"
    with gzip.open(path, "rt") as file:
        rows = [line.split() for line in file if line.strip()]
    sex = ["female" if row[PERSONAL_STATUS] in FEMALE else "male" for row in rows]
    age = ["25 or younger" if int(row[AGE]) <= 25 else "over 25" for row in rows]
    traits = {"sex": np.array(sex, dtype=object), "age": np.array(age, dtype=object)}
    return traits, np.array([row[VERDICT] == "1" for row in rows])


def _published(
    traits: dict[str, Texts], good: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, bool]]:
    yield "all", round(float(good.mean()), 3) == GOOD
    for trait, values in traits.items():
        groups = grouped(trait, values, least=1)
        for name, tally in zip(groups.names, tallies(groups, good), strict=True):
            yield name, round(tally.rate, 3) == PUBLISHED[trait, name]
            if name == "25 or younger":
                yield "n of the young", tally.n == N_YOUNG


def _fairlearn(
    traits: dict[str, Texts], good: npt.NDArray[np.bool_], found: Audit
) -> Iterator[tuple[str, bool]]:
    from fairlearn.metrics import (
        demographic_parity_difference,
        demographic_parity_ratio,
    )

    oracles = {
        Measure.SELECTION: demographic_parity_ratio,
        Measure.PARITY: demographic_parity_difference,
    }
    for trait, values in traits.items():
        for measure, oracle in oracles.items():
            wanted = oracle(good, good, sensitive_features=values)
            ours = next(
                f.estimate
                for f in found.findings
                if (f.trait, f.measure) == (trait, measure)
            )
            is_equal = ours is not None and abs(ours - wanted) <= EQUAL
            yield f"{measure.value} by {trait}", is_equal
