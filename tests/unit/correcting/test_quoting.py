"""Which words of an announcement say what was wrong."""

from __future__ import annotations

import pytest

from bot.correcting.model import WrongCopy
from bot.correcting.quoting import words_quoted
from bot.ids import Locale

EN = WrongCopy(
    Locale.EN,
    (1,),
    ("The shuttle bus to the hall runs until 18:00.",),
    ("The shuttle bus runs until 21:00.",),
    "Shuttle bus",
)
ZH = WrongCopy(
    Locale.ZH, (1,), ("上合之珠建筑面积为16万平方米。",), ("上合之珠建筑面积为17万平方米。",), "上合之珠的面积"
)


@pytest.mark.parametrize(
    ("locale", "text", "quoted"),
    [
        (Locale.EN, "News. <b>The shuttle bus</b> to the hall runs until 18:00. Come!", EN.was),
        (Locale.EN, "Take the shuttle bus, it goes till 18:00.", ("18:00",)),
        (Locale.EN, "The forum ends at 18:00.", ()),
        (Locale.EN, "Take the shuttle bus, it goes till 21:00. The forum ends at 18:00.", ()),
        (Locale.RU, "The shuttle bus to the hall runs until 18:00.", ()),
        (Locale.ZH, "上合之珠的建筑面积为16万平方米，欢迎参观。", ("16万",)),
        (Locale.ZH, "展会吸引了16万观众。", ()),
    ],
)
def test_sentences_and_figures_that_are_about_the_same_are_quoted(locale, text, quoted):
    assert words_quoted(text, locale, (EN, ZH)) == quoted
