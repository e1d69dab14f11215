"""What tests share stands in `tests/support`: a test module is run, a bench is run, and nobody else needs them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FILES = [file.relative_to(TESTS).as_posix() for file in sorted(TESTS.rglob("*.py"))]


def imported(text: str) -> Iterator[str]:
    """The dotted names that a module imports, whole and in the form `from package import module`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a test says in full where its helpers stand"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def runs_by_itself(name: str) -> bool:
    """Whether this dotted name stands in a test module or in a conftest, which pytest alone loads."""
    package, *parts = name.split(".")
    return package == "tests" and any(part.startswith("test_") or part == "conftest" for part in parts)


def is_of_a_bench(name: str) -> bool:
    return name.startswith("tests.bench.")


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_imported_from_a_test_a_conftest_or_a_bench(file):
    names = set(imported((TESTS / file).read_text(encoding="utf-8")))
    assert [name for name in names if runs_by_itself(name)] == []
    if not file.startswith("bench/"):
        assert [name for name in names if is_of_a_bench(name)] == []


@pytest.mark.parametrize(
    "line", ["from tests.unit.test_a import B", "import tests.conftest", "from tests.unit import test_a"]
)
def test_every_way_to_import_a_test_is_seen(line):
    assert [name for name in imported(line) if runs_by_itself(name)]
