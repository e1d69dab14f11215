from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.knowledge.markdown_text import read_markdown
from bot.adapters.office.blocks import Block, Heading, Item, MarkedLine, Paragraph, as_markdown, tidy
from bot.adapters.office.outcome import Notes, RemarkKind

_ODD = "*_`[]()<>&#?!+-=|~:{}\\. 1aя展ش\u200b\U000e0041\"'/\n"


def read_back(blocks: list[Block]) -> tuple[list[str], list[str]]:
    """Headings and lines as the knowledge reader has them."""
    found, _ = read_markdown(as_markdown("Title", blocks), first_line=1)
    headings = [regex.sub(r"\s*\{#[^{}]*\}$", "", block.heading) for block in found[2:]]
    return headings, [line for block in found for line in block.lines]


@given(st.lists(st.builds(Paragraph, st.text(alphabet=_ODD, max_size=30) | st.text(max_size=30)), max_size=4))
def test_the_knowledge_reader_reads_of_a_paragraph_what_it_shows(paragraphs):
    tidied = tidy(paragraphs, Notes())
    assert read_back(tidied)[1] == [" ".join(block.text.split()) for block in tidied]


@given(st.lists(st.builds(Item, st.text(alphabet=_ODD, max_size=30)), max_size=4))
def test_the_knowledge_reader_reads_of_an_entry_what_it_shows(items):
    tidied = tidy(items, Notes())
    assert read_back(tidied)[1] == [block.text for block in tidied]


@given(st.lists(st.text(alphabet=_ODD, max_size=30), max_size=4))
def test_the_knowledge_reader_reads_of_a_heading_what_it_shows(texts):
    tidied = tidy([Heading(1, text) for text in texts], Notes())
    assert read_back(tidied)[0] == [block.text.replace("{#", "{ #") for block in tidied]


def test_headings_begin_at_the_second_level_and_have_ids_that_are_there_once():
    blocks = [Heading(3, "Opening Hours"), Heading(4, "Часы"), Heading(3, "Opening hours"), Heading(3, "!")]
    assert as_markdown("T", blocks).splitlines()[2::2] == [
        "## Opening Hours {#opening-hours}",
        "### Часы {#part-2}",
        "## Opening hours {#opening-hours-2}",
        "## ! {#part-4}",
    ]


def test_a_mark_at_the_beginning_of_a_line_makes_it_no_question():
    [paragraph] = tidy([Paragraph("? When does it open")], Notes())
    assert paragraph.text == "When does it open"
    found, _ = read_markdown(as_markdown("T", [paragraph, MarkedLine("?", "When?")]), first_line=1)
    assert found[-1].lines == ["When does it open"]
    assert found[-1].questions == ["When?"]


def test_characters_without_a_shape_are_removed_and_counted():
    notes = Notes()
    [paragraph] = tidy([Paragraph("Open\U000e0049\U000e0047 at\u200b nine")], notes)
    assert paragraph.text == "Open at nine"
    assert notes.count(RemarkKind.HIDDEN_CHARACTERS) == 3


def test_joiners_that_persian_and_hindi_need_stay():
    text = "می\u200cرود क्\u200dष"
    [paragraph] = tidy([Paragraph(text)], Notes())
    assert paragraph.text == text


@pytest.mark.parametrize(("text", "joined"), [("展览会\n开放", "展览会开放"), ("open\nat nine", "open at nine")])
def test_lines_of_a_paragraph_are_joined_as_their_script_has_it(text, joined):
    [paragraph] = tidy([Paragraph(text)], Notes())
    assert paragraph.text == joined


def test_a_paragraph_that_the_knowledge_reader_would_refuse_is_divided():
    pieces = tidy([Paragraph("word " * 10_000)], Notes())
    assert len(pieces) == 3
    assert read_back(pieces)[1] == [piece.text for piece in pieces]
