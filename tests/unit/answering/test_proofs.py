"""Whether a text holds the kind of thing that is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.asked_kind import AskedKind
from bot.answering.proofs import holds_kind
from bot.ids import Locale


@pytest.mark.parametrize(
    ("kind", "text", "is_held"),
    [
        (AskedKind.WHEN, "on 17 July", True),
        (AskedKind.WHEN, "七月十七日", True),
        (AskedKind.WHEN, "۱۷ ژوئیه", True),
        (AskedKind.WHEN, "in summer", False),
        (AskedKind.COUNT, "many", False),
        (AskedKind.COUNT, "four centres", True),
        (AskedKind.COUNT, "fourteenth", False),
        (AskedKind.PHONE, "room 12", False),
        (AskedKind.EMAIL, "@ the hall", False),
        (AskedKind.WHO, "nobody", True),
        (AskedKind.WHERE, "nowhere", True),
        (AskedKind.DURATION, "for ever", False),
        (AskedKind.DURATION, "every Thursday from March 2024", False),
        (AskedKind.DURATION, "the weekly train of 2024 days ago", False),
        (AskedKind.DURATION, "17–20 July 2025", True),
        (AskedKind.DURATION, "from 06:20 to 22:00", True),
        (AskedKind.DURATION, "from 31 August to 1 September", True),
        (AskedKind.DURATION, "in 2024–2025", False),
    ],
)
def test_whether_a_text_holds_a_kind_shows_by_its_form_or_is_not_missed(kind, text, is_held):
    assert holds_kind(text, kind, Locale.EN) is is_held


@pytest.mark.parametrize(
    ("locale", "lasting", "dated"),
    [
        (Locale.EN, "The 240-hour transit", "opened on 12 August 2021"),
        (Locale.ZH, "约 19 天，不到一周", "2024年3月起每周四发车"),
        (Locale.RU, "менее чем за неделю", "открылся 12 августа 2021 года"),
        (Locale.KK, "бір аптадан аз уақытта", "2021 жылғы 12 тамызда ашылды"),
        (Locale.KY, "бир жумага жетпеген убакытта", "2021-жылдын 12-августунда ачылган"),
        (Locale.TG, "дар камтар аз як ҳафта", "12 августи соли 2021 кушода шуд"),
        (Locale.UZ, "bir haftadan kam vaqtda", "2021-yil 12-avgustda ochilgan"),
        (Locale.FA, "در کمتر از یک هفته", "۱۲ اوت ۲۰۲۱ گشایش یافت"),
        (Locale.UR, "ایک ہفتے سے کم میں", "12 اگست 2021 کو کھلا"),
        (Locale.HI, "एक हफ़्ते से कम में", "12 अगस्त 2021 को खुला"),
        (Locale.BE, "менш чым за тыдзень", "адкрылі 24 снежня 2020 года"),
        (Locale.MN, "90 хүртэл хоног", "2021 оны наймдугаар сарын 12-нд нээгдсэн"),
    ],
)
def test_a_duration_is_told_from_a_date_in_every_language(locale: Locale, lasting: str, dated: str):
    assert holds_kind(lasting, AskedKind.DURATION, locale)
    assert not holds_kind(dated, AskedKind.DURATION, locale)


@given(st.text(), st.sampled_from(AskedKind), st.sampled_from(Locale))
def test_any_text_is_read(text, kind, locale):
    assert holds_kind(text, kind, locale) in (True, False)
