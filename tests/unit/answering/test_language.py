from collections import defaultdict
from datetime import date

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.adapters.models.language_ngrams import TABLE, LanguageNgrams
from bot.answering.language import Languages, copy_order, languages_of
from bot.answering.model import Outcome, Question, Turn
from bot.errors import ScodaError
from bot.ids import Locale
from tests.support.language_messages import messages

TODAY = date(2026, 11, 25)
IDENTIFIER = ShortMessageIdentifier()


def ask(text, **known):
    return languages_of(Question(text, TODAY, **known), IDENTIFIER)


def test_without_a_choice_the_message_decides():
    assert ask("Когда состоится выставка?", app_locale=Locale.EN).spoken is Locale.RU


def test_the_choice_wins_over_one_foreign_word():
    assert ask("expo", chosen=Locale.KK).spoken is Locale.KK


def test_a_message_plainly_in_another_language_wins_over_the_choice():
    assert ask("Где находится выставочный центр?", chosen=Locale.EN).spoken is Locale.RU


def test_a_name_alone_keeps_the_language_of_the_conversation():
    turn = Turn("Что такое SCODA?", Locale.RU, Outcome.ANSWERED)
    assert ask("SCODA", app_locale=Locale.EN, history=(turn,)).spoken is Locale.RU


def test_a_message_in_none_of_the_twelve_is_answered_in_the_language_of_the_app():
    assert ask("Wann findet die Messe eigentlich statt?", app_locale=Locale.RU).spoken is Locale.RU
    assert ask("Wann findet die Messe eigentlich statt?").spoken is Locale.EN


@pytest.mark.parametrize("text", ["ok", "hello", "salom", "ni hao"])
def test_a_word_of_somebody_unknown_that_may_be_in_any_language_is_answered_in_english(text):
    assert ask(text).spoken is Locale.EN


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("uzesgelen hezee neegdeh ve", Locale.MN),
        ("namayeshgah key bargozar mishe", Locale.FA),
        ("namoishgoh kai meshavad", Locale.TG),
        ("korgozmo kachan bolot", Locale.KY),
        ("kali adkryjecca vystava", Locale.BE),
        ("zhanlan shenme shihou kaishi", Locale.ZH),
    ],
)
def test_latin_letters_are_told_from_english_also_where_the_app_speaks_english(text, locale):
    assert ask(text, app_locale=Locale.EN).spoken is locale
    assert ask(text, app_locale=locale).spoken is locale


def test_digits_alone_say_nothing():
    assert ask("2025", app_locale=Locale.FA).spoken is Locale.FA


@pytest.mark.parametrize(("app", "spoken"), [(Locale.UR, Locale.UR), (Locale.HI, Locale.HI), (Locale.EN, Locale.HI)])
def test_hindi_in_latin_letters_is_urdu_to_whom_has_shown_to_write_urdu(app, spoken):
    assert ask("pehli train kitne din ka safar karti hai", app_locale=app).spoken is spoken


@pytest.mark.parametrize("locale", list(Locale))
def test_every_language_can_fall_back_to_every_other(locale):
    order = copy_order(locale)
    assert order[0] is locale
    assert sorted(order) == sorted(Locale)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        (Locale.EN, "how many trains were there last year"),
        (Locale.ZH, "博览会什么时候举行"),
        (Locale.ZH, "博覽會什麼時候舉行"),
        (Locale.RU, "сколько стран входит в ШОС"),
        (Locale.RU, "gde nahoditsya vystavochnyy tsentr"),
        (Locale.KK, "Көрме қашан өтеді?"),
        (Locale.KK, "кормеге калай тиркелуге болады"),
        (Locale.KK, "Korme qashan otedi?"),
        (Locale.KY, "Көргөзмө качан өтөт?"),
        (Locale.TG, "Намоишгоҳ кай баргузор мешавад?"),
        (Locale.TG, "намоишгох кучост"),
        (Locale.UZ, "Koʻrgazma qachon boʻladi?"),
        (Locale.UZ, "Кўргазма қачон бўлади?"),
        (Locale.FA, "نمایشگاه کی برگزار می‌شود؟"),
        (Locale.UR, "نمائش کب ہوگی؟"),
        (Locale.UR, "numaish kahan hogi"),
        (Locale.HI, "प्रदर्शनी कब होगी?"),
        (Locale.HI, "pradarshani kab hogi"),
        (Locale.BE, "Калі адбудзецца выстава?"),
        (Locale.MN, "Үзэсгэлэн хэзээ болох вэ?"),
        (Locale.KK, "кормеге билетти кайдан сатып алуга болады"),
        (Locale.KK, "Menin ozbek pasportym bar, Qytaiga kire alam ba"),
        (Locale.RU, "u menya kazahskiy pasport, pustyat li menya bez vizy"),
        (Locale.BE, "Кали адкрыецца новы павильён у Циндао"),
        (Locale.KY, "коргозмо качан ачылат, билет канча турат"),
        (Locale.MN, "узэсгэлэн хэзээ нээгдэх вэ"),
        (Locale.FA, "نمايشگاه كي برگزار ميشود"),
        (Locale.UR, "نمائش كب شروع هوگي"),
        (Locale.UZ, "korgazma qachon ochiladi, chipta qancha turadi"),
        (Locale.HI, "kripya expo ki pravesh fees batao"),
    ],
)
def test_the_language_of_a_short_message_is_told(locale, message):
    assert IDENTIFIER.identify(message, prior=None).locale is locale


