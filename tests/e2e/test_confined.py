"""The program where it may change nothing but its data folder, as the image, the cluster and the unit run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import confined
from tests.support.deployment import compose, instructions
from tests.support.processes import Place, environment, free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import LIMIT_S, Town, until

ROOT = Path(__file__).parents[2]
TRAINS = "How many freight trains did SCODA handle in 2025?"
REFUSALS = re.compile(
    r"permission denied|read-only file system|operation not permitted|errno (?:1|13|30)\b", re.IGNORECASE
)
"""How a system says that something may not be written or done."""


@pytest.fixture(autouse=True)
def _needs_landlock() -> None:
    if sys.platform != "linux" or confined.version() == 0:
        pytest.skip("this needs a kernel with Landlock: Linux 5.13 or later")


@contextmanager
def begun(place: Place, *arguments: str, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """The program, which can change files in its data folder and in one for what is temporary; it says all in `bot.log`."""
    temporary = place.home / "tmp"
    temporary.mkdir(exist_ok=True)
    place.data.mkdir(exist_ok=True)
    variables = environment({"logs_format": "json", **settings}) | {
        "TMPDIR": str(temporary),
        "HOME": "/nonexistent",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "tests.support.confined", place.data, temporary, "--", *place.command(*arguments)]
    with (
        (place.home / "bot.log").open("wb") as log,
        subprocess.Popen(command, cwd=place.home, env=variables, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _as_they_were(place: Place) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in (place.knowledge, *place.knowledge.rglob("*"))}


@pytest.mark.nightly
async def test_a_bot_that_may_write_its_data_alone_reads_in_answers_tells_how_it_is_and_ends(place: Place, town: Town):
    before, health = _as_they_were(place), free_port()
    for file in sorted(place.data.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    settings = {
        "telegram_base_url": town.base_url,
        "telegram_token": SANDBOX_TOKEN,
        "health_port": health,
        "announcements_ask_visitors": False,
    }
    with begun(place, "run", **settings) as process:
        await until(lambda: _is_whole(process, health), "knowledge that is read in")
        visitor = await town.visitor("Ann", "en")
        assert "1,225" in (await visitor.ask(TRAINS))["text"]
        assert _health_checks(health) == {"image": 0, "compose": 0}
        assert _health_checks(free_port()) == {"image": 1, "compose": 1}
        process.terminate()
        process.wait(LIMIT_S)
    said = (place.home / "bot.log").read_text(encoding="utf-8")
    assert process.returncode == 0, said
    assert [line for line in said.splitlines() if REFUSALS.search(line)] == []
    assert _as_they_were(place) == before
    events = [json.loads(line)["event"] for line in said.splitlines() if line.startswith("{")]
    assert "knowledge_published" in events


async def _is_whole(process: subprocess.Popen[bytes], health: int) -> bool:
    assert process.poll() is None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{health}", trust_env=False, timeout=LIMIT_S) as client:
        try:
            told = await client.get("/readyz")
        except httpx.TransportError:  # nobody listens yet
            return False
    return told.json()["components"]["knowledge"] == "ok"


def _health_checks(port: int) -> dict[str, int]:
    """What the health checks of the image and of compose make of a bot whose health routes are at this port."""
    [of_the_image] = [rest for name, rest in instructions() if name == "HEALTHCHECK"]
    checks = {
        "image": json.loads(of_the_image.partition("CMD ")[2]),
        "compose": compose()["services"]["web"]["healthcheck"]["test"][1:],
    }
    ends = {}
    for name, (program, *arguments) in checks.items():
        assert (program, ":8082/" in arguments[-1]) == ("python", True)
        arguments[-1] = arguments[-1].replace(":8082/", f":{port}/")
        ended = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=LIMIT_S, check=False)
        ends[name] = ended.returncode
    return ends


def test_what_confines_it_would_refuse_a_file_elsewhere(tmp_path: Path):
    (tmp_path / "data").mkdir()
    elsewhere = tmp_path / "elsewhere"
    command = [sys.executable, "-m", "tests.support.confined", tmp_path / "data", "--"]
    for path, code in ((tmp_path / "data" / "file", 0), (elsewhere, 1)):
        ended = subprocess.run([*command, "touch", path], cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == code, ended.stderr
    assert not elsewhere.exists()


def test_a_data_folder_that_may_not_be_written_is_named(place: Place):
    sealed = Place(place.home, place.knowledge, place.home / "sealed" / "data")
    variables = environment({"telegram_token": SANDBOX_TOKEN}) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.support.confined", place.data, "--", *sealed.command("run")]
    ended = subprocess.run(
        command, cwd=place.home, env=variables, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert str(sealed.data) in ended.stderr
