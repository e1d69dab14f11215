"""«Last year» and its like by their numbers: the knowledge names years, visitors count from the day they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import regex

from bot.vocabulary import Locale
from bot.writing.folding import fold

_THE_YEAR_BEFORE_LAST, _LAST, _THIS, _NEXT = -2, -1, 0, 1

_IN_YEAR = {
    Locale.EN: "in {}",
    Locale.ZH: "{}年",
    Locale.RU: "в {} году",
    Locale.KK: "{} жылы",
    Locale.KY: "{}-жылы",
    Locale.TG: "соли {}",
    Locale.UZ: "{}-yilda",
    Locale.FA: "سال {}",
    Locale.UR: "{} میں",
    Locale.HI: "{} में",
    Locale.BE: "у {} годзе",
    Locale.MN: "{} онд",
}
_PHRASES: Mapping[Locale, Mapping[int, str]] = {
    Locale.EN: {
        _THE_YEAR_BEFORE_LAST: "the year before last",
        _LAST: "last year|last year's={}",
        _THIS: "this year|this year's={}|the current year|current year's={}",
        _NEXT: "next year|next year's={}|the coming year",
    },
    Locale.ZH: {
        _THE_YEAR_BEFORE_LAST: "(?<![目之以年])前年",
        _LAST: "去年|上一年度?",
        _THIS: "(?<!当)今年(?![轻代龄纪])",
        _NEXT: "(?<![证说声表透文])明年",
    },
    Locale.RU: {
        _THE_YEAR_BEFORE_LAST: "позапрошлом году={} году|позапрошлого года={} года|позапрошлый год={} год",
        _LAST: "прошлом году={} году|прошлого года={} года|прошлый год={} год|прошедшем году={} году|"
        "прошедший год={} год|минувшем году={} году|прошлогодний={} года|прошлогодняя={} года|прошлогоднее={} года|"
        "прошлогодней={} года|прошлогоднюю={} года|прошлогоднем={} года|прошлогоднего={} года|прошлогодние={} года",
        _THIS: "этом году={} году|этого года={} года|этот год={} год|текущем году={} году|текущего года={} года|"
        "текущий год={} год|нынешнем году={} году|нынешнего года={} года",
        _NEXT: "следующем году={} году|следующего года={} года|следующий год={} год|будущем году={} году|"
        "будущего года={} года",
    },
    Locale.KK: {
        _LAST: "былтыр|былтырғы={} жылғы|өткен жылы|өткен жылғы={} жылғы|өткен жылдың={} жылдың",
        _THIS: "биыл|биылғы={} жылғы|осы жылы|осы жылғы={} жылғы|осы жылдың={} жылдың|ағымдағы жылы|"
        "ағымдағы жылғы={} жылғы",
        _NEXT: "келесі жылы|келесі жылғы={} жылғы|келер жылы|келер жылғы={} жылғы",
    },
    Locale.KY: {
        _LAST: "былтыр|былтыркы={}-жылкы|өткөн жылы|өткөн жылкы={}-жылкы|өткөн жылдын={}-жылдын",
        _THIS: "быйыл|быйылкы={}-жылкы|ушул жылы|ушул жылкы={}-жылкы|ушул жылдын={}-жылдын|учурдагы жылы",
        _NEXT: "келерки жылы|келерки жылкы={}-жылкы|кийинки жылы|кийинки жылкы={}-жылкы|эмдиги жылы",
    },
    Locale.TG: {
        _THE_YEAR_BEFORE_LAST: "перорсол",
        _LAST: "соли гузашта|соли гузаштаи|порсол|порсола|порсолаи",
        _THIS: "имсол|имсола|имсолаи|соли ҷорӣ|соли равон",
        _NEXT: "соли оянда|соли ояндаи",
    },
    Locale.UZ: {
        _LAST: "oʻtgan yili|oʻtgan yil|oʻtgan yilda|oʻtgan yilgi={}-yilgi|oʻtgan yilning={}-yilning|bultur|"
        "bulturgi={}-yilgi",
        _THIS: "bu yil|bu yili|bu yilgi={}-yilgi|shu yil|shu yili|shu yilgi={}-yilgi|joriy yilda|"
        "joriy yilning={}-yilning",
        _NEXT: "kelasi yil|kelasi yili|kelasi yilgi={}-yilgi|keyingi yil|keyingi yili|keyingi yilgi={}-yilgi|"
        "kelgusi yil|kelgusi yilda",
    },
    Locale.FA: {
        _THE_YEAR_BEFORE_LAST: "پیرارسال",
        _LAST: "پارسال|سال گذشته",
        _THIS: "امسال|سال جاری",
        _NEXT: "سال آینده",
    },
    Locale.UR: {
        _LAST: "پچھلے سال|گزشتہ سال|گذشتہ سال|پچھلے برس|گزشتہ برس",
        _THIS: "رواں سال|رواں برس|امسال",
        _NEXT: "اگلے سال|اگلے برس|آئندہ سال|آئندہ برس",
    },
    Locale.HI: {
        _LAST: "पिछले साल|पिछले वर्ष|पिछले बरस|गत वर्ष|बीते साल|बीते वर्ष",
        _THIS: "इस साल|इस वर्ष|इस बरस|मौजूदा साल|चालू वर्ष",
        _NEXT: "अगले साल|अगले वर्ष|अगले बरस|आगामी वर्ष",
    },
    Locale.BE: {
        _THE_YEAR_BEFORE_LAST: "пазалетась|пазамінулым годзе={} годзе|пазамінулага года={} года",
        _LAST: "летась|мінулым годзе={} годзе|мінулага года={} года|мінулы год={} год|леташні={} года|леташняя={} года|"
        "леташняе={} года|леташняй={} года|леташнюю={} года|леташнім={} года|леташняга={} года",
        _THIS: "сёлета|гэтым годзе={} годзе|гэтага года={} года|бягучым годзе={} годзе|бягучага года={} года|"
        "сёлетні={} года|сёлетняя={} года|сёлетняе={} года|сёлетняй={} года|сёлетнюю={} года|сёлетнім={} года|"
        "сёлетняга={} года",
        _NEXT: "налета|наступным годзе={} годзе|наступнага года={} года|наступны год={} год|будучым годзе={} годзе",
    },
    Locale.MN: {
        _THE_YEAR_BEFORE_LAST: "уржнан|уржигнан",
        _LAST: "өнгөрсөн жил|өнгөрсөн жилийн={} оны|өнгөрсөн онд|өнгөрсөн оны={} оны|ноднин|ноднингийн={} оны",
        _THIS: "энэ жил|энэ жилийн={} оны|энэ онд|энэ оны={} оны",
        _NEXT: "ирэх жил|ирэх жилийн={} оны|ирэх онд|ирэх оны={} оны|дараа жил|дараа жилийн={} оны",
    },
}
"""Phrase, or phrase=what stands for it, by how far the year is from this one.

