"""What the repository asks of whoever changes it: one list of checks, and tools that the locks pin."""

import json
import re
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
HOOKS = [
    hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]
]
COLUMNS = 120


def recipe(target: str) -> list[str]:
    """The commands of a target, as somebody in the repository's folder would type them."""
    lines = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1].splitlines()
    typed = [line.strip().removeprefix("@").replace("$(BIN)", ".venv/bin") for line in lines]
    return [line.replace("$(MAKE) --no-print-directory", "make") for line in typed]


def pinned() -> set[str]:
    """The names of the packages in the locks that `make check` installs."""
    locks = [ROOT / "config/requirements.lock", ROOT / "config/requirements-dev.lock"]
    return {name for lock in locks for name in re.findall(r"^([a-z0-9._-]+)==", lock.read_text(), re.MULTILINE)}


@cache
def installers(program: str) -> set[str]:
    """The names of the packages that have put `program` into the environment's bin."""
    ending = f"bin/{program}"
    return {one.name for one in distributions() if any(str(file).endswith(ending) for file in one.files or [])}


def test_the_hooks_run_what_make_check_runs():
    assert [hook["entry"] for hook in HOOKS] == recipe("check")


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_a_hook_brings_no_program_of_its_own(hook):
    assert hook["language"] == "system"
    assert "additional_dependencies" not in hook
    program, *arguments = hook["entry"].split()
    if program == "make":
        assert recipe(arguments[0])
        return
    folder, name = program.rsplit("/", 1)
    assert folder == ".venv/bin"
    assert name == "python" or installers(name) & (pinned() | {"scoda-bot"})


def test_nothing_is_imported_from_a_test_a_conftest_or_a_bench():
    """What tests share is in `tests/support`; pytest alone loads test modules."""
    foreign = re.compile(
        r"^\s*(?:from|import) tests\.(?:\S*\b(?:test_|conftest)|\S+ import (?:test_|conftest)|bench\b)", re.MULTILINE
    )
    files = [file for file in (ROOT / "tests").rglob("*.py") if file.parent.name != "bench"]
    assert {file.name: found for file in files if (found := foreign.findall(file.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize("target", re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[0].split())
def test_make_help_tells_of_every_command(target):
    assert re.search(rf"^{target}:.*## \S", MAKEFILE, re.MULTILINE)


def test_the_page_tools_are_pinned_by_hash_and_name_no_registry():
    wanted = json.loads((ROOT / "config/page/package.json").read_text())["devDependencies"]
    lock = (ROOT / "config/page/package-lock.json").read_text()
    assert "http" not in lock
    packages = json.loads(lock)["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert packages[""]["devDependencies"] == wanted
    del packages[""]
    assert {name for name, package in packages.items() if "resolved" in package or "integrity" not in package} == set()


@pytest.mark.parametrize("suffix", ["js", "css", "html", "svg"])
def test_no_line_of_the_chat_page_is_too_long(suffix):
    files = list((ROOT / "bot/sandbox/page").glob(f"*.{suffix}"))
    lines = [
        (file.name, number, line) for file in files for number, line in enumerate(file.read_text().splitlines(), 1)
    ]
    assert lines
    assert [(name, number) for name, number, line in lines if len(line) > COLUMNS] == []
