"""Rows I and R of the fault table (tests/faults/README.md) that concern how updates come in: intake, polling and webhook."""

from __future__ import annotations

import asyncio
import gc
import json
from collections import defaultdict
from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs
from telegram.error import Conflict

from bot.chat.wire.envelope import IncomingUpdate
from bot.chat.wire.polling import Poller
from bot.chat.wire.sender import TokenRefusedError, UnreachableError
from bot.chat.wire.triage import Treatment
from bot.chat.wire.webhook import health_app, webhook_app
from bot.chat_state.model import InboxState
from bot.errors import TelegramError
from tests.support.chat_rig import NOW, FakeTelegram, Rig, message, no_pause, person, until
from tests.support.fakes import FakeState
from tests.support.intake_parts import Door, RecordingHandler, updates

SECRET = "a-long-secret"


async def test_order_holds_in_a_chat_and_chats_run_beside_each_other():
    handler = RecordingHandler()
    door = Door(handler)
    await door.accept(updates(*[(number, 1 + number % 5) for number in range(1, 101)]))
    await door.finish()
    by_chat = defaultdict(list)
    for update_id in handler.ids():
        by_chat[update_id % 5].append(update_id)
    assert all(ids == sorted(ids) and len(ids) == 20 for ids in by_chat.values())
    assert handler.most_at_once > 1


async def test_an_update_that_comes_while_the_backlog_is_counted_is_counted_once():
    door = Door(RecordingHandler())
    stored, counted = asyncio.Event(), asyncio.Event()
    count_pending, store = door.inbox.count_pending, door.inbox.store

    async def count_slowly() -> int:
        counted.set()
        await asyncio.wait([asyncio.create_task(stored.wait())], timeout=0.05)
        return await count_pending()

    async def store_slowly(given, *, takes):
        new = await store(given, takes=takes)
        stored.set()
        await asyncio.sleep(0.1)
        return new

    door.inbox.count_pending, door.inbox.store = count_slowly, store_slowly
    running = asyncio.create_task(door.intake.run())
    await counted.wait()
    await door.accept(updates((1, 1)))
    await until(lambda: door.handler.ids() == [1] and door.is_empty)
    await door.intake.stop(5.0)
    await running
    assert door.intake.waiting == 0


async def test_no_more_chats_than_allowed_are_worked_on_at_once():
    handler = RecordingHandler()
    door = Door(handler, chats_at_once=3)
    await door.accept(updates(*[(number, number) for number in range(1, 51)]))
    await door.finish()
    assert handler.most_at_once <= 3
    assert len(handler.ids()) == 50


async def test_I02_an_update_that_comes_twice_is_handled_once():
    handler = RecordingHandler()
    door = Door(handler)
    [update] = updates((7, 1))
    assert await door.accept([update]) == 1
    assert await door.accept([update]) == 0
    await door.finish()
    assert handler.ids() == [7]


async def test_an_update_that_comes_late_with_a_lower_number_is_not_forgotten():
    handler = RecordingHandler()
    door = Door(handler)
    running = asyncio.create_task(door.intake.run())
    await door.accept(updates((20, 1)))
    await until(lambda: door.is_empty)
    await door.accept(updates((10, 2)))
    await until(lambda: door.is_empty)
    await door.intake.stop(1.0)
    await running
    assert handler.ids() == [20, 10]


async def test_the_backlog_is_taken_up_at_the_start():
    state = FakeState()
    first = Door(RecordingHandler(), state)
    await first.accept(updates((1, 1), (2, 1), (3, 2)))
    handler = RecordingHandler()
    await Door(handler, state).finish()
    assert sorted(handler.ids()) == [1, 2, 3]


async def test_effects_and_done_are_one_transaction():
    state = FakeState()
    seen: list[bool] = []

    async def effect() -> None:
        seen.append(state.is_in_transaction)

    door = Door(RecordingHandler(lambda update: [effect, effect]), state)
    await door.accept(updates((1, 1)))
    before = state.transactions
    await door.finish()
    assert seen == [True, True]
    assert state.inbox[1].state is InboxState.DONE
    assert state.inbox[1].update.payload == ""
    assert state.transactions - before <= 2


