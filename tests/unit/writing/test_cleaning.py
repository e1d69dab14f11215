import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.writing import cleaning
from bot.writing.cleaning import MARKS_PER_LETTER, _cleaned, _is_clean, clean, one_line


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


def test_long_runs_of_marks_are_not_put_in_order(monkeypatch):
    longest = []

    class Watched:
        is_normalized = staticmethod(unicodedata.is_normalized)

        @staticmethod
        def normalize(form, text):
            longest.append(max(map(len, text.split("z"))))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(cleaning, "unicodedata", Watched)

    assert clean("z" + "\u0301\u0323" * 2000 + "z\u0323") == "ẓ" + "\u0323" * MARKS_PER_LETTER + "ẓ"
    assert longest == [16]


def test_one_line_is_cut_between_graphemes():
    family = "👨\u200d👩\u200d👧"
    assert one_line(family * 10, limit=12) == family * 2 + "…"


def test_the_quick_look_passes_no_character_that_would_be_removed():
    texts = (f"a{chr(code)}b1{chr(code)} " for code in range(sys.maxunicode + 1))
    passed = "".join(text for text in texts if _is_clean(text))
    assert "aщb1щ " in passed
    assert _cleaned(passed) == passed


@given(st.text(st.sampled_from("aeकش1 \n\t\r\x1b[\u0301\u0327\u093c\u200c\u200d\ufe0f\u202e\ufffd❤👨\u1112\u1161")))
def test_the_quick_look_passes_no_text_that_would_be_changed(text):
    assert clean(text) == _cleaned(text)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


@given(st.text(), st.integers(min_value=2, max_value=80))
def test_one_line_keeps_its_limit_and_has_no_breaks(text, limit):
    line = one_line(text, limit=limit)
    assert len(line) <= limit
    assert "\n" not in line
