"""Labelled before the lints were written; the locked half is never tuned on.

A line is about one lint and says whether a person would raise it (``is``). The locked
half is only ever looked at as a whole, by its recall and its false alarms.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.governance.lints import judged
from tests.governance.lints.judged import reckon

LABELLED = Path(__file__).parent / "labelled"
LOCKED = "2758bc87dc399fbbf2356ad49328ea2ebb40103fbd3fe2062193888935b9ae0e"
LEAST_LINES = 200
LEAST_EACH = 5


def lines(half):
    return json.loads((LABELLED / f"{half}.json").read_text())


def test_the_locked_half_is_the_one_that_was_labelled():
    raw = (LABELLED / "locked.json").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == LOCKED


def test_the_locked_half_is_a_half():
    n_open, n_locked = len(lines("open")), len(lines("locked"))
    assert n_open + n_locked >= LEAST_LINES
    assert abs(n_open - n_locked) <= 2


def test_every_lint_has_five_lines_that_raise_it_and_five_near_misses():
    counts = Counter(
        (line["about"], line["is"])
        for half in ("open", "locked")
        for line in lines(half)
    )
    thin = {about for (about, _), n in counts.items() if n < LEAST_EACH}
    lints = {about for about, _ in counts}
    wanted = {f"L-{n:02}" for n in range(1, 15)} | {f"W{n}" for n in range(1, 11)}
    assert lints == wanted | {"D-07", "D-08", "D-14"}
    assert not thin
    assert len(counts) == 2 * len(lints)


@pytest.mark.parametrize("half", ["open", "locked"])
def test_lints_find_what_people_find(half):
    told = reckon(lines(half))
    assert told.recall_blocking >= 0.95
    assert told.recall >= 0.95
    assert told.false_alarms <= 0.10


def test_a_lint_that_never_speaks_or_always_speaks_is_caught(monkeypatch):
    monkeypatch.setattr(judged, "raised", lambda _: set())
    assert judged.reckon(lines("open")).recall == 0
    monkeypatch.setattr(judged, "raised", lambda line: {line["about"]})
    assert judged.reckon(lines("open")).false_alarms == 1
