"""What a language model writes of a section, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.ids import Locale
from bot.ingestion.model import KnowledgeDraft

QUESTIONS_ASKED = 8
"""Questions of each kind that a model is asked for: the check throws some away, and six are enough."""
_MOST_LISTED = 16
"""Questions of a kind that are read at all. Chosen: twice what is asked for."""
_MOST_NAMES = 60
"""Names of a document that are read at all. Chosen: a long one has some twenty."""


class DraftPart(StrEnum):
    """What of a section was drafted."""

    TEXT = "text"
    QUESTION = "question"
    NEAR_MISS = "near miss"


class DraftRefusal(StrEnum):
    """Why something that a model wrote was thrown away; the words are shown to staff."""

    NO_MODEL = "the model failed, or its budget is used up"
    NOT_STRUCTURED = "it is not in the form that was asked for"
    FIGURES = "its figures, dates or codes are not those of the original"
    NAMES = "its names are not those of the original"
    ADDRESS = "it has a link, address or telephone that the original lacks"
    MARKUP = "it holds marks that are no text"
    LANGUAGE = "it is not in the language that was asked for"
    LENGTH = "it says much more or much less than the original"
    RULES_SHOWN = "it repeats what the model was told"
    EMPTY = "it says nothing"
    REPEATED = "it is there already"
    ANSWERED = "a section answers it"


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """Something that was thrown away, and why."""

    locale: Locale
    section_id: str
    part: DraftPart
    reason: DraftRefusal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft of a document in one language, and what was thrown away of it."""

    draft: KnowledgeDraft
    refused: tuple[RefusedPart, ...]


NameForms = Mapping[Locale, str]
"""A name as each language writes it."""


class WrittenSection(BaseModel):
    """What the model is to write of a section in one language."""

    model_config = ConfigDict(strict=True, frozen=True)

    title: str = ""
    heading: str = ""
    text: str = ""
    questions: Annotated[list[str], Field(max_length=_MOST_LISTED)] = []
    near_misses: Annotated[list[str], Field(max_length=_MOST_LISTED)] = []


class WrittenName(BaseModel):
    """A name of a document as the model says that languages write it, by their codes."""

    model_config = ConfigDict(strict=True, frozen=True)

    forms: dict[str, str]


class WrittenNames(BaseModel):
    """All names of a document."""

    model_config = ConfigDict(strict=True, frozen=True)

    names: Annotated[list[WrittenName], Field(max_length=_MOST_NAMES)]


class AnsweredQuestions(BaseModel):
    """The numbers of the questions that some passage answers."""

    model_config = ConfigDict(strict=True, frozen=True)

    answered: Annotated[list[int], Field(max_length=_MOST_LISTED)]
