from __future__ import annotations

import inspect
from datetime import date

import pytest

from bot.answering.model import LostBy
from bot.chat.text import gap_texts
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.writing.utf16 import utf16_length
from tests.support.chat_rig import LOCALES

SENTENCES = [
    function
    for name, function in inspect.getmembers(gap_texts, inspect.isfunction)
    if function.__module__ == gap_texts.__name__ and not name.startswith("_")
]
VALUES = {"str": "Value-42", "int": 3, "date": date(2026, 6, 15), "LostBy": LostBy.RULE}
CATALOGS = Catalogs(LOCALES)


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_can_be_said_and_buttons_and_notices_fit(locale):
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
    assert utf16_length(gap_texts.will_tell(t)) <= 200


def test_every_step_that_loses_a_question_has_words_of_its_own():
    told = [gap_texts.lost_by(CATALOGS.translator(Locale.EN), step) for step in LostBy]
    assert len(set(told)) == len(LostBy)
