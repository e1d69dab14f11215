"""Rows A and I of the fault table (tests/faults/README.md) for organisers: whoever has no right learns nothing and changes nothing."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.announcements.drafting import Draft, read_count, toggle_organisers
from bot.announcements.model import (
    Content,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Organiser,
    Role,
    Stage,
)
from bot.announcements.organisers import RoleChange
from bot.chat.application import Chat, ChatParts, build_application, build_chat, keep_tokens_out_of_logs
from bot.chat.menu import publish_commands_for
from bot.chat.options import ChatOptions
from bot.chat.organisers.buttons import ItemButton, ItemVerb
from bot.chat.routes import routes
from bot.chat.text import announcement_texts, statistics_texts
from bot.chat.text.deeplinks import LinkKind, read_payload
from bot.chat_state.model import Button
from bot.errors import SettingsError
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.visitors.model import Visitor
from tests.support.chat_rig import (
    NOW,
    TOKEN,
    USERNAME,
    FakeAnswerer,
    FakeTelegram,
    group_message,
    message,
    person,
    press,
    until,
)
from tests.support.fakes import FakeButtonStore, FakeInbox, FakeState, FakeTurnStore, FakeVisitorStore
from tests.support.intake_parts import Door
from tests.support.news_rig import APPROVER, AUTHOR, GROUP, OWNER, STRANGER, NewsRig

COMMANDS = ("announce", "announcements", "organisers", "stats", "gaps")
SPELLINGS = ("/{}", "/{} now", "/{}@" + USERNAME, "/{}\nnow")
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
THE_GROUP = {"id": GROUP, "type": "supergroup", "title": "G"}
SECRET = "the-webhook-s-secret-7b1f"


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def said(rig: NewsRig, update: dict) -> list[tuple]:
    """Everything that the bot calls in answer to an update, without the tokens of buttons."""
    rig.telegram.calls.clear()
    await rig.handle(update)
    return [
        (
            call.method,
            {name: value for name, value in call.params.items() if name != "reply_markup"},
            [one["text"] for row in call.params.get("reply_markup", {}).get("inline_keyboard", ()) for one in row],
        )
        for call in rig.telegram.calls
    ]


def denials(rig: NewsRig) -> list[tuple]:
    """Who was denied what, the oldest first; strangers are counted and not named."""
    entries = [entry for entry in rig.parts.database.tables.audit if entry.action.endswith("_denied")]
    return [(entry.actor, entry.action) for entry in entries for _ in range(1 if entry.actor else int(entry.detail))]


def rows(rig: NewsRig) -> tuple:
    """All that organisers can change."""
    tables = rig.parts.database.tables
    return (
        tables.announcements,
        tables.organisers,
        tables.invitations,
        tables.corrections,
        tables.requests,
        tables.occurrences,
    )


async def fired(rig: NewsRig, *, sent: int = 0, state: OccurrenceState = OccurrenceState.FINISHED) -> str:
    """An approved announcement of the author whose one firing has reached so many; returns the announcement's id."""
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    name = (await rig.only()).announcement_id
    occurrence_id = OccurrenceId("o1")
    firing = Occurrence(
        occurrence_id=occurrence_id,
        announcement_id=name,
        slot="s",
        due_at=NOW,
        valid_until=None,
        state=state,
        created_at=NOW,
        audience=sent,
    )
    await rig.parts.outbox.open_occurrence(firing)
    async with rig.parts.database.writing() as tables:
        for chat_id in range(101, 101 + sent):
            tables.deliveries[occurrence_id][ChatId(chat_id)] = Delivery(
                occurrence_id=occurrence_id,
                chat_id=ChatId(chat_id),
                locale=Locale.EN,
                zone="",
                state=DeliveryState.SENT,
                body_hash="",
                not_before=NOW,
                message_id=chat_id,
            )
    return name


async def grant(rig: NewsRig, person_id: int, role: Role) -> None:
    organiser = Organiser(visitor_id=VisitorId(person_id), role=role, granted_by=None, granted_at=NOW)
    await rig.parts.organisers.grant(organiser)


async def revoke(rig: NewsRig, person_id: int, role: Role) -> None:
    await rig.parts.organisers.revoke(VisitorId(person_id), role)


# ── A01 to A04: commands ──


def test_A01_the_commands_below_are_all_that_organisers_have():
    public, all_names = (
        {name for route in routes(has_news=has_news) for name in getattr(route.matcher, "commands", ())}
        for has_news in (False, True)
    )
    of_all = (*announcement_texts.ROLE_COMMANDS, *statistics_texts.COMMANDS)
    shown_to_organisers = {name for name, _sentence in (*announcement_texts.COMMANDS, *of_all)}
    assert set(COMMANDS) == shown_to_organisers - {"cancel"} | {"gaps"}
    assert all_names - public == {*COMMANDS, "cancel", "news", "settings", "subscribe"}


@pytest.mark.parametrize("spelling", SPELLINGS, ids=("plain", "with words", "with the name", "two lines"))
@pytest.mark.parametrize("command", [*COMMANDS, *(command.upper() for command in COMMANDS)])
async def test_A01_without_a_role_every_organiser_command_is_answered_like_one_that_there_is_not(
    rig, command, spelling
):
    before = rows(rig)
    for locale in Locale:
        stranger = person(STRANGER, language=locale.value)
        unknown = await said(rig, message(spelling.format("nonsense"), user=stranger))
        assert await said(rig, message(spelling.format(command), user=stranger)) == unknown
        assert len(unknown) == 1
    assert rows(rig) == before
    assert denials(rig) == [(None, f"{command.lower()}_denied")] * len(Locale)
    assert str(STRANGER) not in repr(rig.parts.database.tables.audit), "P08: who is no organiser is not named"
    assert len([one for one in rig.parts.database.tables.audit if one.action.endswith("_denied")]) == 1


async def test_A01_the_page_for_unknown_commands_names_no_organiser_command(rig):
    for locale in Locale:
        [(_method, params, labels)] = await said(
            rig, message("/announce", user=person(STRANGER, language=locale.value))
        )
        assert "/privacy" in params["text"]
        for command in COMMANDS:
            assert f"/{command}" not in params["text"]
        assert not any("📣" in label for label in labels)


