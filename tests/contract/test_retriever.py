"""LangChain's retriever over a real index: whoever builds on the knowledge gets it with its sources and dates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.index.retriever import ScodaRetriever
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.answering.ports import LanguageGuess
from bot.answering.reranking import Ranking
from bot.errors import NothingPublishedError
from bot.ids import Locale
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import (
    NOW,
    THREADS,
    GivenReading,
    LetterEmbeddings,
    MemoryManifest,
    MemoryVectorCache,
    document,
    section,
)

DOCUMENTS = (
    document("logistics/trains.md", Locale.EN, section("figures", "Freight trains carry timber to Budapest.")),
    document("logistics/trains.md", Locale.RU, section("figures", "Поезда везут лес в Будапешт.")),
    document("expo/hall.md", Locale.EN, section("hall", "The exhibition opened in a white hall.")),
    document("open/price.md", Locale.EN, section("price", "What a hall costs is not known."), answerable=False),
    document("entry/visa.md", Locale.EN, section("old", "A hall pass was needed.", valid_until=date(2026, 2, 1))),
)
RANKING = Ranking({"passage": 10.0, "coverage": 5.0})


class Cyrillic:
    """Tells Russian from English by its letters."""

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess:
        return LanguageGuess(Locale.RU if max(text, default="") > "\u0400" else Locale.EN, 1.0)

    def retyped(self, text: str, *, prior: Locale | None) -> str:
        return text


@pytest.fixture
async def retriever(tmp_path: Path) -> AsyncIterator[ScodaRetriever]:
    embedder = CachedEmbedder(LetterEmbeddings(), MemoryVectorCache())
    manifest, index_store = MemoryManifest(), FileIndexStore(tmp_path / "index")
    await Ingestion(
        reader=GivenReading(*DOCUMENTS), embedder=embedder, manifest=manifest, index_store=index_store
    ).sync(now=NOW)
    async with PublishedIndex(manifest, index_store, embedder, THREADS) as index:
        yield ScodaRetriever(index=index, identifier=Cyrillic(), ranking=RANKING, top_k=2)


async def test_sections_come_best_first_with_source_and_dates(retriever: ScodaRetriever) -> None:
    best, *others = await retriever.ainvoke("freight trains to Budapest")

    assert best.page_content == "Freight trains carry timber to Budapest."
    assert best.id == "en/logistics/trains.md#figures"
    assert (best.metadata["publisher"], best.metadata["url"]) == ("Xinhua", "https://example.org/page")
    assert (best.metadata["as_of"], best.metadata["valid_until"]) == ("2026-01-19", None)
    assert len(others) <= 1
    assert all(best.metadata["score"] >= other.metadata["score"] for other in others)


async def test_a_section_comes_in_the_language_of_the_question(retriever: ScodaRetriever) -> None:
    best, *_ = await retriever.ainvoke("поезда в Будапешт")
    assert best.metadata["locale"] == "ru"


async def test_open_questions_and_what_has_expired_are_not_given(retriever: ScodaRetriever) -> None:
    found = await retriever.model_copy(update={"top_k": 9}).ainvoke("what a hall costs, hall pass")
    assert {one.metadata["section"] for one in found} <= {"figures", "hall"}


async def test_it_is_a_part_of_a_chain(retriever: ScodaRetriever) -> None:
    prompt = ChatPromptTemplate.from_template("Answer from: {texts}")
    texts = RunnableLambda(lambda found: {"texts": " ".join(one.page_content for one in found)})

    asked = await (retriever | texts | prompt).ainvoke("white hall")

    assert "The exhibition opened in a white hall." in asked.to_string()


async def test_before_anything_is_published_that_is_said(tmp_path: Path) -> None:
    embedder = CachedEmbedder(LetterEmbeddings(), MemoryVectorCache())
    index = PublishedIndex(MemoryManifest(), FileIndexStore(tmp_path / "index"), embedder, THREADS)
    with pytest.raises(NothingPublishedError, match="scoda knowledge sync"):
        await ScodaRetriever(index=index, identifier=Cyrillic(), ranking=RANKING).ainvoke("hall")
