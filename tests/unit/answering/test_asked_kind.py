"""What kind of thing a question asks for, in twelve languages."""

import pytest

from bot.answering.asked_kind import AskedKind, asked_kind, provable_kind, refers_back
from bot.answering.proofs import holds_kind
from bot.ids import Locale
from bot.languages import words_of


@pytest.mark.parametrize(
    ("locale", "question", "kind"),
    [
        (Locale.EN, "When was the alliance founded?", AskedKind.WHEN),
        (Locale.RU, "сколько поездов прошло", AskedKind.COUNT),
        (Locale.ZH, "门票多少钱", AskedKind.PRICE),
        (Locale.FA, "شماره تلفن نمایشگاه", AskedKind.PHONE),
        (Locale.UZ, "Ko'rgazma qachon bo'ladi", AskedKind.WHEN),
        (Locale.KK, "Қанша парк бар?", AskedKind.COUNT),
        (Locale.MN, "Хэзээ байгуулагдсан бэ?", AskedKind.WHEN),
        (Locale.RU, "какой срок визы", AskedKind.DURATION),
        (Locale.BE, "як доўга чакаць візу", AskedKind.DURATION),
        (Locale.MN, "Ташкент хүртэл галт тэрэг хэр удах вэ?", AskedKind.DURATION),
        (Locale.TG, "Форуме, ки дар Чиндао аст", None),
        (Locale.UR, "کون سے ممالک رکن ہیں؟", None),
        (Locale.UR, "expo kahan hai", AskedKind.WHERE),
        (Locale.HI, "logo kisne banaya", AskedKind.WHO),
        (Locale.EN, "How long does the train take?", AskedKind.DURATION),
        (Locale.EN, "How long is line 8?", AskedKind.COUNT),
        (Locale.RU, "сколько дней идёт поезд", AskedKind.DURATION),
        (Locale.ZH, "到布达佩斯的班列要几天", AskedKind.DURATION),
        (Locale.MN, "хэдэн цагдаа сургах вэ?", AskedKind.COUNT),
        (Locale.RU, "Почему организация Шанхайская?", None),
        (Locale.RU, "почём билет", AskedKind.PRICE),
        (Locale.HI, "2024 तक कितने काम हुए", AskedKind.COUNT),
        (Locale.HI, "टिकट कितने का है", AskedKind.PRICE),
        (Locale.HI, "क्या SCODA सीमा शुल्क निकासी में मदद करता है?", None),
        (Locale.UR, "کتنے کاروبار", AskedKind.COUNT),
        (Locale.FA, "آخرین مترو ساعت چند است", AskedKind.COUNT),
        (Locale.EN, "What is SCODA?", None),
        (Locale.EN, "What is the venue called?", None),
    ],
)
def test_a_question_tells_what_kind_of_thing_it_asks_for(locale, question, kind):
    assert asked_kind(question, locale) is kind


@pytest.mark.parametrize("locale", list(Locale))
def test_who_and_where_are_told_in_every_language_and_from_other_questions(locale):
    asked = [asked_kind(question, locale) for question in words_of(locale).typical_questions]
    assert [place for place, kind in enumerate(asked) if kind is AskedKind.WHERE] == [1, 11]
    assert [place for place, kind in enumerate(asked) if kind is AskedKind.WHO] == [5, 13]


@pytest.mark.parametrize("question", ["Who built the hub port?", "Where is SCODA?"])
def test_what_has_no_form_of_its_own_is_not_missed_in_a_text(question):
    kind = asked_kind(question, Locale.EN)
    assert kind is not None
    assert holds_kind("Some text.", kind, Locale.EN)
    assert provable_kind(question, Locale.EN) is None
    assert provable_kind("When was it founded?", Locale.EN) is AskedKind.WHEN


@pytest.mark.parametrize(
    ("locale", "question"),
    [
        (Locale.EN, "Must I give my passport number?"),
        (Locale.ZH, "要填写护照号码吗？"),
        (Locale.RU, "Нужен ли номер паспорта?"),
        (Locale.KK, "Паспорт нөмірі керек пе?"),
        (Locale.KY, "Паспорттун номери керекпи?"),
        (Locale.TG, "Рақами шиноснома лозим аст?"),
        (Locale.UZ, "Pasport raqami kerakmi?"),
        (Locale.FA, "آیا شمارهٔ گذرنامه لازم است؟"),
        (Locale.UR, "کیا پاسپورٹ نمبر درکار ہے؟"),
        (Locale.HI, "क्या पासपोर्ट नंबर चाहिए?"),
        (Locale.BE, "Ці патрэбны нумар пашпарта?"),
        (Locale.MN, "Паспортын дугаар хэрэгтэй юу?"),
    ],
)
def test_the_number_of_a_passport_is_no_telephone(locale, question):
    assert asked_kind(question, locale) is not AskedKind.PHONE


@pytest.mark.parametrize(
    ("locale", "question"),
    [
        (Locale.ZH, "秘书处的联系号码是多少？"),
        (Locale.ZH, "他的手机号码"),
        (Locale.UZ, "Qabulxonasi raqamini bera olasizmi?"),
        (Locale.UZ, "telefon raqami"),
    ],
)
def test_the_number_of_an_office_is_one(locale, question):
    assert asked_kind(question, locale) is AskedKind.PHONE


def test_follow_ups_lean_back():
    assert refers_back("and which city is that in?", Locale.EN)
    assert refers_back("а где он находится?", Locale.RU)
    assert not refers_back("Where is SCODA?", Locale.EN)
