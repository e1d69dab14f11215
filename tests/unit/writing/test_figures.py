"""Figures read out of text, in all twelve languages."""

from __future__ import annotations

import pytest

from bot.ids import Locale
from bot.writing.figures import figures_of, without_figures

MONTHS = {
    Locale.EN: "January|February|March|April|May|June|July|August|September|October|November|December",
    Locale.ZH: "1月|2月|三月|4月|5月|6月|7月|8月|9月|10月|11月|十二月",
    Locale.RU: "января|феврале|март|апреля|мая|июнь|июля|август|сентябре|октября|ноябрь|декабря",
    Locale.KK: "қаңтарда|ақпан|наурыздан|сәуір|мамыр|маусымда|шілдеде|тамыз|қыркүйек|қазанда|қараша|желтоқсан",
    Locale.KY: "январынан|февраль|мартта|апрель|майында|июнунда|июль|августуна|сентябрда|октябрь|ноябрь|декабрь",
    Locale.TG: "январ|феврали|март|апрели|майи|июни|июл|августи|сентябри|октябр|ноябри|декабр",
    Locale.UZ: "yanvar|fevralda|mart|aprel|may|iyunda|iyul|avgustgacha|sentabr|oktabrda|noyabr|dekabr",
    Locale.FA: "ژانویهٔ|فوریه|مارس|آوریل|مهٔ|ژوئن|ژوئیهٔ|اوت|سپتامبر|اکتبر|نوامبر|دسامبر",
    Locale.UR: "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر",
    Locale.HI: "जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर",
    Locale.BE: "студзеня|лютым|сакавік|красавіка|мая|чэрвеня|ліпень|жніўні|верасня|кастрычніка|лістапада|снежань",
    Locale.MN: (
        "нэгдүгээр сард|хоёрдугаар сар|3-р сар|дөрөвдүгээр сар|тавдугаар сар|зургаадугаар сарын|долоодугаар сараас|"
        "наймдугаар сар|есдүгээр сар|аравдугаар сар|арван нэгдүгээр сар|арван хоёрдугаар сар"
    ),
}

SAME = {
    Locale.EN: "On 26 August 2025 it carried 3.8 million tonnes in 1,225 trains and 110,000 boxes, up 14.1%.",
    Locale.ZH: "2025年8月26日，1225 列班列运送 380 万吨和 11万箱，增长 14.1%。",
    Locale.RU: "26 августа 2025 года 1 225 поездов перевезли 3,8 млн тонн и 110 000 ящиков, на 14,1% больше.",
    Locale.KK: "2025 жылғы 26 тамызда 1 225 пойыз 3,8 миллион тонна мен 110 мың жәшік тасыды, бұл 14,1 пайызға көп.",
    Locale.KY: "2025-жылдын 26-августунда 1 225 поезд 3,8 миллион тонна жана 110 000 куту ташыган, бул 14,1%га көп.",
    Locale.TG: "26 августи соли 2025 1 225 қатор 3,8 миллион тонна ва 110 ҳазор қуттӣ бурд, ки 14,1 фоиз афзоиш аст.",
    Locale.UZ: "2025-yil 26-avgustda 1 225 ta poyezd 3,8 million tonna va 110 ming quti tashigan, bu 14,1 foizga koʻp.",
    Locale.FA: "در ۲۶ اوت ۲۰۲۵ تعداد ۱٬۲۲۵ قطار ۳٫۸ میلیون تن و ۱۱۰٬۰۰۰ جعبه با ۱۴٫۱ درصد رشد بردند.",
    Locale.UR: "26 اگست 2025 کو 1,225 ٹرینوں نے 3.8 ملین ٹن اور 1 لاکھ 10 ہزار ڈبے پہنچائے، جو 14.1 فیصد زیادہ ہیں۔",
    Locale.HI: "26 अगस्त 2025 को 1,225 गाड़ियों ने 38 लाख टन और 1,10,000 डिब्बे ढोए, यानी 14.1 प्रतिशत अधिक।",
    Locale.BE: "26 жніўня 2025 года 1 225 цягнікоў перавезлі 3,8 млн тон і 110 тыс. скрынь, на 14,1% больш.",
    Locale.MN: "2025 оны наймдугаар сарын 26-нд 1,225 галт тэрэг 3.8 сая тонн, 110,000 хайрцаг тээсэн нь 14.1 хувиар их.",
}


def _keys(text: str, locale: Locale) -> list[tuple[str, str]]:
    return [(figure.kind.value, figure.value) for figure in figures_of(text, locale)]


def _values(text: str, locale: Locale = Locale.EN) -> list[str]:
    return [figure.value for figure in figures_of(text, locale)]


@pytest.mark.parametrize("locale", Locale)
def test_one_sentence_has_the_same_figures_in_every_language(locale: Locale) -> None:
    assert sorted(_keys(SAME[locale], locale)) == [
        ("month", "8"),
        ("number", "110000"),
        ("number", "1225"),
        ("number", "2025"),
        ("number", "26"),
        ("number", "3800000"),
        ("percentage", "14.1"),
    ]


