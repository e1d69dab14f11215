from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.chat.text import relay_texts
from bot.chat.text.relay_pages import opened_page
from bot.chat.text.rendering import plain
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.relay.hours import StaffHours
from bot.relay.model import StaffPhrase
from bot.writing.utf16 import utf16_length
from tests.support.chat_rig import LOCALES

SENTENCES = [
    function
    for name, function in inspect.getmembers(relay_texts, inspect.isfunction)
    if function.__module__ == relay_texts.__name__
]
VALUES = {"str": "Value-42", "int": 3, "StaffPhrase": StaffPhrase.LOOKING}
CATALOGS = Catalogs(LOCALES)
QINGDAO = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_can_be_said_and_buttons_fit(locale):
    t = CATALOGS.translator(locale)
    for sentence in SENTENCES:
        kinds = [parameter.annotation for parameter in list(inspect.signature(sentence).parameters.values())[1:]]
        text = sentence(t, *(VALUES[kind] for kind in kinds))
        assert text.strip()
        assert "{" not in text
        if "str" in kinds:
            assert "Value-42" in text
        if sentence.__name__.startswith("button_"):
            assert utf16_length(text) <= 24, sentence.__name__


@pytest.mark.parametrize("locale", list(Locale))
def test_a_phrase_fits_on_its_button(locale):
    t = CATALOGS.translator(locale)
    assert all(utf16_length(relay_texts.phrase(t, which)) <= 61 for which in StaffPhrase)


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (Locale.EN, "Mon–Fri 09:00–18:00, Sat 10:00–24:00 (UTC+8)"),
        (Locale.RU, "пн–пт 09:00–18:00, сб 10:00–24:00 (UTC+8)"),
        (Locale.HI, "सोम–शुक्र 09:00–18:00, शनि 10:00–24:00 (UTC+8)"),
    ],
)
def test_the_hours_are_told_with_the_days_of_each_language(locale, told):
    hours = StaffHours.read("Mon-Fri 09:00-18:00, Sat 10:00-24:00", QINGDAO)
    t = CATALOGS.translator(locale)
    page = plain(opened_page(hours, t, now=TUESDAY))
    assert told in page
    assert relay_texts.away(t) not in page
    assert relay_texts.away(t) in plain(opened_page(hours, t, now=TUESDAY.replace(hour=12)))
    assert plain(opened_page(replace(hours, spans=()), t, now=TUESDAY)) == relay_texts.opened(t)
