from itertools import count, islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import Locale
from bot.writing import romanised
from bot.writing.pinyin import Pinyin
from bot.writing.romanised import is_romanised, reader
from bot.writing.spelling import LOOK_UPS, Spelling

TEXTS = {
    Locale.MN: "Чиндаогийн нисэх буудал хэзээ нээгдсэн юм бэ. SCODA гэж ямар газар вэ, хаана байдаг вэ.",
    Locale.KY: "Поезддер кадимки поезддерге караганда канча пайыз тез жүрөт. Кайсы университетте.",
    Locale.TG: "Намоишгоҳи чоруми СҲШ соли 2025 аз чандум то чандум буд? Хӯроки ҳалол дар Донишкада ҳаст.",
    Locale.BE: "Калі запрацаваў выставачны цэнтр «Жамчужына»? У якім горадзе сакратарыят, ездзяць без візы.",
    Locale.FA: "دبیرخانهٔ سازمان همکاری در کدام شهر است؟ متروی خط ۸ از فرودگاه تا ایستگاه چند دقیقه طول می‌کشد؟ شهر شد.",
    Locale.UR: "نمائش میں کتنی کمپنیاں آئی تھیں؟ خلائی مرکز قریب ہے، بھاری ڈاک گاڑی سے۔",
    Locale.HI: "प्रदर्शनी में कितनी कंपनियाँ आई थीं? संस्थान की बिल्डिंग, संपर्क और विनिमय दर की गारंटी। क्षेत्र छोटा है।",
    Locale.KK: "Көрмеге қанша компания қатысты? Өкілдіктері Циндаода, жүк үшін.",
    Locale.RU: "Сколько зарубежных участников съехалось на выставку?",
    Locale.ZH: 2 * "2025年上合组织秘书长是谁？示范区面积多大？青岛机场到示范区坐地铁要多久？",
}


@pytest.mark.parametrize(
    ("locale", "typed", "meant"),
    [
        (Locale.MN, "chindaogiin nisekh buudal hezee neegdsen yum be", "Чиндаогийн нисэх буудал хэзээ нээгдсэн юм бэ"),
        (Locale.MN, "SCODA gej yamar gazar ve", "SCODA гэж ямар газар вэ"),
        (Locale.KY, "poezdder kancha payiz tez jurot", "Поезддер канча пайыз тез жүрөт"),
        (Locale.KY, "kaisy universitette", "Кайсы университетте"),
        (Locale.TG, "namoishgohi chorumi soli 2025", "Намоишгоҳи чоруми соли 2025"),
        (Locale.TG, "xuroki halol dar donishkada", "Хӯроки ҳалол дар Донишкада"),
        (Locale.BE, "kali zapracavaŭ vystaŭčny centr", "Калі запрацаваў выставачны цэнтр"),
        (Locale.BE, "u jakim horadzie sakrataryjat", "У якім горадзе сакратарыят"),
        (Locale.FA, "dabirkhane sazmane hamkari dar kodam shahr", "دبیرخانهٔ سازمان همکاری در کدام شهر"),
        (Locale.FA, "az foroodgah ta istgah chand daghighe", "از فرودگاه تا ایستگاه چند دقیقه"),
        (Locale.UR, "numaish mein kitni companiyan aayi thin", "نمائش میں کتنی کمپنیاں آئی تھیں"),
        (Locale.UR, "khalai markaz qareeb hai, bhari dak gari", "خلائی مرکز قریب ہے, بھاری ڈاک گاڑی"),
        (Locale.HI, "pradarshani me kitni companiyan aayi", "प्रदर्शनी में कितनी कंपनियाँ आई"),
        (Locale.HI, "sansthan ki building, sampark aur guarantee", "संस्थान की बिल्डिंग, संपर्क और गारंटी"),
        (Locale.HI, "lohe ka", "लोहे का"),
        (Locale.KK, "kormege qansha kompaniya qatysty SCODA", "Көрмеге қанша компания қатысты SCODA"),
        (Locale.RU, "skolko zarubezhnyh uchastnikov bylo", "Сколько зарубежных участников было"),
        (Locale.ZH, "2025 nian shanghe zuzhi mishuzhang shi shei", "2025 年上合组织秘书长是谁"),
        (Locale.ZH, "shì fàn qū miànjī duō dà?", "示范区面积多大?"),
        (Locale.ZH, "qingdaojichang dao shi'fan'qu", "青岛机场到示范区"),
        (Locale.ZH, "SCODA mianji", "SCODA 面积"),
    ],
)
def test_latin_letters_are_read_as_the_words_of_the_texts(locale, typed, meant):
    assert reader(locale, Spelling.of([TEXTS[locale]])).read(typed) == meant


