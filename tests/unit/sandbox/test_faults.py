"""Flood control and faults on order."""

import httpx
import pytest

from bot.sandbox.flood import FloodControl, FloodRules
from bot.sandbox.wire import ApiError

ON = FloodRules(enabled=True)


def refused_at(control, chat_id, now, *, paid=False):
    """Seconds to wait, or None for a message that passes."""
    try:
        control.count(1, chat_id, now=now, paid=paid)
    except ApiError as error:
        return error.parameters["retry_after"]
    return None


def test_thirty_messages_pass_in_a_second_over_all_chats():
    control = FloodControl(ON)
    outcomes = [refused_at(control, chat_id, 100.0) for chat_id in range(1, 32)]
    assert outcomes == [None] * 30 + [1]
    assert refused_at(control, 99, 101.0) is None


def test_a_chat_takes_a_short_burst_and_then_one_a_second():
    control = FloodControl(ON)
    assert [refused_at(control, 5, 100.0) for _ in range(4)] == [None, None, None, 3]
    assert refused_at(control, 6, 100.0) is None
    paced = FloodControl(ON)
    assert [refused_at(paced, 5, 100.0 + second) for second in range(60)] == [None] * 60


def test_a_group_takes_twenty_a_minute():
    control = FloodControl(ON)
    outcomes = [refused_at(control, -100, 100.0 + second) for second in range(21)]
    assert outcomes == [None] * 20 + [40]


def test_paid_messages_pass_the_free_rate_and_are_counted():
    control = FloodControl(ON)
    assert [refused_at(control, chat_id, 100.0, paid=True) for chat_id in range(1, 101)] == [None] * 100
    assert control.state()["paid_messages"] == 70


def test_a_paid_broadcast_leaves_the_free_rate_to_other_messages():
    control = FloodControl(ON)
    for chat_id in range(1, 101):
        assert refused_at(control, chat_id, 100.0, paid=True) is None
    assert [refused_at(control, chat_id, 100.5) for chat_id in range(201, 232)] == [None] * 30 + [1]


def test_even_paid_messages_are_a_thousand_a_second_at_most():
    control = FloodControl(ON)
    outcomes = [refused_at(control, chat_id, 100.0, paid=True) for chat_id in range(1, 1002)]
    assert outcomes == [None] * 1000 + [1]


async def test_flood_control_has_a_switch_and_counts_edits(telegram):
    await telegram.start()
    for _ in range(10):
        sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="x")
    assert (await telegram.act("flood", enabled=True, chat_per_s=1))["enabled"] is True
    for text in ("a", "b", "c"):
        await telegram.call("editMessageText", chat_id=telegram.wei, message_id=sent["message_id"], text=text)
    response = await telegram.raw("sendMessage", chat_id=telegram.wei, text="x")
    assert response.status_code == 429
    assert response.json()["description"] == "Too Many Requests: retry after 3"
    assert response.json()["parameters"] == {"retry_after": 3}
    await telegram.act("flood", enabled=False)
    await telegram.call("sendMessage", chat_id=telegram.wei, text="x")


async def texts(telegram):
    return [one["text"] for one in await telegram.messages(telegram.wei)][1:]


@pytest.mark.parametrize(
    ("kind", "status", "happens"),
    [
        ("429", 429, False),
        ("403", 403, False),
        ("400", 400, False),
        ("401", 401, False),
        ("500", 500, False),
        ("502", 502, False),
        ("504", 504, False),
        ("not_json", 200, True),
        ("ok_false", 200, False),
        ("result_true", 200, True),
        ("reset_before", None, False),
        ("reset_after", None, True),
        ("half", None, True),
    ],
)
async def test_an_ordered_fault_strikes_once(telegram, kind, status, happens):
    await telegram.start()
    await telegram.act("faults", method="sendMessage", kind=kind)
    if status is None:
        with pytest.raises(httpx.TransportError):
            await telegram.raw("sendMessage", chat_id=telegram.wei, text="faulty")
    else:
        response = await telegram.raw("sendMessage", chat_id=telegram.wei, text="faulty")
        assert response.status_code == status
    assert await texts(telegram) == (["faulty"] if happens else [])
    assert (await telegram.see("faults"))["faults"] == []
    await telegram.call("sendMessage", chat_id=telegram.wei, text="good")


async def test_a_reset_is_a_reset_and_half_an_answer_is_cut(telegram):
    await telegram.act("faults", method="getMe", kind="reset_before")
    with pytest.raises(httpx.ReadError):
        await telegram.raw("getMe")
    await telegram.act("faults", method="getMe", kind="half")
    with pytest.raises(httpx.RemoteProtocolError):
        await telegram.raw("getMe")


async def test_a_hanging_call_has_happened(telegram):
    await telegram.start()
    await telegram.act("faults", method="sendMessage", kind="hang")
    with pytest.raises(httpx.ReadTimeout):
        await telegram.client.get(
            f"/bot{telegram.token}/sendMessage", params={"chat_id": telegram.wei, "text": "x"}, timeout=0.05
        )
    await telegram.act("faults", method="sendMessage", kind="hang", effect=False)
    with pytest.raises(httpx.ReadTimeout):
        await telegram.client.get(
            f"/bot{telegram.token}/sendMessage", params={"chat_id": telegram.wei, "text": "y"}, timeout=0.05
        )
    assert await texts(telegram) == ["x"]


async def test_a_fault_waits_for_its_method_its_chat_and_its_turn(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    await telegram.act("faults", method="SENDMESSAGE", chat_id=telegram.anna, kind="403", skip=1, count=2)
    await telegram.call("getMe")
    await telegram.call("sendMessage", chat_id=telegram.wei, text="x")
    await telegram.call("sendMessage", chat_id=telegram.anna, text="skipped")
    for _ in range(2):
        assert (
            await telegram.refused("sendMessage", chat_id=telegram.anna, text="x")
            == "Forbidden: bot was blocked by the user"
        )
    await telegram.call("sendMessage", chat_id=telegram.anna, text="x")


async def test_a_429_may_lack_its_parameters_and_have_hours(telegram):
    await telegram.act("faults", kind="429", retry_after=0)
    assert (await telegram.raw("getMe")).json() == {"ok": False, "error_code": 429, "description": "Too Many Requests"}
    await telegram.act("faults", kind="429", retry_after=86400)
    assert await telegram.refused("getMe") == "Too Many Requests: retry after 86400"


async def test_orders_can_be_taken_back_and_wrong_ones_are_explained(telegram):
    await telegram.act("faults", kind="500", count=9)
    assert (await telegram.client.delete("/sandbox/faults")).json() == {"faults": []}
    await telegram.call("getMe")
    response = await telegram.client.post("/sandbox/faults", json={"kind": "earthquake"})
    assert response.status_code == 400
    assert "reset_after" in response.json()["error"]
