"""What a document lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.drafting.wishes import documents_meant, wishes_for
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale, ReplyKind
from bot.ingestion.model import Document, Readership, Section

SIX = tuple(f"Question {number}?" for number in range(6))
FULL = Section("hours", "Hours", "Open from nine.", questions=SIX, near_misses=("Is it open on Sunday?",))
ENGLISH = Document(DocumentPath("notes/x.md"), Locale.EN, "Hall", "notes", (FULL,), "hash")
RUSSIAN = replace(ENGLISH, locale=Locale.RU, sections=(replace(FULL, questions=SIX[:5]),))


def test_missing_languages_are_translated_and_poor_copies_get_questions():
    wishes = wishes_for([ENGLISH, RUSSIAN], [Locale.EN, Locale.RU, Locale.KK, Locale.FA], drafted=[Locale.FA])
    assert [(wish.locale, wish.document.locale, wish.only_questions) for wish in wishes] == [
        (Locale.RU, Locale.RU, True),
        (Locale.KK, Locale.EN, False),
    ]


def test_a_copy_without_near_misses_gets_questions():
    poor = replace(ENGLISH, sections=(replace(FULL, near_misses=()),))
    (wish,) = wishes_for([poor], [Locale.EN], drafted=[])
    assert wish.only_questions


@pytest.mark.parametrize("name", [".", "en/notes/x.md", "notes/x.md", "en/notes", "notes", "ru/notes/x.md"])
def test_documents_are_meant_by_file_document_and_folder(name: str):
    assert documents_meant([ENGLISH, RUSSIAN], name) == [[ENGLISH, RUSSIAN]]


def test_what_visitors_are_not_told_is_not_meant():
    hidden = [
        replace(ENGLISH, audience=Readership.STAFF),
        replace(ENGLISH, answerable=False),
        replace(ENGLISH, reply=ReplyKind.GREETING),
    ]
    with pytest.raises(KnowledgeError, match="notes is no document"):
        documents_meant(hidden, "notes")
