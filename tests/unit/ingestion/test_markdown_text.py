from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it.rules_block import lheading

from bot.adapters.markdown_text import _MARKDOWN, _markdown, unseen_characters

LINES = ("a", "=", "===", " ---", "    ---", "-", "- b", "  - c", "> d", "> ---", "", "# e", "```", "| f |", "|---|", "<div>", "--- g", "\t==")  # fmt: skip


def test_characters_that_nobody_sees_are_told_with_their_lines() -> None:
    text = "one\u200b\n\ntwo\u2060\u2061 three\u00ad\n\u202e"
    assert list(unseen_characters(text)) == [(0, "U+200B"), (2, "U+2060"), (2, "U+00AD"), (3, "U+202E")]


@given(st.lists(st.sampled_from(LINES), max_size=10).map("\n".join))
def test_underlined_headings_are_those_of_the_library(text: str) -> None:
    library = _markdown()
    library.block.ruler.at("lheading", lheading)
    assert [token.as_dict() for token in _MARKDOWN.parse(text)] == [token.as_dict() for token in library.parse(text)]