@pytest.fixture(scope="module")
def told():
    """How often the language was right: by kind of message and language."""
    results = defaultdict(lambda: defaultdict(list))
    for message in messages():
        guess = IDENTIFIER.identify(message.text, prior=message.prior)
        results[message.kind][message.locale].append(guess is not None and guess.locale is message.locale)
    return results


@pytest.mark.parametrize("locale", list(Locale))
def test_the_language_of_messages_of_some_words_is_told_98_times_in_100(told, locale):
    right = told["golden"][locale] + told["golden 4-8 words"][locale] + told["everyday"][locale]
    assert sum(right) >= 0.98 * len(right) > 0


@pytest.mark.parametrize("locale", list(Locale))
def test_the_language_of_variants_is_told_9_times_in_10(told, locale):
    kinds = ("golden hard", "everyday variants", "everyday romanised")
    right = [one for kind in kinds for one in told[f"{kind}, visitor known"][locale]]
    assert sum(right) >= 0.9 * len(right) > 0


@pytest.mark.parametrize("locale", sorted(set(Locale) - {Locale.HI, Locale.UR}))
def test_variants_need_no_help_but_between_hindi_and_urdu_in_latin_letters(told, locale):
    right = [one for kind in ("golden hard", "everyday variants", "everyday romanised") for one in told[kind][locale]]
    assert sum(right) >= 0.9 * len(right) > 0


@pytest.mark.parametrize("prior", [Locale.HI, Locale.UR])
def test_what_hindi_and_urdu_say_alike_in_latin_letters_is_in_the_visitors_language(prior):
    assert IDENTIFIER.identify("metro kahan hai", prior=prior).locale is prior


def test_romanised_hindi_is_not_answered_in_the_english_of_the_app():
    assert ask("pradarshani ka samay kya hai bhai", app_locale=Locale.EN).spoken is Locale.HI


def test_names_that_every_language_writes_alike_do_not_outweigh_one_word():
    assert IDENTIFIER.identify("SCODA WeChat Pay қалай", prior=None).locale is Locale.KK


@pytest.mark.parametrize(
    "message",
    [
        "Où puis-je acheter un billet pour demain",
        "Fuar alanına nasıl gidebilirim acaba",
        "Ile kosztuje bilet wstępu na targi",
    ],
)
def test_messages_in_none_of_the_twelve_are_known_as_such(message):
    assert IDENTIFIER.identify(message, prior=None).is_foreign


def test_a_message_without_letters_has_no_language():
    assert IDENTIFIER.identify("2025 🙂 ?!", prior=Locale.KK) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("а service platform она standalone или part of national single window?", Locale.RU),
        ("240 hour transit के लिए onward ticket compulsory है या hotel booking", Locale.HI),
        ("фурамен Москваға груз отправить етсем сколько дней жетеді портовый хабтан", Locale.KK),
        ("в порту на складе хранение груза колькі дзён бясплатна сколько стоит", Locale.BE),
    ],
)
def test_words_of_another_language_between_those_of_the_one_expected_do_not_hide_it(text, expected):
    assert ask(text, app_locale=expected).written is expected


@pytest.mark.parametrize(
    ("text", "app"),
    [("where is the Москва pavilion of the expo", Locale.RU), ("сколько дней идёт груз в Москву", Locale.KK)],
)
def test_a_message_in_another_language_than_the_one_expected_is_known_as_such(text, app):
    assert ask(text, app_locale=app).written is not app