async def test_A01_in_a_group_no_organiser_command_is_answered_not_even_to_organisers(rig):
    for command in COMMANDS:
        for user_id in (STRANGER, OWNER):
            assert await said(rig, group_message(f"/{command}@{USERNAME}", user=person(user_id))) == []
    assert len(denials(rig)) == 2 * len(COMMANDS)


async def test_A01_what_a_stranger_writes_answers_no_question_that_was_put_to_them_as_an_organiser(rig):
    await rig.says(AUTHOR, "/announce")
    await revoke(rig, AUTHOR, Role.AUTHOR)
    before = rows(rig)
    assert "do not know this command" in await rig.says(AUTHOR, "Hall moves")
    assert rows(rig) == before
    assert denials(rig) == [(None, "answer_label_denied")]
    await rig.says(AUTHOR, "Where is the expo held?")
    assert [question.text for question in rig.answerer.asked] == ["Where is the expo held?"]


@pytest.mark.parametrize("command", COMMANDS)
async def test_A02_an_anonymous_sender_is_never_an_organiser(rig, command):
    """Even if somebody had given a role to Telegram's account for anonymous administrators."""
    for account in (ANONYMOUS, CHANNEL_BOT):
        await grant(rig, account["id"], Role.OWNER)
    before = rows(rig)
    for sender, chat in ((ANONYMOUS, THE_GROUP), (CHANNEL_BOT, THE_GROUP), (person(OWNER), THE_GROUP)):
        assert await said(rig, group_message(f"/{command}", user=sender, sender_chat=chat)) == []
    private = {"id": ANONYMOUS["id"], "type": "private", "first_name": "G"}
    unknown = await said(rig, message("/nonsense", user=ANONYMOUS, chat=private))
    assert await said(rig, message(f"/{command}", user=ANONYMOUS, chat=private)) == unknown
    assert rows(rig) == before
    assert denials(rig) == [(None, f"{command}_denied")] * 4


async def test_A02_an_owner_who_speaks_as_a_chat_in_their_private_chat_is_nobody(rig):
    unknown = await said(rig, message("/nonsense", user=person(OWNER), sender_chat=THE_GROUP))
    assert await said(rig, message("/organisers", user=person(OWNER), sender_chat=THE_GROUP)) == unknown


@pytest.mark.parametrize("command", COMMANDS)
async def test_A03_an_administrator_of_a_group_has_no_role_by_that(rig, command):
    rig.telegram.administrators.add(STRANGER)
    before = rows(rig)
    unknown = await said(rig, message("/nonsense", user=person(STRANGER)))
    assert await said(rig, message(f"/{command}", user=person(STRANGER))) == unknown
    assert await said(rig, group_message(f"/{command}", user=person(STRANGER))) == []
    assert rows(rig) == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("field", ["first_name", "last_name", "username"])
async def test_A04_a_name_like_an_organiser_s_has_no_effect(rig, command, field):
    owner = person(OWNER) | {"username": "the_owner", "last_name": "Owner"}
    assert "do not know" not in (await said(rig, message("/organisers", user=owner)))[0][1]["text"]
    for disguise in (owner[field], str(OWNER), f"id{OWNER}", "Owner"):
        impostor = person(STRANGER) | {field: disguise}
        unknown = await said(rig, message("/nonsense", user=impostor))
        assert await said(rig, message(f"/{command}", user=impostor)) == unknown


# ── A05 and I06: buttons ──


async def every_button_of_organisers(rig: NewsRig) -> list[Button]:
    """Those that are issued on a walk through everything, with the author's announcement waiting for approval."""
    await fired(rig)
    for label in ("Texts", "Recipients", "Time", "Options", "Preview"):
        await rig.says(AUTHOR, "/announce")
        await rig.says(AUTHOR, f"Draft {label}")
        await rig.taps(AUTHOR, "Forums")
        await rig.taps(AUTHOR, "English")
        await rig.says(AUTHOR, "Text")
        await rig.taps(AUTHOR, "Overview")
        await rig.taps(AUTHOR, label)
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Submit")
    await rig.says(OWNER, "/announcements")
    for label in ("Hall moves", "Stop", "Cancel", "Withdraw", "Cancel", "✏️ Correct"):
        await rig.taps(OWNER, label)
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, "Invite")
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, f"{AUTHOR} ·")
    issued = [row.button for row in rig.state.buttons.values() if row.used_at is None]
    return [one for one in issued if one.action.value in ("draft", "approval", "announcement", "organisers")]


async def test_A05_an_organiser_s_button_works_for_nobody_else_and_nowhere_else(rig):
    buttons = await every_button_of_organisers(rig)
    assert {one.action.value for one in buttons} == {"draft", "approval", "announcement", "organisers"}
    assert len(buttons) > 100
    before = rows(rig)
    rig.telegram.calls.clear()
    for one in buttons:
        others = [other for other in (OWNER, APPROVER, AUTHOR, STRANGER) if other != one.visitor_id]
        for thief in others:
            await rig.handle(press(one.token, user=person(thief)))
            await rig.handle(press(one.token, user=person(thief), chat_id=one.chat_id))
        await rig.handle(press(one.token, user=person(one.visitor_id), chat_id=GROUP))
    assert {call.method for call in rig.telegram.calls} == {"answerCallbackQuery"}
    assert all("no longer works" in notice for notice in rig.notices())
    assert rows(rig) == before


async def test_A05_an_organiser_s_button_ends_with_its_time(rig):
    buttons = await every_button_of_organisers(rig)
    before = rows(rig)
    rig.telegram.calls.clear()
    rig.later(minutes=16)
    short = [one for one in buttons if one.single_use]
    assert {one.argument.split()[0] for one in short} >= {"stopped", "withdrawn", "removed", "link"}
    for one in short:
        await rig.handle(press(one.token, user=person(one.visitor_id)))
    rig.later(days=31)
    for one in buttons:
        await rig.handle(press(one.token, user=person(one.visitor_id)))
    assert {call.method for call in rig.telegram.calls} == {"answerCallbackQuery"}
    assert rows(rig) == before


