"""The decision endpoint with 100 live offers, against a bare view in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.proof import Proof

ROOT = Path(__file__).resolve().parents[2]
GOAL = 4.0


def prove() -> Proof:
    done = subprocess.run(
        [sys.executable, "bench/decision_ratio.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"The measurement ended early:\n{done.stderr[-2000:]}")
    told = json.loads(lines[-1])
    return Proof(
        claim=f"With 100 live offers p50 is under {GOAL:g} times that of a bare view",
        figure=(
            f"{told['ratio']:.2f} times ({told['p50ms']:.2f} ms against "
            f"{told['bareP50ms']:.2f} ms; {told['ratioToDjangoCursor']:.2f} times one "
            f"by Django's cursor; p99 {told['p99ms']:.1f} ms)"
        ),
        holds=told["ratio"] < GOAL,
    )