async def test_effects_that_can_t_be_stored_do_not_send_the_answer_again():
    async def effect() -> None:
        raise OSError("disk full")

    handler = RecordingHandler(lambda update: [effect])
    door = Door(handler)
    await door.accept(updates((1, 1)))
    with capture_logs() as logs:
        await door.finish()
    assert handler.ids() == [1]
    assert door.state.inbox[1].state is InboxState.FAILED
    assert logs[-1]["event"] == "effects_given_up"


async def test_an_update_that_fails_three_times_is_given_up_with_one_apology_and_the_next_goes_on():
    def act(update: IncomingUpdate):
        if update.update_id == 1:
            raise RuntimeError("a visitor's words")
        return ()

    handler = RecordingHandler(act)
    door = Door(handler)
    await door.accept(updates((1, 1), (2, 1)))
    with capture_logs() as logs:
        await door.finish()
    assert handler.ids() == [1, 1, 1, 2]
    assert handler.apologies == [1]
    assert door.state.inbox[1].state is InboxState.FAILED
    assert "a visitor's words" not in repr(logs)


async def _taken_down(state: FakeState, update_id: int, *, deaths: int) -> None:
    """So many processes died while it was under way."""
    for _ in range(deaths):
        await Door(RecordingHandler(), state).inbox.attempted(update_id)


async def test_an_update_that_took_the_process_down_even_alone_is_not_tried_again():
    state = FakeState()
    await Door(RecordingHandler(), state).accept(updates((1, 1)))
    await _taken_down(state, 1, deaths=6)
    handler = RecordingHandler()
    with capture_logs():
        await Door(handler, state).finish()
    assert handler.handled == []
    assert handler.apologies == [1]


async def test_who_may_only_have_stood_beside_another_s_update_is_tried_alone():
    under_way: set[int] = set()
    beside: dict[int, set[int]] = {}

    async def act(update: IncomingUpdate):
        beside[update.update_id] = set(under_way)
        under_way.add(update.update_id)
        for _ in range(20):
            await asyncio.sleep(0)
        for other in under_way:
            beside[other] |= under_way
        under_way.discard(update.update_id)
        return ()

    state = FakeState()
    await Door(RecordingHandler(), state).accept(updates((1, 1), (2, 2), (3, 3), (4, 4)))
    for suspect in (2, 3):
        await _taken_down(state, suspect, deaths=3)
    handler = RecordingHandler(act)
    await Door(handler, state).finish()
    assert sorted(handler.ids()) == [1, 2, 3, 4]
    assert (beside[2], beside[3]) == ({2}, {3})
    assert handler.apologies == []


async def test_while_telegram_is_away_no_attempt_is_counted():
    failures = iter([UnreachableError("away", pause_s=1.0)] * 10)

    def act(update: IncomingUpdate):
        for failure in failures:
            raise failure
        return ()

    handler = RecordingHandler(act)
    door = Door(handler)
    await door.accept(updates((1, 1)))
    await door.finish()
    assert len(handler.ids()) == 11
    assert door.state.inbox[1].state is InboxState.DONE


async def test_a_refused_token_ends_the_intake_and_keeps_what_waits():
    def act(update: IncomingUpdate):
        raise TokenRefusedError("refused")

    door = Door(RecordingHandler(act))
    await door.accept(updates((1, 1), (2, 2)))
    with pytest.raises(TokenRefusedError):
        await asyncio.wait_for(door.intake.run(), 5)
    assert await door.inbox.count_pending() == 2


async def test_stopping_finishes_what_was_begun_and_keeps_the_rest():
    began, may_end = asyncio.Event(), asyncio.Event()

    async def act(update: IncomingUpdate):
        began.set()
        await may_end.wait()
        return ()

    handler = RecordingHandler(act)
    door = Door(handler)
    await door.accept(updates((1, 1), (2, 1), (3, 1)))
    running = asyncio.create_task(door.intake.run())
    await began.wait()
    stopping = asyncio.create_task(door.intake.stop(5.0))
    await asyncio.sleep(0)
    may_end.set()
    await stopping
    await running
    assert handler.ids() == [1]
    assert await door.inbox.count_pending() == 2


