"""An open question that a section answers by now: the mark in the heading of its file."""

from __future__ import annotations

import regex

from bot.ids import SectionKey

_MARK = regex.compile(r"\s+answered_by=\S*")


def with_answer(text: str, section_id: str, by: SectionKey) -> str | None:
    """The file's text with an open question marked as answered by a section; None where the question is not in it."""
    heading = rf"^(#{{1,6}}\s.*\{{#{regex.escape(section_id)})(?=[\s}}])([^}}\n]*)\}}"
    found = regex.search(heading, text, regex.MULTILINE)
    if found is None:
        return None
    marked = f"{found[1]}{_MARK.sub('', found[2])} answered_by={by}}}"
    return text[: found.start()] + marked + text[found.end() :]
