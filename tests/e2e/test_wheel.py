"""The program as others install it: a wheel in an environment of its own, far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.little_knowledge import TRAINS_IN_2025, write_little_knowledge

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).parents[2]
NEEDED = ("bot", "config", "locales", "LICENSE", "README.md", "pyproject.toml")
LIMIT_S = 100


@dataclass(frozen=True, slots=True)
class Installed:
    """The wheel's environment, and the empty folder in which its programs run."""

    binaries: Path
    home: Path
    knowledge: Path

    def run(self, program: str, *arguments: str, given: str = "") -> str:
        """What a program of the environment prints, with `given` on its standard input; it must succeed."""
        ended = subprocess.run(
            [self.binaries / program, *arguments],
            cwd=self.home,
            env=environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def scoda(self, *arguments: str, given: str = "") -> str:
        """What `scoda` prints for the little knowledge folder."""
        folders = ("--knowledge", str(self.knowledge), "--data", str(self.home / "state"))
        return self.run("scoda", *folders, *arguments, given=given)


def environment() -> dict[str, str]:
    """This process's environment without anything that leads Python back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SCODA_", "PYTHON"))}


def pip(*arguments: object) -> None:
    """Run the test interpreter's pip without the network."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, env=environment(), timeout=LIMIT_S, check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, for a build leaves its folders beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            made = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(source, folder / "source" / name, ignore=made)
        else:
            shutil.copy(source, folder / "source" / name)
    pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", folder, folder / "source")
    [built] = folder.glob("scoda_bot-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Installed alone; what it depends on is seen by a path line, which leaves an editable install behind."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", symlinks=True)
    binaries = folder / "venv" / "bin"
    pip("--python", binaries / "python", "install", "--no-deps", "--no-index", wheel)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "home").mkdir()
    write_little_knowledge(folder / "knowledge")
    return Installed(binaries, folder / "home", folder / "knowledge")


def test_the_wheel_holds_every_file_of_the_package_and_the_catalogs(wheel: Path):
    files = [path for path in (ROOT / "bot").rglob("*") if path.is_file()]
    files = [path for path in files if "__pycache__" not in path.parts and path.suffix != ".tested"]
    files = [path for path in files if path.name != "README.md"]  # for those who read the sources
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    catalogs = {f"bot/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "locales").rglob("*.po")}
    assert len(catalogs) == 11
    assert wanted | catalogs <= set(zipfile.ZipFile(wheel).namelist())


def test_it_runs_from_the_wheel_and_not_from_the_checkout(installed: Installed):
    [place] = installed.run("python", "-c", "import bot; print(bot.__file__)").splitlines()
    assert Path(place).is_relative_to(installed.binaries.parent)


def test_it_answers_with_the_words_of_each_language(installed: Installed):
    questions = ("How many freight trains ran in 2025?", "Сколько грузовых поездов прошло в 2025 году?")
    given = "\n".join(json.dumps({"id": "1", "question": question}) for question in questions)
    english, russian = (
        json.loads(line)["answer"] for line in installed.scoda("ask", "--jsonl", given=given).splitlines()
    )
    assert TRAINS_IN_2025 in english
    assert "Source: Xinhua, January 19, 2026" in english
    assert "Источник: Xinhua, 19 января 2026" in russian


def test_it_checks_a_knowledge_folder(installed: Installed):
    installed.scoda("knowledge", "check")


def test_its_sandbox_serves_the_chat_page(installed: Installed):
    sandbox = subprocess.Popen(
        [installed.binaries / "scoda", "sandbox", "--port", "0"],
        cwd=installed.home,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = sandbox.stdout.readline().removeprefix("Chat page: ").strip()
        page = httpx.get(address, trust_env=False)
        script = httpx.get(f"{address}page/app.js", trust_env=False)
    finally:
        sandbox.terminate()
        sandbox.communicate(timeout=LIMIT_S)
    assert "<html" in page.text
    assert page.status_code == script.status_code == 200
