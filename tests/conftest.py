"""For all tests: the environment that libraries read at import, whole tests only, and a built index to copy."""

from __future__ import annotations

import os

# Before anything is imported that reads them.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("PTB_TIMEDELTA", "true")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("LANGSMITH_TRACING", "false")

import asyncio  # noqa: E402 - after the environment is set
import fcntl  # noqa: E402
import gc  # noqa: E402
import math  # noqa: E402
import shutil  # noqa: E402
import sys  # noqa: E402
from collections.abc import AsyncIterator, Callable, Generator, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402

from bot.app.core import open_core  # noqa: E402
from bot.ingestion.service import Ingestion  # noqa: E402
from bot.settings.loading import load_settings  # noqa: E402
from tests.golden import KNOWLEDGE  # noqa: E402
from tests.support import log_search, tools  # noqa: E402
from tests.support.little_knowledge import write_little_knowledge  # noqa: E402
from tests.support.postgresql import postgresql_address  # noqa: E402
from tests.support.processes import Place  # noqa: E402
from tests.support.real_model import serving_real_model  # noqa: E402
from tests.support.sandbox_keys import SANDBOX_TOKEN  # noqa: E402
from tests.support.visitors import Town, open_town  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Search all output (S01), and measure no processes that tests start.

    They take four times as long then to import what they need.
    """
    config.pluginmanager.register(log_search)
    if _is_measured_worker():
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


Ingestion.__init__.__kwdefaults__["first_step_s"] = math.inf
"""However slow the machine is, a reading in a test's own process publishes no steps, so that versions can be counted."""


def pytest_sessionfinish() -> None:
    """A worker stores what it measured while it is waited for: at its end it is killed if it takes 10 s."""
    if _is_measured_worker():
        coverage = _coverage()
        coverage.stop()
        coverage.save()


def _is_measured_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ and _coverage() is not None


def _coverage() -> Any:
    """What measures this process; None where nothing does."""
    module = sys.modules.get("coverage")
    return None if module is None else module.Coverage.current()


REQUIRE_ALL = "TEST_REQUIRE_ALL"
"""Set to 1 where everything is installed: then a missing tool ends the run at its start, and a skipped test fails."""


def pytest_collection_finish() -> None:
    """Spare the collector what was imported and collected: each of its full rounds took 0.4 s in a worker."""
    gc.collect()
    gc.freeze()


def pytest_sessionstart(session: pytest.Session) -> None:
    """With TEST_REQUIRE_ALL=1, end the run before its first test if a tool is missing."""
    absent = _missing_tools(session.config)
    if absent and os.environ.get(REQUIRE_ALL) == "1":
        pytest.exit(f"{REQUIRE_ALL}=1, and these are not installed: {', '.join(absent)}", returncode=2)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the missing tools; tests that need one are skipped."""
    absent = _missing_tools(config)
    return f"NOT INSTALLED, tests that need it are skipped: {', '.join(absent)}" if absent else None


def _missing_tools(config: pytest.Config) -> list[str]:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return []
    return list(tools.missing(nightly=config.getoption("markexpr") == "nightly"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get(REQUIRE_ALL) == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and {REQUIRE_ALL}=1 allows no skips: {report.longrepr}"
    return report


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder of this worker's own, filled by `make` in the first worker that asks for it and copied by the others."""
    own = factory.mktemp(name, numbered=False)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(own)
        return own
    shared = factory.getbasetemp().parent / name
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            make(own)
            shutil.copytree(own, shared.with_suffix(".part"))
            shared.with_suffix(".part").rename(shared)
            return own
    shutil.copytree(shared, own, dirs_exist_ok=True)
    return own


@pytest.fixture(scope="session")
def golden_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index of the real knowledge, but for the vector store: so few rows are all compared."""
    return _made_once(tmp_path_factory, "golden", lambda data: asyncio.run(_build(data)))


async def _build(data: Path) -> None:
    async with open_core(load_settings(data=data, knowledge=KNOWLEDGE)) as core:
        await core.make_answerable()


@pytest.fixture(scope="session")
def built_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A small knowledge folder and its index, made once by the program itself. To be copied, not changed."""
    home = _made_once(tmp_path_factory, "built", _build_little)
    return Place(home, home / "knowledge", home / "data")


def _build_little(home: Path) -> None:
    place = Place(home, home / "knowledge", home / "data")
    write_little_knowledge(place.knowledge)
    made = place.scoda("knowledge", "sync", telegram_token=SANDBOX_TOKEN)
    assert made.returncode == 0, made.stderr


@pytest.fixture
def place(built_place: Place, tmp_path: Path) -> Place:
    """Folders of the test's own: the small knowledge with its index."""
    own = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    shutil.copytree(built_place.knowledge, own.knowledge)
    shutil.copytree(built_place.data, own.data)
    return own


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgresql_address() as url:
        yield url


@pytest.fixture(scope="session")
def real_model() -> Iterator[str]:
    """The address of a small language model that really runs, on this machine."""
    with serving_real_model() as base_url:
        yield base_url


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    """A sandbox on a free port."""
    async with open_town() as town:
        yield town
