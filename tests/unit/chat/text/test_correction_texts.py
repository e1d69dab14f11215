from __future__ import annotations

import inspect

import pytest

from bot.app.correcting import worded
from bot.chat.text import correction_texts
from bot.chat.text.markup import render
from bot.correcting.model import WrongCopy
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from tests.support.chat_rig import LOCALES
from tests.support.correcting_parts import wrong_in_english

SENTENCES = [
    function
    for _, function in inspect.getmembers(correction_texts, inspect.isfunction)
    if function.__module__ == correction_texts.__name__
]
VALUES = {"str": "Value-42", "int": 3}
CATALOGS = Catalogs(LOCALES)


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_can_be_said(locale):
    t = CATALOGS.translator(locale)
    for sentence in SENTENCES:
        kinds = [parameter.annotation for parameter in list(inspect.signature(sentence).parameters.values())[1:]]
        text = sentence(t, *(VALUES[kind] for kind in kinds))
        assert text.strip()
        assert "{" not in text
        if "str" in kinds:
            assert "Value-42" in text


def test_the_text_that_comes_by_itself_holds_both_sentences_whatever_signs_they_have():
    fact = wrong_in_english(2)
    odd = WrongCopy(Locale.EN, (2,), ("A < B & {C}.",), ("A > B.", "And so on."), "Odd")
    gone = WrongCopy(Locale.ZH, (2,), ("一。", "二。"), (), "无")
    texts = worded(type(fact)(key=fact.key, copies=(odd, gone), kept=fact.kept, locales=fact.locales))
    said = render(texts[Locale.EN], locale=Locale.EN, values={}).plain
    assert "“A < B & {C}.”" in said
    assert "“A > B. And so on.”" in said
    assert "一。二。" in texts[Locale.ZH]
    assert correction_texts.right_is(CATALOGS.translator(Locale.ZH), "") not in texts[Locale.ZH]
