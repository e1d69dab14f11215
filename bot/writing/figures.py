"""Reads figures out of text in twelve languages, so that translations of one sentence can be laid side by side.

A figure is what must be the same in every language whatever the wording: a number, a percentage, a month, a time of
day, a code like `B2B`, an address. Days and years are plain numbers: languages differ in how they join them to the
month, not in the parts. Numbers written as words ("three") are no figures: they bend, and mean other things besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache

import regex
from babel.dates import get_month_names

from bot.ids import Locale
from bot.writing.digits import ascii_digits
from bot.writing.terms import YEAR


class FigureKind(StrEnum):
    """What kind of thing a figure is; its value is the word for it in a message."""

    NUMBER = "number"
    PERCENT = "percentage"
    MONTH = "month"
    TIME = "time"
    CODE = "code"
    LINK = "link"
    MAIL = "e-mail address"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `value` is the same in all languages ("450000", "7"), `written` is how the text has it ("45 万")."""

    kind: FigureKind
    value: str
    written: str
    start: int
    end: int

    @property
    def key(self) -> tuple[FigureKind, str]:
        """What is compared."""
        return self.kind, self.value


def figures_of(text: str, locale: Locale) -> tuple[Figure, ...]:
    """The figures of `text` in reading order; places count in `text`."""
    page = _Page(text, locale)
    for read in (_links, _numeric_dates, _times, _months, _codes, _numbers):
        page.take(read(page))
    return tuple(sorted(page.found, key=lambda figure: figure.start))


def without_figures(text: str, locale: Locale) -> str:
    """`text` with its figures blanked out: what is left are the words that say what the figures are of."""
    for figure in figures_of(text, locale):
        text = text[: figure.start] + " " * (figure.end - figure.start) + text[figure.end :]
    return text


@dataclass(slots=True)
class _Found:
    kind: FigureKind
    value: str
    start: int
    end: int


_OTHER_DIGIT = regex.compile(r"[\d--[0-9]]", regex.V1)
"""A digit that is not ASCII; some of them `regex` knows by a newer Unicode than Python."""


class _Page:
    """The text with ASCII digits; what was read is blanked out, so that no figure is read twice."""

    def __init__(self, text: str, locale: Locale) -> None:
        self.locale = locale
        self.left = _OTHER_DIGIT.sub(lambda found: found[0] if found[0].isdecimal() else "\0", ascii_digits(text))
        self.found: list[Figure] = []
        self._text = text

    def take(self, found: Iterator[_Found]) -> None:
        for one in list(found):
            written = self._text[one.start : one.end].strip()
            self.found.append(Figure(one.kind, one.value, written, one.start, one.end))
            self.left = self.left[: one.start] + "\0" * (one.end - one.start) + self.left[one.end :]


_LINK = regex.compile(r"https?://[^\s<>\"«»“”，。；、）]+")
_MAIL = regex.compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_STOPS = ".,;:!?)]}'\u060c\u061b\u061f\u06d4\u0964"


def _links(page: _Page) -> Iterator[_Found]:
    for match in _LINK.finditer(page.left):
        link = match.group().rstrip(_STOPS)
        yield _Found(FigureKind.LINK, link, match.start(), match.start() + len(link))
    for match in _MAIL.finditer(page.left):
        yield _Found(FigureKind.MAIL, match.group().casefold().rstrip(_STOPS), match.start(), match.end())


_NUMERIC_DATE = regex.compile(
    rf"(?<![\d.-])(?:(?P<y>{YEAR})-(?P<m>\d\d)-(?P<d>\d\d)|(?P<d>\d\d?)\.(?P<m>\d\d)\.(?P<y>{YEAR}))(?![\d-])"
)


def _numeric_dates(page: _Page) -> Iterator[_Found]:
    for match in _NUMERIC_DATE.finditer(page.left):
        for name, kind in (("y", FigureKind.NUMBER), ("m", FigureKind.MONTH), ("d", FigureKind.NUMBER)):
            yield _Found(kind, str(int(match[name])), match.start(name), match.end(name))


