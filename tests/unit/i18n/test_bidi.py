from bidi.algorithm import get_display

from bot.i18n.bidi import directed, is_rtl, isolate
from bot.ids import Locale

LRM, RLM = "\u200e", "\u200f"


def test_the_first_strong_character_gives_the_direction():
    assert is_rtl("SCODA چیست") is False
    assert is_rtl("📄 سند") is True
    assert is_rtl("2026-06-15 +7") is None


def test_a_line_that_begins_in_latin_is_turned_in_persian_and_urdu_only():
    assert directed("SCODA چیست؟", Locale.FA) == f"{RLM}SCODA چیست؟"
    assert directed("سلام\nSCODA", Locale.UR) == f"سلام\n{RLM}SCODA"
    assert directed("SCODA", Locale.RU) == "SCODA"


def test_telephone_numbers_and_codes_keep_their_order_in_a_persian_sentence():
    for value in ("+86 532 1234", "203-A1", "2026-06-15"):
        shown = get_display(f"غرفه {isolate(value, Locale.FA)} است", base_dir="R")
        assert value in shown.replace(LRM, "").replace(RLM, "")


def test_a_bracket_after_a_latin_name_stays_with_it():
    shown = get_display(f"منبع {isolate('COSMOPlat (SCODA)', Locale.FA)}، ۲۰۲۶", base_dir="R")
    assert "COSMOPlat (SCODA)" in shown


def test_values_in_the_sentence_s_own_direction_get_no_marks():
    assert isolate("SCODA", Locale.EN) == "SCODA"
    assert isolate("سازمان", Locale.FA) == "سازمان"
    assert isolate("۱۲", Locale.FA) == "۱۲"
    assert isolate("", Locale.FA) == ""


def test_a_persian_name_in_an_english_sentence_is_closed_off():
    assert isolate("خبر (۱)", Locale.EN) == f"{LRM}{RLM}خبر (۱){RLM}{LRM}"
