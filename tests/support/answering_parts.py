"""Parts for tests of answering: stored sections, a retriever whose findings are given, and simple calibrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bot.answering.calibration import Calibration, Thresholds
from bot.answering.confidence import ConfidenceModel
from bot.answering.model import Outcome, Question, Turn
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import LanguageGuess, Retrieved, RetrievedSection, StoredSection
from bot.answering.reading import Reading
from bot.answering.reranking import Ranking
from bot.answering.routing import Router
from bot.ids import DocumentPath, Locale, ReplyKind, SectionKey
from bot.writing.sentences import split_sentences

TODAY = date(2026, 11, 25)
THRESHOLDS = Thresholds(offer_from=0.25, suggest_from=0.25, route_from=0.85)


def key(name: str) -> SectionKey:
    return SectionKey(DocumentPath(f"topic/{name}.md"), "one")


def section(name: str, text: str, locale: Locale = Locale.EN, **more: Any) -> StoredSection:
    plain = StoredSection(
        key=key(name),
        locale=locale,
        title=f"Title of {name}",
        topic="topic",
        heading=f"Heading of {name}",
        text=text,
        sentences=tuple(split_sentences(text, locale)),
        questions=(f"What about {name}?",),
        publisher="Publisher",
        source_title="Article",
        url="https://example.org/",
        source_date=date(2025, 1, 2),
        as_of=date(2025, 1, 3),
        valid_from=None,
        valid_until=None,
        answerable=True,
        reply=None,
    )
    return replace(plain, **more)


def examples(reply: ReplyKind) -> StoredSection:
    """The labelled examples of one kind of small talk, under its name."""
    return section(reply.value, f"Messages of the kind {reply.value}.", answerable=False, reply=reply)


def retrieved_section(name: str, near: float, **more: Any) -> RetrievedSection:
    """A section that is as near by all similarities; by words half as much."""
    plain = RetrievedSection(key(name), near, near, near, near, near, near / 2, near)
    return plain._replace(**more)


@dataclass(eq=False)
class GivenRetriever:
    """Finds what it is given: section name → nearness, the same for every text that holds `word`."""

    sections: Sequence[StoredSection]
    nearness: Mapping[str, float]
    by_word: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every text that had to be embedded, in order, each once."""
    corrections: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    remembered: Sequence[str] = ()
    """Texts that need not be embedded."""
    version: int = 1
    coverage: float = 0.0

    @property
    def knowledge(self) -> GivenRetriever:
        return self

    def current(self) -> GivenRetriever:
        return self

    def copies(self, wanted: SectionKey) -> Sequence[StoredSection]:
        return [one for one in self.sections if one.key == wanted]

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:
        return ()

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:
        return ()

    def keys(self) -> Sequence[SectionKey]:
        return list(dict.fromkeys(one.key for one in self.sections))

    async def retrieve(self, readings: Sequence[Reading], locale: Locale, *, top_k: int) -> Sequence[Retrieved]:
        texts = [text for reading in readings for text in reading.texts if text not in self.remembered]
        self.asked = list(dict.fromkeys([*self.asked, *texts]))
        return [self._retrieved(reading.texts[-1]) for reading in readings]

    def _retrieved(self, text: str) -> Retrieved:
        found = next((near for word, near in self.by_word.items() if word in text), self.nearness)
        more = {"coverage": self.coverage} if self.coverage else {}
        sections = [retrieved_section(name, near, **more) for name, near in found.items()]
        return Retrieved(sections, lambda section: [0.5] * len(section.sentences))

    async def remembers(self, text: str, locale: Locale) -> bool:
        return text in self.remembered

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        return self.letters.get(text, text)

    async def corrected(self, text: str, locale: Locale) -> str:
        return self.corrections.get(text, text)


class English:
    """Takes everything for English."""

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess:
        return LanguageGuess(Locale.EN, 0.99, words=len(text.split()), is_latin=True)

    def retyped(self, text: str, *, prior: Locale | None) -> str:
        return text.replace("цруку шы еру учзщ", "where is the expo")


def calibrated(constant: float, **weights: float) -> Calibration:
    """Ranks by nearness; sure of the best section by `constant` and the weights of its features.

    Small talk is what lies nearer to labelled examples than to anything else.
    """
    return Calibration(
        identity="given:1",
        ranking=Ranking({"passage": 10.0}),
        confidence=ConfidenceModel(weights, constant),
        router=Router({"nearest": 40.0}, -2.0, {"question": 1.0}),
        thresholds=THRESHOLDS,
    )


BOLD = calibrated(4.0)
TIMID = calibrated(-4.0)
BY_NEARNESS = calibrated(-5.0, rich_question=10.0)
"""From a nearness of 0.5 on it is sure."""


def answerer(retriever: GivenRetriever, calibration: Calibration = BOLD) -> ExtractiveAnswerer:
    return ExtractiveAnswerer(retriever, English(), calibration)


def ask(text: str, **more: Any) -> Question:
    return Question(text, TODAY, **more)


def told(question: str, *names: str, outcome: Outcome = Outcome.ANSWERED) -> Turn:
    """An earlier turn that these sections answered."""
    return Turn(question, Locale.EN, outcome, tuple(map(key, names)))
