from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.chat.wire.envelope import Envelope, UpdateKind
from bot.chat.wire.triage import OLD_PRESS, OLD_QUESTION, Treatment, Triage

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
GROUP, OTHER, IVAN = -1009, -1001, 77


def written(lane, *, kind=UpdateKind.QUESTION, age=timedelta(0)):
    return Envelope(1, lane, kind, IVAN, NOW - age)


def treatments(triage, lane, times):
    return {triage.treatment(written(lane), NOW, now=NOW) for _ in range(times)}


def test_where_people_answer_nothing_is_too_much_or_too_old():
    triage = Triage(2, 3, uncounted=frozenset({GROUP}))
    assert treatments(triage, GROUP, 50) == {Treatment.NORMAL}
    assert treatments(triage, OTHER, 50) == {Treatment.NORMAL, Treatment.TOO_MANY, Treatment.DROP}
    late = written(GROUP, age=OLD_QUESTION * 2)
    assert triage.treatment(late, NOW, now=NOW) is Treatment.NORMAL


def test_an_old_press_is_dropped_there_as_everywhere():
    triage = Triage(2, 3, uncounted=frozenset({GROUP}))
    old = Envelope(1, GROUP, UpdateKind.PRESS, IVAN, None)
    assert triage.treatment(old, NOW - OLD_PRESS * 2, now=NOW) is Treatment.DROP