def _hand_made(button: Button) -> Sequence[str]:
    token = button.token
    return (token[:-1], token + "x", token.swapcase(), token[::-1], f" {token}", f"{token}\x00", button.argument)


async def test_A05_hand_made_data_finds_no_button(rig):
    buttons = await every_button_of_organisers(rig)
    before = rows(rig)
    rig.telegram.calls.clear()
    forged = {data for one in buttons[:20] for data in _hand_made(one)} - {one.token for one in buttons}
    for data in sorted(forged):
        await rig.handle(press(data[:64], user=person(OWNER)))
    assert {call.method for call in rig.telegram.calls} == {"answerCallbackQuery"}
    assert rows(rig) == before


async def test_A05_a_button_of_somebody_whose_role_is_gone_is_refused_and_noted(rig):
    buttons = [one for one in await every_button_of_organisers(rig) if one.visitor_id == AUTHOR]
    await revoke(rig, AUTHOR, Role.AUTHOR)
    before = rows(rig)
    rig.telegram.calls.clear()
    for one in buttons:
        await rig.handle(press(one.token, user=person(AUTHOR)))
    assert {call.method for call in rig.telegram.calls} == {"answerCallbackQuery"}
    assert len(denials(rig)) == len(buttons)
    assert rows(rig) == before


async def test_I06_a_replayed_update_is_not_carried_out_again(rig):
    await fired(rig)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    door = Door(rig.dispatcher, rig.state)
    captured = {"update_id": 900} | press(rig.telegram.button_of(OWNER, "Pause"), user=person(OWNER))
    assert await door.accept([captured]) == 1
    await door.finish()
    assert (await rig.only()).stage is Stage.PAUSED
    await rig.announcements.lifecycle.resume((await rig.only()).announcement_id, actor=VisitorId(OWNER), now=NOW)
    replayed = Door(rig.dispatcher, rig.state)
    assert await replayed.accept([captured, captured]) == 0
    await replayed.finish()
    assert (await rig.only()).stage is Stage.APPROVED


async def test_I06_what_can_t_be_undone_hangs_on_a_token_that_works_once(rig):
    await fired(rig)
    await rig.says(OWNER, "/announcements")
    await rig.taps(OWNER, "Hall moves")
    await rig.taps(OWNER, "Stop")
    yes = rig.telegram.button_of(OWNER, "Yes")
    await rig.press(yes, user=person(OWNER))
    assert (await rig.only()).stage is Stage.STOPPED
    rig.telegram.calls.clear()
    await rig.press(yes, user=person(OWNER))
    assert [call.method for call in rig.telegram.calls] == ["answerCallbackQuery"]
    assert "no longer works" in rig.notices()[-1]


async def test_I06_a_button_that_makes_an_invitation_makes_one(rig):
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, "Invite")
    data = rig.telegram.button_of(OWNER, "Approver")
    for _ in range(3):
        await rig.press(data, user=person(OWNER))
    assert len(rig.parts.database.tables.invitations) == 1


async def test_I06_the_same_approval_twice_is_one_approval(rig):
    await rig.submitted()
    data = rig.telegram.button_of(APPROVER, "Approve")
    await rig.press(data, user=person(APPROVER))
    approved = await rig.only()
    await rig.press(data, user=person(APPROVER))
    assert await rig.only() == approved
    assert "not possible" in rig.last(APPROVER)
    assert (await rig.audited()).count("announcement_approved") == 1


async def test_D26_the_same_button_pressed_twice_duplicates_once(rig):
    await fired(rig)
    await rig.says(AUTHOR, "/announcements")
    await rig.taps(AUTHOR, "Hall moves")
    data = rig.telegram.button_of(AUTHOR, "Duplicate")
    for _ in range(2):
        await rig.press(data, user=person(AUTHOR))
    assert len(rig.parts.database.tables.announcements) == 2


# ── A07: invitations ──


async def invitation(rig: NewsRig, role: str = "Approver") -> str:
    """The payload of a new invitation's link."""
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, "Invite")
    await rig.taps(OWNER, role)
    return rig.last(OWNER).rpartition("start=")[2]


async def test_A07_an_invitation_gives_its_role_once(rig):
    payload = await invitation(rig)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert "must confirm that it is you" in await rig.says(STRANGER, f"/start {payload}")
    await rig.taps(OWNER, "Confirm")
    assert "You are an organiser now" in rig.last(STRANGER)
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == {Role.APPROVER}
    for another in (10, STRANGER):
        assert "organiser" not in await rig.says(another, f"/start {payload}")
    assert await rig.parts.organisers.roles(VisitorId(10)) == frozenset()
    assert [action for action in await rig.audited() if action == "invitation_redeemed"] == ["invitation_redeemed"]


async def test_A07_only_the_hash_of_an_invitation_is_stored(rig):
    payload = await invitation(rig)
    assert payload.removeprefix("join-") not in repr(vars(rig.parts.database.tables))


async def test_A07_an_invitation_ends_after_two_days(rig):
    payload = await invitation(rig)
    rig.later(days=2, seconds=1)
    plain = await said(rig, message("/start", user=person(STRANGER), at=rig.now))
    assert await said(rig, message(f"/start {payload}", user=person(STRANGER), at=rig.now)) == plain
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


async def test_A07_an_invitation_ends_with_the_right_of_whoever_made_it(rig):
    await grant(rig, APPROVER, Role.OWNER)
    payload = await invitation(rig)
    await revoke(rig, OWNER, Role.OWNER)
    await rig.says(STRANGER, f"/start {payload}")
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


ANOTHER_OWNER = 11


async def opened(rig: NewsRig) -> None:
    """A stranger has opened an owner's link; there is another owner as well."""
    await grant(rig, ANOTHER_OWNER, Role.OWNER)
    payload = await invitation(rig)
    eve = person(STRANGER) | {"first_name": "Eve", "last_name": "<b>\u202eOwner"}
    await rig.handle(message(f"/start {payload}", user=eve))


