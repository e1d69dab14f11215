"""Which updates get an answer, which a short notice, and which nothing: by age and by what one visitor may ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum, auto

from bot.chat.wire.envelope import Envelope, UpdateKind
from bot.chat.wire.rate_limits import Admission, DailyCap, OncePer, RateLimit
from bot.ids import VisitorId

OLD_QUESTION = timedelta(hours=12)
"""An older question gets an apology: the visitor has long found another way, and facts may have changed."""
OLD_PRESS = timedelta(minutes=5)
"""An older press is dropped: Telegram takes no answer to it any more. By reasoning."""
_PRESSES_PER_QUESTION = 3
"""Presses cost little and come in rows (language, topic, document), so three stand for one question. By reasoning."""
_LATE_APOLOGY_EVERY = timedelta(hours=1)
"""One apology for a backlog, not one for each of its messages."""
_BUSY_NOTICE_EVERY = timedelta(minutes=1)
"""Who goes on writing meanwhile is told again, but not each time."""


class Treatment(Enum):
    """How an update is to be handled."""

    NORMAL = auto()
    TOO_MANY = auto()
    """The visitor asks too much: say so instead of answering."""
    TOO_MANY_TODAY = auto()
    """The visitor has asked enough for a day: say so instead of answering."""
    BUSY = auto()
    """All together ask too much: say so instead of answering."""
    LATE = auto()
    """It is old: apologise instead of answering."""
    DROP = auto()
    """Nothing is said any more."""


class Triage:
    """Judges each update once, when it is loaded."""

    def __init__(
        self, questions_per_minute: int, questions_per_day: int, *, uncounted: frozenset[int] = frozenset()
    ) -> None:
        """In the chats `uncounted` people answer: what they write there is never too much and never too old."""
        self._uncounted = uncounted
        self._limits: dict[UpdateKind, RateLimit] = {
            UpdateKind.QUESTION: RateLimit(questions_per_minute),
            UpdateKind.RIGHT: RateLimit(questions_per_minute),
            UpdateKind.PRESS: RateLimit(questions_per_minute * _PRESSES_PER_QUESTION),
        }
        self._daily: dict[UpdateKind, DailyCap] = {
            UpdateKind.QUESTION: DailyCap(questions_per_day),
            UpdateKind.PRESS: DailyCap(questions_per_day * _PRESSES_PER_QUESTION),
        }
        self._late_apologies = OncePer(_LATE_APOLOGY_EVERY)
        self._busy_notices = OncePer(_BUSY_NOTICE_EVERY)

    def resume(self, asked: Mapping[VisitorId, int], day: date) -> None:
        """Take into account how many questions each visitor asked on the day, before this process began."""
        self._daily[UpdateKind.QUESTION].resume(asked, day)

    def treatment(self, envelope: Envelope, received_at: datetime, *, now: datetime) -> Treatment:
        """How the update is to be handled. It counts against the limits by the time at which it came in."""
        if envelope.lane in self._uncounted and envelope.kind is UpdateKind.QUESTION:
            return Treatment.NORMAL
        age = now - (envelope.sent_at or received_at)
        if envelope.kind is UpdateKind.PRESS and age > OLD_PRESS:
            return Treatment.DROP
        if envelope.kind in (UpdateKind.QUESTION, UpdateKind.RIGHT) and age > OLD_QUESTION:
            return Treatment.LATE if self._late_apologies.may(_who(envelope), now) else Treatment.DROP
        return self._admit(envelope, received_at)

    def count_answered(self, visitor_id: int, at: datetime) -> None:
        """Count a question that was answered before this process began."""
        self._limits[UpdateKind.QUESTION].count(visitor_id, at)

    def count_answered_elsewhere(self, visitor_id: int, at: datetime) -> None:
        """Count a question that another process has answered meanwhile."""
        self.count_answered(visitor_id, at)
        self._daily[UpdateKind.QUESTION].admit(visitor_id, at)

    def shed(self, envelope: Envelope, at: datetime) -> Treatment:
        """How a question is to be handled that can't be answered because all together ask too much."""
        return Treatment.BUSY if self._busy_notices.may(_who(envelope), at) else Treatment.DROP

    def _admit(self, envelope: Envelope, at: datetime) -> Treatment:
        """By the minute first: what is dropped then does not count for the day."""
        for limits, excuse in ((self._limits, Treatment.TOO_MANY), (self._daily, Treatment.TOO_MANY_TODAY)):
            limit = limits.get(envelope.kind)
            admission = limit.admit(_who(envelope), at) if limit else Admission.ADMITTED
            if admission is not Admission.ADMITTED:
                says_so = admission is Admission.NOTICE and envelope.kind is UpdateKind.QUESTION
                return excuse if says_so else Treatment.DROP
        return Treatment.NORMAL


def _who(envelope: Envelope) -> int:
    return envelope.visitor_id or envelope.lane
