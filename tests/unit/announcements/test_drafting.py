"""What an author changes in a draft, and how what they type is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.announcements.drafting import (
    Draft,
    TermName,
    add_besides,
    add_link,
    change_term,
    fall_back,
    hold_others,
    leave_out,
    read_link,
    read_repeating,
    read_wall_time,
    send_now,
    send_once,
    send_repeatedly,
    set_moment,
    set_text,
    set_zone,
    toggle_organisers,
    unknown_moment,
)
from bot.announcements.model import ORGANISER_ROLES, Content, LinkButton, MissingLanguage, Schedule, Terms, Timing
from bot.announcements.schedule import ScheduleError
from bot.ids import ChatId, Locale, NewsTopic

DRAFT = Draft(label="Hall moves", topic=NewsTopic.FORUM, content=Content(source=Locale.EN, texts={Locale.EN: "Hall 2"}))
CHAT = ChatId(-1007)


def test_the_time_keeps_the_event_s_zone_whatever_is_chosen():
    draft = set_zone("Europe/Berlin")(DRAFT)
    wall = datetime(2027, 6, 15, 9, 30)  # noqa: DTZ001 - wall time
    assert send_once(wall)(draft).schedule == Schedule(timing=Timing.ONCE, zone="Europe/Berlin", at=wall)
    recurring = send_repeatedly("0 9 * * mon", date(2027, 12, 31))(draft)
    assert (recurring.schedule.zone, recurring.schedule.until) == ("Europe/Berlin", date(2027, 12, 31))
    assert send_now(recurring).schedule == Schedule(timing=Timing.NOW, zone="Europe/Berlin")


def test_a_moment_is_wall_time_in_the_event_s_zone():
    draft = set_moment("start", datetime(2026, 6, 15, 9, 30))(DRAFT)  # noqa: DTZ001 - wall time
    assert draft.content.moments == {"start": datetime(2026, 6, 15, 1, 30, tzinfo=UTC)}


def test_the_first_name_without_a_moment_is_asked_for():
    draft = set_text(Locale.EN, "{{no}} {start} {end}")(DRAFT)
    assert unknown_moment(draft.content) == "start"
    draft = set_moment("start", datetime(2026, 6, 15, 9, 30))(draft)  # noqa: DTZ001 - wall time
    assert unknown_moment(draft.content) == "end"
    assert unknown_moment(DRAFT.content) is None


def test_a_chat_is_on_one_list_at_most():
    draft = leave_out(CHAT)(add_besides(CHAT)(DRAFT))
    assert (draft.audience.chats, draft.audience.without) == (frozenset(), {CHAT})
    draft = add_besides(CHAT)(draft)
    assert (draft.audience.chats, draft.audience.without) == ({CHAT}, frozenset())


def test_organisers_alone_are_chosen_and_let_go_again():
    draft = toggle_organisers(DRAFT)
    assert draft.audience.roles == ORGANISER_ROLES
    assert toggle_organisers(draft).audience.roles == frozenset()


def test_other_languages_get_one_text_or_nothing():
    draft = fall_back(Locale.EN)(DRAFT)
    assert (draft.terms.missing_language, draft.terms.fallback) == (MissingLanguage.FALLBACK, Locale.EN)
    assert hold_others(draft).terms == DRAFT.terms


def test_a_text_that_is_taken_away_is_gone():
    assert set_text(Locale.EN, "")(DRAFT).content.texts == {}


def test_of_nine_buttons_the_first_goes():
    draft = DRAFT
    for number in range(9):
        draft = add_link(LinkButton(labels={Locale.EN: str(number)}, url="https://example.org"))(draft)
    assert [button.labels[Locale.EN] for button in draft.content.buttons] == list("12345678")


@pytest.mark.parametrize("name", TermName)
def test_taps_on_a_term_lead_round_to_where_it_stood(name):
    draft, taps = change_term(name)(DRAFT), 1
    while draft != DRAFT:
        draft, taps = change_term(name)(draft), taps + 1
    assert taps == (6 if name is TermName.VALIDITY else 2)


def test_a_validity_that_is_not_offered_goes_on_with_the_first_one():
    draft = Draft(label="", topic=NewsTopic.FORUM, content=DRAFT.content, terms=Terms(valid_for=timedelta(hours=5)))
    assert change_term(TermName.VALIDITY)(draft).terms.valid_for is None


def test_a_recurring_time_is_five_fields_and_perhaps_a_last_day():
    assert read_repeating("0 9 * * mon") == ("0 9 * * mon", None)
    assert read_repeating("۰ ۹ * * mon ۲۰۲۷-۱۲-۳۱") == ("0 9 * * mon", date(2027, 12, 31))


@pytest.mark.parametrize("text", ["", "every monday", "0 9 * * mon 2027-13-31", "61 9 * * mon"])
def test_what_is_no_recurring_time_is_explained(text):
    with pytest.raises(ScheduleError) as caught:
        read_repeating(text)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-06-15 09:30", "2026-06-15T09:30:00"),
        ("2026-6-5 9:05", "2026-06-05T09:05:00"),
        ("۲۰۲۶-۰۶-۱۵ ۰۹:۳۰", "2026-06-15T09:30:00"),
        ("2026-13-15 09:30", None),
        ("tomorrow", None),
    ],
)
def test_a_wall_time_is_read_in_the_digits_of_any_language(text, wall):
    read = read_wall_time(text)
    assert (read and read.isoformat()) == wall


@pytest.mark.parametrize("text", ["", "Only a label", "Label\nxx: other\nhttps://example.org"])
def test_what_is_no_button_is_asked_for_again(text):
    assert read_link(text, Locale.EN) is None


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "9999-12-31 23:59", "1405-04-10 10:00", "1999-12-31 23:59"])
def test_years_that_nobody_means_are_not_read(text):
    assert read_wall_time(text) is None