async def test_stopping_does_not_wait_longer_than_its_limit():
    began = asyncio.Event()

    async def act(update: IncomingUpdate):
        began.set()
        await asyncio.Event().wait()

    door = Door(RecordingHandler(act))
    await door.accept(updates((1, 1)))
    running = asyncio.create_task(door.intake.run())
    await began.wait()
    with capture_logs():
        await door.intake.stop(0.0)
    await asyncio.wait_for(running, 5)
    assert await door.inbox.count_pending() == 1


# ── age ──


async def test_I13_old_questions_get_one_apology_and_old_commands_are_not_carried_out():
    handler = RecordingHandler()
    door = Door(handler)
    old = NOW - timedelta(hours=20)
    raw = updates((1, 1), (2, 1), (3, 2), at=old)
    raw.append({"update_id": 4} | message("/deleteme", user=person(3), at=old))
    await door.accept(raw)
    await door.finish()
    assert sorted(handler.ids(Treatment.LATE)) == [1, 3, 4]
    assert handler.ids() == []
    assert {row.state for row in door.state.inbox.values()} == {InboxState.DONE}


async def test_I13_questions_of_some_hours_ago_are_still_answered():
    handler = RecordingHandler()
    door = Door(handler)
    await door.accept(updates((1, 1), at=NOW - timedelta(hours=3)))
    await door.finish()
    assert handler.ids() == [1]


# ── floods ──


async def test_R01_one_who_sends_200_messages_gets_k_answers_and_one_notice():
    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=20)
    await door.accept(updates(*[(number, 1) for number in range(1, 201)], (201, 2)))
    await door.finish()
    assert handler.ids() == [*range(1, 21), 201] or sorted(handler.ids()) == [*range(1, 21), 201]
    assert len(handler.ids(Treatment.TOO_MANY)) == 1
    assert await door.inbox.count_pending() == 0


async def test_R07_chats_that_have_had_enough_for_now_take_no_place_from_the_others():
    """As many flooders as there are places wait for their next turn: the others are answered meanwhile."""
    may_go = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await may_go.wait()

    handler = RecordingHandler()
    handler.chat_waits = {1: 1.0, 2: 1.0}
    door = Door(handler, chats_at_once=2, pause=pause)
    running = asyncio.create_task(door.intake.run())
    await door.accept(updates((1, 1), (2, 2), (3, 3), (4, 4)))
    await until(lambda: len(handler.ids()) == 2)
    assert sorted(handler.ids()) == [3, 4]
    handler.chat_waits.clear()
    may_go.set()
    await until(lambda: door.is_empty)
    await door.intake.stop(1.0)
    await running
    assert sorted(handler.ids()) == [1, 2, 3, 4]


async def test_R07_chats_take_turns_so_that_nobody_waits_behind_one_who_writes_a_lot():
    handler = RecordingHandler()
    door = Door(handler, chats_at_once=1)
    await door.accept(updates(*[(number, 1) for number in range(1, 101)], (101, 2), (102, 3)))
    await door.finish()
    assert max(handler.ids().index(101), handler.ids().index(102)) <= 3


async def test_R01_a_minute_later_there_are_answers_again():
    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=1)
    running = asyncio.create_task(door.intake.run())
    for update_id, seconds in ((1, 0), (2, 10), (3, 30), (4, 61)):
        door.now = NOW + timedelta(seconds=seconds)
        await door.accept(updates((update_id, 1)))
        await until(lambda: door.is_empty)
    await door.intake.stop(1.0)
    await running
    assert handler.handled == [(1, Treatment.NORMAL), (2, Treatment.TOO_MANY), (4, Treatment.NORMAL)]


