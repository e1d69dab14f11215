"""Sentence borders in twelve languages."""

from __future__ import annotations

import regex

from bot.ids import Locale

_ABBREVIATIONS = (
    "no", "p", "pp", "mr", "mrs", "ms", "dr", "st", "vs", "inc", "ltd", "co", "e.g", "i.e", "approx", "u.s",
    "г", "гг", "в", "вв", "т", "тыс", "млн", "млрд", "др", "пр", "ул", "им", "св", "см", "стр", "ст", "рр", "тыс",
    "ж", "жж", "м", "км", "мың", "миң", "мянга", "сая", "он", "с", "сум", "ҳ", "руб", "долл",
)  # fmt: skip
_WIDE_STOP = "。！？；"
_STOP = regex.compile(
    rf"""
      (?:[{_WIDE_STOP}…]+[”’」』）»"]*)                       # Chinese needs no blank after the mark
    | (?:[!?](?=\p{{Han}}))                                 # nor after that of a Latin keyboard
    | (?:(?<![!?؟।॥۔])(?:[!?؟।॥۔]|(?<![.\s])\.|…)++[”’»"）)]*+(?=\s|$))  # all others do; tried once in a run of marks
    """,
    regex.VERBOSE,
)
_LAST_WORD = regex.compile(r"([\p{L}.]+)\.$")
_LOOKED_BACK = max(map(len, _ABBREVIATIONS)) + 2
"""Letters before a full stop that tell an abbreviation from a longer word: what comes before them changes nothing."""
_STARTS_LOW = regex.compile(r"\s*\p{Ll}")
_STARTS_HIGH = regex.compile(r"\s+[\p{Lu}«“]")


def split_sentences(text: str, locale: Locale) -> list[str]:
    """The sentences of `text` in order, without surrounding blanks; a line break between paragraphs ends one too."""
    sentences: list[str] = []
    for paragraph in map(str.rstrip, text.split("\n")):
        start = 0
        for match in _STOP.finditer(paragraph):
            if _is_inside_sentence(paragraph, start, match.end(), locale):
                continue
            sentences.append(paragraph[start : match.end()].strip())
            start = match.end()
        sentences.append(paragraph[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _is_inside_sentence(paragraph: str, start: int, end: int, locale: Locale) -> bool:
    """Whether the full stop at `end` closes an abbreviation, an initial or an ordinal rather than a sentence."""
    if paragraph[end - 1] != ".":
        return False
    head = paragraph[max(start, end - _LOOKED_BACK) : end]
    word = _LAST_WORD.search(head)
    is_short = (word is not None and len(word.group(1)) <= 4) or head[-2:-1].isdigit()
    if locale not in (Locale.HI, Locale.UR, Locale.FA, Locale.ZH) and is_short and _STARTS_LOW.match(paragraph, end):
        return True
    return (
        word is not None
        and (_is_initial(word.group(1)) or word.group(1).casefold() in _ABBREVIATIONS)
        and (end < len(paragraph) and not _closes_anyway(word.group(1), paragraph, end))
    )


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _closes_anyway(word: str, paragraph: str, end: int) -> bool:
    """«… 2026 г. Выставка …»: after a year's abbreviation a capital letter begins a new sentence."""
    return not word.isupper() and _STARTS_HIGH.match(paragraph, end) is not None
