from hypothesis import given
from hypothesis import strategies as st

from bot.writing.cleaning import MARKS_PER_LETTER, clean, one_line


def test_controls_surrogates_and_ansi_escapes_are_removed():
    assert clean("a\x00b\x07c\ud800d\ufffe \x1b[31mred\x1b[0m") == "abcd red"


def test_direction_overrides_and_tag_characters_are_removed():
    assert clean("safe\u202egnp.exe\u2066x\U000e0041\U000e0042") == "safegnp.exex"


def test_joiners_stay_where_persian_hindi_and_emoji_need_them():
    for text in ("می\u200cشود", "क्\u200dष", "👨\u200d👩\u200d👧", "❤️"):
        assert clean(text) == text


def test_stray_joiners_and_selectors_are_removed():
    assert clean("\u200cone\u200d two\ufe0f") == "one two"


def test_combining_marks_are_bounded():
    assert clean("z" + "\u0301" * 4000).count("\u0301") <= MARKS_PER_LETTER


def test_one_line_is_cut_between_graphemes():
    family = "👨\u200d👩\u200d👧"
    assert one_line(family * 10, limit=12) == family * 2 + "…"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


@given(st.text(), st.integers(min_value=2, max_value=80))
def test_one_line_keeps_its_limit_and_has_no_breaks(text, limit):
    line = one_line(text, limit=limit)
    assert len(line) <= limit
    assert "\n" not in line
