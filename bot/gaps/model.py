"""What visitors asked in vain, and what they wish to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import NewType, TypeVar

import numpy as np
import numpy.typing as npt

from bot.answering.model import Loss, LostBy
from bot.ids import Locale, SectionKey, VisitorId

_T = TypeVar("_T")

GapId = NewType("GapId", str)
"""Eight hexadecimal digits, made from the first question of the gap."""

_NO_ANSWERS = ("open", "bot")
"""Topics whose sections answer nothing: open questions, and what the bot says of itself."""
_HALF_LIFE = timedelta(days=7)
"""After so long a question counts half: a gap of last week is worth less than one of today. Chosen by reasoning."""


class GapState(StrEnum):
    """Where a gap stands."""

    OPEN = "open"
    ANSWERED = "answered"
    """A section that was published since answers its questions."""
    CLOSED = "closed"
    """Staff have looked at it and let it be."""


@dataclass(frozen=True, slots=True)
class LostQuestion:
    """A turn that was lost; `question` is masked, as it is kept."""

    turn_id: str
    question: str
    locale: Locale
    asked_at: datetime
    loss: Loss
    knowledge_version: int = 0
    told: tuple[SectionKey, ...] = ()
    """The sections that answered it and did not help."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a question leaves behind that can be compared across languages.

    `vector` is centred and of length 1; `near` says of the sections found which share of the question's letters the
    copy in its language holds, 0 to 1; `crowd` is how near it lies to what lies nearest, as a mean cosine: a question
    of a busy part of the space is near to everything.
    """

    vector: npt.NDArray[np.float32]
    near: Mapping[str, float]
    crowd: float


@dataclass(frozen=True, slots=True, eq=False)
class TracedQuestion:
    """A question that is placed, or to be placed, in a gap; `gap_id` is None where it has none yet."""

    turn_id: str
    trace: Trace
    gap_id: GapId | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask for the same and got no answer that helped, the oldest first; never without one."""

    gap_id: GapId
    state: GapState
    questions: tuple[LostQuestion, ...]
    answered_by: SectionKey | None = None
    assignee: VisitorId | None = None
    is_drafted: bool = False
    asked_again: int = 0
    """The last version of the knowledge of which its questions were asked again."""

    @property
    def first_seen(self) -> datetime:
        """When it was asked first, of what is kept."""
        return self.questions[0].asked_at

    @property
    def last_seen(self) -> datetime:
        """When it was asked last."""
        return self.questions[-1].asked_at

    @property
    def locales(self) -> tuple[Locale, ...]:
        """The languages that asked, the most frequent first."""
        return _by_count(Counter(one.locale for one in self.questions))

    @property
    def lost_by(self) -> tuple[LostBy, ...]:
        """The steps that lost its questions, the most frequent first."""
        return _by_count(Counter(one.loss.by for one in self.questions))

    @property
    def nearest(self) -> SectionKey | None:
        """The section that came nearest most often."""
        return next(iter(_by_count(Counter(one.loss.nearest for one in self.questions if one.loss.nearest))), None)

    @property
    def topic(self) -> str:
        """The topic that an answer would stand in; empty where the nearest sections do not tell."""
        topics = (one.loss.nearest.path.partition("/")[0] for one in self.questions if one.loss.nearest)
        return next(iter(_by_count(Counter(topic for topic in topics if topic not in _NO_ANSWERS))), "")

    def asked_in(self, locale: Locale) -> tuple[str, ...]:
        """Its questions in a language, each once, the newest first."""
        return tuple(dict.fromkeys(one.question for one in reversed(self.questions) if one.locale is locale))

    def weight(self, now: datetime) -> float:
        """How much it matters: its questions, each counting half for every week that it is old."""
        ages = (max((now - one.asked_at) / _HALF_LIFE, 0.0) for one in self.questions)
        return float(sum(0.5**age for age in ages))


class WatchState(StrEnum):
    """What became of the wish to be told."""

    WAITING = "waiting"
    SENDING = "sending"
    """Marked before the call: who finds it so after a start can't know whether it arrived."""
    TOLD = "told"
    IN_DOUBT = "in_doubt"
    """It may have arrived, and is never sent again."""
    SKIPPED = "skipped"
    """They blocked the bot, or Telegram will not take it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody wishes to be told once their question has an answer."""

    turn_id: str
    visitor_id: VisitorId
    question: str
    locale: Locale
    """The language of the question."""
    gap_id: GapId | None = None
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """A question that now has an answer, in the section `by`."""

    watch: Watch
    by: SectionKey


class Told(Enum):
    """What became of telling somebody."""

    SENT = auto()
    NOT_SENT = auto()
    """Surely not: it may be tried again."""
    IN_DOUBT = auto()
    GONE = auto()
    """They blocked the bot, or it was refused."""


def _by_count(counted: Counter[_T]) -> tuple[_T, ...]:
    return tuple(sorted(counted, key=lambda one: (-counted[one], str(one))))
