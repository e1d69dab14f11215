"""Questions of drafts lead to approved texts, and near misses stand beside their section with nothing to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.asked_close_by import with_answered, with_drafts, with_near_misses
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import (
    ChunkKind,
    Document,
    DocumentUse,
    DraftSection,
    KnowledgeDraft,
    Readership,
    Section,
)

PATH = DocumentPath("notes/x.md")
TEXT = "Open from nine."
ENGLISH = Document(
    path=PATH,
    locale=Locale.EN,
    title="Hall",
    topic="notes",
    sections=(Section("hours", "Hours", TEXT, questions=("When is it open?",)),),
    content_hash="english",
)


def _draft(locale: Locale, *, questions: tuple[str, ...] = (), near_misses: tuple[str, ...] = ()) -> KnowledgeDraft:
    section = DraftSection("hours", "Часы", "Открыто с девяти.", questions, near_misses)
    return KnowledgeDraft(PATH, locale, "Зал", (section,), f"draft-{locale}")


def test_a_draft_in_another_language_finds_and_has_nothing_to_tell() -> None:
    drafts = [_draft(Locale.RU, questions=("Когда открыто?",))]
    english, russian = with_drafts([ENGLISH], drafts)
    assert english == ENGLISH
    assert russian.use is DocumentUse.FINDS
    assert (russian.sections[0].text, russian.sections[0].heading, russian.title) == ("", "", "")
    assert [(chunk.kind, chunk.text) for chunk in chunks_of(russian)] == [(ChunkKind.QUESTION, "Когда открыто?")]


def test_a_draft_in_the_same_language_adds_what_is_new() -> None:
    drafts = [_draft(Locale.EN, questions=("When is it open?", "opening hours"))]
    (english,) = with_drafts([ENGLISH], drafts)
    assert english.sections[0].questions == ("When is it open?",)
    assert english.sections[0].drafted_questions == ("opening hours",)
    assert english.content_hash != ENGLISH.content_hash


def test_drafts_are_of_no_use_without_their_document_or_for_what_is_not_public() -> None:
    staff = replace(ENGLISH, audience=Readership.STAFF)
    draft = _draft(Locale.RU, questions=("Когда открыто?",))
    assert with_drafts([], [draft]) == []
    assert with_drafts([staff], [draft]) == [staff]


def test_near_misses_stand_beside_their_section_in_all_its_languages() -> None:
    section = replace(ENGLISH.sections[0], near_misses=("Is it open on Sunday?",))
    russian = replace(ENGLISH, locale=Locale.RU, sections=(Section("hours", "Часы", "Открыто с девяти."),))
    documents = with_near_misses([replace(ENGLISH, sections=(section,)), russian])
    beside = documents[2:]
    assert [(one.locale, one.path, one.answerable, one.use) for one in beside] == [
        (Locale.EN, "notes/x.md!", False, DocumentUse.NEAR_MISSES),
        (Locale.RU, "notes/x.md!", False, DocumentUse.NEAR_MISSES),
    ]
    assert [one.sections[0].questions for one in beside] == [("Is it open on Sunday?",), ()]
    assert [(chunk.kind, chunk.text) for chunk in chunks_of(beside[0])] == [
        (ChunkKind.PASSAGE, f"Hours\n{TEXT}"),
        (ChunkKind.QUESTION, "Is it open on Sunday?"),
    ]
    assert beside[0].key_of(beside[0].sections[0]).is_near_miss


def test_near_misses_of_a_draft_count_without_a_translation() -> None:
    documents = with_near_misses(with_drafts([ENGLISH], [_draft(Locale.RU, near_misses=("А в воскресенье?",))]))
    assert [(one.locale, one.path, one.use) for one in documents] == [
        (Locale.EN, "notes/x.md", DocumentUse.TOLD),
        (Locale.RU, "notes/x.md", DocumentUse.FINDS),
        (Locale.EN, "notes/x.md!", DocumentUse.NEAR_MISSES),
        (Locale.RU, "notes/x.md!", DocumentUse.FINDS),
    ]


def test_without_near_misses_nothing_is_added() -> None:
    assert with_near_misses([ENGLISH]) == [ENGLISH]


HOURS = SectionKey(PATH, "hours")
TODAY = date(2026, 12, 1)


def _open(locale: Locale, answered_by: SectionKey | None = None) -> Document:
    hours = Section("opening", "Hours", "I do not know.", questions=("When?",), answered_by=answered_by)
    parking = Section("parking", "Parking", "I do not know.", questions=("Where to park?",))
    return Document(
        DocumentPath("open/x.md"), locale, "Open", "open", (hours, parking), f"open-{locale}", answerable=False
    )


def test_what_an_answered_open_question_asks_leads_to_its_answer_in_every_language() -> None:
    documents = with_answered([ENGLISH, _open(Locale.EN, HOURS), _open(Locale.RU)], TODAY)
    english, found = (next(one for one in documents if one.file == f"{locale}/{PATH}") for locale in ("en", "ru"))
    assert english.sections[0].drafted_questions == ("When?",)
    assert (found.use, found.sections[0].drafted_questions) == (DocumentUse.FINDS, ("When?",))
    opens = [one for one in documents if one.path == "open/x.md"]
    assert [[section.section_id for section in one.sections] for one in opens] == [["parking"], ["parking"]]
    assert {one.content_hash for one in opens}.isdisjoint({"open-en", "open-ru"}), "so that the index follows"


def test_a_question_stays_open_while_its_answer_is_not_there_or_is_over() -> None:
    marked = _open(Locale.EN, HOURS)
    assert with_answered([marked], TODAY) == [marked]
    for ended in (
        replace(ENGLISH.sections[0], valid_until=date(2026, 11, 30)),
        replace(ENGLISH.sections[0], valid_from=date(2026, 12, 2)),
    ):
        documents = [replace(ENGLISH, sections=(ended,)), marked]
        assert with_answered(documents, TODAY) == documents
