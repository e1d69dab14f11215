"""What a language model writes of a section, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.ids import Locale
from bot.ingestion.model import Document, KnowledgeDraft

QUESTIONS_ASKED = 12
"""Questions of each kind that a model is asked for: the check throws some away.

Of the unseen questions on plain files with drafts 86.1 % are answered rightly with six of each kind and section in each
language, and 89.2 % with ten; nothing is told to 82.5 and 85.0 % of the near misses.
"""
_MOST_LISTED = 24
"""Questions of a kind that are read at all. Chosen: twice what is asked for."""
_MOST_LINES = 300
"""Lines of an announcement that are read at all. Chosen: Telegram takes 4,096 letters."""
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
    FORMATTING = "its lines, formatting, links or times are not those of the original"
    NOT_SENDABLE = "Telegram would not take it"


@dataclass(frozen=True, slots=True)
class Translation:
    """An announcement in another language, in Telegram's HTML; the labels of its buttons by those in the original."""

    text: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A draft of the knowledge folder with the copies of its document, the reference first; none of a new document."""

    draft: KnowledgeDraft
    copies: tuple[Document, ...]
    since: datetime
    """When its file was written last."""

    @property
    def is_translation(self) -> bool:
        """Whether it has texts to be told, and not only questions."""
        return any(section.text for section in self.draft.sections)

    @property
    def original(self) -> Document | None:
        """What it is laid beside: what it translates, or the copy that its questions are for."""
        own = next((copy for copy in self.copies if copy.locale is self.draft.locale), None)
        other = next((copy for copy in self.copies if copy.locale is not self.draft.locale), None)
        return other if self.is_translation and other is not None else own or other


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


class WrittenTexts(BaseModel):
    """What the model is to write of an announcement in one language."""

    model_config = ConfigDict(strict=True, frozen=True)

    lines: Annotated[list[str], Field(max_length=_MOST_LINES)] = []
    labels: Annotated[list[str], Field(max_length=_MOST_LISTED)] = []


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
