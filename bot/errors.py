"""Every error that is raised on purpose. The message says what, which one, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ScodaError(Exception):
    """The root: catch it where a person reads the message and needs no traceback."""


class SettingsError(ScodaError):
    """A setting is missing or wrong; the message names it, its value's fault and where it may be set."""


class KnowledgeError(ScodaError):
    """The knowledge folder or the index made from it can't be used."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a knowledge file, for the person who can mend it."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class NothingPublishedError(KnowledgeError):
    """No version of the index was ever published: there is nothing to answer from yet."""


class IndexVersionError(KnowledgeError):
    """A new version of the index failed its checks; the one in use stays."""


class EmbeddingMismatchError(KnowledgeError):
    """The index was made by another embedding model than the one that is set: their spaces are never mixed."""


class EmbeddingError(ScodaError):
    """The embedding model or endpoint gave no usable answer."""


class ModelError(ScodaError):
    """The language model failed, took too long, answered nothing, refused or wrote too much."""


class LanguageError(ScodaError):
    """The words of a language can't be read: their file, a part of the program, is missing or damaged."""


class CalibrationError(ScodaError):
    """Fitted numbers can't be used; the message says which file and what to do."""


class DatabaseError(ScodaError):
    """The state database can't be opened, is damaged, or belongs to another version."""


class DatabaseAwayError(DatabaseError):
    """The database server can't be reached, or has cut the connection off: what was wanted may be tried again."""


class ClaimLostError(ScodaError):
    """Another replica has taken over what this one was about to finish: nothing of it may be stored."""

    def __init__(self, message: str, lost: Iterable[int]) -> None:
        super().__init__(message)
        self.lost = frozenset(lost)
        """Ids of the updates."""


class AnnouncementError(ScodaError):
    """What was wanted of an announcement is not possible or not allowed."""


class GapError(ScodaError):
    """What was wanted of a gap in the knowledge is not possible; the message says why and what to do."""


class CorrectionError(ScodaError):
    """A wrong fact can't be put right; the message says why and what to do."""


class TelegramError(ScodaError):
    """Telegram (or the sandbox) can't be reached or refuses the bot's token."""


class TakenOverError(TelegramError):
    """Another process takes this bot's updates."""


class ForeignStateError(ScodaError):
    """The state belongs to another bot or to another Bot API server."""


class AlreadyRunningError(ScodaError):
    """Another process holds the data folder."""


class BackupError(ScodaError):
    """A backup can't be taken, read or restored; the message says which one, why, and what to do."""
