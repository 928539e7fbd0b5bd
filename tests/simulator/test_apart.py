import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = {"console", "decisioning", "governance"}


def imported(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


def test_the_simulator_imports_nothing_of_the_product_and_no_django():
    found = set(imported("simulator"))

    assert "requests" in found
    assert not found & (PRODUCT | {"django", "rest_framework", "celery", "psycopg"})


def test_nothing_of_the_product_imports_the_simulator():
    assert "simulator" not in {name for part in PRODUCT for name in imported(part)}
