"""Runs the long proofs and keeps their rows in docs/proofs.md.

``python -m bench.prove`` runs all, ``python -m bench.prove cap-race`` one. Each proof
is a module of ``bench.proofs`` whose ``prove()`` gives a ``Proof``. The last line
printed is the figure; the exit status is 0 only where the claim holds.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import proofs
from bench.proof import Proof

TABLE = Path(__file__).resolve().parents[1] / "docs" / "proofs.md"
HEAD = [
    "# Proofs",
    "",
    "Each row is written by `make prove NAME=…`; a claim that does not hold says so.",
    "",
    "| name | claim | figure | holds | command | date | commit |",
    "|---|---|---|---|---|---|---|",
]


def names() -> list[str]:
    return sorted(
        found.name.replace("_", "-") for found in pkgutil.iter_modules(proofs.__path__)
    )


def run(name: str) -> Proof:
    module = importlib.import_module(f"bench.proofs.{name.replace('-', '_')}")
    proof: Proof = module.prove()
    return proof


def write_row(name: str, proof: Proof) -> None:
    rows = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines()[len(HEAD) :]:
            if line.startswith("| "):
                rows[line.split("|")[1].strip()] = line
    holds = "yes" if proof.holds else "**no**"
    rows[name] = (
        f"| {name} | {proof.claim} | {proof.figure} | {holds} "
        f"| `make prove NAME={name}` | {datetime.now(UTC).date()} | {_commit()} |"
    )
    TABLE.write_text("\n".join([*HEAD, *(rows[key] for key in sorted(rows))]) + "\n")


def _commit() -> str:
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def main(wanted: list[str]) -> int:
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"There is no proof {', '.join(unknown)}. Known: {', '.join(names())}")
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    short: list[str] = []
    several = wanted or names()
    if len(several) > 1:
        return _one_by_one(several)
    for name in several:
        print(f"{name} …", flush=True)
        proof = run(name)
        write_row(name, proof)
        if not proof.holds:
            short.append(name)
        print(f"{proof.claim}: {proof.figure}", flush=True)
    return 1 if short else 0


def _one_by_one(several: list[str]) -> int:
    """A process for each, because an installation is for the life of a process."""
    short = []
    for name in several:
        done = subprocess.run([sys.executable, "-m", "bench.prove", name], check=False)
        if done.returncode:
            short.append(name)
    if short:
        print(f"Falls short: {', '.join(short)}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
