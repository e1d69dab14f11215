"""What the parts tell whoever looks on: their work and how long it takes, what happens, how things stand.

A fact about it is a word of a short list that is known beforehand, or a count: never an id, a name or a text. Who looks
on (`bot.adapters.observing`) takes every other word for «other».
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol

Fact = str | int
"""A word of a known list, or a count."""


class Work(StrEnum):
    """A piece of work with a beginning and an end; the same work may go on inside another."""

    UPDATE = "update"
    """Facts: kind, treatment; at the end result."""
    QUESTION = "question"
    """At the end: outcome, language, composed, and lost_by where it was lost."""
    STEP = "step"
    """Of an answer. Facts: step."""
    CALL = "call"
    """Of Telegram. Facts: method; at the end result."""
    PLANNING = "planning"
    """Of what is due; at the end copies. One that planned none is not worth telling."""
    BATCH = "batch"
    """Copies that are claimed together; at the end copies."""
    SYNC = "sync"
    """Of the knowledge folder; at the end result."""
    BUILD = "build"
    """Of an index version."""
    PUBLISH = "publish"
    """Of an index version that was built."""


class Happening(StrEnum):
    """Something that takes no time; with it comes a number, by default 1."""

    UPDATES_RECEIVED = "updates_received"
    """How many; facts: kind."""
    UPDATE_GIVEN_UP = "update_given_up"
    """For good, though it was confirmed; facts: kind."""
    UPDATES_DROPPED = "updates_dropped"
    """How many were closed without a word."""
    FIRST_REPLY = "first_reply"
    """Seconds since the update was received; facts: kind."""
    COPY = "copy"
    """One try to send a copy of an announcement; facts: result."""
    COPY_ARRIVED = "copy_arrived"
    """Seconds after it was due."""
    COPIES_IN_DOUBT = "copies_in_doubt"
    """How many came to be in doubt for good: nobody will know whether they arrived."""
    STATEMENT = "statement"
    """Seconds that the database took for one."""
    LEASE_LOST = "lease_lost"


class Condition(StrEnum):
    """How something stands now."""

    LEASE_EPOCH = "lease_epoch"
    LEASE_HELD = "lease_held"
    LEASE_EXPIRES = "lease_expires"
    """Seconds since 1970, as all moments here."""
    BACKUP_MADE = "backup_made"
    """When the last good backup was made; whoever makes or looks for backups tells it."""
    READY = "ready"
    COMPONENT_OK = "component_ok"
    """Facts: component."""
    UPDATES_WAITING = "updates_waiting"
    UPDATES_OLDEST = "updates_oldest"
    """Seconds since the oldest that waits was received, whoever handles it; 0 when none waits."""
    DELIVERIES = "deliveries"
    """Of announcements that are not over; facts: state."""
    OVERDUE = "overdue"
    """Seconds since the earliest copy that is due and waits, for its first try or another, was due at first."""
    PACE_TAKEN = "pace_taken"
    PACE_LIMIT = "pace_limit"
    PACE_WAITING = "pace_waiting"
    """Facts: priority."""
    PACE_PAUSE = "pace_pause"
    """Seconds that are left of it."""
    INDEX_GENERATION = "index_generation"
    INDEX_PUBLISHED = "index_published"
    INDEX_SECTIONS = "index_sections"
    INDEX_CHUNKS = "index_chunks"
    INDEX_PENDING = "index_pending"
    INDEX_BY_STORE = "index_by_store"
    """1 where a vector store names the candidates, 0 where every row is compared."""
    MODEL_TOKENS_TODAY = "model_tokens_today"
    """Facts: direction."""
    MODEL_TOKENS_SPENT = "model_tokens_spent"
    """Today, with what is reserved."""
    MODEL_TOKENS_ALLOWED = "model_tokens_allowed"
    """A day."""
    MODEL_COST_TODAY = "model_cost_today"
    """In the currency of the settings."""
    DATABASE_ANSWER = "database_answer"
    """Seconds that the shortest question takes."""
    RESTORE_PENDING = "restore_pending"
    DISK_FREE = "disk_free"
    DISK_SIZE = "disk_size"
    """Bytes of the disk that the state is on."""


class WorkNotes(Protocol):
    """Takes what is known of a piece of work only while it goes on."""

    def note(self, **facts: Fact) -> None:
        """Add facts; a later one of the same name wins."""
        ...


class Observer(Protocol):
    """Whoever looks on. It never raises, waits for nothing, and takes microseconds."""

    def work(self, work: Work, *, story: str = "", **facts: Fact) -> AbstractContextManager[WorkNotes]:
        """Around a piece of work. One that raises and notes no result has the result `error`.

        What has the same `story`, an occurrence's id, belongs together; the story itself is told to nobody.
        """
        ...

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:
        """A piece of work that was timed by others ended `ago_s` seconds ago."""
        ...

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        """Something happened."""
        ...

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        """From now on something stands so."""
        ...


class _Nobody:
    def note(self, **facts: Fact) -> None:
        """Forget it."""

    def work(self, work: Work, *, story: str = "", **facts: Fact) -> AbstractContextManager[WorkNotes]:  # noqa: ARG002 - a port's signature
        return nullcontext(self)

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:
        """Forget it."""

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        """Forget it."""

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        """Forget it."""


NOBODY: Observer = _Nobody()
"""Nobody looks on."""
