"""What people carry from one day to the next; behaviour, not truth."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import BadState


@dataclass
class State:
    n: int
    unsubscribed: np.ndarray = field(init=False)
    withdrawn: np.ndarray = field(init=False)
    trust_worn: np.ndarray = field(init=False)
    refunds_due: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.unsubscribed = np.zeros(self.n, dtype=bool)
        self.withdrawn = np.zeros(self.n, dtype=bool)
        self.trust_worn = np.zeros(self.n)

    def take_refunds(self, ordinal: int) -> list[dict[str, Any]]:
        due = [r for r in self.refunds_due if r["due"] <= ordinal]
        self.refunds_due = [r for r in self.refunds_due if r["due"] > ordinal]
        return due

    def save(self, path: Path, *, seed: int) -> None:
        worn = np.flatnonzero(self.trust_worn)
        text = json.dumps(
            {
                "seed": seed,
                "unsubscribed": np.flatnonzero(self.unsubscribed).tolist(),
                "withdrawn": np.flatnonzero(self.withdrawn).tolist(),
                "trustWorn": {
                    str(i): round(float(self.trust_worn[i]), 4) for i in worn
                },
                "refundsDue": self.refunds_due,
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(path.suffix + ".partial")
        partial.write_text(text)
        partial.replace(path)


def load(path: Path | None, *, n: int, seed: int) -> State:
    state = State(n)
    if path is None or not path.exists():
        return state
    try:
        kept = json.loads(path.read_text())
        if kept["seed"] != seed:
            raise BadState(f"{path} belongs to seed {kept['seed']}, not {seed}.")
        for name, flags in (
            ("unsubscribed", state.unsubscribed),
            ("withdrawn", state.withdrawn),
        ):
            flags[[i for i in kept[name] if i < n]] = True
        for i, worn in kept["trustWorn"].items():
            if int(i) < n:
                state.trust_worn[int(i)] = worn
        state.refunds_due = [r for r in kept["refundsDue"] if r["person"] < n]
    except (ValueError, KeyError, TypeError) as error:
        raise BadState(
            f"{path} is not a state file ({error!r}). Remove it or name another "
            "with --state."
        ) from error
    return state
