"""The beginning of a knowledge file that answers a gap: all but the answer, if no person has written one yet."""

from __future__ import annotations

from datetime import date

import regex

from bot.gaps.model import Gap
from bot.ids import Locale
from bot.writing.cleaning import one_line

_MOST_QUESTIONS = 20
"""Lines of example questions: more say nothing new, and a person reads them all. Chosen by reasoning."""
_TITLE_LIMIT = 80
"""Characters of the heading, which stands on a button. Chosen by reasoning."""
_NAME_WORDS = 5
"""Words of an English question that name the file."""
_QUESTION_LIMIT = 300
"""Characters: longer than nearly every question, and a line that can be read."""
_MARKUP = regex.compile(r"[<>{}#`|\\\[\]]+")
_MARKER = regex.compile(r"^[\s?!>*+=~_-]+")
"""What at the beginning of a line would make more of it than text."""
_ASCII_WORD = regex.compile(r"[a-z0-9]+")
_DRAFT = """\
---
title: {title}
topic: {topic}
source:
  publisher:
  title:
  date:
  url:
as_of: {today}
audience: public
owner: ''
---

# {heading}

## {heading} {{#{section_id}}}

{answer}{questions}"""


def draft_name(gap: Gap) -> str:
    """The file's name without its ending, the same in every language; it ends with the gap's id."""
    english = next(iter(gap.asked_in(Locale.EN)), "")
    words = _ASCII_WORD.findall(english.lower())[:_NAME_WORDS]
    return "-".join((*words, gap.gap_id))


def draft_of(gap: Gap, locale: Locale, today: date, *, answer: str = "") -> str:
    """The file's content: what must be filled in is empty, so that nobody publishes it by oversight.

    The heading is a question of that language, else the gap's last one in any. `answer` is what somebody has answered.
    """
    asked = [_plain(question) for question in gap.asked_in(locale)][:_MOST_QUESTIONS]
    heading = one_line((asked or [_plain(gap.questions[-1].question)])[0], limit=_TITLE_LIMIT)
    return _DRAFT.format(
        title=_quoted(heading),
        topic=gap.topic or "general",
        today=today.isoformat(),
        heading=heading,
        section_id=gap.gap_id,
        answer=f"{_text(answer)}\n\n" if answer else "",
        questions="".join(f"? {question}\n" for question in asked),
    )


def _plain(question: str) -> str:
    """One line in which nothing opens a heading, a comment or a tag: visitors write what they like."""
    return one_line(_MARKUP.sub(" ", question), limit=_QUESTION_LIMIT)


def _text(answer: str) -> str:
    """An answer's lines, in which nothing opens a heading, a question, a comment or a tag."""
    lines = (" ".join(_MARKER.sub("", _MARKUP.sub(" ", line)).split()) for line in answer.splitlines())
    return "\n".join(lines).strip()


def _quoted(text: str) -> str:
    """As YAML takes any text."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
