"""The build fails when a translation is missing, doubtful, wrong or too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.i18n.catalog import TEMPLATE, check, extract, po_path, template_text
from bot.i18n.plurals import PLURALS
from bot.ids import Locale

ROOT = Path(__file__).resolve().parents[3]
TRANSLATED = [locale for locale in Locale if locale is not Locale.EN]


@pytest.fixture(scope="module")
def template():
    return extract(ROOT / "bot" / "chat")


def test_the_template_agrees_with_the_sources(template):
    written = (ROOT / "locales" / TEMPLATE).read_text(encoding="utf-8")
    assert written == template_text(template), "run python -m bot.i18n extract and complete the catalogs"


@pytest.mark.parametrize("locale", TRANSLATED)
def test_the_catalog_is_complete_and_right(template, locale):
    assert [str(fault) for fault in check(ROOT / "locales", template, [locale])] == []


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "texts.py").write_text(
        't.gettext("Hello {name}")\nt.pgettext("button", "More")\nt.ngettext("{n} day", "{n} days", n)\n',
        encoding="utf-8",
    )
    return extract(tmp_path)


def _faults(folder, template, body, locale=Locale.RU):
    path = po_path(folder, locale)
    path.parent.mkdir(parents=True)
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {PLURALS[locale].header}\\n"\n\n'
    path.write_text(header + body, encoding="utf-8")
    return " | ".join(str(fault) for fault in check(folder, template, [locale]))


GOOD = (
    'msgid "Hello {name}"\nmsgstr "Привет, {name}"\n\nmsgctxt "button"\nmsgid "More"\nmsgstr "Ещё"\n\n'
    'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} день"\nmsgstr[1] "{n} дня"\nmsgstr[2] "{n} дней"\n'
)


def test_a_right_catalog_has_no_faults(tmp_path, sources):
    assert _faults(tmp_path, sources, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Привет, {name}", "Привет, {nam}", "needs the placeholders"),
        ("Привет, {name}", "Привет, {name", "unbalanced brace"),
        ("Привет, {name}", "Привет, <b>{name}</b>", "HTML"),
        ("Привет, {name}", "Привет,\u200e {name}", "direction marks"),
        ("Привет, {name}", "", "translated form"),
        ('msgstr "Ещё"', 'msgstr "Показать гораздо больше текста"', "at most 24"),
        ('msgid "Hello {name}"', '#, fuzzy\nmsgid "Hello {name}"', "fuzzy"),
        ('msgid "Hello {name}"', 'msgid "Hallo {name}"', "missing"),
        ('msgid "Hello {name}"', 'msgid "Hallo {name}"', "not in the sources"),
        ('msgstr[2] "{n} дней"', 'msgstr[2] ""', "translated form"),
    ],
)
def test_a_wrong_translation_is_named_with_its_reason(tmp_path, sources, old, new, reason):
    assert old in GOOD
    assert reason in _faults(tmp_path, sources, GOOD.replace(old, new))


def test_a_missing_catalog_is_named(tmp_path, sources):
    assert "file is missing" in str(check(tmp_path, sources, [Locale.KK])[0])