async def test_A15_who_opens_an_invitation_has_no_role_until_its_maker_confirms_who_it_is(rig):
    await opened(rig)
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()
    assert "Is this the person you meant?" in rig.last(OWNER)
    assert f"(number {STRANGER})" in rig.last(OWNER).replace("\u2068", "").replace("\u2069", "")
    assert "Eve &lt;b&gt;Owner" in rig.last(OWNER)
    assert "another owner’s invitation" in rig.last(ANOTHER_OWNER)
    assert "do not know this command" in await rig.says(STRANGER, "/announcements")
    assert "has confirmed a new organiser" in await rig.taps(OWNER, "Confirm")
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == {Role.APPROVER}
    assert "has confirmed a new organiser" in rig.last(ANOTHER_OWNER)
    await rig.taps(ANOTHER_OWNER, "Take the role away")
    await rig.taps(ANOTHER_OWNER, "Yes")
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


@pytest.mark.parametrize("owner", [OWNER, ANOTHER_OWNER])
async def test_A15_every_owner_may_refuse_a_candidate_who_then_gets_nothing(rig, owner):
    await opened(rig)
    confirm = rig.telegram.button_of(OWNER, "Confirm")
    before = len(rig.telegram.to(STRANGER))
    assert "has refused an invitation" in await rig.taps(owner, "Refuse")
    await rig.press(confirm, user=person(OWNER))
    assert rig.last(OWNER) == "This invitation is no longer open."
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()
    assert len(rig.telegram.to(STRANGER)) == before


async def test_A15_another_owner_can_not_confirm_whom_they_have_not_invited(rig):
    await opened(rig)
    with pytest.raises(AssertionError, match="no button"):
        rig.telegram.button_of(ANOTHER_OWNER, "Confirm")
    [invitation_hash] = rig.parts.database.tables.invitations
    for actor in (ANOTHER_OWNER, APPROVER, STRANGER):
        welcome = await rig.announcements.organisers.confirm(invitation_hash, actor=VisitorId(actor), now=rig.now)
        assert welcome.change is RoleChange.NOT_ALLOWED
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


async def test_A15_a_candidate_who_is_not_confirmed_in_two_days_gets_nothing(rig):
    await opened(rig)
    rig.later(days=2, seconds=1)
    await rig.taps(OWNER, "Confirm")
    assert rig.last(OWNER) == "This invitation is no longer open."
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


async def test_A15_a_candidate_of_somebody_who_is_no_owner_any_more_gets_nothing(rig):
    await opened(rig)
    confirm = rig.telegram.button_of(OWNER, "Confirm")
    await revoke(rig, OWNER, Role.OWNER)
    await grant(rig, OWNER, Role.AUTHOR)
    await rig.press(confirm, user=person(OWNER))
    assert rig.last(OWNER) == "You are not allowed to do this."
    assert await rig.parts.organisers.roles(VisitorId(STRANGER)) == frozenset()


async def test_A15_two_taps_on_confirm_are_one_role_and_one_entry(rig):
    await opened(rig)
    confirm = rig.telegram.button_of(OWNER, "Confirm")
    for _ in range(2):
        await rig.press(confirm, user=person(OWNER))
    assert (await rig.audited()).count("invitation_confirmed") == 1


async def test_A07_only_an_owner_makes_an_invitation(rig):
    for organiser in (APPROVER, AUTHOR):
        await rig.says(organiser, "/organisers")
        with pytest.raises(AssertionError, match="no button"):
            rig.telegram.button_of(organiser, "Invite")
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, "Invite")
    data = rig.telegram.button_of(OWNER, "Author")
    await grant(rig, OWNER, Role.AUTHOR)
    await revoke(rig, OWNER, Role.OWNER)
    await rig.press(data, user=person(OWNER))
    assert rig.last(OWNER) == "You are not allowed to do this."
    assert rig.parts.database.tables.invitations == {}


@pytest.mark.parametrize("place", ["group", "forwarded", "through a bot"])
async def test_A07_an_invitation_is_opened_by_a_person_in_their_own_words(rig, place):
    payload = await invitation(rig)
    user, text = person(STRANGER), f"/start {payload}"
    await rig.handle(
        {
            "group": group_message(text, user=user),
            "forwarded": message(text, user=user, forward_origin=FORWARDED["a person"]),
            "through a bot": message(text, user=user, via_bot=ANOTHER_BOT),
        }[place]
    )
    assert rig.parts.database.tables.invitations
    assert all(one.used_by is None for one in rig.parts.database.tables.invitations.values())
    assert "must confirm that it is you" in await rig.says(STRANGER, text)


@pytest.mark.parametrize(
    "payload",
    ["join", "join-", "join-x", "JOIN-abc", "join-../../etc/passwd", "join-' OR 1=1 --", "join-%27%20OR%201=1", "join-<b>x</b>", "join-" + "A" * 32, "join-" + "A" * 60, "join-\u202eabc", "join-приглашение", "join-abc def", "owner-abc", "role-owner", "grant-9", "join--", "join-\x00"],
)  # fmt: skip
async def test_A07_hostile_payloads_give_no_role_and_say_no_more_than_a_plain_start(rig, payload):
    await invitation(rig)
    before = rows(rig)
    plain = await said(rig, message("/start", user=person(STRANGER)))
    assert await said(rig, message(f"/start {payload}", user=person(STRANGER))) == plain
    assert rows(rig) == before


@given(st.one_of(st.text(max_size=80), st.from_regex(r"(ask|topic|s|join|owner)-[ -~]{0,70}")))
def test_A07_what_is_read_as_a_link_has_a_known_kind_and_plain_letters(payload):
    link = read_payload(payload)
    if link is not None:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
        assert link.kind in LinkKind
        assert payload.startswith(f"{link.kind.value}-")


