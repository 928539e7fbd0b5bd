"""What is wrong with a rule, where, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from decisioning.rules.core.tree import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: ``rule › 2 › value`` and ``write a number``."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidRule(ValueError):
    """A rule that cannot be used; `problems` lists all that was found."""

    code = "rules.invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


def at(path: Path, *parts: str) -> str:
    """Write a path for people: counted from one, below ``rule``.

    Parameters
    ----------
    path
        Zero-based path of a node.
    parts
        Names below the node.

    Returns
    -------
    str
        Such as ``rule › 2 › value``.
    """
    return " › ".join(["rule", *(str(i + 1) for i in path), *parts])
