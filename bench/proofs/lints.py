"""The lints against lines that people labelled before the lints were written."""

from __future__ import annotations

from bench.proof import Proof

LEAST_LINES = 200
LEAST_RECALL = 0.95
MOST_ALARMS = 0.10


def prove() -> Proof:
    from tests.governance.lints.judged import reckon
    from tests.governance.lints.test_labelled import lines

    opened, locked = reckon(lines("open")), reckon(lines("locked"))
    n_all = opened.n + locked.n
    return Proof(
        claim=(
            f"Lints L, D and W on {n_all} lines labelled before them: on the half that "
            "was locked, lints that block find ≥ .95 and false alarms are ≤ 10 %"
        ),
        figure=(
            f"locked half of {locked.n}: recall {locked.recall_blocking:.3f} of those "
            f"that block, {locked.recall:.3f} of all, false alarms "
            f"{locked.false_alarms:.1%}; open half: {opened.recall_blocking:.3f}, "
            f"{opened.false_alarms:.1%}"
        ),
        holds=(
            n_all >= LEAST_LINES
            and locked.recall_blocking >= LEAST_RECALL
            and locked.false_alarms <= MOST_ALARMS
        ),
    )
