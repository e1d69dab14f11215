"""How a subscription changes: each function takes it as it is and returns it as it is to be stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.ids import Locale, NewsTopic
from bot.visitors.model import Subscription

ALL_TOPICS = frozenset(NewsTopic)
_ASKED_AGAIN_AFTER = timedelta(days=3)
"""Between «later» and the next time the question for consent is put. Chosen by reasoning: no visit asks twice."""


def was_asked(known: Subscription | None) -> bool:
    """Whether the question for consent has been put, or answered without being put."""
    return known is not None and (known.asked_at is not None or known.agreed_at is not None)


def is_postponed(postponed_at: datetime, now: datetime) -> bool:
    """Whether it is too soon to ask again somebody who said «later» then."""
    return now - postponed_at < _ASKED_AGAIN_AFTER


def agreed(known: Subscription, *, now: datetime, locale: Locale) -> Subscription:
    """Switched on, with every topic where none is chosen; a group without a language gets `locale`."""
    is_group = known.chat_id < 0
    return replace(
        known,
        agreed_at=known.agreed_at or now,
        asked_at=now,
        stopped_at=None,
        topics=known.topics or ALL_TOPICS,
        locale=known.locale or locale if is_group else known.locale,
    )


def declined(known: Subscription, *, now: datetime) -> Subscription:
    """Switched off; the topics are kept for the day on which it is switched on again."""
    return replace(known, agreed_at=None, asked_at=now)


def postponed(known: Subscription) -> Subscription:
    """As if nobody had asked: the question may come again."""
    return replace(known, asked_at=None)


def without(known: Subscription, topic: NewsTopic | None, *, now: datetime) -> Subscription:
    """Without a topic, or without any (None); with the last topic the consent ends as well."""
    if topic is None:
        return replace(known, topics=frozenset(), agreed_at=None, asked_at=known.asked_at or now, stopped_at=now)
    left = known.topics - {topic}
    return replace(known, topics=left, agreed_at=known.agreed_at if left else None, asked_at=known.asked_at or now)


def turned(known: Subscription, topic: NewsTopic) -> Subscription:
    """With the topic where it was without it, and the other way round."""
    return replace(known, topics=known.topics ^ {topic})
