"""Answers on the terminal: as the chat would give them, in the chat's words, and as lines of JSON."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TypedDict

from bot.answering.conversation import converse
from bot.answering.model import Answer, Citation, Offer, Outcome, Pinned
from bot.answering.pipeline import ExtractiveAnswerer
from bot.app.core import Core, open_core
from bot.app.versions import answers_at
from bot.chat.text.answers import answer_text, offer_label, offers_shown
from bot.chat.text.rendering import Html, paragraphs, plain, quoted
from bot.cli.console import print_faults, sync_progress, today
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.settings import Settings

_LISTS_READINGS = (Outcome.CLARIFY, Outcome.COMPLAINT)
"""Outcomes whose suggestions are there to be chosen from, not to go on with."""


class SourceLine(TypedDict):
    """One source of an answer, as `scoda ask --json` prints it."""

    title: str
    url: str
    as_of: str | None
    path: str
    section: str


class OfferedLine(TypedDict):
    """One section that may hold the answer where none is sure, as `scoda ask --json` prints it."""

    title: str
    language: str
    path: str
    section: str


class PinnedLine(TypedDict):
    """Which pin chose the answer, and its day, as `scoda ask --json` prints it."""

    path: str
    section: str
    chosen_on: str | None


class AnswerLine(TypedDict):
    """One answer, as `scoda ask --json` and `--jsonl` print it."""

    id: str | None
    answer: str
    html: str
    language: str
    outcome: str
    refused: bool
    score: float
    version: int
    pinned: PinnedLine | None
    sources: list[SourceLine]
    offered: list[OfferedLine]
    took_ms: float
    steps: dict[str, float]


@asynccontextmanager
async def open_answers(settings: Settings, *, at: int | None = None) -> AsyncIterator[TerminalAnswers]:
    """Open the knowledge, read in first what changed, and answer from it; or from the kept version `at`, on its day.

    Raises:
        KnowledgeError: that version is not kept.
    """
    async with open_core(settings, may_read_only=True) as core:
        if at is not None:
            with sync_progress() as report:
                async with answers_at(core, at, progress=report) as (answerer, day):
                    yield TerminalAnswers(core, answerer=answerer, day=day)
            return
        with sync_progress() as report:
            result = await core.make_answerable(progress=report)
        if result is not None:
            print_faults(result)
        yield TerminalAnswers(core)


class TerminalAnswers:
    """Answers on the terminal as the chat would, and words the answers as visitors read them."""

    def __init__(self, core: Core, *, answerer: ExtractiveAnswerer | None = None, day: date | None = None) -> None:
        self.answerer = answerer or core.answerer
        self.extractive = answerer or core.extractive
        self._day = day
        self._catalogs = Catalogs()
        self._contact = core.settings.telegram.contact
        self._remind_days = core.settings.knowledge.remind_days

    def word(self, answer: Answer) -> Html:
        """The answer as it stands in the chat; of its buttons, those are listed that one chooses from."""
        t = self._catalogs.translator(answer.locale)
        readings = answer.suggestions if answer.outcome in _LISTS_READINGS else ()
        shown = replace(answer, suggestions=readings)
        return paragraphs(
            answer_text(
                shown, t, near=(self._day or today()) + timedelta(days=self._remind_days), contact=self._contact
            ),
            *(quoted(f"• {reading.text}", answer.locale) for reading in readings),
            *(quoted(f"• {offer_label(offer, t)}", offer.locale) for offer in offers_shown(shown)),
        )

    async def answer(self, identity: str | None, turns: tuple[str, ...], chosen: Locale | None) -> AnswerLine:
        """Ask turn by turn; the line is the answer to the last."""
        started = time.perf_counter()
        answer, _ = await converse(self.answerer, turns, today=self._day or today(), chosen=chosen)
        took_ms = (time.perf_counter() - started) * 1000
        html = self.word(answer)
        return AnswerLine(
            id=identity,
            answer=plain(html),
            html=str(html),
            language=(answer.written_in if answer.sentences else answer.locale).value,
            outcome=answer.outcome.value,
            refused=answer.outcome.refused,
            score=round(answer.score, 4),
            version=answer.knowledge_version,
            pinned=_pinned_line(answer.pinned) if answer.pinned is not None else None,
            sources=[_source_line(citation) for citation in answer.citations],
            offered=[_offered_line(offer) for offer in answer.offers],
            took_ms=round(took_ms, 1),
            steps={name: round(step_ms, 3) for name, step_ms in answer.steps.items()},
        )


def _source_line(citation: Citation) -> SourceLine:
    return SourceLine(
        title=citation.title,
        url=citation.url,
        as_of=citation.as_of.isoformat() if citation.as_of else None,
        path=f"{citation.locale}/{citation.key.path}",
        section=citation.key.section_id,
    )


def _pinned_line(pinned: Pinned) -> PinnedLine:
    day = pinned.chosen_on
    return PinnedLine(
        path=pinned.key.path, section=pinned.key.section_id, chosen_on=day.isoformat() if day is not None else None
    )


def _offered_line(offer: Offer) -> OfferedLine:
    return OfferedLine(
        title=offer.title,
        language=offer.locale.value,
        path=f"{offer.locale}/{offer.key.path}",
        section=offer.key.section_id,
    )
