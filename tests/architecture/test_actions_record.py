"""Every action leaves a row in the audit log, in the transaction of its write.

A public function of an ``actions`` module that is told who acts must reach
``audit.record``, itself or through what it calls; the code is read, not run.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("governance", "decisioning")
RECORD = ("governance.audit.actions", "record")
# Told who acts, and write nothing: they refuse, or say whose a thing will be.
WRITE_NOTHING = {
    ("decisioning.revisions.actions", "owner_of"),
    ("decisioning.revisions.actions", "must_write"),
}
Name = tuple[str, str]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def trees() -> dict[str, ast.Module]:
    return {
        module_of(path): ast.parse(path.read_text())
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        if "migrations" not in path.parts
    }


@cache
def imported(module: str) -> dict[str, tuple[str, ...]]:
    """Local name to the module, or the module and the name in it, behind it."""
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.walk(trees()[module]):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                local = alias.asname or alias.name
                inner = f"{node.module}.{alias.name}"
                is_module = inner in trees()
                found[local] = (inner,) if is_module else (node.module, alias.name)
    return found


def definition(name: Name) -> ast.AST | None:
    tree = trees().get(name[0])
    kinds = (ast.FunctionDef, ast.ClassDef)
    return next(
        (n for n in tree.body if isinstance(n, kinds) and n.name == name[1])
        if tree
        else iter(()),
        None,
    )


def home_of(name: Name) -> Name:
    """Where a name that is handed on is really defined."""
    seen: set[Name] = set()
    while definition(name) is None and name[0] in trees() and name not in seen:
        seen.add(name)
        behind = imported(name[0]).get(name[1])
        if behind is None or len(behind) == 1:
            break
        name = (behind[0], behind[1])
    return name


def names_in(name: Name) -> set[Name]:
    """Functions and classes that a definition mentions."""
    body, module, found = definition(name), name[0], set()
    for node in ast.walk(body) if body else ():
        if isinstance(node, ast.Name):
            behind = imported(module).get(node.id, (module, node.id))
            if len(behind) == 2:
                found.add(home_of((behind[0], behind[1])))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            behind = imported(module).get(node.value.id, ())
            if len(behind) == 1:
                found.add(home_of((behind[0], node.attr)))
    return found


def records(name: Name) -> bool:
    seen: set[Name] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one == RECORD:
            return True
        if one not in seen:
            seen.add(one)
            waiting += names_in(one)
    return False


def is_told_who(node: ast.AST | None) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        arg.arg == "by" for arg in (*node.args.args, *node.args.kwonlyargs)
    )


def actions() -> list[Name]:
    found = set()
    for module, tree in trees().items():
        if module.rpartition(".")[2] != "actions":
            continue
        here = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        for local in here | imported(module).keys():
            name = home_of((module, local))
            handed_on = local in here or f'"{local}"' in ast.unparse(tree).replace(
                "'", '"'
            )
            if (
                not local.startswith("_")
                and handed_on
                and is_told_who(definition(name))
            ):
                found.add(name)
    return sorted(found - {RECORD} - WRITE_NOTHING)


@pytest.mark.parametrize("name", actions(), ids=".".join)
def test_an_action_leaves_a_row_in_the_audit_log(name):
    assert records(name)


def test_the_actions_are_found_and_one_that_records_nothing_is_told():
    found = actions()

    assert len(found) > 70
    assert ("governance.consent.recording", "record") in found
    assert not records(("decisioning.revisions.actions", "owner_of"))