_TIME = regex.compile(r"(?<![\d:])(?<!\d[.,])([01]?\d|2[0-4])(?:[:：∶]([0-5]\d)(?!\d|:\d)|[点點時时]([0-5]\d)分?)")


def _times(page: _Page) -> Iterator[_Found]:
    for match in _TIME.finditer(page.left):
        yield _Found(FigureKind.TIME, f"{int(match[1])}:{match[2] or match[3]}", match.start(), match.end())


def _months(page: _Page) -> Iterator[_Found]:
    pattern, number_of = _month_pattern(page.locale)
    for match in pattern.finditer(page.left):
        yield _Found(FigureKind.MONTH, str(number_of(match)), *match.span())


_CODE = regex.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]+\d+[A-Za-z\d]*|\d+[A-Z]+[A-Z\d]*)(?![A-Za-z0-9])")
_LOOKALIKE_CODE = regex.compile(r"(?<![\p{L}\d])[АВЕКМНОРСТХ]\d+(?![\p{L}\d])")
"""A Cyrillic letter that looks like a Latin one, with a number: nobody who types «павильон А2» can tell them apart."""
_LOOKALIKES = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")


def _codes(page: _Page) -> Iterator[_Found]:
    for pattern in (_CODE, _LOOKALIKE_CODE):
        for match in pattern.finditer(page.left):
            yield _Found(FigureKind.CODE, match.group().upper().translate(_LOOKALIKES), *match.span())


_COMMA_GROUPS = r"\d{1,3}(?:[,，]\d{3})+"
_LAKH_GROUPS = r"\d{1,2}(?:,\d{2})+,\d{3}"
_SPACE_GROUPS = r"\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+"
_NARROW_GROUPS = r"\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+"
_PERSIAN_GROUPS = r"\d{1,3}(?:[٬,]\d{3})+"
_POINT, _COMMA, _PERSIAN_POINT = r"\.\d+", r"[.,]\d+", r"[٫/.]\d+"
_WRITING = {
    Locale.EN: (_COMMA_GROUPS, _POINT),
    Locale.ZH: (_COMMA_GROUPS, _POINT),
    Locale.MN: (_COMMA_GROUPS, _POINT),
    Locale.HI: (f"{_LAKH_GROUPS}|{_COMMA_GROUPS}", _POINT),
    Locale.UR: (f"{_LAKH_GROUPS}|{_COMMA_GROUPS}", r"[.٫]\d+"),
    Locale.FA: (_PERSIAN_GROUPS, _PERSIAN_POINT),
}
_SPACED_WRITING = (_SPACE_GROUPS, _COMMA)