@pytest.mark.parametrize("locale", Locale)
def test_the_months_of_every_language_are_known_as_they_bend(locale: Locale) -> None:
    found = [_keys(f"5 {name} 2025", locale) for name in MONTHS[locale].split("|")]
    assert [[value for kind, value in keys if kind == "month"] for keys in found] == [
        [str(number)] for number in range(1, 13)
    ]


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("May I come? They may march.", Locale.EN),
        ("четыре месяца, маленькое масло", Locale.RU),
        ("Қазан қаласы", Locale.KK),
        ("майдон", Locale.TG),
        ("3 marta, maydon", Locale.UZ),
        ("آنها می‌توانند بروند و می روند", Locale.FA),
        ("7个月", Locale.ZH),
        ("9 сард", Locale.MN),
        ("хувилбар 2.0 хувилбар", Locale.MN),
        ("三家公司和一个中心", Locale.ZH),
        ("three centres", Locale.EN),
    ],
)
def test_words_that_look_like_months_or_percentages_are_neither(text: str, locale: Locale) -> None:
    kinds = [kind for kind, _ in _keys(text, locale) if kind != "number"]
    assert kinds == (["month"] if text.startswith("May I") else [])


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("45万", Locale.ZH, "450000"),
        ("4.7 万", Locale.ZH, "47000"),
        ("第11万列", Locale.ZH, "110000"),
        ("5124亿", Locale.ZH, "512400000000"),
        ("2.11万亿元", Locale.ZH, "2110000000000"),
        ("3500多万人", Locale.ZH, "35000000"),
        ("1亿2000万", Locale.ZH, "120000000"),
        ("3百万", Locale.ZH, "3000000"),
        ("5千米", Locale.ZH, "5"),
        ("8,40,000", Locale.HI, "840000"),
        ("840,000", Locale.HI, "840000"),
        ("2 लाख 50 हज़ार", Locale.HI, "250000"),
        ("5 करोड़", Locale.HI, "50000000"),
        ("८४ लाख", Locale.HI, "8400000"),
        ("۵ کروڑ", Locale.UR, "50000000"),
        ("۲٫۱۱ تریلیون", Locale.FA, "2110000000000"),
        ("512.4 billion", Locale.EN, "512400000000"),
        ("512,4 млрд", Locale.RU, "512400000000"),
        ("512,4 миллиарда", Locale.RU, "512400000000"),
        ("2,11 trillion", Locale.UZ, "2110000000000"),
        ("512.4 тэрбум", Locale.MN, "512400000000"),
        ("12 мянган", Locale.MN, "12000"),
        ("2,11 трыльёна", Locale.BE, "2110000000000"),
        ("12 миң", Locale.KY, "12000"),
        ("168\u00a0800", Locale.RU, "168800"),
        ("168\u202f800", Locale.KK, "168800"),
        ("1225.0", Locale.EN, "1225"),
        ("108 км²", Locale.RU, "108"),
        ("110,000th", Locale.EN, "110000"),
        ("1,225", Locale.RU, "1225"),
        ("1,225 млн", Locale.RU, "1225000"),
        ("1,225", Locale.FA, "1225"),
        ("168\u00a0800", Locale.EN, "168800"),
        ("110 000-й", Locale.RU, "110000"),
    ],
)
def test_numbers_are_read_in_the_writing_of_their_language(text: str, locale: Locale, value: str) -> None:
    assert _values(text, locale) == [value]


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("20%", Locale.EN),
        ("20 per cent", Locale.EN),
        ("20％", Locale.ZH),
        ("百分之20", Locale.ZH),
        ("20 процентов", Locale.RU),
        ("20 пайызға", Locale.KK),
        ("20 пайызга", Locale.KY),
        ("20 фоизи", Locale.TG),
        ("20 foizdan", Locale.UZ),
        ("۲۰٪", Locale.FA),
        ("۲۰ درصد", Locale.FA),
        ("20 فیصد", Locale.UR),
        ("20 प्रतिशत", Locale.HI),
        ("20 працэнтаў", Locale.BE),
        ("20 хувь", Locale.MN),
        ("20 гаруй хувиар", Locale.MN),
    ],
)
def test_percentages_are_told_from_numbers(text: str, locale: Locale) -> None:
    assert _keys(text, locale) == [("percentage", "20")]


def test_codes_links_addresses_and_times_are_figures_as_a_whole() -> None:
    text = "See https://example.org/2025/a-1.html, write to Info2@example.org from 06:20 to 9:30: 4F, B2B, no 1st."
    assert _keys(text, Locale.EN) == [
        ("link", "https://example.org/2025/a-1.html"),
        ("e-mail address", "info2@example.org"),
        ("time", "6:20"),
        ("time", "9:30"),
        ("code", "4F"),
        ("code", "B2B"),
        ("number", "1"),
    ]


@pytest.mark.parametrize("text", ["2025-07-18", "18.07.2025"])
def test_dates_in_figures_have_the_parts_of_dates_in_words(text: str) -> None:
    assert sorted(_keys(text, Locale.RU)) == sorted(_keys("18 июля 2025", Locale.RU))


def test_in_a_mongolian_range_of_months_the_word_for_month_stands_once() -> None:
    assert _keys("2025 оны нэгдүгээр–есдүгээр сар", Locale.MN) == [("number", "2025"), ("month", "1"), ("month", "9")]


def test_figures_know_where_they_stand_and_how_they_are_written() -> None:
    text = "خرید ۴۵۰٬۰۰۰ جعبه"
    (figure,) = figures_of(text, Locale.FA)
    assert (figure.written, text[figure.start : figure.end]) == ("۴۵۰٬۰۰۰", "۴۵۰٬۰۰۰")


def test_what_is_left_without_figures_is_as_long_and_holds_none() -> None:
    text = "In July 2025 it sent 45% of 1,225 trains."
    left = without_figures(text, Locale.EN)
    assert len(left) == len(text)
    assert left.split() == ["In", "it", "sent", "of", "trains."]


@pytest.mark.parametrize(
    "text", ["{0}", "2020-{0}{0}-01", "{0}{0}.{0}{0}.2020", "1{0}:30", "1,{0}{0}{0} km", "{0} March 2020"]
)
def test_a_digit_that_python_does_not_know_yet_is_no_figure(text: str) -> None:
    newer = "\U00016130"  # Gurung Khema zero, of Unicode 16
    assert all(newer not in figure.value for figure in figures_of(text.format(newer), Locale.EN))
