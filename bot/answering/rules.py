"""What is never guessed: plain rules, each with a reason that reaches the log, over whatever the figures say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache

from bot.answering.asked_kind import AskedKind
from bot.answering.ports import Knowledge, StoredSection
from bot.answering.years import years_in
from bot.languages import words_of
from bot.vocabulary import Locale
from bot.writing.folding import fold

_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两]")
_TELEPHONE = re.compile(r"\+?\d[\d\s()-]{6,}\d")
_ADDRESS = re.compile(r"https?://|www\.")
_MONEY_SIGNS = r"%|[¥$€]"
_PROOFS = {
    AskedKind.WHEN: _NUMBER,
    AskedKind.COUNT: _NUMBER,
    AskedKind.PHONE: _TELEPHONE,
    AskedKind.EMAIL: re.compile(r"\S@\S"),
    AskedKind.WEBSITE: _ADDRESS,
}
_NEVER_GUESSED = (AskedKind.PHONE, AskedKind.EMAIL, AskedKind.WEBSITE, AskedKind.PRICE)


class Reason(StrEnum):
    """Why something is not told, although it is the nearest."""

    LACKS_KIND = "lacks_kind"
    """A telephone, an address or a price is asked for, and the section holds none."""
    UNKNOWN_YEAR = "unknown_year"
    """A year is asked about that no text names."""


def objection(
    asked: str, kind: AskedKind | None, section: StoredSection, *, knowledge: Knowledge, today: date
) -> Reason | None:
    """Why the section can't be the answer; None when nothing plain speaks against it."""
    if kind in _NEVER_GUESSED and not holds_kind(section.text, kind):
        return Reason.LACKS_KIND
    if years_in(asked) - {str(today.year)} - _years_of_all(knowledge):
        return Reason.UNKNOWN_YEAR
    return None


def lacks_year(asked: str, section: StoredSection) -> bool:
    """Whether a question names years and the section says nothing of any of them."""
    years = years_in(asked)
    return bool(years) and not years & _years_of(section)


def holds_kind(text: str, kind: AskedKind) -> bool:
    """Whether `text` holds the kind of thing that is asked for, as far as its form shows: a place is never missed."""
    if not kind.is_provable:
        return True
    proof = _money() if kind is AskedKind.PRICE else _PROOFS[kind]
    return proof.search(fold(text) if kind is not AskedKind.EMAIL else text) is not None


def _years_of(section: StoredSection) -> frozenset[str]:
    as_of = {str(section.as_of.year)} if section.as_of else set()
    return years_in(f"{section.title}\n{section.heading}\n{section.text}") | as_of


@lru_cache(maxsize=2)
def _years_of_all(knowledge: Knowledge) -> frozenset[str]:
    """All years that stand in something that can be an answer: read once a generation."""
    copies = (copy for key in knowledge.keys() for copy in knowledge.copies(key))  # noqa: SIM118 - no mapping, a port
    return frozenset().union(*(_named_by(copy) for copy in copies if copy.answerable))


def _named_by(section: StoredSection) -> frozenset[str]:
    texts: Sequence[str] = (section.title, section.heading, section.text, *section.questions)
    return years_in("\n".join(texts))


@cache
def _money() -> re.Pattern[str]:
    """The words and signs of money of all languages, folded: a text may name its sums in another one."""
    return re.compile("|".join((_MONEY_SIGNS, *(fold(word) for locale in Locale for word in words_of(locale).money))))