@pytest.mark.parametrize(
    ("typed", "meant", "prior"),
    [
        ("ult ghjikf dscnfdrf 2025", "где прошла выставка 2025", Locale.RU),
        ("rjulf ,eltn dscnfdrf", "когда будет выставка", None),
        ("rjulf ,eltn dscnfdrf", "когда будет выставка", Locale.KK),
        ("r-hvt 2025 ;sks 3 rty -nnt vt", "көрме 2025 жылы 3 кен өтте ме", Locale.KK),
        ("when is the expo".translate(str.maketrans("whenistxpo", "црутшыечзщ")), "when is the expo", Locale.EN),
        ("klhda'hi ;[hsj", "نمایشگاه کجاست", Locale.FA),
    ],
)
def test_what_the_keys_mean_in_another_layout_is_read(typed, meant, prior):
    assert IDENTIFIER.retyped(typed, prior=prior) == meant


@pytest.mark.parametrize("prior", [None, Locale.EN, Locale.RU, Locale.FA])
@pytest.mark.parametrize(
    "text",
    [
        "SCODA",
        "РФ",
        "bp",
        "UN/LOCODE CNJZO",
        "TEU",
        "gde vystavka",
        "xalqaro ko'rgazma",
        "көрме қашан",
        "会展",
        "展会 bp",
        "?",
        "",
    ],
)
def test_codes_names_and_romanised_words_stay_as_they_were_typed(text, prior):
    assert IDENTIFIER.retyped(text, prior=prior) == text


def test_a_damaged_table_is_named_with_what_to_do(tmp_path):
    damaged = tmp_path / "table.npz"
    damaged.write_bytes(b"no table")
    with pytest.raises(ScodaError, match=r"table\.npz.*install"):
        _ = LanguageNgrams(damaged).scripts


def test_the_table_stays_small():
    assert TABLE.stat().st_size <= 1_000_000


PHONES = list(Locale)
WORDS = [
    *("atm", "visa", "wifi", "expo", "hi", "ok", "salam", "namaste", "privet", "VIP", "QR", "hall 2", "sim card"),
    *("рахмет", "рахмат", "спасибо", "салам", "ок", "谢谢", "شكرا", "merci", "iPhone", "42", "thanks", "дзякуй"),
]
FIRST = {
    Locale.EN: "Where is the exhibition held?",
    Locale.ZH: "博览会在哪里举行？",
    Locale.RU: "Где проходит выставка?",
    Locale.KK: "Көрме қай жерде өтеді?",
    Locale.KY: "Көргөзмө кайсы жерде болот?",
    Locale.TG: "Намоишгоҳ дар куҷо мешавад?",
    Locale.UZ: "Koʻrgazma qayerda boʻlib oʻtadi?",
    Locale.FA: "نمایشگاه کجا برگزار می‌شود؟",
    Locale.UR: "نمائش کہاں منعقد ہوتی ہے؟",
    Locale.HI: "प्रदर्शनी कहाँ होती है?",
    Locale.BE: "Дзе праходзіць выстава?",
    Locale.MN: "Үзэсгэлэн хаана болох вэ?",
}


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_or_two_never_change_the_language_of_a_chat(phone, word):
    before = Turn(FIRST[phone], phone, Outcome.ANSWERED)
    assert ask(word, app_locale=phone).spoken is phone
    assert ask(word, app_locale=Locale.EN, history=(before,)).spoken is phone
    assert ask(word, app_locale=Locale.EN, chosen=phone).spoken is phone


@pytest.mark.parametrize("phone", PHONES)
def test_a_whole_question_in_another_language_changes_it(phone):
    for locale, question in FIRST.items():
        assert ask(question, app_locale=phone).spoken is locale


def test_who_asks_in_two_words_of_a_script_that_the_phone_does_not_write_is_answered_in_it():
    assert ask("где выставка", app_locale=Locale.EN).spoken is Locale.RU
    assert ask("выставка", app_locale=Locale.EN) == Languages(Locale.RU, Locale.EN)


@pytest.mark.parametrize("text", ["atm", "do you speak German?", "hall 2"])
def test_on_a_terminal_a_few_latin_words_are_english(text):
    assert ask(text).spoken is Locale.EN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wann findet die Messe eigentlich statt?", "de"),
        ("박람회는 언제 열리나요?", "ko"),
        ("展示会はいつですか？", "ja"),
        ("როდის იქნება გამოფენა?", "ka"),
    ],
)
def test_a_thirteenth_language_is_named_and_the_phones_spoken(text, code):
    found = ask(text, app_locale=Locale.RU)
    assert (found.foreign, found.spoken) == (code, Locale.RU)