@pytest.mark.parametrize(
    ("locale", "typed"),
    [
        (Locale.ZH, "where is the metro"),
        (Locale.ZH, "metro line 8"),
        (Locale.MN, "WIFI, CCPIT"),
        (Locale.TG, "2025?"),
    ],
)
def test_what_is_no_word_of_the_texts_stays(locale, typed):
    assert reader(locale, Spelling.of([TEXTS[locale]])).read(typed) == typed


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        (Locale.MN, "hezee neegdsen yum be", True),
        (Locale.BE, "А Haier у SCODA што мае?", False),
        (Locale.FA, "SCODA WeChat Pay", False),
        (Locale.ZH, "metro line 8 多少钱", False),
        (Locale.ZH, "duo shao qian", True),
        (Locale.RU, "kogda vystavka", True),
        (Locale.UZ, "qachon", False),
        (Locale.HI, "240 hour transit के लिए onward ticket compulsory है", False),
        (Locale.HI, "transit के liye aage ka ticket zaroori hai", True),
        (Locale.EN, "where is it", False),
    ],
)
def test_latin_letters_are_read_where_the_language_has_a_reader_and_they_are_most_of_the_message(
    locale, text, expected
):
    assert is_romanised(text, locale) is expected


def test_of_many_words_that_nearly_sound_like_one_only_the_first_are_looked_up(monkeypatch):
    looked_up = []
    nearest = romanised.nearest
    monkeypatch.setattr(romanised, "nearest", lambda word, among: looked_up.append(word) or nearest(word, among))
    noise = ["".join(letters) for letters in islice(product("bdk", repeat=6), 300)]

    read = reader(Locale.MN, Spelling.of([TEXTS[Locale.MN]])).read(" ".join(["chindaogin", *noise, "buudal"]))

    assert len(looked_up) == LOOK_UPS
    assert read.startswith("Чиндаогийн ")
    assert read.endswith(" буудал")


def test_of_endless_pinyin_the_beginning_is_read_and_the_rest_stays(monkeypatch):
    steps = count()
    step = Pinyin._step
    monkeypatch.setattr(Pinyin, "_step", lambda *arguments: (next(steps) and None) or step(*arguments))
    chinese = reader(Locale.ZH, Spelling.of([TEXTS[Locale.ZH]]))

    once = chinese.read("shanghe zuzhi " * 100)
    taken, rest = next(steps), "shanghe zuzhi shanghe zuzhi "

    assert once.startswith("上合组织")
    assert once.endswith(rest)
    assert chinese.read("shanghe zuzhi " * 400).endswith(rest)
    assert next(steps) == 2 * taken + 1
    assert chinese.read("shanghe" * 100) == "shanghe" * 100


@given(st.text(), st.sampled_from(sorted(TEXTS)))
def test_no_text_makes_it_fail(text, locale):
    assert isinstance(reader(locale, Spelling.of([TEXTS[locale]])).read(text), str)


@given(st.text())
def test_without_any_words_nothing_is_read(text):
    for locale in TEXTS.keys() - {Locale.RU, Locale.KK, Locale.HI, Locale.UR}:
        assert reader(locale, Spelling([])).read(text) == text