# ── A18: staff of the knowledge and organisers have nothing to do with each other's work ──


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER])
async def test_A18_staff_of_the_knowledge_see_and_do_nothing_with_announcements(rig, role):
    await rig.submitted()
    await grant(rig, STRANGER, role)
    unknown = await said(rig, message("/nonsense", user=person(STRANGER)))
    before = rows(rig)
    for command in ("/announce", "/announcements"):
        assert await said(rig, message(command, user=person(STRANGER))) == unknown
    forged = ItemButton(ItemVerb.STOPPED, (await rig.only()).announcement_id).key("Stop")
    expires_at = NOW + timedelta(days=1)
    button = Button("t", ChatId(STRANGER), VisitorId(STRANGER), forged.action, forged.argument, expires_at)
    await rig.app.buttons.issue([button])
    await rig.handle(press("t", user=person(STRANGER)))
    assert rows(rig) == before
    assert [actor for actor, _action in denials(rig)] == [STRANGER] * 3


async def test_A18_staff_of_the_knowledge_see_the_list_of_roles_and_may_lay_down_their_own(rig):
    await grant(rig, STRANGER, Role.EDITOR)
    assert "organisers" in (await rig.says(STRANGER, "/organisers")).lower()
    await rig.taps(STRANGER, "Editor of the knowledge")
    await rig.taps(STRANGER, "Yes")
    assert not await rig.parts.organisers.roles(VisitorId(STRANGER))


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER])
async def test_A18_what_organisers_are_told_and_sent_staff_of_the_knowledge_do_not_get(rig, role):
    await grant(rig, STRANGER, role)
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    assert rig.telegram.to(STRANGER) == []
    draft = Draft(label="", topic=NewsTopic.EXPO, content=Content(source=Locale.EN, texts={}))
    assert role not in toggle_organisers(draft).audience.roles


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        (
            Role.EDITOR,
            {"staff", "proposals", "knowledge", "fix", "gaps", "stats", "organisers"},
            {"announce", "announcements"},
        ),
        (
            Role.AUTHOR,
            {"announce", "announcements", "stats", "organisers"},
            {"staff", "proposals", "fix", "gaps", "knowledge"},
        ),
        (Role.OWNER, {"announce", "announcements", "staff", "proposals", "fix", "gaps", "stats", "organisers"}, set()),
    ],
)
async def test_A18_the_commands_that_telegram_lists_fit_the_role(rig, role, own, others):
    await publish_commands_for(
        rig.app.bot, VisitorId(STRANGER), rig.app.catalogs.translator(Locale.EN), roles=frozenset({role})
    )
    [listed] = rig.telegram.sent("setMyCommands")
    names = {one["command"] for one in listed["commands"]}
    assert own <= names
    assert not others & names


# ── A08: a role that ends while something is open ──


async def _at_approve(rig: NewsRig) -> tuple[int, Role, dict]:
    await rig.submitted()
    return APPROVER, Role.APPROVER, press(rig.telegram.button_of(APPROVER, "Approve"), user=person(APPROVER))


async def _at_return_reason(rig: NewsRig) -> tuple[int, Role, dict]:
    await rig.submitted()
    await rig.taps(APPROVER, "Return")
    return APPROVER, Role.APPROVER, message("The hall is wrong.", user=person(APPROVER))


async def _at_count(rig: NewsRig) -> tuple[int, Role, dict]:
    await rig.parts.subscribe(range(101, 104))
    await rig.submitted()
    await rig.taps(APPROVER, "Approve")
    assert "send the number of recipients" in rig.last(APPROVER)
    return APPROVER, Role.APPROVER, message("3", user=person(APPROVER))


async def _at_confirmed_stop(rig: NewsRig) -> tuple[int, Role, dict]:
    await fired(rig)
    await rig.says(APPROVER, "/announcements")
    await rig.taps(APPROVER, "Hall moves")
    await rig.taps(APPROVER, "Stop")
    return APPROVER, Role.APPROVER, press(rig.telegram.button_of(APPROVER, "Yes"), user=person(APPROVER))


async def _at_confirmed_withdrawal(rig: NewsRig) -> tuple[int, Role, dict]:
    await fired(rig)
    await rig.says(APPROVER, "/announcements")
    await rig.taps(APPROVER, "Hall moves")
    await rig.taps(APPROVER, "Withdraw")
    return APPROVER, Role.APPROVER, press(rig.telegram.button_of(APPROVER, "Yes"), user=person(APPROVER))


async def _at_correction(rig: NewsRig) -> tuple[int, Role, dict]:
    await fired(rig, sent=1)
    await rig.says(APPROVER, "/announcements")
    await rig.taps(APPROVER, "Hall moves")
    await rig.taps(APPROVER, "✏️ Correct")
    await rig.taps(APPROVER, "English")
    await rig.says(APPROVER, "Another text")
    return APPROVER, Role.APPROVER, message("1", user=person(APPROVER))


async def _at_agreement(rig: NewsRig) -> tuple[int, Role, dict]:
    await fired(rig, sent=1)
    await grant(rig, AUTHOR, Role.APPROVER)
    await correct(rig, "Come to hall 3.")
    await rig.says(APPROVER, "1")
    await rig.taps(AUTHOR, "Approve")
    await revoke(rig, AUTHOR, Role.AUTHOR)
    return AUTHOR, Role.APPROVER, message("1", user=person(AUTHOR))


async def _at_submit(rig: NewsRig) -> tuple[int, Role, dict]:
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    return AUTHOR, Role.AUTHOR, press(rig.telegram.button_of(AUTHOR, "Submit"), user=person(AUTHOR))


async def _at_text(rig: NewsRig) -> tuple[int, Role, dict]:
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    return AUTHOR, Role.AUTHOR, message("Another text", user=person(AUTHOR))


async def _at_emergency(rig: NewsRig) -> tuple[int, Role, dict]:
    await grant(rig, AUTHOR, Role.OWNER)
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Emergency")
    return AUTHOR, Role.OWNER, message("0", user=person(AUTHOR))


async def _at_removal(rig: NewsRig) -> tuple[int, Role, dict]:
    await grant(rig, APPROVER, Role.OWNER)
    await rig.says(OWNER, "/organisers")
    await rig.taps(OWNER, f"{AUTHOR} ·")
    return OWNER, Role.OWNER, press(rig.telegram.button_of(OWNER, "Yes"), user=person(OWNER))


