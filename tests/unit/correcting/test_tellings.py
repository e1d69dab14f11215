"""Who was told what was wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.correcting.model import Wanted
from bot.correcting.tellings import by_language, people_told, with_announced
from bot.ids import Locale
from tests.support.correcting_parts import KEY, telling, wrong_in_english

FACT = wrong_in_english(2, 3)
ALL = Wanted(key=KEY)


def people(*tellings, fact=FACT, **wanted):
    return sorted(people_told(tellings, fact, Wanted(key=KEY, **wanted)).people)


def test_only_who_was_told_from_a_wrong_copy_counts():
    assert people(telling(1, 2), telling(2, 4), telling(3, 3)) == [1, 3]
    assert people(telling(1, 2, locale=Locale.RU)) == [], "that copy was right"
    assert people(telling(1, 2, locale=Locale.KK)) == [1], "there is no such copy: another one was told"


def test_each_person_counts_once_with_the_last_time_and_on_every_day_they_were_told():
    told = people_told(
        [telling(1, 2, hours=30), telling(1, 2), telling(2, 2, hours=1), telling(1, 4, hours=50)], FACT, ALL
    )
    assert {person: one.told_at.day for person, one in told.people.items()} == {1: 4, 2: 3}
    assert told.by_day == {date(2026, 11, 3): 2, date(2026, 11, 4): 1}
    assert by_language(told) == {"en": 2}


def test_days_are_those_of_qingdao_and_bound_what_is_meant():
    late = telling(1, 2, hours=8)  # 17:30 UTC
    assert people(late, since=date(2026, 11, 4)) == [1]
    assert people(late, until=date(2026, 11, 3)) == []


def test_versions_bound_what_is_meant():
    both = (telling(1, 2), telling(2, 3))
    assert people(*both, since=3) == [2]
    assert people(*both, until=2) == [1]


def test_what_was_shown_is_of_the_version_of_that_moment():
    assert people(telling(1, hours=3.5), telling(2, hours=4.5)) == [1]


def test_a_step_between_two_versions_had_the_text_of_the_later_one():
    stepwise = replace(wrong_in_english(2), kept=tuple(one for one in FACT.kept if one[0] != 3))
    assert people(telling(1, 3), telling(2, 2), fact=stepwise) == [2]


def test_versions_that_are_kept_no_more_count_as_the_oldest_and_are_counted_apart():
    told = people_told([telling(1, 1), telling(2, 1), telling(2, 2, hours=1)], FACT, ALL)
    assert (sorted(told.people), told.not_kept) == ([1, 2], 1)
    assert people(telling(1, 1), since=2) == []
    assert people(telling(1, 1), fact=wrong_in_english(3)) == []


def test_who_got_an_announcement_is_added_once_and_keeps_the_language_of_an_answer():
    told = people_told([telling(1, 2)], FACT, ALL)
    more = with_announced(
        told, [telling(1, locale=Locale.RU, hours=30), telling(2, locale=Locale.RU, hours=30), telling(2, hours=20)]
    )
    assert {person: (one.locale, one.told_at.day) for person, one in more.people.items()} == {
        1: (Locale.EN, 4),
        2: (Locale.RU, 4),
    }
    assert (more.by_announcements, by_language(more)) == (1, {"en": 1, "ru": 1})
    assert more.by_day == {date(2026, 11, 3): 1, date(2026, 11, 4): 1}
