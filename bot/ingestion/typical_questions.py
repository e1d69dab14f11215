"""Twenty ordinary visitors' questions in each language: their mean vector is where questions of that language lie.

They are the same questions in every language and speak of many subjects, so that the mean holds the language and the
manner of asking rather than a subject. They are not knowledge and are never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.ids import Locale
from bot.languages import words_of

TYPICAL_QUESTIONS_VERSION = 1
"""Raise it when a question is changed: the means of the index are then made anew.

The vectors that come with the knowledge hold these texts, too: `scoda knowledge vectors` makes them anew.
"""


@cache
def typical_questions() -> Mapping[Locale, tuple[str, ...]]:
    """The questions of all languages, always in the same order."""
    return {locale: words_of(locale).typical_questions for locale in Locale}
