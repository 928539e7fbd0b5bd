"""The performance suite: each measurement several times, the medians in a table.

    python -m bench [--repetitions 3] [NAME …]

Writes bench/results/latest.json beside the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
SUITE: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "ingest-rate": (
        ["-m", "bench.ingest_rate"],
        ["per_second", "seconds", "process_seconds", "peak_memory_mb"],
    ),
    "import-rate": (
        ["-m", "bench.ingest_rate", "--file"],
        ["per_second", "seconds", "process_seconds", "peak_memory_mb"],
    ),
    "copy-ratio": (["-m", "bench.copy_ratio"], ["ratio", "per_second"]),
    "http-rate": (["-m", "bench.http_rate"], ["per_second", "sent_again"]),
    "decision-ratio": (
        ["bench/decision_ratio.py"],
        ["ratio", "p50ms", "p99ms", "bareP50ms", "batchCustomersPerSecond"],
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUITE))
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(SUITE))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(SUITE)}")
    found: dict[str, Any] = {}
    for name in options.names or SUITE:
        runs = [measured(name) for _ in range(options.repetitions)]
        found[name] = {"median": medians(name, runs), "runs": runs}
        show(name, found[name])
    keep(found)
    return 0


def measured(name: str) -> dict[str, Any]:
    command, _ = SUITE[name]
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{name} ended early:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(lines[-1])
    return told


def medians(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {
        field: statistics.median(float(run[field]) for run in runs)
        for field in SUITE[name][1]
    }


def show(name: str, found: Mapping[str, Any]) -> None:
    print(f"\n{name} ({len(found['runs'])} runs)")
    print(f"  {'figure':<26}{'median':>12}{'lowest':>12}{'highest':>12}")
    for field, middle in found["median"].items():
        values = [float(run[field]) for run in found["runs"]]
        print(
            f"  {field:<26}{middle:>12,.2f}{min(values):>12,.2f}{max(values):>12,.2f}"
        )


def keep(found: Mapping[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "measurements": found,
    }
    path = RESULTS / "latest.json"
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"\nKept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
