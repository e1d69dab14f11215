"""LangChain's retriever over the published knowledge, for whoever builds something else on it.

It finds what the bot's answering finds, by the same retrieval and the same ranking. The answering itself asks the index
directly: importing LangChain's retrievers takes half a second and 43 MB, and a call through them gives nothing more.
"""

from __future__ import annotations

import asyncio
from datetime import date

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from bot.adapters.system.clock import utc_now
from bot.answering.browsing import best_copy
from bot.answering.pipeline import TOP_K
from bot.answering.ports import Index, LanguageIdentifier, StoredSection
from bot.answering.reading import Reading
from bot.answering.reranking import Candidate, Ranking, rerank
from bot.ids import Locale


class ScodaRetriever(BaseRetriever):
    """Gives sections as `Document`s, best first, at most `top_k`.

    The question may be in any of the twelve languages; with `locale` it is taken to be in that one. Each section comes
    in the language of the question, or in the nearest one that it stands in. Its metadata are `title`, `heading`,
    `locale`, `topic`, `path`, `section`, `publisher`, `source`, `url`, `score` (a logit, higher is better), and as ISO
    dates, or None, `source_date`, `as_of`, `valid_from` and `valid_until`.

    Raises:
        NothingPublishedError: no knowledge was ever published.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: SkipValidation[Index]
    identifier: SkipValidation[LanguageIdentifier]
    ranking: SkipValidation[Ranking]
    top_k: int = 5
    locale: Locale | None = None

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
    ) -> list[Document]:
        return await self._found(query)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
    ) -> list[Document]:
        return asyncio.run(self._found(query))

    async def _found(self, query: str) -> list[Document]:
        retriever, locale = self.index.current(), self.locale or self._locale_of(query)
        knowledge = retriever.knowledge
        reading = Reading(await retriever.in_own_letters(query, locale))
        (retrieved,) = await retriever.retrieve([reading], locale, top_k=TOP_K)
        ranked = rerank(retrieved.sections, reading, self.ranking, knowledge=knowledge, locale=locale)
        copies = ((best_copy(knowledge.copies(one.key), locale, utc_now().date()), one) for one in ranked)
        found = [_document(copy, one) for copy, one in copies if copy is not None and copy.answerable]
        return found[: self.top_k]

    def _locale_of(self, query: str) -> Locale:
        guess = self.identifier.identify(query, prior=None)
        return guess.locale if guess is not None else Locale.EN


def _document(section: StoredSection, candidate: Candidate) -> Document:
    return Document(
        id=f"{section.locale}/{section.key}",
        page_content=section.text,
        metadata={
            "title": section.title,
            "heading": section.heading,
            "locale": section.locale.value,
            "topic": section.topic,
            "path": section.key.path,
            "section": section.key.section_id,
            "publisher": section.publisher,
            "source": section.source_title,
            "url": section.url,
            "score": candidate.score,
            "source_date": _iso(section.source_date),
            "as_of": _iso(section.as_of),
            "valid_from": _iso(section.valid_from),
            "valid_until": _iso(section.valid_until),
        },
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
