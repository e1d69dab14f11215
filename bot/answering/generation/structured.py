"""What a model writes to a schema, and what of it may be used: code believes nothing that it can't see for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bot.answering.generation.claims import claims_of
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.partial_json import value_of
from bot.answering.generation.prompts import harmless
from bot.answering.generation.shape import address_block, script_block, shape_block
from bot.answering.pipeline import QUESTION_LIMIT
from bot.answering.ports import LanguageIdentifier
from bot.ids import Locale

MOST_LANGUAGES = 3
"""Languages that a question is translated into, at most: each costs tokens and a search. Chosen."""
MOST_CHOSEN = 3
"""Who names more of eight sections has not chosen."""
_MOST_LISTED = 8
"""Translations that are read at all. Chosen: more than are ever asked for."""
_NUMBERS: dict[str, JsonValue] = {"minimum": 1, "maximum": 8}
"""For servers that see to it; which of these numbers exist is checked here."""


class Refusal(StrEnum):
    """Why something that a model wrote is not used; besides these there are the blocks of a sentence."""

    NOT_STRUCTURED = "not_structured"
    """It is no JSON, or not of the schema."""
    UNKNOWN_PASSAGE = "unknown_passage"
    REPEATED = "repeated"
    NOT_ASKED_FOR = "not_asked_for"
    """A language that nobody asked for, or one of them again."""
    TOO_LONG = "too_long"
    OTHER_LANGUAGE = "other_language"


class TranslatedQuestion(BaseModel):
    """The question in one language."""

    model_config = ConfigDict(strict=True, frozen=True)

    language: Annotated[str, Field(json_schema_extra={"enum": [locale.value for locale in Locale]})]
    text: str


class Translations(BaseModel):
    """The question in other languages."""

    model_config = ConfigDict(strict=True, frozen=True)

    translations: Annotated[list[TranslatedQuestion], Field(max_length=_MOST_LISTED)]


class SectionChoice(BaseModel):
    """The numbers of the passages that hold the answer."""

    model_config = ConfigDict(strict=True, frozen=True)

    passages: Annotated[list[Annotated[int, Field(json_schema_extra=_NUMBERS)]], Field(max_length=MOST_CHOSEN)]


@dataclass(frozen=True, slots=True)
class QuestionWording:
    """The question in another language, fit to be searched for and for nothing else."""

    text: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class TranslationCheck:
    """Which translations may be searched for: in languages that were asked for, each once, without an address."""

    identifier: LanguageIdentifier
    canary: str
    question: str

    def check(
        self, written: str, asked: Sequence[Locale]
    ) -> tuple[list[QuestionWording], list[Refusal | RejectionReason]]:
        """Those that may, and why the others may not."""
        try:
            listed = Translations.model_validate(value_of(written)).translations
        except ValidationError:
            return [], [Refusal.NOT_STRUCTURED]
        kept: dict[Locale, QuestionWording] = {}
        refused: list[Refusal | RejectionReason] = []
        for translation in listed:
            found = self._checked(translation, [locale for locale in asked if locale not in kept])
            if isinstance(found, QuestionWording):
                kept[found.locale] = found
            else:
                refused.append(found)
        return list(kept.values()), refused

    def _checked(
        self, translation: TranslatedQuestion, asked: Sequence[Locale]
    ) -> QuestionWording | Refusal | RejectionReason:
        locale = next((locale for locale in asked if locale.value == translation.language), None)
        if locale is None:
            return Refusal.NOT_ASKED_FOR
        if len(translation.text) > QUESTION_LIMIT:
            return Refusal.TOO_LONG
        text = harmless(translation.text, QUESTION_LIMIT)
        block = next(self._blocks(text, locale), None)
        if block is not None:
            return block
        guess = self.identifier.identify(text, prior=locale)
        is_claimed = guess is not None and guess.locale is locale and not guess.is_foreign
        return QuestionWording(text, locale) if is_claimed else Refusal.OTHER_LANGUAGE

    def _blocks(self, text: str, locale: Locale) -> Iterator[RejectionReason]:
        found = (
            shape_block(text, canary=self.canary),
            address_block(claims_of(text, locale), self.question, hosts=frozenset()),
            script_block(text, locale, self.question),
        )
        return (block for block in found if block is not None)


def chosen_in(written: str, *, of: int) -> tuple[int, ...] | Refusal:
    """The numbers, from 1 to `of`, that a model chose, the best first; empty when it says that none fits."""
    try:
        numbers = SectionChoice.model_validate(value_of(written)).passages
    except ValidationError:
        return Refusal.NOT_STRUCTURED
    if any(not 1 <= number <= of for number in numbers):
        return Refusal.UNKNOWN_PASSAGE
    return tuple(numbers) if len(set(numbers)) == len(numbers) else Refusal.REPEATED
