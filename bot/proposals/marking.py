"""What an approver should look at twice: links, and lines that speak to a machine instead of a visitor.

A marker, no filter: it finds the usual wordings in the twelve languages, lets others through, and marks harmless lines
that look like them. Hidden characters and hidden text are told by the reading of the file itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

import regex

from bot.ids import Locale
from bot.writing.folding import fold

_LINK = regex.compile(r"https?://[^\s<>\"«»()]+|\b(?:t\.me|telegram\.me)/\S+", regex.IGNORECASE)
_ROLE_MARK = regex.compile(
    r"^\s*(?:system|assistant|user|developer)\s*:|<\|[a-z_]+\|>|\[/?(?:INST|SYS)\]|<</?SYS>>|^\s*#+\s*(?:instruction|system)",
    regex.IGNORECASE,
)
_IGNORED: Mapping[Locale, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Locale.EN: (("ignore", "disregard", "forget", "override"), ("instruction", "rule", "prompt", "guideline")),
    Locale.ZH: (("忽略", "无视", "忘记", "忘掉", "不要遵守"), ("指令", "指示", "规则", "提示词", "设定")),
    Locale.RU: (("игнорир", "забудь", "не обращай", "отмени"), ("инструкц", "указани", "правил", "промпт")),
    Locale.KK: (("елеме", "ұмыт", "назарға алма", "ескерме"), ("нұсқау", "ереже", "бұйрық")),
    Locale.KY: (("көңүл бурба", "унут", "эске алба"), ("көрсөтмө", "эреже", "буйрук")),
    Locale.TG: (("нодида гир", "фаромӯш", "сарфи назар"), ("дастур", "қоида", "нишондод")),
    Locale.UZ: (("e'tibor berma", "unut", "inobatga olma", "rioya qilma"), ("ko'rsatma", "qoida", "yo'riqnoma")),
    Locale.FA: (("نادیده", "فراموش", "توجه نکن"), ("دستور", "قوانین", "قانون")),
    Locale.UR: (("نظرانداز", "نظر انداز", "بھول جا"), ("ہدایات", "ہدایت", "قواعد", "اصول")),
    Locale.HI: (("अनदेखा", "नज़रअंदाज़", "भूल जा"), ("निर्देश", "नियम")),
    Locale.BE: (("ігнаруй", "забудзь", "не зважай"), ("інструкц", "правіл", "указанн")),
    Locale.MN: (("үл тоо", "үл хайхар", "март"), ("заавар", "заавр", "дүрэм", "дүрм", "тушаал")),
}
"""Beginnings of words: a line with one of the first and one of the second tells somebody to leave their orders."""
_ADDRESSED: Mapping[Locale, tuple[str, ...]] = {
    Locale.EN: ("system prompt", "you are now", "language model", "as an ai", "you are an ai", "developer mode"),
    Locale.ZH: ("系统提示", "你现在是", "语言模型", "作为人工智能", "作为ai", "你是一个ai", "开发者模式"),
    Locale.RU: ("системный промпт", "системную подсказку", "ты теперь", "теперь ты", "языковая модель", "как ии"),
    Locale.KK: ("жүйелік нұсқау", "сен енді", "енді сен", "тілдік модель"),
    Locale.KY: ("системалык көрсөтмө", "сен эми", "эми сен", "тилдик модель"),
    Locale.TG: ("дастури система", "ту акнун", "акнун ту", "модели забон"),
    Locale.UZ: ("tizim ko'rsatma", "sen endi", "endi sen", "til modeli"),
    Locale.FA: ("پرامپت سیستم", "تو اکنون", "اکنون تو", "مدل زبانی", "به عنوان هوش مصنوعی"),
    Locale.UR: ("سسٹم پرامپٹ", "اب تم", "لسانی ماڈل", "مصنوعی ذہانت کے طور پر"),
    Locale.HI: ("सिस्टम प्रॉम्प्ट", "अब तुम", "अब आप", "भाषा मॉडल"),
    Locale.BE: ("сістэмны промпт", "ты цяпер", "цяпер ты", "моўная мадэль"),
    Locale.MN: ("системийн заавар", "чи одоо", "одоо чи", "хэлний загвар"),
}
"""Words that are said to a model or an assistant."""


class MarkKind(Enum):
    """Why a line is marked."""

    LINK = "link"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class Mark:
    """An address, or a whole line, that should be looked at."""

    kind: MarkKind
    shown: str


def marks_of(lines: Iterable[str]) -> list[Mark]:
    """What to look at, in reading order, each once."""
    return list(dict.fromkeys(mark for line in lines for mark in _of_line(line)))


def is_instruction_like(line: str) -> bool:
    """Whether a line reads as if it spoke to a model or an assistant."""
    if _ROLE_MARK.search(line):
        return True
    folded = fold(line)
    if any(phrase.search(folded) for phrase in _phrases()):
        return True
    return any(verbs.search(folded) and nouns.search(folded) for verbs, nouns in _orders())


def _of_line(line: str) -> Iterator[Mark]:
    for address in _LINK.findall(line):
        yield Mark(MarkKind.LINK, address.rstrip(".,;:!?。，"))
    if is_instruction_like(line):
        yield Mark(MarkKind.INSTRUCTION, line)


def _beginnings(words: Iterable[str], locale: Locale) -> regex.Pattern[str]:
    """Finds words that begin so; Chinese has no blanks, so there they may stand anywhere."""
    border = "" if locale is Locale.ZH else r"(?<![\p{L}\p{M}])"
    return regex.compile(border + "(?:" + "|".join(regex.escape(fold(word)) for word in words) + ")")


@cache  # folding reads tables of Chinese letters: a tenth of all that an import of the program takes
def _orders() -> list[tuple[regex.Pattern[str], regex.Pattern[str]]]:
    return [(_beginnings(verbs, locale), _beginnings(nouns, locale)) for locale, (verbs, nouns) in _IGNORED.items()]


@cache
def _phrases() -> list[regex.Pattern[str]]:
    return [_beginnings(phrases, locale) for locale, phrases in _ADDRESSED.items()]