@pytest.mark.parametrize(
    "sender",
    [
        {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}},
        {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}},
        {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}},
        {"from": person(1), "sender_chat": {"id": -5, "type": "channel", "title": "C"}},
    ],
    ids=("anonymous administrator", "channel", "linked channel", "person as a channel"),
)
async def test_R07_who_floods_one_group_unnamed_silences_no_other_group_and_no_person(sender):
    def ask(update_id: int, group: int) -> dict:
        asked = message("/ask how many?", chat={"id": group, "type": "supergroup", "title": "G"})
        return {"update_id": update_id, "message": asked["message"] | sender}

    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=20)
    await door.accept([*(ask(number, -1001) for number in range(1, 101)), ask(101, -1002)])
    await door.accept(updates((102, 1)))
    await door.finish()
    assert sorted(handler.ids()) == [*range(1, 21), 101, 102]


async def test_R08_a_day_has_an_end_that_is_told_and_the_next_one_begins_anew():
    handler = RecordingHandler()
    door = Door(handler, questions_per_day=5)
    await door.accept(updates(*[(number, 1) for number in range(1, 31)], (31, 2)))
    await door.finish()
    assert sorted(handler.ids()) == [1, 2, 3, 4, 5, 31]
    assert sorted(handler.ids(Treatment.TOO_MANY_TODAY)) == [6, 16, 26], "and now and then again"
    door = Door(handler := RecordingHandler(), questions_per_day=1)
    running = asyncio.create_task(door.intake.run())
    for update_id, hours in ((1, 0), (2, 14), (3, 15)):
        door.now = NOW.replace(hour=9) + timedelta(hours=hours)
        await door.accept(updates((update_id, 1), at=door.now))
        await until(lambda: door.is_empty)
    await door.intake.stop(1.0)
    await running
    assert handler.handled == [(1, Treatment.NORMAL), (2, Treatment.TOO_MANY_TODAY), (3, Treatment.NORMAL)]


async def test_R04_a_restart_does_not_begin_the_day_anew():
    handler = RecordingHandler()
    door = Door(handler, questions_per_day=5)
    door.intake.resume({1: 4, 2: 9}, NOW.date())
    await door.accept(updates((1, 1), (2, 1), (3, 2), (4, 3)))
    await door.finish()
    assert sorted(handler.ids()) == [1, 4]


async def test_R08_presses_have_a_cap_of_their_own_and_rights_have_none():
    handler = RecordingHandler()
    door = Door(handler, questions_per_day=2)
    query = {"id": "q", "from": person(1), "data": "x", "chat_instance": "c"}
    await door.accept([{"update_id": number, "callback_query": query} for number in range(1, 11)])
    rights = [{"update_id": number} | message("/privacy", user=person(1)) for number in range(11, 21)]
    await door.accept(rights)
    await door.finish()
    assert sorted(handler.ids()) == [*range(1, 7), *range(11, 21)]


async def test_R08_a_flood_that_is_dropped_is_closed_in_few_transactions():
    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=1)
    await door.accept(updates(*[(number, 1) for number in range(1, 303)]))
    await door.finish()
    assert handler.ids() == [1]
    assert await door.inbox.count_pending() == 0
    assert door.state.transactions <= 2 + 3, "one for the answer, one for the notice, three for 300 dropped"
    assert {row.state for row in door.state.inbox.values()} == {InboxState.DONE}


async def test_R08_dropped_updates_that_can_not_be_closed_are_tried_again():
    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=1)
    done, refusals = door.inbox.done, iter([True] * 3)

    async def done_later(*update_ids: int, now):
        if len(update_ids) > 1 and next(refusals, False):
            raise OSError("disk full")
        return await done(*update_ids, now=now)

    door.inbox.done = done_later
    await door.accept(updates(*[(number, 1) for number in range(1, 31)]))
    with capture_logs():
        await door.finish()
    assert await door.inbox.count_pending() == 0


async def test_P01_a_request_about_one_s_data_passes_the_limit_of_questions():
    handler = RecordingHandler()
    door = Door(handler, questions_per_minute=2)
    await door.accept(updates(*[(number, 1) for number in range(1, 31)]))
    await door.accept([{"update_id": 31} | message("/privacy", user=person(1))])
    await door.finish()
    assert 31 in handler.ids()


