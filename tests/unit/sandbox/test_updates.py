import asyncio

import pytest

from bot.sandbox.updates import OTHER_POLLER, UpdateQueue
from bot.sandbox.wire import ApiError


def texts(updates):
    return [update["message"]["text"] for update in updates]


async def test_a_poll_waits_for_the_first_update(telegram):
    poll = asyncio.create_task(telegram.call("getUpdates", timeout=50))
    await telegram.until(lambda: telegram.updates._poll)
    await telegram.say("hello")
    assert texts(await poll) == ["hello"]


async def test_an_offset_confirms_what_came_before(telegram):
    for text in ("1", "2", "3"):
        await telegram.say(text)
    first = await telegram.call("getUpdates", limit=1)
    assert texts(first) == ["1"]
    assert texts(await telegram.call("getUpdates")) == ["1", "2", "3"]
    assert texts(await telegram.call("getUpdates", offset=first[0]["update_id"] + 1)) == ["2", "3"]
    assert texts(await telegram.call("getUpdates", offset=0)) == ["2", "3"]


async def test_a_negative_offset_keeps_the_last_ones_only(telegram):
    for text in ("1", "2", "3"):
        await telegram.say(text)
    assert texts(await telegram.call("getUpdates", offset=-2)) == ["2", "3"]
    assert (await telegram.call("getWebhookInfo"))["pending_update_count"] == 2


async def test_allowed_updates_are_remembered(telegram):
    await telegram.call("getUpdates", allowed_updates=["callback_query"])
    await telegram.say("not wanted")
    assert await telegram.call("getUpdates") == []
    assert (await telegram.call("getWebhookInfo"))["allowed_updates"] == ["callback_query"]
    await telegram.call("getUpdates", allowed_updates=[])
    await telegram.say("wanted")
    assert texts(await telegram.call("getUpdates")) == ["wanted"]


async def test_reactions_come_only_to_those_who_ask(telegram):
    payload = {"chat": {"id": telegram.wei, "type": "private"}, "date": 1}
    assert (await telegram.act("updates", update={"message_reaction": payload}))["queued"] is False
    await telegram.call("getUpdates", allowed_updates=["message_reaction"])
    assert (await telegram.act("updates", update={"message_reaction": payload}))["queued"] is True


async def test_a_second_poller_ends_the_older_one_with_409(telegram):
    older = asyncio.create_task(telegram.raw("getUpdates", timeout=50))
    await telegram.until(lambda: telegram.updates._poll)
    assert await telegram.call("getUpdates") == []
    response = await older
    assert response.status_code == 409
    assert response.json()["description"] == OTHER_POLLER


async def test_setting_a_webhook_ends_a_poll_and_forbids_others(telegram):
    poll = asyncio.create_task(telegram.refused("getUpdates", timeout=50))
    await telegram.until(lambda: telegram.updates._poll)
    await telegram.call("setWebhook", url="http://127.0.0.1:9/never")
    assert await poll == "Conflict: terminated by setWebhook request"
    assert await telegram.refused("getUpdates") == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    )
    await telegram.call("deleteWebhook")
    assert await telegram.call("getUpdates") == []


async def test_updates_are_kept_for_24_hours(telegram):
    await telegram.say("yesterday")
    telegram.clock.now += 12 * 3600
    await telegram.say("today")
    telegram.clock.now += 12 * 3600 + 1
    assert texts(await telegram.call("getUpdates")) == ["today"]


async def test_a_confirmed_update_can_be_replayed_under_its_number(telegram):
    await telegram.say("once")
    [update] = await telegram.call("getUpdates")
    offset = update["update_id"] + 1
    assert await telegram.call("getUpdates", offset=offset) == []
    await telegram.act("updates", update=update)
    assert await telegram.call("getUpdates", offset=offset) == [update]
    assert await telegram.call("getUpdates", offset=offset) == []


async def test_update_ids_rise_by_one_and_begin_anew_after_a_restart(clock):
    def first_ids():
        queue = UpdateQueue(int(clock()), clock)
        return [queue.add("message", {}, lane=1) for _ in range(3)]

    before = first_ids()
    assert [number - before[0] for number in before] == [0, 1, 2]
    clock.now += 60
    assert not set(before) & set(first_ids())


async def test_a_poll_that_is_replaced_ends_at_once(clock):
    queue = UpdateQueue(1, clock)
    older = asyncio.create_task(queue.poll(0, 100, 50))
    await asyncio.sleep(0)
    newer = asyncio.create_task(queue.poll(0, 100, 50))
    await asyncio.sleep(0)
    with pytest.raises(ApiError, match="terminated by other getUpdates"):
        await older
    queue.add("message", {"text": "x"}, lane=1)
    assert len(await newer) == 1
