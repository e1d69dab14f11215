from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.rules_block import lheading

from bot.adapters.knowledge.markdown_text import _LOOKED_AHEAD, _MARKDOWN, _markdown, read_markdown, unseen_characters

LINES = ("a", "=", "===", " ---", "    ---", "-", "- b", "  - c", "> d", "> ---", "", "# e", "```", "| f |", "|---|", "<div>", "--- g", "\t==")  # fmt: skip


def test_characters_that_nobody_sees_are_told_with_their_lines() -> None:
    text = "one\u200b\n\ntwo\u2060\u2061 three\u00ad\n\u202e"
    assert list(unseen_characters(text)) == [(0, "U+200B"), (2, "U+2060"), (2, "U+00AD"), (3, "U+202E")]


@given(st.lists(st.sampled_from(LINES), max_size=10).map("\n".join))
def test_underlined_headings_are_those_of_the_library(text: str) -> None:
    library = _markdown()
    library.block.ruler.at("lheading", lheading)
    assert [token.as_dict() for token in _MARKDOWN.parse(text)] == [token.as_dict() for token in library.parse(text)]


def test_an_underline_far_below_is_seen_as_the_library_sees_it() -> None:
    library = _markdown()
    library.block.ruler.at("lheading", lheading)
    for text in (
        "a\n" * (2 * _LOOKED_AHEAD) + "===",
        "# b\na\n" * (2 * _LOOKED_AHEAD) + "===",
        "a\n" * (2 * _LOOKED_AHEAD),
    ):
        assert [token.as_dict() for token in _MARKDOWN.parse(text)] == [
            token.as_dict() for token in library.parse(text)
        ]


@pytest.mark.parametrize(
    ("source", "seen", "told"),
    [
        ("<p>One &amp; <b>two</b>", "One & two", ""),
        ("<div>1 < 2, 3 <4 and 5<", "1 < 2, 3 <4 and 5<", ""),
        ("<div>a<br/>b<p>c", "a b c", ""),
        ("<!-- x -->a<!--> b --> c", "a b --> c", "a hidden comment was left out (3 characters)"),
        ("<div>a <!-- b <div> c", "a", "a hidden comment was left out (10 characters)"),
        ("<div>a <![CDATA[ b > c ]]> d", "a d", "a hidden comment"),
        ("<div>a <?php b ?> c <!DOCTYPE d> e", "a c e", "a hidden comment"),
        ("<div title='> b' data-x=\">\">a", "a", ""),
        ("<div class=a don't>b", "b", ""),
        ("<div title='b>a\nc", "", "a tag without an end was left out"),
        ("<div>a <b and c", "a", "a tag without an end was left out (8 characters)"),
        ("<script>let a = '<div>' </b> </scripts> 1</SCRIPT >b", "b", "(<script>)"),
        ("<style>p {} <!-- --> ", "", "(<style>)"),
        ("<div hidden>a<p>b</div>c", "c", "(<div>)"),
        ("<div HIDDEN=''>a</section>b", "", "(<div>)"),
        ("<div style='Display : none'>a</div>b", "b", "(<div>)"),
        ("<div style='color:red' style='display:none'>a", "a", ""),
        ("<div style='color&#58;white'>a", "", "(<div>)"),
        ("<div><b><i>a</b> b</i></div> c </div> d", "a b c d", ""),
    ],
)
def test_of_html_that_is_kept_which_a_reader_of_the_page_sees(source: str, seen: str, told: str) -> None:
    blocks, remarks = read_markdown(source, first_line=1)
    assert " ".join(blocks[0].text.split()) == seen
    assert told in " ".join(remark.reason for remark in remarks)
    assert bool(told) is bool(remarks)