async def test_R02_when_too_much_waits_new_questions_get_a_short_text_and_all_are_handled():
    handler = RecordingHandler()
    door = Door(handler, waiting_updates=100)
    running = asyncio.create_task(door.intake.run())
    for first in range(1, 2001, 100):
        await door.accept(updates(*[(number, number) for number in range(first, first + 100)]))
    await until(lambda: door.is_empty)
    await door.intake.stop(5.0)
    await running
    answered, told = set(handler.ids()), set(handler.ids(Treatment.BUSY))
    assert answered
    assert told
    assert answered | told == set(range(1, 2001))
    assert not answered & told


# ── polling ──


def _poller(telegram: FakeTelegram, accept) -> Poller:
    return Poller(
        telegram, accept, bot_url="https://telegram.test/bot1:x", timeout_s=0, request_timeout_s=1.0, pause=no_pause
    )


async def test_the_offset_moves_on_only_after_the_commit():
    telegram = FakeTelegram()
    batch = updates((41, 1), (42, 1))
    telegram.script("getUpdates", (200, {"ok": True, "result": batch}), (200, {"ok": True, "result": batch}))
    answers = iter([OSError("database is away"), 2, TelegramError("enough")])

    async def accept(raws):
        outcome = next(answers)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    telegram.script("getUpdates", (200, {"ok": True, "result": batch}))
    poller = _poller(telegram, accept)
    with capture_logs(), pytest.raises(TelegramError, match="enough"):
        await poller.run()
    assert [call.get("offset") for call in telegram.sent("getUpdates")] == [None, None, "43"]
    assert telegram.sent("getUpdates")[0]["allowed_updates"] == [
        "message",
        "callback_query",
        "inline_query",
        "my_chat_member",
    ]


async def test_what_telegram_sent_is_stored_as_it_is():
    telegram = FakeTelegram()
    raw = {"update_id": 1, "something_new": {"a": [1, 2]}}
    telegram.script("getUpdates", (200, {"ok": True, "result": [raw]}))
    taken = []

    async def accept(raws):
        taken.extend(raws)
        raise TelegramError("enough")

    with pytest.raises(TelegramError):
        await _poller(telegram, accept).run()
    assert [update.raw for update in taken] == [raw]


async def test_I03_whoever_polled_before_gives_way_to_the_later_one():
    telegram = FakeTelegram()
    telegram.script("getUpdates", (200, {"ok": True, "result": []}), Conflict("terminated by other getUpdates request"))
    poller = _poller(telegram, None)
    with pytest.raises(TelegramError, match="the later one wins, so this one stops"):
        await poller.run()
    assert len(telegram.sent("getUpdates")) == 2


async def test_I03_at_the_start_an_older_poll_is_waited_for_but_not_for_ever():
    telegram = FakeTelegram()
    telegram.script("getUpdates", *[Conflict("terminated by other getUpdates request")] * 20)
    with capture_logs(), pytest.raises(TelegramError, match="one process for each token"):
        await _poller(telegram, None).run()
    assert len(telegram.sent("getUpdates")) == 7


async def test_a_network_that_is_down_is_waited_for_and_told_once():
    telegram = FakeTelegram()
    for _ in range(4):
        telegram.refuse("getUpdates", 502, "Bad Gateway")
    telegram.script(
        "getUpdates", (200, {"ok": True, "result": []}), (401, {"ok": False, "description": "Unauthorized"})
    )
    with capture_logs() as logs, pytest.raises(TelegramError, match="SCODA_TELEGRAM_TOKEN"):
        await _poller(telegram, None).run()
    assert [line["event"] for line in logs] == ["telegram_unreachable", "telegram_reached_again"]


# ── webhook ──


def _client(accept) -> httpx.AsyncClient:
    app = webhook_app(accept, path="/hook", secret=SECRET)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")


async def _accept_nothing(raws):
    raise AssertionError("nothing may be stored")


async def test_a_call_with_the_secret_is_stored_before_the_200():
    taken = []

    async def accept(raws):
        taken.extend(raws)
        return 1

    [update] = updates((5, 1))
    async with _client(accept) as client:
        response = await client.post("/hook", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})
    assert response.status_code == 200
    assert [one.raw for one in taken] == [update]