_THOUSAND, _LAKH, _MILLION, _CRORE, _BILLION, _KHARB, _TRILLION = (10**power for power in (3, 5, 6, 7, 9, 11, 12))
_SCALES = {
    Locale.EN: {"thousand": _THOUSAND, "million": _MILLION, "billion": _BILLION, "trillion": _TRILLION},
    Locale.RU: {"тыс": _THOUSAND, "млн": _MILLION, "миллион": _MILLION, "млрд": _BILLION, "миллиард": _BILLION,
                "трлн": _TRILLION, "триллион": _TRILLION},
    Locale.BE: {"тыс": _THOUSAND, "млн": _MILLION, "мільён": _MILLION, "млрд": _BILLION, "мільярд": _BILLION,
                "трлн": _TRILLION, "трыльён": _TRILLION},
    Locale.KK: {"мың": _THOUSAND, "млн": _MILLION, "миллион": _MILLION, "млрд": _BILLION, "миллиард": _BILLION,
                "трлн": _TRILLION, "триллион": _TRILLION},
    Locale.KY: {"миң": _THOUSAND, "млн": _MILLION, "миллион": _MILLION, "млрд": _BILLION, "миллиард": _BILLION,
                "трлн": _TRILLION, "триллион": _TRILLION},
    Locale.TG: {"ҳазор": _THOUSAND, "млн": _MILLION, "миллион": _MILLION, "млрд": _BILLION, "миллиард": _BILLION,
                "трлн": _TRILLION, "триллион": _TRILLION},
    Locale.UZ: {"ming": _THOUSAND, "mln": _MILLION, "million": _MILLION, "mlrd": _BILLION, "milliard": _BILLION,
                "trln": _TRILLION, "trillion": _TRILLION},
    Locale.MN: {"мянг": _THOUSAND, "сая": _MILLION, "тэрбум": _BILLION, "их наяд": _TRILLION,
                "триллион": _TRILLION},
    Locale.FA: {"هزار": _THOUSAND, "میلیون": _MILLION, "میلیارد": _BILLION, "تریلیون": _TRILLION},
    Locale.UR: {"ہزار": _THOUSAND, "لاکھ": _LAKH, "ملین": _MILLION, "کروڑ": _CRORE, "ارب": _BILLION,
                "بلین": _BILLION, "کھرب": _KHARB, "ٹریلین": _TRILLION},
    Locale.HI: {"हज़ार": _THOUSAND, "हजार": _THOUSAND, "लाख": _LAKH, "मिलियन": _MILLION, "करोड़": _CRORE,
                "अरब": _BILLION, "बिलियन": _BILLION, "खरब": _KHARB, "ट्रिलियन": _TRILLION},
}  # fmt: skip
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8, "萬": 10**4, "億": 10**8}
_HAN_SCALE = r"(?P<scale>(?:[十百千](?![米克瓦]))?[万萬亿億]{1,2}|[百千](?![米克瓦分]))"
_PERCENT_WORDS = {
    Locale.EN: "percent|per cent",
    Locale.ZH: "个百分点",
    Locale.RU: r"процент\p{L}*",
    Locale.BE: r"працэнт\p{L}*",
    Locale.KK: r"пайыз\p{L}*|процент\p{L}*",
    Locale.KY: r"пайыз\p{L}*|процент\p{L}*",
    Locale.TG: r"фоиз\p{L}*|дарсад\p{L}*",
    Locale.UZ: r"foiz\p{L}*",
    Locale.MN: r"хув(?:ь|и(?!л))\p{L}*|процент\p{L}*",
    Locale.FA: "درصد",
    Locale.UR: "فیصد|فی صد",
    Locale.HI: "प्रतिशत|फ़ीसदी|फीसदी",
}
_BETWEEN = {Locale.ZH: "[多余]?", Locale.MN: r"(?:\s+(?:гаруй|орчим|илүү))?"}
"""What may stand between a number and its scale or percent word ("20 гаруй хувь": more than 20 percent)."""


@cache
def _number_pattern(locale: Locale) -> regex.Pattern[str]:
    """A number with its scale and percent sign.

    Where the decimal mark is a comma, «1,225» alone is yet taken for thousands, as it was surely meant; «1,225 млн» is
    not.
    """
    groups, decimals = _WRITING.get(locale, _SPACED_WRITING)
    scale = _HAN_SCALE if locale is Locale.ZH else _scale_pattern(locale)
    gap = _BETWEEN.get(locale, "") + r"[\s\u200c-]?"
    percent = rf"(?P<percent>[%٪％]|(?:{_PERCENT_WORDS[locale]})(?!\p{{L}}))"
    number = rf"(?P<whole>{_NARROW_GROUPS}|{groups}|\d+)(?!\d)(?P<decimals>{decimals})?"
    if locale not in _WRITING:
        number = rf"(?:(?P<whole>{_COMMA_GROUPS})(?![\d,])(?!{gap}(?:{scale}|{percent}))|{number})"
    before = r"(?:(?P<percent>百分之)\s?)?" if locale is Locale.ZH else ""
    return regex.compile(rf"{before}(?<![A-Za-z\d]){number}(?:{gap}{scale})?(?:{gap}{percent})?")


