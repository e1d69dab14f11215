"""Traces of lost questions from the published version: see `bot.gaps.model.Trace`."""

from __future__ import annotations

from bot.adapters.index.published import PublishedIndex
from bot.adapters.index.version_retriever import QuestionEmbedder
from bot.answering.ports import LanguageIdentifier
from bot.answering.reading import Reading
from bot.gaps.model import Trace
from bot.ids import Locale

_SECTIONS = 40
"""Sections looked for by meaning and by words, as an answer does."""
_CROWD = 10
"""Of the nearest ones, how near they are in the mean is the crowd; chosen on the fitting set among 3 and 10."""


class IndexTracer:
    """Implements `bot.gaps.ports.Tracer`."""

    def __init__(self, index: PublishedIndex, embedder: QuestionEmbedder, identifier: LanguageIdentifier) -> None:
        self._index = index
        self._embedder = embedder
        self._identifier = identifier

    @property
    def identity(self) -> str:
        """See the port."""
        return self._embedder.identity

    async def trace(self, text: str, locale: Locale) -> Trace:
        """See the port. It is looked at in the language it is written in, where that can be told."""
        guess = self._identifier.identify(text, prior=locale)
        written = guess.locale if guess is not None else locale
        retriever = self._index.current()
        vector = await retriever.vector_of(text, written)
        (retrieved,) = await retriever.retrieve([Reading(text)], written, top_k=_SECTIONS)
        nearest = sorted((max(one.passage, one.question) for one in retrieved.sections), reverse=True)[:_CROWD]
        near = {str(one.key): round(one.coverage, 4) for one in retrieved.sections}
        return Trace(vector, near, sum(nearest) / max(len(nearest), 1))
