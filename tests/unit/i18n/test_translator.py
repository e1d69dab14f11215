import pytest

from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "Hello"
msgstr "Привет"

msgctxt "button"
msgid "More"
msgstr "Ещё"

#, fuzzy
msgid "Unsure"
msgstr "Неуверенно"

msgid "Empty"
msgstr ""

msgid "{n} train"
msgid_plural "{n} trains"
msgstr[0] "{n} поезд"
msgstr[1] "{n} поезда"
msgstr[2] "{n} поездов"
"""


@pytest.fixture
def catalogs(tmp_path):
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "bot.po").write_text(PO, encoding="utf-8")
    return Catalogs(tmp_path)


def test_messages_come_from_the_catalog_with_their_context(catalogs):
    t = catalogs.translator(Locale.RU)
    assert t.gettext("Hello") == "Привет"
    assert t.pgettext("button", "More") == "Ещё"
    assert t.gettext("More") == "More"


def test_plural_forms_are_chosen_by_the_number(catalogs):
    t = catalogs.translator(Locale.RU)
    shown = [t.fill(t.ngettext("{n} train", "{n} trains", n), n=t.number(n)) for n in (1, 3, 5, 21)]
    assert shown == ["1 поезд", "3 поезда", "5 поездов", "21 поезд"]


def test_what_is_missing_empty_or_fuzzy_comes_in_the_next_language(catalogs):
    assert catalogs.translator(Locale.RU).gettext("Unsure") == "Unsure"
    assert catalogs.translator(Locale.RU).gettext("Empty") == "Empty"
    assert catalogs.translator(Locale.BE).gettext("Hello") == "Привет"
    assert catalogs.translator(Locale.FA).ngettext("one", "many", 2) == "many"


def test_a_value_is_never_read_as_a_template():
    t = Translator(Locale.EN, {})
    assert t.fill("{a} and {b}", a="{b}", b="{0.__class__}") == "{b} and {0.__class__}"
    assert t.fill("{unknown} {a.b} {}") == "{unknown} {a.b} {}"


def test_values_are_cleaned_of_hidden_characters():
    assert Translator(Locale.EN, {}).fill("<{a}>", a="x\u202ey\x00\U000e0041") == "<xy>"


def test_a_broken_catalog_is_named(tmp_path):
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "bot.po").write_text('msgid "unclosed\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"bot\.po"):
        Catalogs(tmp_path).translator(Locale.RU)
