"""LangChain's retriever over the published knowledge, for whoever builds something else on it.

It finds what the bot's answering finds, by the same search and the same ranking. The answering itself asks the search
directly: importing LangChain's retrievers takes half a second and 43 MB, and a call through them gives nothing more.
"""

from __future__ import annotations

import asyncio
from datetime import date

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from bot.adapters.clock import utc_now
from bot.answering.library import best_copy
from bot.answering.ports import Index, LanguageIdentifier, StoredSection
from bot.answering.ranking import Candidate, rank
from bot.vocabulary import Locale

_CANDIDATES = 100


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
        search, locale = self.index.current(), self.locale or self._locale_of(query)
        asked = await search.in_own_letters(query, locale)
        ranked = rank(await search.matches(asked, locale, top_k=_CANDIDATES), asked, search.knowledge)
        copies = ((best_copy(search.knowledge.copies(one.key), locale, utc_now().date()), one) for one in ranked)
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
