import pytest

from bot.i18n.negotiation import fallbacks, negotiate
from bot.ids import Locale


@pytest.mark.parametrize(
    ("code", "locale"),
    [
        ("en", "en"), ("en-GB", "en"), ("ru-RU", "ru"), ("ru_RU", "ru"),
        ("zh-hans-raw", "zh"), ("zh-CN", "zh"), ("zh-hant-TW", "zh"), ("ZH-HK", "zh"), ("cn", "zh"),
        ("kk-cyrl", "kk"), ("kz", "kk"), ("ky-KG", "ky"), ("kg", "ky"), ("tg-TJ", "tg"), ("tj", "tg"),
        ("uz-latn", "uz"), ("uz-Cyrl-UZ", "uz"), ("fa-AF", "fa"), ("prs", "fa"), ("ir", "fa"), ("per", "fa"),
        ("ur-IN", "ur"), ("pk", "ur"), ("hi-IN", "hi"), ("in", "hi"), ("be-tarask", "be"), ("by", "be"), ("mn-mong", "mn"),
    ],
)  # fmt: skip
def test_codes_of_real_apps_find_their_language(code, locale):
    assert negotiate(code) is Locale(locale)


@pytest.mark.parametrize("code", [None, "", "xx", "-", "de", "x" * 40, "zh" + "-a" * 30, "☃", "en\x00", "-en"])
def test_T13_missing_and_senseless_codes_name_no_language(code):
    assert negotiate(code) is None


def test_every_chain_begins_with_the_language_and_ends_in_english():
    for locale in Locale:
        assert fallbacks(locale)[0] is locale
        assert fallbacks(locale)[-1] is Locale.EN


def test_belarusian_falls_back_to_russian_and_urdu_to_english():
    assert fallbacks(Locale.BE) == (Locale.BE, Locale.RU, Locale.EN)
    assert fallbacks(Locale.UR) == (Locale.UR, Locale.EN)
