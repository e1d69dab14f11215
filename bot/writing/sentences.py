"""Sentence borders in twelve languages."""

from __future__ import annotations

import regex

from bot.vocabulary import Locale

_ABBREVIATIONS = (
    "no", "p", "pp", "mr", "mrs", "ms", "dr", "st", "vs", "inc", "ltd", "co", "e.g", "i.e", "approx", "u.s",
    "г", "гг", "в", "вв", "т", "тыс", "млн", "млрд", "др", "пр", "ул", "им", "св", "см", "стр", "ст", "рр", "тыс",
    "ж", "жж", "м", "км", "мың", "миң", "мянга", "сая", "он", "с", "сум", "ҳ", "руб", "долл",
)  # fmt: skip
_WIDE_STOP = "。！？；"
_STOP = regex.compile(
    rf"""
      (?:[{_WIDE_STOP}…]+[”’」』）»"]*)                       # Chinese needs no blank after the mark
    | (?:(?:[!?؟।॥۔]|(?<![.\s])\.|…)+[”’»"）)]*(?=\s|$))      # all others do
    """,
    regex.VERBOSE,
)
_LAST_WORD = regex.compile(r"([\p{L}.]+)\.$")
_STARTS_LOW = regex.compile(r"\s*\p{Ll}")


def split_sentences(text: str, locale: Locale) -> list[str]:
    """The sentences of `text` in order, without surrounding blanks; a line break between paragraphs ends one too."""
    sentences: list[str] = []
    for paragraph in text.split("\n"):
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
    head, tail = paragraph[start:end], paragraph[end:]
    if not head.endswith("."):
        return False
    if locale not in (Locale.HI, Locale.UR, Locale.FA, Locale.ZH) and _STARTS_LOW.match(tail) and _ends_short(head):
        return True
    word = _LAST_WORD.search(head)
    return (
        word is not None
        and (_is_initial(word.group(1)) or word.group(1).casefold() in _ABBREVIATIONS)
        and (bool(tail.strip()) and not _closes_anyway(word.group(1), tail))
    )


def _ends_short(head: str) -> bool:
    word = _LAST_WORD.search(head)
    return (word is not None and len(word.group(1)) <= 4) or head[-2:-1].isdigit()


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _closes_anyway(word: str, tail: str) -> bool:
    """«… 2026 г. Выставка …»: after a year's abbreviation a capital letter begins a new sentence."""
    return not word.isupper() and regex.match(r"\s+[\p{Lu}«“]", tail) is not None
