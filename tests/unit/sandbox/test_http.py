"""The Bot API as HTTP: forms of a call, envelopes, tokens."""

import json

import pytest


async def test_a_call_may_come_as_query_form_json_or_multipart_in_any_case(telegram):
    await telegram.start()
    address, values = f"/bot{telegram.token}/SENDmessage", {"chat_id": str(telegram.wei), "text": "日本 & ü"}
    client = telegram.client
    responses = [
        await client.get(address, params=values),
        await client.post(address, data=values),
        await client.post(address, json=values),
        await client.post(address, data=values, files={"unused": b"x"}),
        await client.post(f"/bot{telegram.token.replace(':', '%3A')}/sendMessage", json=values),
    ]
    assert [one.json()["result"]["text"] for one in responses] == ["日本 & ü"] * 5


async def test_structures_in_forms_are_json_strings(telegram):
    await telegram.start()
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    values = {"chat_id": telegram.wei, "text": "x", "reply_markup": json.dumps(markup)}
    response = await telegram.client.post(f"/bot{telegram.token}/sendMessage", data=values)
    assert response.json()["result"]["reply_markup"] == markup
    values["reply_markup"] = "{"
    response = await telegram.client.post(f"/bot{telegram.token}/sendMessage", data=values)
    assert response.json()["description"] == "Bad Request: can't parse reply keyboard markup JSON object"


@pytest.mark.parametrize(
    ("address", "status", "description"),
    [
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot12:ab/getMe", 404, "Not Found"),
        ("/bot7000001:sandbox/getSomething", 404, "Not Found"),
        ("/bot7000001:sandbox", 404, "Not Found"),
        ("/bot7000001:another/getMe", 401, "Unauthorized"),
        ("/anything/else", 404, "Not Found"),
    ],
)
async def test_wrong_addresses_are_answered_in_the_envelope(telegram, address, status, description):
    await telegram.call("getMe")
    response = await telegram.client.get(address)
    assert response.status_code == status
    assert response.json() == {"ok": False, "error_code": status, "description": description}


async def test_only_the_present_token_of_a_bot_that_was_added_is_taken(telegram):
    async def me(token):
        return (await telegram.raw("getMe", token)).json()

    assert (await me("42:abcde"))["error_code"] == 401
    assert (await telegram.act("bots", token="42:abcde"))["token"] == "42:abcde"
    assert (await me("42:abcde"))["result"]["username"] == "sandbox_42_bot"
    fresh = (await telegram.act("bots/42/revoke"))["token"]
    assert (await me("42:abcde"))["error_code"] == 401
    assert (await me(fresh))["result"]["id"] == 42
    await telegram.act("bots/42", token="42:fghij")
    assert (await me("42:fghij"))["result"]["id"] == 42
    assert (await me(fresh))["error_code"] == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"[]", "application/json"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
    ],
)
async def test_broken_bodies_are_refused(telegram, body, content_type):
    response = await telegram.client.post(
        f"/bot{telegram.token}/getMe", content=body, headers={"Content-Type": content_type}
    )
    assert response.status_code == response.json()["error_code"] == 400


async def test_bytes_that_are_no_utf8_are_refused(telegram):
    await telegram.start()
    body = b"chat_id=%d&text=%%ff" % telegram.wei
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await telegram.client.post(f"/bot{telegram.token}/sendMessage", content=body, headers=headers)
    assert response.json()["description"] == "Bad Request: strings must be encoded in UTF-8"


async def test_too_much_is_refused(telegram):
    content = b"x" * (50 * 1024 * 1024 + 1)
    response = await telegram.client.post(
        f"/bot{telegram.token}/sendDocument", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413


async def test_calls_are_listed_in_order_and_bounded(telegram):
    await telegram.start()
    for number in range(250):
        await telegram.call("sendMessage", chat_id=telegram.wei, text=str(number))
    await telegram.refused("deleteMessage", chat_id=telegram.wei, message_id=1)
    calls = (await telegram.see("calls?method=sendmessage"))["calls"]
    assert [call["params"]["text"] for call in calls] == [str(number) for number in range(51, 250)]
    [last] = (await telegram.see(f"calls?since={calls[-1]['n']}"))["calls"]
    assert (last["method"], last["status"], last["chat_id"]) == ("deleteMessage", 400, telegram.wei)


async def test_the_page_is_served(telegram):
    response = await telegram.client.get("/")
    assert response.headers["content-type"].startswith("text/html")
    assert (await telegram.client.get("/page/../server.py")).status_code == 404