@pytest.mark.parametrize("header", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ü".encode()])
async def test_I04_without_the_secret_the_body_is_not_even_read(header, caplog):
    caplog.set_level("DEBUG")
    headers = {} if header is None else {"X-Telegram-Bot-Api-Secret-Token": header}
    read = []

    async def body():
        read.append(1)
        yield b"{"

    async with _client(_accept_nothing) as client:
        response = await client.post("/hook", content=body(), headers=headers | {"Content-Type": "application/json"})
    assert response.status_code == 403
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"update_id":"x"}', "application/json", 400),
        (b'{"update_id":true}', "application/json", 400),
        (b'{"update_id":-1}', "application/json", 400),
        (b'{"update_id":1e400}', "application/json", 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"update_id":1}', "text/plain", 415),
        (b'{"a":"' + b"x" * 10_000_000 + b'"}', "application/json", 413),
    ],
    ids=range(12),
)
async def test_I08_bodies_that_are_no_update_are_refused(content, content_type, status):
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": content_type}
    async with _client(_accept_nothing) as client:
        assert (await client.post("/hook", content=content, headers=headers)).status_code == status


async def test_I08_a_long_body_without_a_length_is_cut_off():
    sent = []

    async def body():
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 100_000

    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    async with _client(_accept_nothing) as client:
        response = await client.post("/hook", content=body(), headers=headers)
    assert response.status_code == 413


async def test_I09_an_unknown_kind_of_update_gets_its_200():
    handler = RecordingHandler()
    door = Door(handler)
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with _client(door.intake.accept) as client:
        response = await client.post("/hook", json={"update_id": 3, "hologram": {"x": 1}}, headers=headers)
    assert response.status_code == 200
    await door.finish()
    assert handler.ids() == [3]


async def test_a_store_that_is_away_makes_telegram_come_again():
    async def accept(raws):
        raise OSError("database is away")

    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with _client(accept) as client:
        with capture_logs():
            response = await client.post(
                "/hook", content=json.dumps(updates((1, 1))[0]), headers=headers | {"Content-Type": "application/json"}
            )
    assert response.status_code == 503


@pytest.mark.parametrize(
    ("components", "code", "status"),
    [
        ({"database": "ok", "inbox": "ok", "index": "ok", "telegram": "ok"}, 200, "ok"),
        ({"database": "ok", "inbox": "ok", "index": "no version", "telegram": "down"}, 200, "degraded"),
        ({"database": "can't be opened", "inbox": "ok"}, 503, "unavailable"),
        ({"database": "ok", "inbox": "full"}, 503, "unavailable"),
    ],
)
async def test_O03_live_stays_and_ready_depends_on_database_and_inbox_alone(components, code, status):
    async def health():
        return components

    async with httpx.AsyncClient(transport=httpx.ASGITransport(health_app(health)), base_url="http://bot") as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
    assert ready.status_code == code
    assert ready.json() == {"status": status, "components": components}


async def test_O03_a_health_check_that_fails_is_not_ready():
    async def health():
        raise OSError

    async with httpx.AsyncClient(transport=httpx.ASGITransport(health_app(health)), base_url="http://bot") as client:
        assert (await client.get("/readyz")).status_code == 503


@pytest.mark.nightly
async def test_O09_two_thousand_updates_leave_no_more_behind_than_five_hundred(monkeypatch):
    """What the chat itself keeps, stores aside: `make soak` looks at the whole process and a hundred thousand."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    rig = await Rig().open()

    async def handle(count: int) -> int:
        for number in range(count):
            await rig.write("How many trains?", user=person(1000 + number % 50))
            rig.telegram.calls.clear()
            rig.answerer.asked.clear()
            for kept in (rig.state.buttons, rig.state.turns, rig.state.inbox):
                kept.clear()
        gc.collect()
        return len(gc.get_objects())

    await handle(250)
    resting = await handle(250)
    assert await handle(1500) - resting < 500
    await rig.application.shutdown()
