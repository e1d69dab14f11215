"""What a question takes for granted: a year of which no file says anything can't be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import regex

from bot.answering.ports import Knowledge, StoredSection
from bot.writing.folding import ascii_digits

_YEAR = regex.compile(r"(?<!\d[,٬])(?<![\d[\p{L}--\p{Han}]])(?:19|20)\d\d(?!\d|[.,٬]\d)", regex.V1)
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def names_unknown_year(question: str, knowledge: Knowledge, today: date) -> bool:
    """Whether a question names a year, other than this one, that stands in nothing that can be an answer."""
    years = years_in(question) - {str(today.year)}
    return any(not any(_holds(text, year) for text in _texts(knowledge)) for year in years)


def years_in(text: str) -> frozenset[str]:
    """The years of the last and this century that a text names, in plain digits."""
    return frozenset(_YEAR.findall(ascii_digits(text)))


def lacks_year(question: str, section: StoredSection) -> bool:
    """Whether a question names years and the section says nothing of any of them."""
    years = years_in(question)
    return bool(years) and not years & _years_of(section)


def _years_of(section: StoredSection) -> frozenset[str]:
    as_of = {str(section.as_of.year)} if section.as_of else set()
    return years_in(f"{section.title}\n{section.heading}\n{section.text}") | as_of


def _texts(knowledge: Knowledge) -> Iterator[str]:
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        for copy in knowledge.copies(key):
            if copy.answerable:
                yield copy.text
                yield from (copy.title, copy.heading, *copy.questions)


def _holds(text: str, year: str) -> bool:
    return year in text or year.translate(_PERSIAN) in text
