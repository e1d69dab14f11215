"""Names of places, bodies and brands in twelve languages, so that a name is known in all of them.

`names.tsv` holds one name a line: an id, then its forms by language, `|` between several. Countries are those of CLDR;
the rest is kept by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from bot.ids import Locale
from bot.writing.folding import fold, has_han, words

_KEY_LETTERS = 3
"""Letters of a name's first word by which it is looked up. Chosen: no ending reaches so far to the front."""
_LONGEST_ENDING = 7
"""Letters that a case or a possessive may add to a name, at most. Chosen by Kazakh and Mongolian, which add most."""
_SHORT_NAMES_ENDING = 2
"""The same for names of up to three letters: with more they would be other words."""


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a row of words: its id, and the places of its first word and of the one after its last."""

    name_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NameBase:
    """The names of one language (and the English ones, which every language may quote)."""

    by_key: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    """The beginning of a first word → ids and folded words, the longest name first."""
    han: Mapping[str, tuple[tuple[str, str], ...]]
    """First character → ids and Chinese names, the longest first."""

    def in_words(self, found: Sequence[str]) -> Iterator[Found]:
        """Every name in a row of folded words; names inside of names too."""
        for place, word in enumerate(found):
            for name_id, form in self.by_key.get(word[:_KEY_LETTERS], ()):
                end = place + len(form)
                if end <= len(found) and all(is_form_of(w, f) for w, f in zip(found[place:end], form, strict=True)):
                    yield Found(name_id, place, end)

    def in_han(self, text: str) -> Iterator[Found]:
        """Every Chinese name in folded text; places count characters."""
        for place, character in enumerate(text):
            for name_id, form in self.han.get(character, ()):
                if text.startswith(form, place):
                    yield Found(name_id, place, place + len(form))


@lru_cache(maxsize=65536)
def is_form_of(word: str, name: str) -> bool:
    """Whether a folded word is a folded name with another ending: Китай, Китая, Китаем."""
    if word == name:
        return True
    is_short = len(name) <= 3
    kept = len(name) if is_short else len(name) - 1
    longest = len(name) + (_SHORT_NAMES_ENDING if is_short else _LONGEST_ENDING)
    return kept <= len(word) <= longest and word.startswith(name[:kept])


@cache
def name_base(locale: Locale) -> NameBase:
    """The names as texts in `locale` write them."""
    by_key: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    han: dict[str, list[tuple[str, str]]] = {}
    for name_id, forms in _table().items():
        for form in dict.fromkeys((*forms.get(locale, ()), *forms.get(Locale.EN, ()))):
            if has_han(form):
                folded = fold(form)
                han.setdefault(folded[0], []).append((name_id, folded))
            elif parts := tuple(words(form)):
                by_key.setdefault(parts[0][:_KEY_LETTERS], []).append((name_id, parts))
    return NameBase(
        {key: tuple(sorted(found, key=lambda one: -len(one[1]))) for key, found in by_key.items()},
        {key: tuple(sorted(found, key=lambda one: -len(one[1]))) for key, found in han.items()},
    )


def forms_of(name_id: str, locale: Locale) -> tuple[str, ...]:
    """How texts in `locale` write a name."""
    return _table()[name_id].get(locale, ())


def terms_in(text: str, locale: Locale, into: Locale) -> dict[str, str]:
    """The names of the term base that stand in a text in `locale`, with how texts in `into` write each."""
    folded = fold(text)
    base, row = name_base(locale), words(text)
    found = {*base.in_words(row), *base.in_han(folded)}
    forms = ((forms_of(one.name_id, locale), forms_of(one.name_id, into)) for one in found)
    return {own[0]: other[0] for own, other in forms if own and other}


@cache
def _table() -> Mapping[str, Mapping[Locale, tuple[str, ...]]]:
    text = files(__package__).joinpath("names.tsv").read_text(encoding="utf-8")
    header, *lines = (line.split("\t") for line in text.splitlines() if line)
    locales = [Locale(code) for code in header[1:]]
    return {
        line[0]: {locale: tuple(cell.split("|")) for locale, cell in zip(locales, line[1:], strict=True) if cell}
        for line in lines
    }


_SOUNDS = str.maketrans(
    {
        "б": "b", "в": "v", "г": "g", "д": "d", "ж": "zh", "з": "z", "к": "k", "л": "l", "м": "m", "н": "n", "п": "p",
        "р": "r", "с": "s", "т": "t", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "x": "h",
        "q": "k", "c": "k", "w": "v", **dict.fromkeys("аеиоуыэюяйьъўaeiouyj", ""),
    }
)  # fmt: skip


@lru_cache(maxsize=16384)
def skeleton(word: str) -> str:
    """The consonants of a folded Cyrillic or Latin word, alike in both: Yermekbayev and Ермекбаев are `rmkbv`."""
    return word.translate(_SOUNDS).replace("kh", "h").replace("jh", "zh")
