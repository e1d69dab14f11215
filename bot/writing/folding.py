"""Folding for matching: two spellings of the same word become the same string. Never for display.

The order matters: compatibility forms first, then letters, then what is dropped.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import regex
from opencc_purepy import OpenCC

from bot.writing.digits import ASCII_DIGITS

_LETTERS = str.maketrans(
    {
        "ё": "е",
        # Kazakh, Kyrgyz, Mongolian, Tajik letters that many keyboards lack
        "қ": "к", "ң": "н", "ө": "о", "ү": "у", "ұ": "у", "ғ": "г", "ә": "а", "і": "и", "һ": "х",
        "ҷ": "ч", "ҳ": "х", "ӯ": "у", "ӣ": "и", "ў": "у", "ї": "у", "є": "о",
        # Arabic keyboards in Persian and Urdu
        "ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۂ": "ه",
        "أ": "ا", "إ": "ا", "ٱ": "ا", "آ": "ا", "ؤ": "و", "ے": "ی", "ۓ": "ی",
        # Latin letters with marks (Kazakh and Uzbek in Latin, names)
        "ı": "i", "ş": "s", "ç": "c", "ğ": "g", "ñ": "n", "ö": "o", "ü": "u", "ä": "a", "ū": "u", "ń": "n", "ǵ": "g",
    }
)  # fmt: skip

_DROPPED = regex.compile(
    "[\u200b-\u200f\u2060-\u2069\u0640\u064b-\u065f\u0670\u093c'\u2018\u2019\u02bb\u02bc`\u00b4\ufe00-\ufe0f\u00ad]"
)
_NASALS = str.maketrans({"ँ": "ं"})
_HINDI_NASAL_CLUSTERS = regex.compile("[ङञणनम]्(?=[क-म])")
_HAN = regex.compile(r"\p{Han}")
_NOT_LATIN = regex.compile(r"[\p{L}--\p{Latin}]", regex.V1)
_SPACE_OR_PUNCTUATION = regex.compile(r"[^\p{L}\p{N}\p{M}]+")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Fold case, width, digits, script variants and lost letters of all twelve languages."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(ASCII_DIGITS)
    text = unicodedata.normalize("NFC", _strip_nukta(text)).translate(_LETTERS)
    text = _DROPPED.sub("", text)
    text = _HINDI_NASAL_CLUSTERS.sub("ं", text.translate(_NASALS))
    return simplified(text)


def simplified(text: str) -> str:
    """Traditional Chinese in simplified characters; other text as it is."""
    return _to_simplified().convert(text) if _HAN.search(text) else text


@cache
def _to_simplified() -> OpenCC:
    """The converter, made at the first Chinese text: it reads 2.5 MB."""
    return OpenCC("t2s")


def words(text: str) -> list[str]:
    """The folded words of `text` in order; a run of Chinese is one word."""
    return _SPACE_OR_PUNCTUATION.sub(" ", fold(text)).split()


def word_count(text: str) -> int:
    """How many words a text has; two Chinese characters count as one."""
    return sum((len(word) + 1) // 2 if has_han(word) else 1 for word in words(text))


def unshouted(text: str) -> str:
    """A message in capitals throughout in small letters: the embedding model knows few words by their capitals.

    A single word stays, it may be an abbreviation.
    """
    return text.lower() if text.isupper() and len(words(text)) > 1 else text


def has_han(text: str) -> bool:
    """Whether `text` holds a Chinese character."""
    return _HAN.search(text) is not None


def is_latin(text: str) -> bool:
    """Whether all letters are Latin ones."""
    return _NOT_LATIN.search(text) is None


def _strip_nukta(text: str) -> str:
    return unicodedata.normalize("NFD", text).replace("\u093c", "") if max(text, default="") >= "\u0900" else text
