"""The fault table holds: every row has a test that is there, and every test that bears an id has its row."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("README.md")
_ROW = re.compile(r"^\| ([A-Z]\d\d) \|.*\| `([^`]+)::(\w+)` \|$", re.MULTILINE)
_TEST = re.compile(r"^ *(?:async )?def (test_(?:[A-Z]\d\d_)+\w+)", re.MULTILINE)


def named() -> dict[str, set[str]]:
    """The files of all tests that bear an id, by the test's name; below `tests/faults` without that folder."""
    found: dict[str, set[str]] = {}
    for file in TESTS.rglob("test_*.py"):
        for test in _TEST.findall(file.read_text(encoding="utf-8")):
            found.setdefault(test, set()).add(file.relative_to(TESTS).as_posix().removeprefix("faults/"))
    return found


def ids_of(test: str) -> set[str]:
    """`test_A12_A13_two_people …` bears A12 and A13."""
    return set(re.match(r"test_((?:[A-Z]\d\d_)+)", test)[1].strip("_").split("_"))  # type: ignore[index]


def test_every_row_of_the_table_names_a_test_that_bears_its_id():
    text, tests = TABLE.read_text(encoding="utf-8"), named()
    rows = _ROW.findall(text)
    assert len(rows) == len(re.findall(r"^\| [A-Z]\d\d \|", text, re.MULTILINE)) > 150
    wrong = [row for row in rows if row[1] not in tests.get(row[2], ()) or row[0] not in ids_of(row[2])]
    assert wrong == []
    assert len({row[0] for row in rows}) == len(rows), "an id stands twice"


def test_every_id_that_a_test_bears_is_a_row_of_the_table():
    rows = {row for row, _file, _test in _ROW.findall(TABLE.read_text(encoding="utf-8"))}
    assert {one for test in named() for one in ids_of(test)} - rows == set()
