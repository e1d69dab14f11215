"""Messages whose language is known: the golden questions and what people write about anything, whole and in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from bot.answering.evaluation import Case, read_cases
from bot.ids import Locale
from tests.golden import GOLDEN
from tests.support.language_variants import variants

EVERYDAY = Path(__file__).with_name("everyday_messages.tsv")
OTHER = "other"
NONSENSE = "14"
"""The unanswerable golden question of this number is babble in every language."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, where it comes from and the languages that would be right."""

    kind: str
    locale: Locale
    text: str
    prior: Locale | None = None


def messages() -> Iterator[Message]:
    """Every message to check."""
    for file in sorted(GOLDEN.glob("*.jsonl")):
        for case in read_cases(file.read_text(encoding="utf-8").splitlines()):
            yield from _golden(case)
    for code, text in everyday("test"):
        if code != OTHER:
            yield from _everyday(Locale(code[:2]), text, is_romanised=code not in set(Locale))


def everyday(part: str) -> Iterator[tuple[str, str]]:
    """The short messages of one half ("train" or "test"): language (with «-latin» when romanised) and text."""
    for row in EVERYDAY.read_text(encoding="utf-8").splitlines():
        code, belongs_to, text = row.split("\t")
        if belongs_to == part:
            yield code, text


def _golden(case: Case) -> Iterator[Message]:
    assert case.locale is not None
    letter, number = case.case_id[3], case.case_id[4:]
    if letter == "u" and number == NONSENSE:
        return
    for text in case.turns:
        if letter == "h":
            yield Message("golden hard", case.locale, text)
            yield Message("golden hard, visitor known", case.locale, text, case.locale)
        else:
            yield Message("golden", case.locale, text)
            yield from (Message("golden 4-8 words", case.locale, part) for part in _parts(text))


def _everyday(locale: Locale, text: str, *, is_romanised: bool) -> Iterator[Message]:
    if not is_romanised:
        yield Message("everyday", locale, text)
    kind = "everyday romanised" if is_romanised else "everyday variants"
    for form in [text] if is_romanised else variants(text, locale):
        if is_romanised or form != text:
            yield Message(kind, locale, form)
            yield Message(f"{kind}, visitor known", locale, form, locale)


def _parts(text: str) -> Iterator[str]:
    """A long question cut into runs of five words, as if each were a message."""
    found = regex.findall(r"\S+", text)
    for start in range(0, len(found) - 4, 5):
        part = found[start : start + 5]
        if sum(word.isalpha() for word in part) >= 4:
            yield " ".join(part)
