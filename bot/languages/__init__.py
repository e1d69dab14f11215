"""The words by which the program understands a language: `<code>.toml` beside this file, one a language.

Entries stand as people type them, romanised forms included. Where they are compared both sides are folded
(`bot.writing.folding`), so case, lost letters and script variants need no entries of their own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from bot.errors import LanguageError
from bot.ids import Locale

Entries = tuple[str, ...]
_CLOSED = ConfigDict(extra="forbid")


@with_config(_CLOSED)
@dataclass(frozen=True, slots=True)
class AskedWords:
    """The words by which a question tells what kind of thing it asks for, by kind.

    Short ones are sought as whole words, longer ones at the start of a word unless they end in a space («почём » is not
    in «почему»), Chinese ones anywhere. A word that asks
    for other things as well (the number: of a passport, of a train) stands only together with what tells it apart.
    """

    when: Entries
    count: Entries
    price: Entries
    phone: Entries
    email: Entries
    website: Entries
    who: Entries
    where: Entries
    duration: Entries


@with_config(_CLOSED)
@dataclass(frozen=True, slots=True)
class YearWords:
    """Phrases for years that are counted from today, in Chinese regular expressions.

    An entry is a phrase, or `phrase=what stands for it` with `{}` for the year; else `in_year` stands for it. What may
    as well mean another year is left out: in a conversation «اس سال» is also that year, «سال بعد» the one after.
    """

    in_year: str
    before_last: Entries
    last: Entries
    this: Entries
    next: Entries
    several: Entries
    """After these a phrase means several years."""
    alone_before: Entries
    """Before these the number stands alone."""


@with_config(_CLOSED)
@dataclass(frozen=True, slots=True)
class LanguageWords:
    """All words of one language."""

    nearest: tuple[Locale, ...]
    """Languages that its readers know, best first: where a text is looked for that it lacks."""
    back_references: Entries
    """Words by which a question leans on what was said before."""
    greetings: Entries
    """Greetings that may stand before a question."""
    thanks: Entries
    """Words of thanks that may stand before or behind one."""
    politeness: Entries
    """What else may, and changes nothing: «please», «could you tell me»."""
    joiners: Entries
    """Words that may join two questions, «when and where is it»."""
    breaks: Entries
    """Where a second question begins that nothing joins: before `… word`, after `word …`, and after `-ending …`."""
    question_words: Entries
    """Words of which a question holds one, besides those of `asked`, and `-endings` of one."""
    money: Entries
    """What tells a price in a text: regular expressions, sought anywhere in it once both are folded."""
    numbers: Entries
    """Numbers in words, as a text counts with them: regular expressions for a whole word, in Chinese for a part."""
    durations: Entries
    """What tells in a text how long something takes or lasts: regular expressions, sought anywhere in it once both are
    folded; `# ` stands for a number that is no year, with up to a word after it."""
    typical_questions: Entries
    """See `bot.ingestion.typical_questions` before changing one."""
    asked: AskedWords
    years: YearWords


@cache
def words_of(locale: Locale) -> LanguageWords:
    """The words of a language, read at the first use.

    Raises:
        LanguageError: its file is missing or damaged.
    """
    return read_words(files(__package__).joinpath(f"{locale}.toml"))


def read_words(file: Traversable) -> LanguageWords:
    """Read one file; see `words_of`."""
    try:
        return _reader().validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise LanguageError(_fault(file, faults)) from error
    except (OSError, ValueError) as error:
        raise LanguageError(_fault(file, str(error))) from error


@cache
def _reader() -> TypeAdapter[LanguageWords]:
    return TypeAdapter(LanguageWords)


def _fault(file: Traversable, reason: str) -> str:
    return f"The words of a language can't be read from {file}: {reason}. Mend the file or install the program again."
