"""The permission table against the product: every URL, role, method and state."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from bench.proof import Proof

TABLES = ("tests/architecture/test_urls.py", "tests/architecture/test_objects.py")
CELLS = re.compile(r"cells: (\d+)")
CLOSING = re.compile(r"(\d+) passed")


def prove() -> Proof:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-n", "2", *TABLES],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ATTUNE_EVERY_CELL": "1"},
    )
    n_cells = sum(int(found) for found in CELLS.findall(done.stdout))
    passed = CLOSING.search(done.stdout)
    return Proof(
        claim=(
            "Every URL opens to those in its row of the hand-written table and to "
            "nobody else, by role, scope, method and what became of the object; what "
            "others own and what never was answer alike"
        ),
        figure=(
            f"{n_cells:,} cells about objects and the whole table of doors: "
            f"{passed.group(1) if passed else 0} checks, exit {done.returncode}"
        ),
        holds=done.returncode == 0 and n_cells > 8_000,
    )
