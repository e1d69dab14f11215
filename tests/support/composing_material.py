"""Sentences of the real knowledge, lightly reworded or corrupted, as a language model might write them."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path

import regex
from babel.dates import get_month_names

from bot.adapters.index.version_writing import stored_sections
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.answering.browsing import is_valid
from bot.answering.generation.names import forms_of
from bot.answering.ports import StoredSection
from bot.ids import Locale, SectionKey
from bot.ingestion.model import Readership
from bot.writing.digits import ascii_digits
from bot.writing.folding import fold
from tests.support.knowledge_parts import no_language

TODAY = date(2026, 11, 25)
KNOWLEDGE = Path(__file__).parents[2] / "knowledge"


@cache
def sections() -> tuple[StoredSection, ...]:
    """Every section that can be an answer today, in all languages."""
    with ThreadPoolExecutor(1) as thread:  # there may be a loop already in this one
        reading = thread.submit(lambda: asyncio.run(KnowledgeFiles(KNOWLEDGE, identify=no_language).read())).result()
    public = [document for document in reading.documents if document.audience is Readership.PUBLIC]
    return tuple(one for one in stored_sections(public) if one.answerable and is_valid(one, TODAY))


@cache
def by_locale() -> Mapping[Locale, Sequence[StoredSection]]:
    """The same, language by language."""
    found: dict[Locale, list[StoredSection]] = defaultdict(list)
    for section in sections():
        found[section.locale].append(section)
    return found


@cache
def copies() -> Mapping[SectionKey, Sequence[StoredSection]]:
    """The same, section by section."""
    found: dict[SectionKey, list[StoredSection]] = defaultdict(list)
    for section in sections():
        found[section.key].append(section)
    return found


class Published:
    """See `bot.answering.ports.Knowledge`."""

    version = 1

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        return copies()[key]

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:
        return ()

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:
        return ()

    def keys(self) -> Sequence[SectionKey]:
        return list(copies())


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence as a model wrote it from a section; `kind` names what was done to it."""

    section: StoredSection
    text: str
    kind: str


_BY_THE_SOURCE = {
    Locale.EN: "According to the source, {}", Locale.ZH: "根据资料，{}", Locale.RU: "По данным источника, {}",
    Locale.KK: "Дереккөз бойынша, {}", Locale.KY: "Булак боюнча, {}", Locale.TG: "Мувофиқи манбаъ, {}",
    Locale.UZ: "Manbaga koʻra, {}", Locale.FA: "بر اساس منبع، {}", Locale.UR: "ذریعے کے مطابق، {}", Locale.HI: "स्रोत के अनुसार, {}",
    Locale.BE: "Паводле крыніцы, {}", Locale.MN: "Эх сурвалжийн дагуу, {}",
}  # fmt: skip
_AND = {
    Locale.EN: ", and ", Locale.ZH: "，并且", Locale.RU: ", и ", Locale.KK: ", және ", Locale.KY: ", жана ", Locale.TG: " ва ",
    Locale.UZ: ", va ", Locale.FA: " و ", Locale.UR: " اور ", Locale.HI: " और ", Locale.BE: ", і ", Locale.MN: ", мөн ",
}  # fmt: skip
_STOPS = ".。।۔"


def faithful(section: StoredSection, rng: random.Random) -> Iterator[Written]:
    """The sentences of a section, each reworded in one way that leaves its meaning."""
    for place, sentence in enumerate(section.sentences):
        ways = [
            way
            for way in (_quoted, _without_stop, _attributed, _without_brackets, _plain_digits, _clauses_changed)
            if way(sentence, section.locale)
        ]
        way = rng.choice(ways)
        yield Written(section, way(sentence, section.locale), way.__name__.lstrip("_"))
        if place + 1 < len(section.sentences) and rng.random() < 0.3:
            yield Written(section, _joined(sentence, section.sentences[place + 1], section.locale), "joined")


def _quoted(sentence: str, locale: Locale) -> str:
    return sentence


def _without_stop(sentence: str, locale: Locale) -> str:
    return sentence.rstrip(_STOPS)


def _attributed(sentence: str, locale: Locale) -> str:
    return _BY_THE_SOURCE[locale].format(sentence)


def _without_brackets(sentence: str, locale: Locale) -> str:
    shorter = regex.sub(r"\s*[(（][^()（）]*[)）]", "", sentence)
    return shorter if shorter != sentence and len(shorter) > 20 else ""


