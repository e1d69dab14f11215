"""Rows S05, S06 and S14 of tests/faults/README.md: nothing is run that a store names, installed that nobody asked for, or told to makers."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import chromadb
import numpy as np
import pytest
from chromadb.api.types import EmbeddingFunction
from chromadb.utils import embedding_functions
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.adapters.index import chroma
from bot.adapters.index.chroma import StoredChunks, StorePlace, open_store, write_store
from tests.support.processes import Place

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements", "requirements-dev")


# ── S05 ──


class Hostile(EmbeddingFunction):
    """Stands for one of Chroma's own that load a model, call an address or read a file when they are built."""

    built: ClassVar[list[dict[str, Any]]] = []

    def __init__(self) -> None: ...

    def __call__(self, input: Any) -> Any:  # noqa: A002 - Chroma's form
        raise AssertionError

    @staticmethod
    def name() -> str:
        return "hostile"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Hostile:
        Hostile.built.append(config)
        return Hostile()

    def get_config(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def tampered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorePlace]:
    """A store whose own files now name an embedding function to be built."""
    monkeypatch.setitem(embedding_functions.known_embedding_functions, "hostile", Hostile)
    monkeypatch.setattr(Hostile, "built", [])
    place = StorePlace("knowledge", folder=tmp_path / "store")
    label = {"key": "a.md#b", "locale": "en", "kind": "passage"}
    chunks = StoredChunks([f"c{n}" for n in range(3)], np.eye(3, 8, dtype=np.float32), [label] * 3)
    write_store(place, chunks, tell=lambda share: None)
    with sqlite3.connect(tmp_path / "store" / "chroma.sqlite3") as connection:
        [(config,)] = connection.execute("SELECT config_json_str FROM collections")
        named = json.loads(config or "{}") | {
            "embedding_function": {"type": "known", "name": "hostile", "config": {"address": "http://127.0.0.1:1/"}}
        }
        connection.execute("UPDATE collections SET config_json_str = ?, schema_str = NULL", (json.dumps(named),))
    connection.close()
    yield place
    chromadb.api.client.SharedSystemClient.clear_system_cache()


def test_S05_an_embedding_function_that_the_store_names_is_never_built(tampered: StorePlace):
    store = open_store(tampered)
    assert store.count() == 3
    assert [near.chunk_id for near in store.nearest(np.eye(1, 8, dtype=np.float32)[0], top_k=1)] == ["c0"]
    store.close()
    assert Hostile.built == []


def test_S05_chroma_left_to_itself_would_build_it(tampered: StorePlace):
    client = chromadb.PersistentClient(path=str(tampered.folder))
    with pytest.raises(AssertionError):
        client.get_collection("knowledge").query(query_texts=["x"])
    client.close()
    assert Hostile.built == [{"address": "http://127.0.0.1:1/"}]


# ── S06 ──


def _pinned(lock: str) -> dict[str, str]:
    """Package and version of every entry that is for this machine."""
    text = (ROOT / "config" / f"{lock}.lock").read_text(encoding="utf-8")
    entries = [Requirement(line) for line in re.findall(r"^([A-Za-z0-9][^\\\n]*)", text, re.MULTILINE)]
    return {
        canonicalize_name(entry.name): str(entry.specifier).removeprefix("==")
        for entry in entries
        if entry.marker is None or entry.marker.evaluate()
    }


def _asked_for(lock: str) -> set[str]:
    """What the `.in` files name."""
    lines = (ROOT / "config" / f"{lock}.in").read_text(encoding="utf-8").splitlines()
    asked = {canonicalize_name(Requirement(line).name) for line in lines if line and line[0] not in "#-"}
    return asked | (_asked_for("requirements") if lock != "requirements" else set())


def _needed_by(name: str) -> set[str]:
    """What an installed package says it needs, with every extra; nothing for one of another system."""
    try:
        needs = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return set()
    return {canonicalize_name(Requirement(need).name) for need in needs}


@pytest.mark.parametrize("lock", LOCKS)
def test_S06_every_pinned_package_was_asked_for_or_is_needed_by_one_that_was(lock: str):
    pinned, known = _pinned(lock), set(_asked_for(lock))
    waiting = list(known)
    while waiting:
        new = _needed_by(waiting.pop()) - known
        known |= new
        waiting += new
    assert len(pinned) > 50
    assert set(pinned) - known == set(), "a package that nobody asked for: a typing error, or somebody else's wish"


