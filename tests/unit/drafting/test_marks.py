"""What is no text of an announcement stands as a mark, and comes back as it was or not at all."""

from __future__ import annotations

import pytest

from bot.drafting.marks import marked

SOURCE = (
    '<b>Форум</b>: {start}, <a href="https://x.cn/a?b=1&amp;c=2">карта</a>.\n\n'
    "Пишите a.b@expo.cn или @scoda_bot, сайт expo.gov.cn/map, тел. +86 532 123-45-67. R&amp;D &lt;3 {{x}} и т.д.\n"
    "https://expo.cn/p?x=1&amp;y=2.\n<blockquote expandable>a\nb</blockquote>"
)


def test_everything_but_words_stands_as_a_mark_and_comes_back():
    made = marked(SOURCE)
    assert made.lines[0] == "⟦1⟧Форум⟦/1⟧: ⟦2⟧, ⟦3⟧карта⟦/3⟧."
    assert made.lines[1] == "Пишите ⟦4⟧ или ⟦5⟧, сайт ⟦6⟧, тел. ⟦7⟧. R&D <3 {x} и т.д."
    assert made.restored(made.lines) == SOURCE


@pytest.mark.parametrize(
    "lines",
    [
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧ <i>x</i>", "екі"],
        ["⟦2⟧ ⟦1⟧Жаңалық⟦/1⟧", "{x} & <"],
    ],
)
def test_other_markup_of_a_model_is_only_text(lines):
    made = marked("<b>Новость</b> {start}\nдва")
    text = made.restored(lines)
    assert text is not None
    assert text.count("<b>") == text.count("{start}") == 1
    assert "<i>" not in text
    assert "{x}" not in text.replace("{{x}}", "")


@pytest.mark.parametrize(
    "lines",
    [
        ["Жаңалық ⟦2⟧", "екі"],
        ["⟦1⟧Жаңалық ⟦2⟧", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧ ⟦2⟧", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧ ⟦3⟧", "екі"],
        ["⟦/1⟧Жаңалық⟦1⟧ ⟦2⟧", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧⟦/2⟧", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧ ⟦", "екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧ екі"],
        ["⟦1⟧Жаңалық⟦/1⟧ ⟦2⟧", "екі", "үш"],
    ],
)
def test_a_mark_or_line_that_is_missing_or_too_many_spoils_all(lines):
    assert marked("<b>Новость</b> {start}\nдва").restored(lines) is None


def test_tags_that_cross_spoil_all():
    made = marked("<b>раз</b> <i>два</i>")
    assert made.restored(["⟦1⟧бір ⟦2⟧екі⟦/1⟧⟦/2⟧"]) is None
    assert made.restored(["⟦2⟧екі⟦/2⟧ ⟦1⟧бір⟦/1⟧"]) == "<i>екі</i> <b>бір</b>"
