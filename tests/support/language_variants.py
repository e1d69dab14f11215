"""How people write the twelve languages without their keyboards: standard text turned into the variants, for training.

Bare: the special letters replaced by their neighbours. Latin: as chats romanise a language, in several habits each;
Chinese in pinyin. Cyrillic: Uzbek. Arabic: Persian and Urdu with the letters of an Arabic keyboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import regex
from pypinyin import lazy_pinyin

from bot.ids import Locale
from bot.writing.folding import fold

_RUSSIAN_PLAIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
_RUSSIAN = (
    _RUSSIAN_PLAIN,
    _RUSSIAN_PLAIN | {"ё": "yo", "х": "kh", "щ": "shch", "ь": "'", "ц": "c"},
    _RUSSIAN_PLAIN | {"ё": "jo", "й": "j", "ю": "ju", "я": "ja", "ж": "j", "щ": "sh"},
    _RUSSIAN_PLAIN | {"й": "i", "ц": "c", "ю": "iu", "я": "ia"},
)
_KAZAKH_ASCII = _RUSSIAN_PLAIN | {
    "ә": "a", "ғ": "g", "қ": "q", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i", "ж": "j", "й": "i",
    "и": "i", "у": "u", "ы": "y", "х": "h",
}  # fmt: skip
_KAZAKH = (
    _KAZAKH_ASCII,
    _KAZAKH_ASCII | {"й": "y", "қ": "k", "ж": "zh"},
    _KAZAKH_ASCII | {"ғ": "gh", "ң": "ng", "х": "kh", "қ": "k"},
    _KAZAKH_ASCII | {"ә": "á", "ғ": "ǵ", "ң": "ń", "ө": "ó", "ү": "ú", "у": "ý", "и": "ı"},
    _KAZAKH_ASCII | {"ә": "ä", "ғ": "ğ", "ң": "ñ", "ө": "ö", "ү": "ü", "ұ": "ū", "ш": "ş", "ы": "y"},
    _KAZAKH_ASCII | {"ә": "a", "й": "y", "у": "w", "ш": "sh"},
)
_KYRGYZ = (
    _KAZAKH_ASCII | {"ж": "j", "ү": "u", "ө": "o", "й": "y", "ы": "y", "к": "k", "х": "h"},
    _KAZAKH_ASCII | {"ж": "dj", "ү": "y", "й": "i", "ң": "ng", "ы": "y"},
    _KAZAKH_ASCII | {"ж": "j", "ү": "ü", "ө": "ö", "ы": "ı", "ш": "ş", "ч": "ç", "й": "y"},
    _KAZAKH_ASCII | {"ж": "zh", "й": "y", "ң": "n", "х": "kh"},
)
_TAJIK_PLAIN = _RUSSIAN_PLAIN | {
    "ғ": "gh",
    "ӣ": "i",
    "қ": "q",
    "ӯ": "u",
    "ҳ": "h",
    "ҷ": "j",
    "й": "y",
    "х": "kh",
    "ъ": "",
}
_TAJIK = (_TAJIK_PLAIN, _TAJIK_PLAIN | {"х": "x", "ъ": "'", "ӯ": "o"}, _TAJIK_PLAIN | {"ғ": "g", "х": "h", "қ": "k"})
_PERSIAN_FROM_TAJIK = (
    _TAJIK_PLAIN | {"о": "a", "у": "o", "ӯ": "oo", "и": "e", "ӣ": "i"},
    _TAJIK_PLAIN | {"о": "aa", "у": "oo", "ӯ": "oo", "и": "e", "ӣ": "i", "қ": "gh", "х": "x"},
    _TAJIK_PLAIN | {"о": "a", "у": "u", "ӯ": "o", "ӣ": "ee", "қ": "gh"},
)
_BELARUSIAN_PLAIN = _RUSSIAN_PLAIN | {"і": "i", "ў": "u", "ц": "c", "ё": "yo", "’": "", "'": ""}
_BELARUSIAN = (
    _BELARUSIAN_PLAIN,
    _BELARUSIAN_PLAIN | {"ў": "w", "ц": "ts", "х": "kh", "ё": "io", "г": "h"},
    _BELARUSIAN_PLAIN
    | {
        "ж": "ž",
        "ч": "č",
        "ш": "š",
        "ў": "ŭ",
        "х": "ch",
        "й": "j",
        "г": "h",
        "я": "ja",
        "ю": "ju",
        "ё": "jo",
        "е": "ie",
    },
)
_MONGOLIAN_PLAIN = _RUSSIAN_PLAIN | {"ө": "u", "ү": "u", "ж": "j", "э": "e", "х": "h", "й": "i", "ё": "yo"}
_MONGOLIAN = (
    _MONGOLIAN_PLAIN,
    _MONGOLIAN_PLAIN | {"ө": "o", "х": "kh", "в": "w", "й": "y"},
    _MONGOLIAN_PLAIN | {"ө": "ö", "ү": "ü", "х": "kh"},
    _MONGOLIAN_PLAIN | {"х": "x", "ц": "c", "ө": "o"},
)
_UZBEK_PAIRS = {
    "oʻ": "ў", "gʻ": "ғ", "sh": "ш", "ch": "ч", "yo": "ё", "yu": "ю", "ya": "я", "ye": "е", "ts": "ц", "ng": "нг",
    "a": "а", "b": "б", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "ҳ", "i": "и", "j": "ж", "k": "к", "l": "л",
    "m": "м", "n": "н", "o": "о", "p": "п", "q": "қ", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в", "x": "х",
    "y": "й", "z": "з", "ʼ": "ъ", "c": "с", "w": "в",
}  # fmt: skip
_ARABIC_KEYBOARD = str.maketrans({"ی": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "\u200c": " ", "آ": "ا"})
_HINDI_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "chh", "ज": "j", "झ": "jh", "ञ": "n", "ट": "t",
    "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n", "प": "p", "फ": "ph",
    "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v", "श": "sh", "ष": "sh", "स": "s", "ह": "h",
    "क़": "q", "ख़": "kh", "ग़": "g", "ज़": "z", "फ़": "f", "ड़": "d", "ढ़": "dh",
}  # fmt: skip
_HINDI_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "ee", "उ": "u", "ऊ": "oo", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au",
    "ऑ": "o", "ऍ": "e",
}  # fmt: skip
_HINDI_SIGNS = {
    "ा": "aa", "ि": "i", "ी": "ee", "ु": "u", "ू": "oo", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au", "ॉ": "o",
    "ॅ": "e", "्": "",
}  # fmt: skip
_HINDI_NASAL = frozenset("ंँ")
_HINDI_SHORT = {"aa": "a", "ee": "i", "oo": "u"}
_SILENT = regex.compile(
    r"(?<=[aeiouA](?:[kgcjtdpbs]h|[b-df-hj-np-tv-z]))A(?=(?:[kgcjtdpbs]h|[b-df-hj-np-tv-z])[aeiou])"
)
_HINDI_COMMON = {"men": "me", "yah": "ye", "vah": "wo", "nahin": "nahi", "hun": "hu"}
_HINDI_LONGER = {"men": "mein", "yah": "yeh", "vah": "woh", "hun": "hoon"}
_HINDI = (
    _HINDI_SHORT | _HINDI_COMMON,
    _HINDI_LONGER | {"aa": "a"},
    _HINDI_SHORT | _HINDI_LONGER | {"v": "w", "ph": "f"},
    _HINDI_COMMON,
)
_URDU_MANNER = _HINDI_LONGER | {"nahin": "nahi", "aa": "a", "ph": "f", "v": "w", "bahut": "bohat", "ek": "aik"}
_URDU_ENDING = regex.compile(r"(?<=[a-z]{2})e\b")
_DEVANAGARI_WORD = regex.compile(r"[\p{Devanagari}]+")


def variants(text: str, locale: Locale) -> Iterator[str]:
    """The ways in which `text` is also typed; nothing for a language that has no such habit."""
    if locale in (Locale.KK, Locale.KY, Locale.TG, Locale.BE, Locale.MN, Locale.RU):
        yield fold(text)
    if locale is Locale.UZ:
        cyrillic = uzbek_in_cyrillic(text)
        yield from (fold(text), cyrillic, fold(cyrillic))
    if locale in (Locale.FA, Locale.UR):
        yield text.translate(_ARABIC_KEYBOARD)
    yield from in_latin(text, locale)


def in_latin(text: str, locale: Locale) -> Iterator[str]:
    """A text in Latin letters, once for each habit of romanising its language. Persian has none here, see below."""
    if locale is Locale.HI:
        yield from (hindi_in_latin(text, habit) for habit in _HINDI)
    if locale is Locale.ZH:
        yield from chinese_in_latin(text)
    yield from (_by_letter(text.casefold(), table) for table in _LATIN_TABLES.get(locale, ()))


def persian_from_tajik(text: str) -> Iterator[str]:
    """Tajik as Persians would type it: it is the same language, and writes all the vowels that Persian leaves out."""
    yield from (_by_letter(text.casefold(), table) for table in _PERSIAN_FROM_TAJIK)


def chinese_in_latin(text: str) -> Iterator[str]:
    """Chinese in pinyin without tones: each syllable apart, in twos, and in runs."""
    syllables = lazy_pinyin(text)
    yield " ".join(syllables)
    yield " ".join("".join(syllables[start : start + 2]) for start in range(0, len(syllables), 2))
    yield "".join(syllables)


_LATIN_TABLES = {
    Locale.RU: _RUSSIAN,
    Locale.KK: _KAZAKH,
    Locale.KY: _KYRGYZ,
    Locale.TG: _TAJIK,
    Locale.BE: _BELARUSIAN,
    Locale.MN: _MONGOLIAN,
}


def _by_letter(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)


def uzbek_in_cyrillic(text: str) -> str:
    """Uzbek in its Cyrillic letters; words are taken to be Uzbek, names included."""
    text = regex.sub("[ogOG]['‘’`ʻ]", lambda pair: pair.group()[0].lower() + "ʻ", text).casefold()
    text = regex.sub(r"\be", "э", text)
    pairs = sorted(_UZBEK_PAIRS, key=len, reverse=True)
    return regex.sub("|".join(pairs), lambda letters: _UZBEK_PAIRS[letters.group()], text)


def hindi_in_latin(text: str, habit: Mapping[str, str]) -> str:
    """Hindi in Latin letters, silent vowels left out; `habit` respells what people write in several ways."""
    return _DEVANAGARI_WORD.sub(lambda word: _hindi_word(word.group(), habit), text)


def urdu_from_hindi(text: str) -> Iterator[str]:
    """Hindi speech in Latin letters as Urdu speakers spell it: «kitnay» beside «kitne», «mein», «yeh», «bohat»."""
    spelt = hindi_in_latin(text, _URDU_MANNER)
    yield from (spelt, _URDU_ENDING.sub("ay", spelt))


def _hindi_word(word: str, habit: Mapping[str, str]) -> str:
    spelt = _hindi_letters(regex.sub("ज्ञ", "ग्य", word))
    spelt = _SILENT.sub("", regex.sub(r"(?<=.)A$", "", spelt)).lower()
    if spelt in habit:
        return habit[spelt]
    for letters, instead in habit.items():
        spelt = spelt.replace(letters, instead)
    return spelt


def _hindi_letters(word: str) -> str:
    """Letter by letter; the vowel that a bare consonant carries is written as a capital A."""
    spelt, place = [], 0
    while place < len(word):
        letter = word[place : place + 2] if word[place : place + 2] in _HINDI_CONSONANTS else word[place]
        place += len(letter)
        if letter in _HINDI_CONSONANTS:
            follower = word[place : place + 1]
            spelt.append(_HINDI_CONSONANTS[letter] + ("" if follower in _HINDI_SIGNS else "A"))
        else:
            spelt.append("n" if letter in _HINDI_NASAL else _HINDI_SIGNS.get(letter, _HINDI_VOWELS.get(letter, "")))
    return "".join(spelt)