def _plain_digits(sentence: str, locale: Locale) -> str:
    plain = regex.sub(
        r"\d{1,3}(?:,\d{2})*(?:[,\u00a0\u202f٬]\d{3})+(?!\d)",
        lambda match: regex.sub(r"\D", "", match.group()),
        ascii_digits(sentence),
    )
    return plain if plain != sentence else ""


def _clauses_changed(sentence: str, locale: Locale) -> str:
    """«A, B.» becomes «B, A.»"""
    if regex.search(r"\d[,٬]\d|[«“\"(（]", sentence):
        return ""
    parts = regex.split(r"[,，،]\s?", sentence.rstrip(_STOPS))
    if len(parts) != 2 or min(map(len, parts)) < 6:
        return ""
    comma = "，" if locale is Locale.ZH else ", "
    return f"{parts[1]}{comma}{parts[0]}"


def _joined(one: str, other: str, locale: Locale) -> str:
    return one.rstrip(_STOPS) + _AND[locale] + other


Corruption = Callable[[str, StoredSection, random.Random], str]


def number_moved(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """One number a little greater or smaller."""
    found = [match for match in regex.finditer(r"\d+", sentence) if not _in_address(sentence, match.start())]
    if not found:
        return ""
    match = rng.choice(found)
    value = int(ascii_digits(match.group())) + rng.choice((-1, 1))
    return _with_number(sentence, match, value) if value >= 0 else ""


def _with_number(sentence: str, match: regex.Match[str], value: int) -> str:
    digits = str(value).zfill(len(match.group()) if match.group()[0] in "0۰" else 0)
    if match.group()[0] in "۰۱۲۳۴۵۶۷۸۹":
        digits = "".join("۰۱۲۳۴۵۶۷۸۹"[int(digit)] for digit in digits)
    return sentence[: match.start()] + digits + sentence[match.end() :]


def figures_exchanged(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """Two numbers of the sentence change places; years do not, as «in 2024 and 2025» says the same either way."""
    found = [
        match
        for match in regex.finditer(r"(?<![\p{L}\d.,٬٫/:-])\d+(?![\d.,٬٫/:-]*\d|\p{L})", sentence)
        if not _in_address(sentence, match.start()) and not 1900 <= int(ascii_digits(match.group())) <= 2100
    ]
    pairs = [
        (one, other)
        for one, other in combinations(found, 2)
        if int(ascii_digits(one.group())) != int(ascii_digits(other.group()))
    ]
    if not pairs:
        return ""
    one, other = rng.choice(pairs)
    between = sentence[one.end() : other.start()]
    return f"{sentence[: one.start()]}{other.group()}{between}{one.group()}{sentence[other.end() :]}"


def _in_address(sentence: str, place: int) -> bool:
    return any(match.start() <= place < match.end() for match in regex.finditer(r"https?://\S+|\S+@\S+", sentence))


def date_shifted(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """Another month, or another year."""
    names = list(get_month_names("wide", "format", section.locale.value).values())
    months = [
        name
        for name in names
        if regex.search(rf"(?<![\p{{L}}\p{{M}}\d]){regex.escape(name)}(?![\p{{L}}\p{{M}}\u200c])", sentence)
    ]
    if section.locale is Locale.ZH:
        months = [name for name in names if regex.search(rf"(?<!\d){name}", sentence)]
    years = list(regex.finditer(r"(?<!\d)(?:20\d\d|۲۰[۰-۹]{2})(?!\d)", sentence))
    if months and (not years or rng.random() < 0.6):
        old = max(months, key=len)
        new = rng.choice([name for name in names if name != old])
        return sentence.replace(old, new, 1)
    if not years:
        return ""
    match = rng.choice(years)
    return _with_number(sentence, match, int(ascii_digits(match.group())) + rng.choice((-3, -2, -1, 1, 2, 3)))


_CITIES = (
    "qingdao", "jiaozhou", "shandong", "almaty", "beijing", "shanghai", "tianjin", "moscow", "tashkent", "samarkand", "bishkek",
    "astana", "minsk", "tehran", "karachi", "delhi", "dubai", "budapest", "paris", "london", "berlin", "istanbul",
)  # fmt: skip
_COUNTRIES = ("cn", "ru", "kz", "kg", "tj", "uz", "in", "pk", "ir", "by", "mn", "tr", "de", "fr", "jp", "us")
_PLACES = (*_CITIES, *(f"country_{code}" for code in _COUNTRIES))


def name_swapped(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """A place or country in the sentence becomes another."""
    present = [(name, form) for name in _PLACES for form in forms_of(name, section.locale) if _stands(form, sentence)]
    if not present:
        return ""
    _, form = rng.choice(present)
    new = rng.choice([other for other in _PLACES if not _is_named(other, section)])
    return sentence.replace(form, forms_of(new, section.locale)[0], 1)


def _is_named(name: str, section: StoredSection) -> bool:
    """Whether a passage names a place: what it says of one of its own might by chance be true of another."""
    forms = forms_of(name, section.locale)
    passage = f"{section.title} {section.heading} {section.text}".casefold()
    return not forms or any(form.casefold()[: max(3, len(form) - 2)] in passage for form in forms)


def _stands(form: str, sentence: str) -> bool:
    if regex.search(r"\p{Han}", form):
        return form in sentence and "上海合作" not in sentence if form == "上海" else form in sentence
    return regex.search(rf"(?<![\p{{L}}\p{{M}}-]){regex.escape(form)}(?![\p{{L}}\p{{M}}])", sentence) is not None


_UNITS = {
    Locale.EN: ("yuan", "US dollars", "euros", "km", "hectares", "square metres", "tonnes", "days", "hours", "months", "%"),
    Locale.ZH: ("元", "美元", "欧元", "公里", "公顷", "平方米", "吨", "天", "小时", "%"),
    Locale.RU: ("юаней", "долларов", "евро", "км", "га", "кв. м", "тонн", "дней", "часов", "%"),
    Locale.KK: ("юань", "доллар", "еуро", "км", "гектар", "тонна", "күн", "сағат", "%"),
    Locale.KY: ("юань", "доллар", "евро", "км", "гектар", "тонна", "күн", "саат", "%"),
    Locale.TG: ("юан", "доллар", "евро", "км", "гектар", "тонна", "рӯз", "соат", "%"),
    Locale.UZ: ("yuan", "dollar", "yevro", "km", "gektar", "tonna", "kun", "soat", "%"),
    Locale.FA: ("یوان", "دلار", "یورو", "کیلومتر", "هکتار", "تن", "روز", "ساعت", "٪", "متر مربع"),
    Locale.UR: ("یوآن", "ڈالر", "یورو", "کلومیٹر", "ہیکٹر", "ٹن", "دن", "گھنٹے", "%", "مربع میٹر"),
    Locale.HI: ("युआन", "डॉलर", "यूरो", "किलोमीटर", "हेक्टेयर", "टन", "दिन", "घंटे", "%", "वर्ग मीटर"),
    Locale.BE: ("юаняў", "долараў", "еўра", "км", "га", "тон", "дзён", "гадзін", "%"),
    Locale.MN: ("юань", "доллар", "евро", "км", "га", "тонн", "хоног", "цаг", "%"),
}  # fmt: skip


def unit_changed(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """The unit behind a number becomes another."""
    known = "|".join(regex.escape(unit) for unit in sorted(_UNITS[section.locale], key=len, reverse=True))
    end = r"(?!\p{M})" if section.locale is Locale.ZH else r"(?![\p{L}\p{M}])"
    found = list(
        regex.finditer(
            rf"(?<=\d[\s\u00a0]?|\d\s[\p{{L}}\p{{M}}]+\s|[万亿]){'(?:(?<=[万亿]))?'}({known}){end}", sentence
        )
    )
    if not found:
        return ""
    match = rng.choice(found)
    new = rng.choice(
        [unit for unit in _UNITS[section.locale] if unit != match.group(1) and not _alike(unit, match.group(1))]
    )
    gap = " " if new != "%" and sentence[match.start() - 1].isdigit() and section.locale is not Locale.ZH else ""
    return sentence[: match.start()] + gap + new + sentence[match.end() :]


def _alike(one: str, other: str) -> bool:
    return one in other or other in one


_WRONG = {
    Locale.EN: Locale.RU, Locale.ZH: Locale.EN, Locale.RU: Locale.BE, Locale.KK: Locale.KY, Locale.KY: Locale.KK, Locale.TG: Locale.RU,
    Locale.UZ: Locale.EN, Locale.FA: Locale.UR, Locale.UR: Locale.FA, Locale.HI: Locale.EN, Locale.BE: Locale.RU, Locale.MN: Locale.KK,
}  # fmt: skip


def language_wrong(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """The same in another language: the nearest, or any."""
    place = section.sentences.index(sentence)
    others = {one.locale: one for one in copies()[section.key] if one.locale is not section.locale}
    nearest = _WRONG[section.locale]
    copy = others.get(nearest) if rng.random() < 0.5 else others[rng.choice(sorted(others))]
    return copy.sentences[place] if copy is not None and place < len(copy.sentences) else ""


_LINKS = (
    "https://scoda-tickets.example.com", "www.expo-visa.org", "http://bit.ly/3xYz", "scoda-official.cn/apply", "info@scoda-help.com",
    "+86 532 8888 1234", "t.me/scoda_help", "@scoda_support", "400-820-1234", "scoda.xyz",
)  # fmt: skip


def link_invented(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """An address that stands nowhere."""
    return f"{sentence.rstrip(_STOPS)}: {rng.choice(_LINKS)}"


_NOBODY = {
    Locale.EN: "by John Peterson", Locale.ZH: "由张伟强主持", Locale.RU: "под руководством Петра Сидорова", Locale.KK: "Ержан Төлегеновтің басшылығымен",
    Locale.KY: "Бакыт Асановдун жетекчилиги менен", Locale.TG: "бо роҳбарии Рустам Каримов", Locale.UZ: "Jasur Karimov rahbarligida",
    Locale.FA: "به ریاست محمد رضایی", Locale.UR: "عمران قریشی کی سربراہی میں", Locale.HI: "रमेश शर्मा की अध्यक्षता में",
    Locale.BE: "пад кіраўніцтвам Пятра Сідарава", Locale.MN: "Батболдын удирдлага дор Ганзориг",
}  # fmt: skip


def person_invented(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """Somebody of whom no source knows."""
    return f"{sentence.rstrip(_STOPS)} {_NOBODY[section.locale]}"


_TURNING = {
    Locale.EN: ("not", "only", "never", "free of charge"), Locale.ZH: ("不", "仅", "免费"), Locale.RU: ("не", "только", "бесплатно"),
    Locale.KK: ("емес", "тек", "тегін"), Locale.KY: ("эмес", "акысыз"), Locale.TG: ("не", "танҳо", "ройгон"), Locale.UZ: ("emas", "faqat", "bepul"),
    Locale.FA: ("فقط", "رایگان", "نیست"), Locale.UR: ("نہیں", "صرف", "مفت"), Locale.HI: ("नहीं", "केवल", "मुफ़्त"), Locale.BE: ("не", "толькі", "бясплатна"),
    Locale.MN: ("биш", "зөвхөн", "үнэгүй"),
}  # fmt: skip


def claim_turned(sentence: str, section: StoredSection, rng: random.Random) -> str:
    """A word that turns the claim, where the source has none of its kind."""
    word = rng.choice(_TURNING[section.locale])
    if word in section.text:
        return ""
    gaps = [
        match.start()
        for match in regex.finditer(
            r"(?<=\p{L})\s" if section.locale is not Locale.ZH else r"(?<=\p{Han})(?=\p{Han})", sentence
        )
    ]
    if not gaps:
        return ""
    place = rng.choice(gaps)
    gap = "" if section.locale is Locale.ZH else " "
    return f"{sentence[:place]}{gap}{word}{sentence[place:]}"


CORRUPTIONS: tuple[Corruption, ...] = (
    number_moved, figures_exchanged, date_shifted, name_swapped, unit_changed, language_wrong, link_invented,
    person_invented, claim_turned,
)  # fmt: skip


def corrupted(section: StoredSection, rng: random.Random) -> Iterator[Written]:
    """One corruption of each kind that fits a sentence of the section; none that says what the section says."""
    told = {fold(sentence).rstrip(_STOPS) for sentence in section.sentences}
    for corrupt in CORRUPTIONS:
        text = corrupt(rng.choice(section.sentences), section, rng)
        if text and fold(text).rstrip(_STOPS) not in told:
            yield Written(section, text, corrupt.__name__)