@pytest.mark.parametrize("still_organiser", [False, True], ids=("no role left", "another role left"))
@pytest.mark.parametrize(
    "open_at",
    [_at_approve, _at_return_reason, _at_count, _at_confirmed_stop, _at_confirmed_withdrawal, _at_correction, _at_agreement, _at_submit, _at_text, _at_emergency, _at_removal],
)  # fmt: skip
async def test_A08_what_is_open_when_a_role_ends_is_refused_at_execution(open_at, still_organiser):
    rig = await NewsRig(typed_confirmation_above=2).open()
    await rig.appoint()
    person_id, role, update = await open_at(rig)
    await revoke(rig, person_id, role)
    if still_organiser and open_at is not _at_confirmed_stop:  # whoever organises may stop
        another = Role.APPROVER if role is Role.AUTHOR else Role.AUTHOR
        await grant(rig, person_id, another)
    elif open_at is _at_emergency:  # the draft is theirs as an author
        await revoke(rig, person_id, Role.AUTHOR)
    before = rows(rig)
    await rig.handle(update)
    assert rows(rig) == before
    organises = bool(await rig.parts.organisers.roles(VisitorId(person_id)))
    assert [actor for actor, _action in denials(rig)] == [person_id if organises else None]
    await rig.application.shutdown()


# ── A09: an owner remains ──


async def _lay_down(rig: NewsRig, owner: int, whose: int) -> None:
    await rig.says(owner, "/organisers")
    await rig.taps(owner, f"{whose} (you) · Owner" if owner == whose else f"{whose} · Owner")
    await rig.taps(owner, "Yes")


async def test_A09_the_last_owner_can_not_go(rig):
    await _lay_down(rig, OWNER, OWNER)
    assert rig.last(OWNER) == "The last owner must remain."
    assert Role.OWNER in await rig.parts.organisers.roles(VisitorId(OWNER))


async def test_A09_of_two_owners_one_may_go_and_then_the_other_must_remain(rig):
    await grant(rig, APPROVER, Role.OWNER)
    await _lay_down(rig, OWNER, OWNER)
    assert await rig.parts.organisers.roles(VisitorId(OWNER)) == frozenset()
    await _lay_down(rig, APPROVER, APPROVER)
    assert rig.last(APPROVER) == "The last owner must remain."


async def test_A09_two_owners_who_remove_each_other_leave_one(rig):
    await grant(rig, APPROVER, Role.OWNER)
    for owner, other in ((OWNER, APPROVER), (APPROVER, OWNER)):
        await rig.says(owner, "/organisers")
        await rig.taps(owner, f"{other} · Owner")
    for owner in (OWNER, APPROVER):
        await rig.taps(owner, "Yes")
    owners = [one.visitor_id for one in await rig.parts.organisers.all() if one.role is Role.OWNER]
    assert owners == [OWNER]


async def _delete(rig: NewsRig, owner: int) -> None:
    await rig.says(owner, "/deleteme")
    await rig.taps(owner, "Delete")


async def test_A09_the_last_owner_can_not_be_forgotten_before_there_is_another(rig):
    rig.state.visitors[OWNER] = Visitor(VisitorId(OWNER), NOW, NOW)
    await _delete(rig, OWNER)
    assert rig.last(OWNER).startswith("You are the last owner, so nothing was deleted.")
    assert Role.OWNER in await rig.parts.organisers.roles(VisitorId(OWNER))
    assert OWNER in rig.state.visitors
    await grant(rig, APPROVER, Role.OWNER)
    await rig.taps(OWNER, "Delete")
    assert OWNER not in rig.state.visitors


async def test_A09_an_organiser_who_is_forgotten_lays_down_every_role_and_it_stands_in_the_audit_log(rig):
    await grant(rig, OWNER, Role.AUTHOR)
    await grant(rig, APPROVER, Role.OWNER)
    await _delete(rig, OWNER)
    assert await rig.parts.organisers.roles(VisitorId(OWNER)) == frozenset()
    entries = [one for one in rig.parts.database.tables.audit if one.action == "role_revoked"]
    assert [(one.actor, one.subject, one.detail) for one in entries] == [
        (OWNER, str(OWNER), "author"),
        (OWNER, str(OWNER), "owner"),
    ]
    assert rig.telegram.sent("deleteMyCommands"), "their private chat no longer lists organisers' commands"
    await _delete(rig, APPROVER)
    assert Role.OWNER in await rig.parts.organisers.roles(VisitorId(APPROVER))


# ── A10: nobody writes to many alone ──


@pytest.fixture
async def strict():
    """A rig in which more than two recipients are many; three have subscribed."""
    rig = await NewsRig(typed_confirmation_above=2).open()
    await rig.appoint()
    await rig.parts.subscribe(range(101, 104))
    yield rig
    await rig.application.shutdown()


NO_COUNT = ["", "4", "-3", "3!", "three", "yes", "/3", "Hall 3", "3 recipients?", "0x3", "3e0", "³", "３a", "3" * 4000]


@pytest.mark.parametrize("typed", [text for text in NO_COUNT if text and not text.startswith("/")])
async def test_A10_many_are_written_to_only_after_their_number_was_typed(strict, typed):
    await strict.submitted()
    assert "send the number of recipients" in await strict.taps(APPROVER, "Approve")
    assert (await strict.only()).stage is Stage.SUBMITTED
    assert "Nothing was approved" in await strict.says(APPROVER, typed)
    assert (await strict.only()).stage is Stage.SUBMITTED
    await strict.taps(APPROVER, "Approve")
    await strict.says(APPROVER, " ۳ ")
    assert (await strict.only()).stage is Stage.APPROVED


@pytest.mark.parametrize("typed", NO_COUNT)
def test_A10_only_a_number_and_nothing_else_is_a_count(typed):
    assert read_count(typed) != 3


@pytest.mark.parametrize("typed", ["1225", "1,225", "1 225", "1.225", "1'225", "1’225", "١٬٢٢٥", "۱۲۲۵", " १२२५\n"])
def test_A10_a_count_may_be_written_in_any_digits(typed):
    assert read_count(typed) == 1225


