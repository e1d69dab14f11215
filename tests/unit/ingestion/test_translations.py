"""Translations whose source has changed, and the record of what they follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.inspection import inspect
from bot.ingestion.model import Document, FolderReading
from bot.ingestion.translations import content_hash, record_edited, record_translated, stale_translations
from tests.support.knowledge_parts import document, section

EN = "In 2025 SCODA handled 1,300 trains. On 18 July 2025 goods grew by 20%."
RU = "В 2025 году SCODA приняла 1 300 поездов. 18 июля 2025 года грузы выросли на 20%."


def _copy(locale: Locale, text: str, **more: object) -> Document:
    return document("area/x.md", locale, section("a", text, line=9, heading="A", **more))


def test_a_translation_is_stale_when_its_source_has_changed() -> None:
    english, russian = _copy(Locale.EN, EN), _copy(Locale.RU, RU)
    record = {russian.file: content_hash(english)}
    assert stale_translations([english, russian], record) == []

    changed = _copy(Locale.EN, EN.replace("SCODA", "The area"))
    (stale,) = stale_translations([changed, russian], record)

    assert stale.copy is russian
    (warning,) = inspect(FolderReading((changed, russian), (), ()), record).warnings
    assert str(warning) == (
        "ru/area/x.md:1: stale: en/area/x.md has changed since this was translated; bring it up to date, then run: "
        "scoda knowledge translated ru/area/x.md"
    )


def test_questions_sources_and_dates_of_the_source_make_no_translation_stale() -> None:
    plain = section("a", EN)
    other = replace(plain, questions=("How many?",), as_of=date(2027, 1, 1), line=30)
    assert content_hash(document("x.md", Locale.EN, plain)) == content_hash(document("x.md", Locale.EN, other))


@pytest.mark.parametrize("change", ["title", "heading", "text", "id", "order"])
def test_whatever_a_translator_must_follow_makes_a_translation_stale(change: str) -> None:
    one, two = section("a", EN), section("b", "Text.")
    changed = {
        "title": document("x.md", Locale.EN, one, two, title="Another"),
        "heading": document("x.md", Locale.EN, replace(one, heading="Another"), two),
        "text": document("x.md", Locale.EN, replace(one, text="Another."), two),
        "id": document("x.md", Locale.EN, replace(one, section_id="c"), two),
        "order": document("x.md", Locale.EN, two, one),
    }
    assert content_hash(changed[change]) != content_hash(document("x.md", Locale.EN, one, two))


def test_without_a_record_nothing_is_stale_or_told() -> None:
    reading = FolderReading((_copy(Locale.EN, EN), _copy(Locale.RU, RU)), (), ())
    assert inspect(reading).warnings == ()
    assert inspect(reading, {}).warnings == ()


def test_where_a_record_is_kept_a_new_translation_is_told_until_it_is_recorded() -> None:
    english, russian, kazakh = _copy(Locale.EN, EN), _copy(Locale.RU, RU), _copy(Locale.KK, "2025")
    (told,) = [
        warning
        for warning in inspect(FolderReading((english, russian, kazakh), (), ()), {kazakh.file: "0" * 12}).warnings
        if "not recorded" in warning.reason
    ]
    assert told.path == "ru/area/x.md"


@pytest.mark.parametrize(
    ("name", "recorded"),
    [
        ("ru/area/x.md", {"ru/area/x.md"}),
        ("area/x.md", {"ru/area/x.md", "zh/area/x.md"}),
        ("zh", {"zh/area/x.md", "zh/area/y.md"}),
        ("ru/area", {"ru/area/x.md", "ru/area/y.md"}),
        (".", {"ru/area/x.md", "ru/area/y.md", "zh/area/x.md", "zh/area/y.md"}),
    ],
)
def test_a_name_means_a_file_a_document_in_all_languages_or_a_folder(name: str, recorded: set[str]) -> None:
    documents = [
        document(f"area/{path}.md", locale, section("a", "Text."))
        for path in "xy"
        for locale in (Locale.EN, Locale.RU, Locale.ZH)
    ]
    reading = FolderReading(tuple(documents), (), (), broken=frozenset({"kk/area/x.md"}))
    chosen, record = record_translated(reading, {"kk/area/x.md": "1" * 12, "gone/x.md": "2" * 12}, [name])
    assert {translation.copy.file for translation in chosen} == recorded
    assert record.keys() == {"kk/area/x.md"} | recorded
    assert all(record[file] == content_hash(documents[0 if "/x" in file else 3]) for file in recorded)


@pytest.mark.parametrize("name", ["ru/area/nowhere.md", "en/area/x.md"])
def test_a_name_that_means_no_translation_is_refused(name: str) -> None:
    reading = FolderReading((_copy(Locale.EN, EN), _copy(Locale.RU, RU)), (), ())
    with pytest.raises(KnowledgeError, match=rf"{name} is no translation"):
        record_translated(reading, {}, [name])


def test_an_edit_that_changed_no_fact_brings_along_those_that_followed_the_text_before_it() -> None:
    before, edited = _copy(Locale.EN, EN.replace("trains", "tarins")), _copy(Locale.EN, EN)
    other = document("area/y.md", Locale.EN, section("a", "Text."))
    copies = [_copy(Locale.RU, RU), _copy(Locale.ZH, "2025"), _copy(Locale.KK, "2025")]
    reading = FolderReading((edited, *copies, other), (), ())
    record = {copies[0].file: content_hash(before), copies[1].file: content_hash(edited), "gone.md": "1" * 12}

    for name in ("en/area/x.md", "area/x.md", "area", "."):
        brought, written = record_edited(reading, record, [name])
        assert brought == ["ru/area/x.md"]
        assert written == {**record, "ru/area/x.md": content_hash(edited)}, "what was never recorded is not recorded"


def test_where_translations_follow_several_states_an_edit_is_not_guessed_at() -> None:
    copies = [_copy(Locale.RU, RU), _copy(Locale.ZH, "2025")]
    reading = FolderReading((_copy(Locale.EN, EN), *copies), (), ())
    record = {copies[0].file: "1" * 12, copies[1].file: "2" * 12}
    with pytest.raises(KnowledgeError, match=r"en/area/x\.md follow several of its states"):
        record_edited(reading, record, ["en/area/x.md"])


def test_an_edit_of_a_translation_is_no_edit_of_a_source() -> None:
    reading = FolderReading((_copy(Locale.EN, EN), _copy(Locale.RU, RU)), (), ())
    with pytest.raises(KnowledgeError, match=r"ru/area/x\.md is no source"):
        record_edited(reading, {}, ["ru/area/x.md"])
