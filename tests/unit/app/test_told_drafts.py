"""Where it is wished for, a draft is told in place of a text in another language: marked, and only if it still fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.adapters.knowledge.draft_folder import DraftFolder
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.answering.model import Answer, Citation, Outcome, Question
from bot.app.told_drafts import DraftTeller, answerer_of
from bot.chat.text import texts
from bot.chat.text.answers import answer_text, reply_to_question
from bot.chat.text.rendering import plain
from bot.i18n.translator import Catalogs
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import DraftSection, KnowledgeDraft
from bot.settings import Settings
from tests.support.knowledge_parts import no_language
from tests.support.proposal_parts import write_hall

TODAY = date(2026, 11, 28)
HALL = DocumentPath("venue/hall.md")
KEY = SectionKey(HALL, "size")
WHOLE = ("The hall has 1,600 seats.", "It opens at 9:00.")
KAZAKH = ("Залда 1 600 орын бар.", "Ол 9:00-де ашылады.")
QUESTION = Question("Залда қанша орын бар?", TODAY)


class TellsTheHall:
    """Implements `bot.chat.ports.Answerer`."""

    def __init__(self) -> None:
        self.whole = WHOLE
        cited = Citation(
            key=KEY, title="Hall", heading="Size", publisher="", source_title="", url="", source_date=None,
            as_of=None, valid_until=None, locale=Locale.EN,
        )  # fmt: skip
        self.told = Answer(Outcome.ANSWERED, Locale.KK, Locale.EN, WHOLE[:1], citations=(cited,), knowledge_version=1)

    async def answer(self, question, *, on_sentence=None):
        return self.told

    def section(self, key, locale, today):
        return replace(self.told, sentences=self.whole)

    def topics(self, today):
        return ("topics",)

    def documents(self, topic, locale, today):
        return (topic,)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    write_hall(tmp_path)
    return tmp_path


async def write(folder: Path, text: str, *, locale: Locale = Locale.KK) -> None:
    english = next(one for one in (await read(folder)).documents if one.locale is Locale.EN)
    sections = (DraftSection("size", "Көлемі", text, ("Залда қанша орын бар?",), ()),)
    DraftFolder(folder).write(KnowledgeDraft(HALL, locale, "Зал", sections, ""), english)


async def read(folder: Path):
    return await KnowledgeFiles(folder, identify=no_language).read()


def teller(folder: Path, answerer: TellsTheHall | None = None) -> DraftTeller:
    return DraftTeller(answerer or TellsTheHall(), lambda: read(folder))


async def test_the_same_sentence_of_the_draft_is_told_marked_with_the_original_a_tap_away(folder: Path):
    await write(folder, " ".join(KAZAKH))
    answer = await teller(folder).answer(QUESTION)
    assert (answer.sentences, answer.written_in, answer.composed) == (KAZAKH[:1], Locale.KK, True)
    t = Catalogs().translator(Locale.KK)
    text = answer_text(answer, t, near=None)
    assert texts.worded_by_model(t) in plain(text)
    labels = [key.label for row in reply_to_question(answer, t, text=text, turn_id="1").rows for key in row]
    assert texts.button_more(t) in labels


async def test_a_draft_of_other_sentences_is_told_whole_if_it_is_short(folder: Path):
    await write(folder, "Залда 1 600 орын бар, ол 9:00-де ашылады.")
    assert (await teller(folder).answer(QUESTION)).sentences == ("Залда 1 600 орын бар, ол 9:00-де ашылады.",)


async def test_a_draft_of_an_older_original_is_not_told(folder: Path):
    await write(folder, " ".join(KAZAKH))
    answerer = TellsTheHall()
    answerer.whole = ("The hall has 1,700 seats.", "It opens at 9:00.")
    assert await teller(folder, answerer).answer(QUESTION) is answerer.told


async def test_nothing_is_told_in_place_of_what_needs_no_draft(folder: Path):
    await write(folder, " ".join(KAZAKH))
    for changes in (
        {"written_in": Locale.KK},
        {"composed": True},
        {"outcome": Outcome.OFFERED},
        {"locale": Locale.TG},
        {"citations": ()},
    ):
        answerer = TellsTheHall()
        answerer.told = replace(answerer.told, **changes)
        assert await teller(folder, answerer).answer(QUESTION) is answerer.told
    answerer = TellsTheHall()
    unmarked = replace(QUESTION, may_compose=False)
    assert await teller(folder, answerer).answer(unmarked) is answerer.told


async def test_a_draft_beside_a_copy_is_not_told(folder: Path):
    await write(folder, " ".join(KAZAKH), locale=Locale.RU)
    answerer = TellsTheHall()
    answerer.told = replace(answerer.told, locale=Locale.RU)
    assert await teller(folder, answerer).answer(QUESTION) is answerer.told


async def test_the_folder_is_read_once_a_version(folder: Path):
    readings = []

    async def reading():
        readings.append(1)
        return await read(folder)

    answerer = TellsTheHall()
    told = DraftTeller(answerer, reading)
    assert (await told.answer(QUESTION)).sentences == WHOLE[:1]
    await write(folder, " ".join(KAZAKH))
    assert (await told.answer(QUESTION)).sentences == WHOLE[:1]
    answerer.told = replace(answerer.told, knowledge_version=2)
    assert (await told.answer(QUESTION)).sentences == KAZAKH[:1]
    assert len(readings) == 2
    assert (told.topics(TODAY), told.documents("a", Locale.EN, TODAY)) == (("topics",), ("a",))


def test_it_is_off_unless_the_settings_say_so():
    class Core:
        settings = Settings()
        answerer = TellsTheHall()

        class ingestion:  # noqa: N801 - as a core has it
            check = None

    assert answerer_of(Core()) is Core.answerer  # type: ignore[arg-type]
    knowledge = Core.settings.knowledge.model_copy(update={"show_drafts": True})
    Core.settings = Core.settings.model_copy(update={"knowledge": knowledge})
    assert isinstance(answerer_of(Core()), DraftTeller)  # type: ignore[arg-type]
