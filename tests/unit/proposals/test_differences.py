"""What a change means, in sentences."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.knowledge.reader import parse_raw
from bot.proposals.differences import LineChange, changes_between, readable_lines
from tests.support.knowledge_parts import FRONT_MATTER, no_language

TEXT = FRONT_MATTER.format(title="Hall", topic="venue") + (
    "## Size {#size}\n\nThe hall has **1,600** seats. It opens\nat 9:00.\n\n? How large is it?\n"
)


def read(text):
    document = parse_raw(text.encode(), "en/venue/hall.md", no_language).document
    assert document is not None
    return document


def test_the_lines_of_a_document_are_all_that_it_says_as_it_is_read():
    lines = readable_lines(read(TEXT))
    assert lines[0] == "Hall"
    assert "The hall has 1,600 seats." in lines
    assert "It opens at 9:00." in lines
    assert "? How large is it?" in lines
    assert any("https://example.org/page" in line for line in lines)
    assert "audience: public" in lines


def test_a_sentence_that_changes_stands_beside_what_it_becomes():
    changed = changes_between(read(TEXT), read(TEXT.replace("9:00", "10:00")))
    assert changed == [LineChange("It opens at 9:00.", "It opens at 10:00.")]


def test_sentences_that_come_and_go_are_told_apart():
    longer = TEXT.replace("9:00.", "9:00. It closes at 18:00.")
    assert changes_between(read(TEXT), read(longer)) == [LineChange("", "It closes at 18:00.")]
    assert changes_between(read(longer), read(TEXT)) == [LineChange("It closes at 18:00.", "")]


def test_a_new_file_is_told_whole_and_one_that_goes_too():
    document = read(TEXT)
    assert [one.after for one in changes_between(None, document)] == readable_lines(document)
    assert [one.before for one in changes_between(document, None)] == readable_lines(document)


def test_who_may_read_it_and_until_when_it_holds_are_told_too():
    before = read(TEXT)
    after = read(
        TEXT.replace("audience: public", "audience: staff").replace("{#size}", "{#size valid_until=2027-01-31}")
    )
    told = changes_between(before, after)
    assert LineChange("audience: public", "audience: staff") in told
    assert LineChange("", "valid_until: 2027-01-31") in told


def test_line_breaks_and_marks_of_the_file_change_nothing():
    assert changes_between(read(TEXT), read(TEXT.replace("opens\nat", "opens at").replace("**", ""))) == []
    assert changes_between(read(TEXT), replace(read(TEXT), content_hash="another")) == []