def test_S06_what_is_installed_is_what_is_pinned():
    installed = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    differing = {
        name: (installed[name], version)
        for name, version in _pinned(LOCKS[-1]).items()
        if name in installed and installed[name] != version
    }
    assert differing == {}


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-tools"])
def test_S06_every_file_is_pinned_by_a_whole_hash(lock: str):
    text = (ROOT / "config" / f"{lock}.lock").read_text(encoding="utf-8")
    hashes = re.findall(r"--hash=(\S+)", text)
    assert hashes
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    loose = [line for line in text.splitlines() if not re.match(r"[A-Za-z0-9]|    --hash=|#|$", line)]
    assert loose == []


def _recipe(target: str) -> str:
    """What `make` would run for it, as if nothing stood there yet."""
    command = ["make", "--dry-run", "--always-make", target]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_S06_an_audit_that_could_not_look_everything_up_fails():
    recipe = _recipe("audit")
    [line] = [line for line in recipe.splitlines() if "pip-audit --" in line]
    assert "--strict" in line
    assert "--require-hashes" in line
    assert line.rstrip("; \\").endswith("|| exit 1")
    assert all(name in recipe for name in [*LOCKS, "requirements-tools"])


@pytest.mark.parametrize("target", ["lock", "platforms", "audit", "sbom"])
def test_S06_no_tool_is_installed_beside_the_bot_or_without_its_hash(target: str):
    installing = [line for line in _recipe(target).replace("\\\n", " ").splitlines() if "-m pip install" in line]
    beside = [line for line in installing if ".venv/bin" in line and "-tools.lock" in line]
    loose = [line for line in installing if "--require-hashes" not in line and "-e ." not in line]
    assert installing
    assert (beside, loose) == ([], [])


def test_S06_what_the_bot_consists_of_is_told_from_the_lock():
    assert re.search(r"cyclonedx-py requirements .*config/requirements\.lock", _recipe("sbom").replace("\\\n", " "))


def test_a_python_that_does_not_do_is_refused_with_ways_to_get_one(tmp_path: Path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\necho "Python 3.9.6"; exit 1\n')
    old.chmod(0o700)
    command = ["make", "-f", ROOT / "Makefile", ".venv/bin/python", f"PYTHON={old}"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"This needs Python 3.11, 3.12, 3.13 or 3.14 with its venv module, and {old} is not that." in ended.stderr
    assert all(way in ended.stderr for way in ("apt install", "brew install", "pyenv install", "uv python install"))
    assert not (tmp_path / ".venv").exists()


# ── S14 ──

SWITCHES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
ASKED = """
from langchain_core.callbacks import CallbackManager
from langsmith.utils import tracing_is_enabled
handlers = CallbackManager.configure().handlers
print(tracing_is_enabled(), [type(one).__name__ for one in handlers])
"""
AS_A_PROGRAM = "import bot.__main__, bot.cli.main; bot.cli.main.run = lambda: None; bot.__main__.main()" + ASKED
AS_A_LIBRARY = """
import asyncio
from bot.app.core import open_core
from bot.settings.loading import load_settings
async def opened():
    async with open_core(load_settings()):
        pass
asyncio.run(opened())
"""
LATE = "import langsmith.utils; assert langsmith.utils.tracing_is_enabled()"
"""Somebody else's part of the process has asked before."""


@pytest.mark.nightly
@pytest.mark.parametrize("value", ["true", "1"])
@pytest.mark.parametrize("code", [AS_A_PROGRAM, AS_A_LIBRARY + ASKED], ids=["program", "library"])
def test_S14_no_environment_switches_tracing_on(place: Place, monkeypatch: pytest.MonkeyPatch, code: str, value: str):
    for name in SWITCHES:
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_pt_nothing")
    assert place.python(code) == "False []"


def test_S14_nor_does_one_that_was_read_before(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANGSMITH_TRACING_V2", "true")
    assert place.python(LATE + AS_A_LIBRARY + ASKED) == "False []"


def test_S14_chroma_reports_to_nobody_whatever_the_environment_and_a_file_beside_it_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CHROMA_OTEL_COLLECTION_ENDPOINT", "http://127.0.0.1:1/")
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "True")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CHROMA_OTEL_SERVICE_NAME=told_by_a_file\nCHROMA_OTEL_GRANULARITY=all\n")
    client = chroma._client(StorePlace("knowledge", folder=tmp_path / "store"))
    settings = client.get_settings()
    chroma._close(client)
    chromadb.api.client.SharedSystemClient.clear_system_cache()
    assert settings.chroma_otel_collection_endpoint == ""
    assert not settings.anonymized_telemetry
    assert settings.chroma_otel_service_name == "chromadb"
