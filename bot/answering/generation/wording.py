"""Words of twelve languages that the check must understand: small ones, numbers, units, words that turn a claim.

They stand in `wording.tsv` and are folded before they are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from babel.dates import get_day_names

from bot.ids import Locale
from bot.writing.folding import fold, words


class ModifierKind(StrEnum):
    """What a word does to a claim. A claim may have it only where its source has it."""

    NOT = "not"
    WITHOUT = "without"
    ONLY = "only"
    FREE = "free"
    ALL = "all"
    NEVER = "never"
    MUST = "must"
    FORBIDDEN = "forbidden"
    PROMISED = "promised"
    CANCELLED = "cancelled"
    NOW = "now"
    PLANNED = "planned"
    MORE = "more"
    LESS = "less"
    BEFORE = "before"
    AFTER = "after"
    OPEN = "open"
    CLOSED = "closed"
    RISE = "rise"
    FALL = "fall"
    IMPORT = "import"
    EXPORT = "export"
    NORTH = "north"
    SOUTH = "south"
    EAST = "east"
    WEST = "west"
    DISCOUNT = "discount"
    MOST = "most"


STRONG = frozenset(
    {
        ModifierKind.NOT,
        ModifierKind.ONLY,
        ModifierKind.FREE,
        ModifierKind.NEVER,
        ModifierKind.FORBIDDEN,
        ModifierKind.PROMISED,
        ModifierKind.CANCELLED,
        ModifierKind.NOW,
        ModifierKind.DISCOUNT,
    }
)
"""What a translation must have in its source too; the others are put in many ways."""


KEPT = frozenset(
    {
        ModifierKind.NOT,
        ModifierKind.WITHOUT,
        ModifierKind.ONLY,
        ModifierKind.PLANNED,
        ModifierKind.FORBIDDEN,
        ModifierKind.CANCELLED,
        ModifierKind.NEVER,
    }
)
"""Turns that may not be left out where the words around them are kept: «not open» never becomes «open»."""

_COMMON_UNITS = (
    ("km", "km"), ("m2", "m2"), ("m2", "m²"), ("m2", "sqm"), ("km2", "km2"), ("km2", "km²"), ("kg", "kg"),
    ("teu", "teu"), ("yuan", "cny"), ("yuan", "rmb"), ("dollar", "usd"), ("euro", "eur"),
)  # fmt: skip
"""Latin abbreviations count in every language."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Folded forms of many words, each with what it stands for."""

    whole: Mapping[str, str]
    starts: Mapping[str, tuple[tuple[str, str], ...]]
    """By the first letter: beginnings and meanings, the longest first."""
    ends: tuple[tuple[str, str], ...]
    pairs: Mapping[str, tuple[tuple[str, str], ...]]
    """By the beginning (3 letters) of the first word: both words and the meaning."""

    def meaning(self, word: str) -> str | None:
        """What a folded word stands for."""
        found = self.whole.get(word)
        if found is not None:
            return found
        for start, meaning in self.starts.get(word[:1], ()):
            if word.startswith(start):
                return meaning
        for end, meaning in self.ends:
            if word.endswith(end) and len(word) > len(end) + 1:
                return meaning
        return None

    def meaning_of_two(self, first: str, second: str) -> str | None:
        """What two folded words in a row stand for."""
        for pair, meaning in self.pairs.get(first[:2], ()):
            one, two = pair.split(" ")
            if _fits(first, one) and _fits(second, two):
                return meaning
        return None


def _fits(word: str, form: str) -> bool:
    return word.startswith(form[:-1]) if form.endswith("*") else word == form


@cache
def turns(locale: Locale) -> Forms:
    """The words that turn a claim, and the days of the week (`weekday-0` is Monday)."""
    entries = list(_entries("turn", locale))
    for width in ("format", "stand-alone"):
        for number, name in get_day_names("wide", width, locale.value).items():
            if " " not in name and locale is not Locale.TG:  # the Monday of Tajik is also the capital
                entries.append((f"weekday-{number}", name))
    return _forms(entries)


@cache
def units(locale: Locale) -> Forms:
    """The units."""
    return _forms([*_entries("unit", locale), *_COMMON_UNITS])


@cache
def number_words(locale: Locale) -> Forms:
    """Numbers in words: `number-3` and `ordinal-3`."""
    return _forms(_entries("number", locale))


@cache
def small_words(locale: Locale) -> frozenset[str]:
    """The folded words that say nothing by themselves."""
    return frozenset(word for _, form in _entries("small", locale) for word in words(form))


def _entries(table: str, locale: Locale) -> Sequence[tuple[str, str]]:
    """Meanings and forms."""
    return _tables().get((table, locale.value), ())


@cache
def _tables() -> Mapping[tuple[str, str], Sequence[tuple[str, str]]]:
    text = files(__package__).joinpath("wording.tsv").read_text(encoding="utf-8")
    tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            table, locale, meaning, forms = line.split("\t")
            tables.setdefault((table, locale), []).extend((meaning, form) for form in forms.split(","))
    return tables


def _forms(entries: Sequence[tuple[str, str]]) -> Forms:
    whole: dict[str, str] = {}
    starts: dict[str, list[tuple[str, str]]] = {}
    ends: list[tuple[str, str]] = []
    pairs: dict[str, list[tuple[str, str]]] = {}
    for meaning, form in entries:
        if " " in form:
            folded = " ".join(_folded(part) for part in form.split())
            pairs.setdefault(folded[:2], []).append((folded, meaning))
        elif form.startswith("*"):
            ends.append((fold(form[1:]), meaning))
        elif form.endswith("*"):
            start = fold(form[:-1])
            starts.setdefault(start[:1], []).append((start, meaning))
        else:
            whole.setdefault(fold(form), meaning)
    longest_first = {first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in starts.items()}
    return Forms(whole, longest_first, tuple(ends), {first: tuple(found) for first, found in pairs.items()})


def _folded(form: str) -> str:
    return fold(form[:-1]) + "*" if form.endswith("*") else fold(form)
