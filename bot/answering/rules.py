"""What is never guessed: plain rules, each with a reason that reaches the log, over whatever the figures say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache

from bot.answering.asked_kind import AskedKind, asked_kind
from bot.answering.ports import Knowledge, StoredSection
from bot.answering.proofs import holds_kind
from bot.ids import Locale
from bot.writing.terms import years_in

NEVER_GUESSED = (AskedKind.PHONE, AskedKind.EMAIL, AskedKind.WEBSITE, AskedKind.PRICE)


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
    if kind in NEVER_GUESSED and lacks_kind(kind, section, knowledge):
        return Reason.LACKS_KIND
    if years_in(asked) - {str(today.year)} - _years_of_all(knowledge):
        return Reason.UNKNOWN_YEAR
    return None


def lacks_kind(kind: AskedKind, section: StoredSection, knowledge: Knowledge) -> bool:
    """Whether a section holds nothing of the kind that is asked for.

    Where an example question of its own seems to ask for it too, the word means something else there: «Can I pay by
    phone?» asks for no number.
    """
    if holds_kind(section.text, kind, section.locale):
        return False
    copies = knowledge.copies(section.key)
    return not any(kind is _kind_of(question, copy.locale) for copy in copies for question in copy.questions)


def lacks_year(asked: str, section: StoredSection) -> bool:
    """Whether a question names years and the section says nothing of any of them."""
    years = years_in(asked)
    return bool(years) and not years & _years_of(section)


@lru_cache(maxsize=8192)
def _kind_of(question: str, locale: Locale) -> AskedKind | None:
    return asked_kind(question, locale)


def _years_of(section: StoredSection) -> frozenset[str]:
    as_of = {str(section.as_of.year)} if section.as_of else set()
    return years_in(f"{section.title}\n{section.heading}\n{section.text}") | as_of


@lru_cache(maxsize=2)
def _years_of_all(knowledge: Knowledge) -> frozenset[str]:
    """All years that stand in something that can be an answer: read once a version."""
    copies = (copy for key in knowledge.keys() for copy in knowledge.copies(key))  # noqa: SIM118 - no mapping, a port
    return frozenset().union(*(_named_by(copy) for copy in copies if copy.answerable))


def _named_by(section: StoredSection) -> frozenset[str]:
    texts: Sequence[str] = (section.title, section.heading, section.text, *section.questions)
    return years_in("\n".join(texts))