async def test_A10_the_number_is_that_of_the_moment_at_which_it_is_typed(strict):
    await strict.submitted()
    await strict.taps(APPROVER, "Approve")
    await strict.parts.subscribe([104])
    assert "Nothing was approved" in await strict.says(APPROVER, "3")
    assert (await strict.only()).stage is Stage.SUBMITTED


async def test_A10_what_was_changed_while_the_number_was_typed_is_not_approved(strict):
    await strict.submitted()
    await strict.taps(APPROVER, "Approve")
    await strict.taps(AUTHOR, "Take back")
    await strict.taps(AUTHOR, "Submit")
    assert "changed in the meantime" in await strict.says(APPROVER, "3")
    assert (await strict.only()).stage is Stage.SUBMITTED


async def test_A10_an_owner_alone_types_the_number_however_few_there_are(rig):
    await grant(rig, AUTHOR, Role.OWNER)
    await rig.parts.subscribe([101])
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Emergency")
    await rig.says(AUTHOR, "2")
    assert (await rig.only()).stage is Stage.DRAFT
    await rig.taps(AUTHOR, "Emergency")
    await rig.says(AUTHOR, "1")
    assert (await rig.only()).is_emergency


async def test_A12_delivered_text_is_changed_only_after_two_have_typed_the_number_of_copies(strict):
    await fired_to_many(strict)
    for typed in ("3 copies", "2"):
        assert "send the number of copies" in await correct(strict, "Come to hall 3.")
        assert "Nothing was changed" in await strict.says(APPROVER, typed)
    await correct(strict, "Come to hall 3.")
    await strict.says(APPROVER, "3")
    for typed in ("yes", "2"):
        await strict.says(OWNER, "/announcements")
        await strict.taps(OWNER, "Hall moves")
        await strict.taps(OWNER, "Requested change")
        await strict.taps(OWNER, "Approve")
        assert "Nothing was changed" in await strict.says(OWNER, typed)
    assert strict.parts.database.tables.corrections == {}
    await strict.taps(OWNER, "Approve")
    await strict.says(OWNER, "3")
    [correction] = strict.parts.database.tables.corrections.values()
    assert correction.texts == {Locale.EN: "Come to hall 3."}


async def test_A12_an_approver_who_asked_finds_no_button_and_no_way_to_agree_alone(strict):
    await fired_to_many(strict)
    await correct(strict, "Come to hall 3.")
    await strict.says(APPROVER, "3")
    button = next(one.button for one in strict.state.buttons.values() if one.button.argument.startswith("agree "))
    assert button.visitor_id == OWNER
    with pytest.raises(AssertionError, match="no button"):
        strict.telegram.button_of(APPROVER, "Emergency")
    await strict.handle(press(button.token, user=person(APPROVER)))
    assert strict.parts.database.tables.corrections == {}


async def fired_to_many(rig: NewsRig) -> None:
    """Three copies were sent of what was approved when nobody had subscribed."""
    async with rig.parts.database.writing() as tables:
        kept = dict(tables.subscriptions)
        tables.subscriptions.clear()
    await fired(rig, sent=3)
    async with rig.parts.database.writing() as tables:
        tables.subscriptions.update(kept)


async def correct(rig: NewsRig, text: str) -> str:
    await rig.says(APPROVER, "/announcements")
    await rig.taps(APPROVER, "Hall moves")
    await rig.taps(APPROVER, "✏️ Correct")
    await rig.taps(APPROVER, "English")
    return await rig.says(APPROVER, text)


# ── A11: other people's words ──

ANOTHER_BOT = {"id": 55, "is_bot": True, "first_name": "Inline", "username": "inline_bot"}
FORWARDED = {
    "a person": {"type": "user", "date": 1, "sender_user": person(OWNER)},
    "somebody hidden": {"type": "hidden_user", "date": 1, "sender_user_name": "Ann"},
    "a group": {"type": "chat", "date": 1, "sender_chat": THE_GROUP},
    "a channel": {"type": "channel", "date": 1, "message_id": 1, "chat": {"id": -2, "type": "channel", "title": "C"}},
}
NOT_OWN = {f"forwarded from {whom}": {"forward_origin": origin} for whom, origin in FORWARDED.items()} | {
    "through another bot": {"via_bot": ANOTHER_BOT}
}


@pytest.mark.parametrize("how", NOT_OWN)
@pytest.mark.parametrize("command", COMMANDS)
async def test_A11_a_command_in_other_people_s_words_is_never_carried_out(rig, command, how):
    before, dialogues = rows(rig), dict(rig.dialogues.dialogues)
    unknown = await said(rig, message("/nonsense", user=person(OWNER)))
    assert await said(rig, message(f"/{command}", user=person(OWNER), **NOT_OWN[how])) == unknown
    assert rows(rig) == before
    assert rig.dialogues.dialogues == dialogues
    assert denials(rig) == [(OWNER, f"{command}_denied")]


@pytest.mark.parametrize("how", NOT_OWN)
async def test_A11_other_people_s_words_are_no_answer_either(rig, how):
    await grant(rig, AUTHOR, Role.OWNER)
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Emergency")
    await rig.says(AUTHOR, "0", **NOT_OWN[how])
    assert (await rig.only()).stage is Stage.DRAFT
    await rig.says(AUTHOR, "0")
    assert (await rig.only()).stage is Stage.DRAFT, "the question is closed by what was no answer to it"


@pytest.mark.parametrize("command", COMMANDS)
async def test_A11_a_quoted_command_is_never_carried_out(rig, command):
    text, length = f"/{command}", len(command) + 1
    marks = [
        {"type": "bot_command", "offset": 0, "length": length},
        {"type": "blockquote", "offset": 0, "length": length},
    ]
    original = message(text, user=person(OWNER))["message"]
    quoting = {"reply_to_message": original, "quote": {"text": text, "position": 0, "entities": marks[:1]}}
    elsewhere = {"external_reply": {"origin": FORWARDED["a person"]}, "quote": {"text": text, "position": 0}}
    for entities in (marks, marks[::-1], [marks[0], marks[1] | {"type": "expandable_blockquote"}]):
        quoted = message(text, user=person(OWNER))
        quoted["message"]["entities"] = entities
        await rig.handle(quoted)
    for update in (quoting, elsewhere):
        await rig.says(OWNER, "What is this?", **update)
    assert rows(rig)[0] == {}
    assert rig.dialogues.dialogues == {}
    assert not any("organiser" in text.lower() for text in rig.telegram.to(OWNER))


