"""What a question takes for granted: a year of which no file says anything can't be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import regex

from bot.answering.ports import Knowledge
from bot.writing.folding import ascii_digits

_YEAR = regex.compile(r"(?<!\d[,٬])(?<![\d\p{L}])(?:19|20)\d\d(?!\d|[.,٬]\d)")
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def names_unknown_year(question: str, knowledge: Knowledge, today: date) -> bool:
    """Whether a question names a year, other than this one, that stands in nothing that can be an answer."""
    years = set(_YEAR.findall(ascii_digits(question))) - {str(today.year)}
    return any(not any(_holds(text, year) for text in _texts(knowledge)) for year in years)


def _texts(knowledge: Knowledge) -> Iterator[str]:
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        for copy in knowledge.copies(key):
            if copy.answerable:
                yield copy.text
                yield from (copy.title, copy.heading, *copy.questions)


def _holds(text: str, year: str) -> bool:
    return year in text or year.translate(_PERSIAN) in text
