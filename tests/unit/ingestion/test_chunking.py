from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import Locale
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import ChunkKind
from tests.support.knowledge_parts import document, section

LONG = " ".join(f"Freight train {number} carried timber and machines to the border station." for number in range(20))


def _texts(kind: ChunkKind, locale: Locale, *sections: object) -> list[str]:
    return [chunk.text for chunk in chunks_of(document("a/b.md", locale, *sections)) if chunk.kind is kind]


def test_a_section_that_fits_is_one_passage() -> None:
    text = "The exhibition opened in the spring. It was held in the white hall of the venue. " * 4
    assert _texts(ChunkKind.PASSAGE, Locale.EN, section("a", text.strip())) == [text.strip()]


def test_a_short_section_is_found_by_its_heading_too() -> None:
    assert _texts(ChunkKind.PASSAGE, Locale.EN, section("a", "It opened in spring.")) == ["A\nIt opened in spring."]


def test_a_long_section_is_cut_between_sentences() -> None:
    passages = _texts(ChunkKind.PASSAGE, Locale.EN, section("a", LONG))
    assert len(passages) > 1
    assert all(passage.endswith(".") and len(passage) <= 400 for passage in passages)
    assert " ".join(passages) == LONG


def test_chinese_passages_are_shorter() -> None:
    passages = _texts(ChunkKind.PASSAGE, Locale.ZH, section("a", "展览会在春天开幕，地点是白色大厅。" * 30))
    assert all(len(passage) <= 160 for passage in passages)


def test_a_very_short_text_gets_its_heading_in_front() -> None:
    assert _texts(ChunkKind.PASSAGE, Locale.EN, section("a", "In 2019.", heading="First edition")) == [
        "First edition\nIn 2019."
    ]


def test_a_heading_without_letters_is_not_put_in_front() -> None:
    assert _texts(ChunkKind.PASSAGE, Locale.EN, section("a", "In 2019.", heading="1.")) == ["In 2019."]


def test_each_question_and_each_sentence_is_a_chunk() -> None:
    one = section("a", "The hall is white. The hall is large.", "Is it white?", "Is it large?", "Is it white?")
    assert _texts(ChunkKind.QUESTION, Locale.EN, one) == ["Is it white?", "Is it large?"]
    assert _texts(ChunkKind.SENTENCE, Locale.EN, one) == ["The hall is white.", "The hall is large."]


def test_the_same_content_has_the_same_id_and_other_content_another() -> None:
    first = chunks_of(document("a/b.md", Locale.EN, section("a", "The hall is white.", "Is it white?")))
    again = chunks_of(document("a/b.md", Locale.EN, section("a", "The hall is white.", "Is it white?"), title="X"))
    other = chunks_of(document("a/c.md", Locale.EN, section("a", "The hall is white.", "Is it white?")))
    assert [chunk.chunk_id for chunk in first] == [chunk.chunk_id for chunk in again]
    assert not {chunk.chunk_id for chunk in first} & {chunk.chunk_id for chunk in other}


@given(text=st.text(min_size=1, max_size=3000), locale=st.sampled_from(list(Locale)))
def test_no_text_breaks_the_cutting_and_nothing_gets_too_long(text: str, locale: Locale) -> None:
    chunks = chunks_of(document("a/b.md", locale, section("a", text, heading="H")))
    assert all(len(chunk.text) <= 400 for chunk in chunks if chunk.kind is ChunkKind.PASSAGE)
    searched = [chunk.chunk_id for chunk in chunks if chunk.kind is not ChunkKind.SENTENCE]
    assert len(searched) == len(set(searched))


@pytest.mark.parametrize(
    "text",
    [
        "".join(map(str, range(400))),
        " ".join(f"слово{n}" for n in range(200)),
        "".join(map(chr, range(0x4E00, 0x5000))),
    ],
    ids=["digits", "words", "chinese"],
)
def test_a_sentence_without_an_end_is_cut_all_the_same(text: str) -> None:
    locale = Locale.ZH if "一" in text else Locale.EN
    passages = _texts(ChunkKind.PASSAGE, locale, section("a", text))
    assert "".join(passages).replace(" ", "") == text.replace(" ", "")