async def test_A11_an_edited_command_is_not_carried_out(rig):
    edited = message("/announce", user=person(AUTHOR))["message"] | {"edit_date": int(NOW.timestamp())}
    assert await said(rig, {"edited_message": edited}) == []
    assert await said(rig, {"business_message": edited | {"business_connection_id": "b"}}) == []


# ── I05: the webhook's secret ──


class NotingTelegram(FakeTelegram):
    """Remembers the addresses that were called."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    async def do_request(self, url: str, *arguments: object, **more: object):
        self.addresses.append(url)
        return await super().do_request(url, *arguments, **more)


async def test_I05_the_secret_is_in_no_address_and_in_no_log_line(caplog):
    caplog.set_level(logging.DEBUG)
    keep_tokens_out_of_logs()
    state, telegram, updates_telegram = FakeState(), NotingTelegram(), NotingTelegram()
    options = ChatOptions(token=TOKEN, mode="webhook", webhook_url="https://bot.example/hook", webhook_secret=SECRET)
    header = "X-Telegram-Bot-Api-Secret-Token"
    with capture_logs() as logs:
        application = build_application(options, telegram, updates_telegram)
        chat = Chat(options, _parts(state), application, updates_transport=updates_telegram)
        async with httpx.AsyncClient() as client, _running(chat):
            address = f"http://127.0.0.1:{chat.webhook_port}/hook"
            update = {"update_id": 1} | message("question")
            forged = await client.post(address, json=update, headers={header: SECRET + "x"})
            in_the_address = await client.post(f"{address}?secret_token={SECRET}", json=update)
            genuine = await client.post(address, json=update, headers={header: SECRET})
            broken = await client.post(address, content=b"{", headers={header: SECRET})
            await until(lambda: state.turns)
    assert [answer.status_code for answer in (forged, in_the_address, genuine)] == [403, 403, 200]
    assert broken.status_code == 415
    [webhook] = telegram.sent("setWebhook")
    assert webhook["secret_token"] == SECRET
    assert telegram.addresses
    assert not any(SECRET in address for address in telegram.addresses + updates_telegram.addresses)
    told = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert SECRET not in "\n".join(told) + repr(logs)
    assert SECRET not in "".join(answer.text for answer in (forged, in_the_address, genuine, broken))


@asynccontextmanager
async def _running(chat: Chat) -> AsyncIterator[None]:
    running = asyncio.create_task(chat.run())
    await asyncio.wait_for(chat.started.wait(), 10)
    yield
    chat.stop()
    await asyncio.wait_for(running, 10)


def _parts(state: FakeState) -> ChatParts:
    async def health() -> dict[str, str]:
        return {"database": "ok", "inbox": "ok"}

    return ChatParts(
        answerer=FakeAnswerer(),
        visitors=FakeVisitorStore(state),
        inbox=FakeInbox(state),
        buttons=FakeButtonStore(state),
        turns=FakeTurnStore(state),
        transaction=state.transaction,
        health=health,
        now=lambda: NOW,
    )


def test_I05_options_that_are_printed_show_neither_secret_nor_token():
    options = ChatOptions(token=TOKEN, mode="webhook", webhook_url="https://bot.example", webhook_secret=SECRET)
    assert SECRET not in repr(options)
    assert TOKEN not in repr(options)


async def test_I05_an_address_that_holds_the_secret_is_refused_at_the_start():
    options = ChatOptions(
        token=TOKEN, mode="webhook", webhook_url=f"https://bot.example/{SECRET}", webhook_secret=SECRET
    )
    with pytest.raises(SettingsError, match="webhook_url holds the webhook secret") as caught:
        async with build_chat(options, _parts(FakeState())):
            pass
    assert SECRET not in str(caught.value)


# ── I13: what comes late ──


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(hours=3), timedelta(hours=11)])
async def test_I13_an_old_organiser_command_is_never_carried_out(rig, command, late):
    before = rows(rig)
    reply = await rig.says(OWNER, f"/{command}", at=NOW - late)
    assert "more than five minutes old" in reply
    assert rows(rig) == before
    assert rig.dialogues.dialogues == {}


async def test_I13_an_old_command_of_a_stranger_tells_them_nothing_more(rig):
    old = NOW - timedelta(hours=1)
    unknown = await said(rig, message("/nonsense", user=person(STRANGER), at=old))
    assert await said(rig, message("/announce", user=person(STRANGER), at=old)) == unknown


async def test_I13_an_old_answer_is_not_taken(rig):
    await grant(rig, AUTHOR, Role.OWNER)
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Emergency")
    assert "more than five minutes old" in await rig.says(AUTHOR, "0", at=NOW - timedelta(minutes=6))
    assert (await rig.only()).stage is Stage.DRAFT


async def test_I13_a_press_that_waited_while_the_bot_was_away_is_not_carried_out(rig):
    await rig.submitted()
    door = Door(rig.dispatcher, rig.state)
    data = rig.telegram.button_of(APPROVER, "Approve")
    await door.accept([{"update_id": 900} | press(data, user=person(APPROVER))])
    door.now = NOW + timedelta(minutes=6)
    await door.finish()
    assert (await rig.only()).stage is Stage.SUBMITTED


async def test_I13_a_press_that_telegram_calls_too_old_is_not_carried_out(rig):
    await rig.submitted()
    rig.telegram.refuse("answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired")
    await rig.taps(APPROVER, "Approve")
    assert (await rig.only()).stage is Stage.SUBMITTED


async def test_I13_a_command_of_half_a_day_ago_gets_an_apology_and_nothing_else(rig):
    door = Door(rig.dispatcher, rig.state)
    old = message("/announce", user=person(AUTHOR), at=NOW - timedelta(hours=13))
    await door.accept([{"update_id": 900} | old])
    await door.finish()
    assert len(rig.telegram.to(AUTHOR)) == 1
    assert rig.dialogues.dialogues == {}