def _scale_pattern(locale: Locale) -> str:
    words = sorted(map(regex.escape, _SCALES[locale]), key=len, reverse=True)
    bends = "" if locale in {Locale.FA, Locale.UR, Locale.HI} else r"\p{L}*"
    return rf"(?P<scale>{'|'.join(words)}){bends}(?!\p{{L}}|\p{{M}})"


def _numbers(page: _Page) -> Iterator[_Found]:
    last: _Sum | None = None
    for match in _number_pattern(page.locale).finditer(page.left):
        value = Decimal(_plain(match["whole"]))
        if match["decimals"]:
            value += Decimal("0." + match["decimals"][1:])
        scale = _scale(match["scale"], page.locale)
        if last is not None and last.goes_on(page.left, match, scale):
            last.add(match, value * scale, scale)
            continue
        if last is not None:
            yield last.found()
        last = _Sum(match, value * scale, scale)
    if last is not None:
        yield last.found()


class _Sum:
    """A number in parts, each with a smaller scale than the one before: 2 लाख 50 हज़ार, 1亿2000万."""

    def __init__(self, match: regex.Match[str], value: Decimal, scale: int) -> None:
        self._start, self._end = match.span()
        self._value, self._scale = value, scale
        self._kind = FigureKind.PERCENT if match["percent"] else FigureKind.NUMBER

    def goes_on(self, text: str, match: regex.Match[str], scale: int) -> bool:
        between = text[self._end : match.start()]
        return 1 < scale < self._scale and self._kind is FigureKind.NUMBER and between in {"", " ", "\u00a0"}

    def add(self, match: regex.Match[str], value: Decimal, scale: int) -> None:
        self._end, self._scale = match.end(), scale
        self._value += value

    def found(self) -> _Found:
        value = f"{self._value:f}"
        return _Found(self._kind, value.rstrip("0").rstrip(".") if "." in value else value, self._start, self._end)


def _plain(number: str) -> str:
    return regex.sub(r"\D", "", number)


def _scale(written: str | None, locale: Locale) -> int:
    if not written:
        return 1
    if locale is not Locale.ZH:
        return _SCALES[locale][written]
    product = 1
    for character in written:
        product *= _HAN_SCALES[character]
    return product


_MonthNumber = Callable[[regex.Match[str]], int]
_HAN_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MORE_MONTHS: Mapping[Locale, Mapping[int, tuple[str, ...]]] = {
    Locale.EN: {9: ("Sept",)},
    Locale.FA: {5: ("می",), 7: ("جولای",), 8: ("اگوست", "آگوست")},
    Locale.HI: {2: ("फरवरी",), 9: ("सितम्बर",), 10: ("अक्तूबर",), 11: ("नवम्बर",), 12: ("दिसम्बर",)},
}
"""Spellings beside those of Babel."""
_ENDINGS = {
    Locale.EN: "",
    Locale.RU: "[а-я]{0,3}",
    Locale.BE: "[а-яўі]{0,4}",
    Locale.KK: r"\p{Ll}{0,8}",
    Locale.KY: r"\p{Ll}{0,8}",
    Locale.TG: "(?:и|у|ро)?",
    Locale.UZ: "(?:i?(?:da|dan|ning|gacha|dagi|ga|ni)?|oyida)",
    Locale.FA: "ٔ?",
    Locale.UR: "",
    Locale.HI: "",
}
_SHORT_MONTHS = {
    Locale.RU: "ма(?:й|я|е|ю|ем)",
    Locale.BE: "ма(?:й|я|і|ю|ем)",
    Locale.KY: "май(?:ы?(?:нан|да|га|на|нда|ндагы|дын|нын|дагы))?",
    Locale.TG: "ма(?:йи?|и)",
    Locale.FA: r"(?:(?<=\d )(?:مه|می)ٔ?|(?:مه|می)ٔ?(?= \d{4}))",
}
"""May, where the name is too short to bend freely or is also another word."""
_MAY = 5
"""The month whose short name has patterns of its own."""
_ALSO_NAMES = frozenset({"қазан"})
"""Months that are proper names with a capital letter: Kazan."""


