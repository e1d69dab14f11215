from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription
from bot.visitors.subscriptions import ALL_TOPICS, agreed, declined, is_postponed, postponed, turned, was_asked, without

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
BEFORE = NOW - timedelta(days=40)
NEW = Subscription(chat_id=ChatId(1))
GROUP = Subscription(chat_id=ChatId(-1))
ON = replace(NEW, agreed_at=BEFORE, asked_at=BEFORE, topics=frozenset({NewsTopic.EXPO, NewsTopic.FORUM}))


@pytest.mark.parametrize(
    ("known", "expected"),
    [(None, False), (NEW, False), (postponed(ON), True), (declined(ON, now=BEFORE), True), (postponed(NEW), False)],
)
def test_who_said_yes_or_no_was_asked(known, expected):
    assert was_asked(known) is expected


def test_who_said_later_is_asked_again_after_three_days():
    assert is_postponed(NOW - timedelta(days=2, hours=23), NOW)
    assert not is_postponed(NOW - timedelta(days=3), NOW)


def test_who_agrees_gets_every_topic_and_keeps_what_was_chosen_before():
    assert agreed(NEW, now=NOW, locale=Locale.RU) == replace(NEW, agreed_at=NOW, asked_at=NOW, topics=ALL_TOPICS)
    assert agreed(ON, now=NOW, locale=Locale.RU) == replace(ON, asked_at=NOW)


def test_only_a_group_gets_a_language_of_its_own():
    assert agreed(GROUP, now=NOW, locale=Locale.RU).locale is Locale.RU
    assert agreed(replace(GROUP, locale=Locale.ZH), now=NOW, locale=Locale.RU).locale is Locale.ZH


def test_who_declines_keeps_the_topics_for_later():
    assert declined(ON, now=NOW) == replace(ON, agreed_at=None, asked_at=NOW)
    assert postponed(ON).asked_at is None


def test_the_last_topic_ends_the_consent():
    one_left = without(ON, NewsTopic.EXPO, now=NOW)
    assert one_left == replace(ON, topics=frozenset({NewsTopic.FORUM}))
    assert without(one_left, NewsTopic.FORUM, now=NOW).agreed_at is None
    assert without(ON, None, now=NOW) == replace(ON, topics=frozenset(), agreed_at=None, stopped_at=NOW)


def test_who_wants_no_more_messages_is_known_until_they_agree_again():
    stopped = without(NEW, None, now=BEFORE)
    assert (stopped.stopped_at, stopped.asked_at) == (BEFORE, BEFORE)
    assert declined(NEW, now=NOW).stopped_at is None, "«no» to announcements is no such wish"
    assert agreed(stopped, now=NOW, locale=Locale.RU).stopped_at is None


def test_a_topic_is_turned_on_and_off():
    assert turned(turned(ON, NewsTopic.AREA), NewsTopic.AREA) == ON
