"""The house rules that no linter knows: how long things are, what a name stands for, and that each room explains itself."""

from __future__ import annotations

import ast
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "bot"
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
LONGEST_README = 60
LONGEST_HOUSE_PAGE = 120
"""Lines of the page on the whole house."""
UNITS = frozenset({"_MINUTE", "_MEGABYTE"})
"""Their name says it all."""
TEXTS = frozenset({"bot/chat/text/texts.py", "bot/chat/text/announcement_texts.py", "bot/chat/text/staff_texts.py"})
"""One function a sentence: they are as long as there are sentences."""


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the program by its path below the project."""
    files = sorted(HOUSE.rglob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def rooms() -> list[Path]:
    """Every package but those of migrations, whose files explain themselves by their numbers."""
    found = [file.parent for file in HOUSE.rglob("__init__.py") if "migrations" not in file.parts]
    return sorted(
        room for room in found if any(file.name != "__init__.py" for file in room.iterdir() if file.is_file())
    )


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_no_module_is_longer_than_one_can_read_at_a_sitting():
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE and path not in TEXTS} == {}


def test_no_function_is_longer_than_a_page():
    long = {
        f"{path}:{node.lineno} {node.name}": length
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports of the program, wherever it does; not what it imports for its types alone."""
    only_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node not in only_types:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import) and node not in only_types:
            yield from (alias.name for alias in node.names)


def test_no_modules_import_each_other_in_a_circle():
    names = {dotted(path): tree for path, tree in modules().items()}
    arrows = {name: {other for other in imported(tree) if other in names} - {name} for name, tree in names.items()}
    while leaves := {name for name, others in arrows.items() if not others & arrows.keys()}:
        arrows = {name: others for name, others in arrows.items() if name not in leaves}
    assert sorted(arrows) == [], "these, or what they import, form a circle"


def test_no_public_class_stands_for_two_things():
    places = defaultdict(list)
    for path, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def constants(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Numbers of the whole module that stand there without a word: no docstring below, no comment beside or above."""
    with tokenize.open(ROOT / path) as file:
        comments = {
            token.start[0] for token in tokenize.generate_tokens(file.readline) if token.type == tokenize.COMMENT
        }
    for node, below in pairwise([*tree.body, None]):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if value is None or not isinstance(target, ast.Name) or not target.id.isupper() or target.id in UNITS:
            continue
        is_explained = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        is_commented = bool(comments & {node.lineno - 1, *range(node.lineno, (node.end_lineno or 0) + 1)})
        if is_number(value) and not is_explained and not is_commented:
            yield node.lineno, target.id


def is_number(value: ast.expr) -> bool:
    """A number, a product of numbers, or a length of time."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "timedelta"
    if isinstance(value, ast.BinOp):
        return is_number(value.left) and is_number(value.right)
    if isinstance(value, ast.UnaryOp):
        return is_number(value.operand)
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, int | float) and not isinstance(value.value, bool)
    )


def test_every_number_that_has_a_name_says_its_unit_and_its_reason():
    bare = [f"{path}:{line} {name}" for path, tree in modules().items() for line, name in constants(path, tree)]
    assert bare == []


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_every_room_explains_itself_on_a_page(room):
    """In a README of its own, or, where it is a small one, in that of the room it stands in."""
    file = next(file for file in (room / "README.md", room.parent / "README.md") if file.is_file())
    page = file.read_text(encoding="utf-8")
    assert len(page.splitlines()) <= (LONGEST_HOUSE_PAGE if file.parent == HOUSE else LONGEST_README)
    parts = [file.stem for file in room.glob("*.py") if not file.stem.startswith("__")]
    assert [part for part in parts if part not in page] == []


PAGES = [*HOUSE.rglob("*.py"), *HOUSE.rglob("*.md"), *(ROOT / ".github").rglob("*.md"), *ROOT.glob("*.md")]
CLASS = re.compile(r"`(bot(?:\.[a-z_0-9]+)+)\.([A-Z]\w+)`")
PATH = re.compile(r"`((?:bot|tests|config)/[\w./-]+)`")


def test_what_a_page_or_a_docstring_names_is_there():
    names = {dotted(path): (ROOT / path).read_text(encoding="utf-8") for path in modules()}
    wrong = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        gone = [
            f"{module}.{name}"
            for module, name in CLASS.findall(text)
            if not re.search(rf"\b{name}\b", names.get(module, ""))
        ]
        gone += [path for path in PATH.findall(text) if not (ROOT / path).exists()]
        wrong += [f"{page.relative_to(ROOT)}: {one}" for one in gone]
    assert wrong == []


def test_module_names_are_not_those_of_python():
    """A module `types` or `logging` would be taken for the library's by whoever reads an import."""
    names = Counter(Path(path).stem for path in modules())
    assert not names.keys() & {"types", "logging", "typing", "utils", "helpers", "common", "misc"}