What may as well mean another year is left out: in a conversation «اس سال» is also that year, «سال بعد» the one after.
"""
_POSTPOSITIONS = {
    Locale.UR: frozenset(map(fold, ("کی", "کے", "کا", "میں", "سے", "تک"))),
    Locale.HI: frozenset(map(fold, ("की", "के", "का", "में", "से", "तक"))),
}
"""Before these the number stands alone."""
_SEVERAL = frozenset(
    fold(word)
    for listed in ("چند|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده", "чанд|ду|се|чор|панҷ|шаш|ҳафт|ҳашт|нӯҳ|даҳ")
    for word in listed.split("|")
)
"""After these a phrase means several years."""
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’‘ʻʼ`\u200c-][\p{L}\p{M}\p{N}]+)*")
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def with_years(text: str, locale: Locale, today: date) -> str:
    """`text` with each year that is counted from today named by its number; «last year» becomes «in 2025».

    >>> with_years("Сколько поездов было в прошлом году?", Locale.RU, date(2026, 11, 27))
    'Сколько поездов было в 2025 году?'
    """
    if locale is Locale.ZH:
        for offset, pattern in _PHRASES[locale].items():
            text = regex.sub(pattern, _IN_YEAR[locale].format(today.year + offset), text)
        return text
    told: list[str] = []
    end = 0
    for phrase in _found(text, locale):
        year = str(today.year + phrase.offset)
        said = phrase.template.format(year.translate(_PERSIAN_DIGITS) if locale is Locale.FA else year)
        told += (text[end : phrase.start], said)
        end = phrase.end
    return "".join((*told, text[end:]))


class _Found(NamedTuple):
    start: int
    end: int
    offset: int
    template: str


def _found(text: str, locale: Locale) -> Sequence[_Found]:
    """The phrases in the order of the text, the longest of those that begin at one word."""
    spans = [match.span() for match in _WORD.finditer(text)]
    said = [fold(text[start:end]) for start, end in spans]
    phrases, longest = _phrases(locale)
    found: list[_Found] = []
    place = 0
    while place < len(said):
        for length in range(min(longest, len(said) - place), 0, -1):
            known = phrases.get(tuple(said[place : place + length]))
            if known is not None and not (place and said[place - 1] in _SEVERAL):
                offset, template = known
                after = said[place + length] if place + length < len(said) else ""
                if after in _POSTPOSITIONS.get(locale, ()):
                    template = "{}"
                found.append(_Found(spans[place][0], spans[place + length - 1][1], offset, template))
                place += length - 1
                break
        place += 1
    return found


@cache
def _phrases(locale: Locale) -> tuple[Mapping[tuple[str, ...], tuple[int, str]], int]:
    """Offset and template by the folded words of a phrase, and of how many words the longest one is."""
    phrases = {}
    for offset, listed in _PHRASES[locale].items():
        for entry in listed.split("|"):
            phrase, _, template = entry.partition("=")
            phrases[tuple(map(fold, phrase.split()))] = (offset, template or _IN_YEAR[locale])
    return phrases, max(map(len, phrases))
