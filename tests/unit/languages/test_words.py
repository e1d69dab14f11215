import re
from collections import Counter
from dataclasses import fields, is_dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
import regex

import bot.languages
from bot.answering.asked_kind import AskedKind, asks_for, is_question, refers_back
from bot.answering.proofs import holds_kind
from bot.answering.reading import halves
from bot.answering.relative_years import with_years
from bot.errors import LanguageError
from bot.ids import Locale
from bot.languages import read_words, words_of
from bot.writing.folding import words
from bot.writing.terms import years_in

TODAY = date(2026, 7, 1)
FOLDER = files(bot.languages)
MAY_BE_EMPTY = {"years.before_last", "years.several", "years.alone_before"}
every_language = pytest.mark.parametrize("locale", list(Locale))


def entries_by_key(value: object, path: str = "") -> dict[str, tuple[str, ...]]:
    if not is_dataclass(value):
        return {path: value} if isinstance(value, tuple) else {}
    found: dict[str, tuple[str, ...]] = {}
    for field in fields(value):
        found |= entries_by_key(getattr(value, field.name), f"{path}.{field.name}".removeprefix("."))
    return found


@pytest.fixture
def damaged(tmp_path: Path):
    """Writes the English file with one text in place of another."""

    def write(old: str, new: str) -> Path:
        text = FOLDER.joinpath("en.toml").read_text(encoding="utf-8")
        assert text.count(old) == 1
        file = tmp_path / "en.toml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    return write


def test_there_is_one_file_for_each_language():
    assert {one.name for one in FOLDER.iterdir() if one.name.endswith(".toml")} == {f"{one}.toml" for one in Locale}


@every_language
def test_every_key_has_words_of_its_own_that_can_be_compared(locale: Locale):
    for key, entries in entries_by_key(words_of(locale)).items():
        folded = Counter(" ".join(words(entry.partition("=")[0])) for entry in entries)
        assert entries or key in MAY_BE_EMPTY, key
        assert all(folded), key
        assert [entry for entry, times in folded.items() if times > 1] == [], key


@every_language
def test_a_phrase_for_a_year_stands_for_one_year_and_says_where_its_number_goes(locale: Locale):
    years = words_of(locale).years
    entries = [*years.before_last, *years.last, *years.this, *years.next]
    assert max(Counter(" ".join(words(entry.partition("=")[0])) for entry in entries).values()) == 1
    assert all("{}" in entry.partition("=")[2] for entry in entries if "=" in entry)
    assert "{}" in years.in_year


@every_language
def test_regular_expressions_are_sound(locale: Locale):
    assert re.compile("|".join(words_of(locale).money))
    assert regex.compile("|".join((*words_of(locale).numbers, *words_of(locale).durations)))
    assert any("# " in entry for entry in words_of(locale).durations)
    years = words_of(locale).years
    assert locale is not Locale.ZH or regex.compile(
        "|".join((*years.before_last, *years.last, *years.this, *years.next))
    )


@every_language
@pytest.mark.parametrize("kind", list(AskedKind))
def test_every_word_for_what_is_asked_is_found_in_itself(locale: Locale, kind: AskedKind):
    assert [entry for entry in getattr(words_of(locale).asked, kind) if not asks_for(entry, locale, kind)] == []


@every_language
def test_every_word_that_leans_back_is_found_in_itself(locale: Locale):
    assert [entry for entry in words_of(locale).back_references if not refers_back(entry, locale)] == []


@every_language
def test_every_word_of_a_question_makes_a_text_one(locale: Locale):
    entries = words_of(locale).question_words
    assert [one for one in entries if not is_question(one.replace("-", "xyz"), locale)] == []


@every_language
def test_a_second_question_begins_at_each_break(locale: Locale):
    word, asked = "展会" if locale is Locale.ZH else "xyz xyz", words_of(locale).asked.where[0]
    joined = {one: one.replace("…", word).replace("-", "xyz") for one in words_of(locale).breaks}
    missed = [one for one, text in joined.items() if len(halves(f"{asked} {word} {text} {word}", locale)) != 2]
    assert missed == []


@every_language
def test_every_word_of_money_is_found_in_itself(locale: Locale):
    said = [entry.replace(r"\b", "") for entry in words_of(locale).money]
    assert [word for word in said if not holds_kind(f"– {word} –", AskedKind.PRICE, locale)] == []


@every_language
def test_every_phrase_for_a_year_is_found_in_itself_whatever_stands_around_it(locale: Locale):
    years = words_of(locale).years
    phrases = [entry.partition("=")[0] for entry in (*years.before_last, *years.last, *years.this, *years.next)]
    said = phrases if locale is not Locale.ZH else ["前年", "去年", "上一年", "今年", "明年"]
    assert [phrase for phrase in said if not years_in(with_years(phrase, locale, TODAY))] == []
    assert [word for word in years.several if years_in(with_years(f"{word} {said[0]}", locale, TODAY))] == []
    bare = [with_years(f"{said[0]} {word}", locale, TODAY) for word in years.alone_before]
    assert [text for text in bare if not text[:4].isdecimal()] == []


@every_language
def test_a_language_is_not_the_nearest_to_itself(locale: Locale):
    assert locale not in words_of(locale).nearest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('email = ["email", "e-mail", "email address"]\n', "", "asked.email: "),
        ("[years]\n", "[years]\ncentury = []\n", "years.century: "),
        ('nearest = ["ru", "zh"]', 'nearest = ["ru", "xx"]', "nearest.1: "),
        ('in_year = "in {}"', "in_year = 7", "years.in_year: "),
        ("[asked]\n", "[asked\n", "line"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong_and_what_to_do(damaged, old, new, said):
    file = damaged(old, new)
    with pytest.raises(LanguageError) as raised:
        read_words(file)
    assert str(file) in str(raised.value)
    assert said in str(raised.value)
    assert "install the program again" in str(raised.value)


def test_a_file_that_is_not_there_or_no_text_is_named_too(tmp_path: Path):
    (tmp_path / "kk.toml").write_bytes(b"\xff\xfe")
    for name in ("en.toml", "kk.toml"):
        with pytest.raises(LanguageError, match=name):
            read_words(tmp_path / name)
