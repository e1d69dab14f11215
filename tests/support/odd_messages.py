"""Messages that nobody writes but to do harm, of any length: each name with a function that makes one."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import cycle, islice

Make = Callable[[int, random.Random], str]
"""Makes a message of so many characters; what is chance in it comes from the second."""

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_ARABIC = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_DEVANAGARI = "अआइईउऊएऐओऔकखगघचछजझटठडढतथदधनपफबभमयरलवशषसह"
_HAN = "".join(map(chr, range(0x4E00, 0x9000)))
_HANGUL = "".join(map(chr, range(0xAC00, 0xD7A4)))
_MARKS = "\u0301\u0323\u0300\u0331\u0302\u0327"
_PERSIAN = "dabirkhane sazman hamkari shanghai foroodgah istgah daghighe metroye khatte hashtom"
_HINDI = "kahan hai pradarshani kendra aur metro line kitne minute lagte hain sadasya desh"
_PINYIN = ("qingdao", "jichang", "dao", "shifanqu", "zuo", "ditie", "yao", "duojiu", "shanghe", "zuzhi", "mishuzhang")


def _repeated(part: str) -> Make:
    return lambda size, chosen: "".join(islice(cycle(part), size))


def _letters(alphabet: str) -> Make:
    return lambda size, chosen: "".join(chosen.choices(alphabet, k=size))


def _words(alphabet: str, length: int) -> Make:
    """Words of so many letters each, none of which means anything."""

    def make(size: int, chosen: random.Random) -> str:
        count = size // (length + 1) + 1
        return " ".join("".join(chosen.choices(alphabet, k=length)) for _ in range(count))[:size]

    return make


def _misspelt(size: int, chosen: random.Random) -> str:
    """Long English words with one letter wrong in each."""
    known = "demonstration international exhibition cooperation institution transportation conference financial"
    made: list[str] = []
    while sum(map(len, made)) + len(made) < size:
        word = list(chosen.choice(known.split()))
        word[chosen.randrange(1, len(word))] = chosen.choice(_LATIN)
        made.append("".join(word))
    return " ".join(made)[:size]


def _shuffled(listed: str, joint: str = " ") -> Make:
    def make(size: int, chosen: random.Random) -> str:
        return joint.join(chosen.choices(listed.split(), k=size // 3))[:size]

    return make


def _mixed(size: int, chosen: random.Random) -> str:
    return "".join(chosen.choice(chosen.choice((_LATIN, _CYRILLIC, _ARABIC, _HAN, _HANGUL))) for _ in range(size))


def _nested(size: int, chosen: random.Random) -> str:
    return "(" * (size // 2) + ")" * (size - size // 2)


def _unmatched(size: int, chosen: random.Random) -> str:
    return "".join(chosen.choices("\"'“«‘(a ", k=size))


ODD_MESSAGES: dict[str, Make] = {
    "one letter": _repeated("a"),
    "one letter, then a mark": lambda size, chosen: "a" * (size - 1) + "!",
    "one word": _letters(_LATIN),
    "Cyrillic word": _letters(_CYRILLIC),
    "Arabic word": _letters(_ARABIC),
    "Devanagari word": _letters(_DEVANAGARI),
    "Han": _letters(_HAN),
    "one Han": _repeated("的"),
    "Hangul": _letters(_HANGUL),
    "mixed scripts": _mixed,
    "emoji": _repeated("🚂"),
    "families": _repeated("👩\u200d👩\u200d👧"),
    "digits": _letters("0123456789"),
    "digits and stops": _repeated("1.2,3 "),
    "groups of digits": _repeated("123 "),
    "telephones": _repeated("+7 701 123 45 67, "),
    "passports": _repeated("паспорт"),
    "passports in Latin": _repeated("passport"),
    "years": _repeated("1999 "),
    "marks of two classes": lambda size, chosen: "a" + "".join(islice(cycle("\u0301\u0323"), size - 1)),
    "marks": lambda size, chosen: "a" + "".join(chosen.choices(_MARKS, k=size - 1)),
    "letters with marks": _repeated("e\u0301\u0323o\u0302"),
    "nukta": _repeated("क\u093c"),
    "joiners": lambda size, chosen: "\u200d" * (size - 1) + "a",
    "right-to-left marks": _repeated("\u202e\u200f"),
    "selectors": _repeated("\ufe0f"),
    "escapes": _repeated("\x1b[1;"),
    "ligatures": _repeated("\ufdfa\ufdfb"),
    "full stops": _repeated("."),
    "full stops, then a letter": lambda size, chosen: "." * (size - 1) + "a",
    "letters and stops": _repeated("a."),
    "initials": _repeated("A. "),
    "abbreviations": _repeated("г. а "),
    "short sentences": _repeated("Ab. "),
    "question marks": lambda size, chosen: "?" * (size - 1) + "a",
    "closing marks": _repeated('!"'),
    "apostrophes": lambda size, chosen: "a" + "'" * (size - 1),
    "letters and apostrophes": _repeated("a'"),
    "hyphens": lambda size, chosen: "a" + " -" * (size // 2),
    "unmatched quotes": _unmatched,
    "brackets": _nested,
    "at signs": _repeated("a@"),
    "mail": lambda size, chosen: "a." * (size // 2),
    "mail with a tail": lambda size, chosen: "a@" + "b." * (size // 2 - 1),
    "links": _repeated("https://a.b/"),
    "commas": _repeated("hello,"),
    "newlines": _repeated("a\n"),
    "blanks": _repeated(" "),
    "held down": _repeated("aaab"),
    "capitals": _words(_LATIN.upper(), 6),
    "words of two": _words(_LATIN, 2),
    "words of eight": _words(_LATIN, 8),
    "words of fourteen": _words(_LATIN, 14),
    "Cyrillic words": _words(_CYRILLIC, 8),
    "Arabic words": _words(_ARABIC, 8),
    "Devanagari words": _words(_DEVANAGARI, 8),
    "misspelt": _misspelt,
    "Persian in Latin": _shuffled(_PERSIAN),
    "Hindi in Latin": _shuffled(_HINDI),
    "pinyin": _shuffled(" ".join(_PINYIN)),
    "pinyin without blanks": _shuffled(" ".join(_PINYIN), ""),
    "one syllable": _repeated("ji"),
    "one syllable, blanks": _repeated("ji "),
    "a syllable in two ways": _repeated("xian"),
    "last year": _repeated("last year "),
    "last year in Chinese": _repeated("去年"),
}
"""Name → the function that makes it."""