@cache
def _month_pattern(locale: Locale) -> tuple[regex.Pattern[str], _MonthNumber]:
    if locale is Locale.ZH:
        han = "|".join(reversed(_HAN_MONTHS))
        return regex.compile(rf"(?<![\d十])(?:(?P<digits>1[0-2]|0?[1-9])\s?|(?P<han>{han}))月(?!台)"), _chinese_month
    if locale is Locale.MN:
        return _mongolian_months()
    branches = (rf"(?P<m{number}>{pattern})" for number, pattern in _month_names(locale).items())
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{'|'.join(branches)})(?![\p{{L}}\p{{M}}\u200c])"), _named_month


def _chinese_month(match: regex.Match[str]) -> int:
    return int(match["digits"]) if match["digits"] else _HAN_MONTHS.index(match["han"]) + 1


def _named_month(match: regex.Match[str]) -> int:
    return int((match.lastgroup or "m0")[1:])


def _mongolian_months() -> tuple[regex.Pattern[str], _MonthNumber]:
    """«долоодугаар сар», «7-р сар», «7 сарын 18»; in «нэгдүгээр–есдүгээр сар» the word for month stands once."""
    names = get_month_names("wide", "format", "mn")
    ordinals = {name.removesuffix(" сар"): number for number, name in names.items()}
    words = "|".join(sorted(ordinals, key=len, reverse=True))
    month = r"\s+сар\p{L}*"
    pattern = regex.compile(
        rf"(?<!\p{{L}})(?:(?P<word>{words})(?={month}|\s?[–—-]\s?(?:{words}){month})"
        rf"|(?P<digits>1[0-2]|[1-9])(?:-р(?={month})|(?=\s+сарын\s+\d)))",
        regex.IGNORECASE,
    )

    def number_of(match: regex.Match[str]) -> int:
        return int(match["digits"]) if match["digits"] else ordinals[match["word"].casefold()]

    return pattern, number_of


def _month_names(locale: Locale) -> dict[int, str]:
    """A pattern for each month: the part of the name that does not bend, and what may follow it."""
    patterns = {}
    forms = get_month_names("wide", "format", locale.value), get_month_names("wide", "stand-alone", locale.value)
    for number, name in forms[0].items():
        other = forms[1][number]
        own = name if "月" in other else _shared_beginning(name.casefold(), other.casefold())
        stems = {own.rstrip("ьٔ"), *_MORE_MONTHS.get(locale, {}).get(number, ())}
        if locale is Locale.EN:
            stems = {name, f"{name[:3]}\\.?", *(f"{more}\\.?" for more in _MORE_MONTHS[locale].get(number, ()))}
        else:
            stems = {_either_case(stem) for stem in stems}
        patterns[number] = f"(?:{'|'.join(sorted(stems, key=len, reverse=True))}){_ENDINGS[locale]}"
    if locale in _SHORT_MONTHS:
        patterns[_MAY] = _SHORT_MONTHS[locale]
    return patterns


def _shared_beginning(name: str, other: str) -> str:
    length = next((place for place, pair in enumerate(zip(name, other, strict=False)) if pair[0] != pair[1]), None)
    return name[:length] if length is not None else min(name, other, key=len)


def _either_case(stem: str) -> str:
    """`stem` with a small or a capital first letter: a heading may begin with a month."""
    if stem in _ALSO_NAMES:
        return stem
    first = stem[0].casefold()
    return stem if first == first.upper() else f"[{first}{first.upper()}]{stem[1:].casefold()}"
