"""The person's side."""

import asyncio
import json

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}


async def events(telegram, count, query="", **headers):
    """The first events of a stream, as (name, data)."""
    found = []
    async with telegram.client.stream("GET", f"/sandbox/events{query}", headers=headers) as response:
        name = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
            if len(found) == count:
                return found
    return found


async def test_the_cast_speaks_the_languages_of_the_bot_and_one_says_none(telegram):
    state = await telegram.see("state")
    languages = [persona.get("language_code") for persona in state["personas"]]
    assert languages == ["zh-hans", "ru", "en", "kk", "ky", "tg", "uz", "fa", "ur", "hi", "be", "mn", None]
    assert [bot["username"] for bot in state["bots"]] == ["scoda_sandbox_bot"]


async def test_an_app_marks_commands_and_the_bot_reads_the_message(telegram):
    message = await telegram.say("/help@scoda_sandbox_bot please")
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 23}]
    assert (await telegram.call("getUpdates"))[0]["message"] == message
    assert await telegram.messages(telegram.wei) == [message]


async def test_a_deep_link_carries_its_payload_and_unblocks(telegram):
    await telegram.act(f"personas/{telegram.wei}/block")
    refused = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/send", json={"text": "x"})
    assert refused.status_code == 409
    assert "unblock" in refused.json()["error"]
    started = await telegram.act(f"personas/{telegram.wei}/start", payload="topic-1_x")
    assert started["message"]["text"] == "/start topic-1_x"
    updates = await telegram.call("getUpdates")
    changes = [one["my_chat_member"]["new_chat_member"]["status"] for one in updates if "my_chat_member" in one]
    assert changes == ["kicked", "member"]
    for payload in ("a b", "x" * 65, "é"):
        response = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/start", json={"payload": payload})
        assert response.status_code == 400


async def test_blocking_twice_tells_the_bot_once(telegram):
    for action in ("block", "block", "unblock", "unblock"):
        await telegram.act(f"personas/{telegram.wei}/{action}")
    assert len(await telegram.call("getUpdates")) == 2


async def test_a_pressed_button_brings_the_answer_back(telegram):
    await telegram.start()
    sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="?", reply_markup=KEYBOARD)
    press = asyncio.create_task(
        telegram.act(f"personas/{telegram.wei}/press", message_id=sent["message_id"], callback_data="more")
    )
    [update] = await telegram.call("getUpdates", timeout=20)
    query = update["callback_query"]
    assert (query["data"], query["message"]) == ("more", sent)
    await telegram.call("answerCallbackQuery", callback_query_id=query["id"], text="Done", show_alert=True)
    assert await press == {"answered": True, "text": "Done", "show_alert": True}


async def test_forged_buttons_carry_any_data_from_any_message(telegram):
    await telegram.act(f"personas/{telegram.wei}/press", message_id=77, callback_data="\ud800" * 200, wait_s=0)
    [update] = await telegram.call("getUpdates")
    assert update["callback_query"]["message"] == {
        "chat": update["callback_query"]["message"]["chat"],
        "message_id": 77,
        "date": 0,
    }
    assert update["callback_query"]["data"] == "\ud800" * 200


async def test_a_person_edits_own_texts_only(telegram):
    await telegram.start()
    mine = await telegram.say("one")
    edited = (await telegram.act(f"personas/{telegram.wei}/edit", message_id=mine["message_id"], text="two"))["message"]
    assert (edited["text"], edited["message_id"]) == ("two", mine["message_id"])
    assert [list(update)[1] for update in await telegram.call("getUpdates")] == ["message", "edited_message"]
    theirs = await telegram.call("sendMessage", chat_id=telegram.wei, text="x")
    response = await telegram.client.post(
        f"/sandbox/personas/{telegram.wei}/edit", json={"message_id": theirs["message_id"], "text": "y"}
    )
    assert response.status_code == 404


@pytest.mark.parametrize(
    "kind", ["location", "photo", "document", "voice", "sticker", "contact", "dice", "video", "poll"]
)
async def test_anything_can_be_attached(telegram, kind):
    message = (await telegram.act(f"personas/{telegram.wei}/attach", kind=kind, caption="look"))["message"]
    assert kind in message
    [update] = await telegram.call("getUpdates")
    assert update["message"] == message


async def test_an_attached_file_can_be_downloaded_by_the_bot_and_the_page(telegram):
    message = (
        await telegram.act(
            f"personas/{telegram.wei}/attach", kind="document", file_name="a.md", content_base64="aGVsbG8="
        )
    )["message"]
    file_id = message["document"]["file_id"]
    path = (await telegram.call("getFile", file_id=file_id))["file_path"]
    assert (await telegram.client.get(f"/file/bot{telegram.token}/{path}")).content == b"hello"
    shown = await telegram.client.get(f"/sandbox/files/{file_id}")
    assert shown.headers["content-disposition"] == "attachment"
    photo = (await telegram.act(f"personas/{telegram.wei}/attach", kind="photo"))["message"]["photo"][0]
    shown = await telegram.client.get(f"/sandbox/files/{photo['file_id']}")
    assert shown.headers["content-type"] == "image/png"


async def test_the_app_shows_the_commands_of_its_language_and_scope(telegram):
    async def shown(persona, query=""):
        return [one["command"] for one in (await telegram.see(f"personas/{persona}/commands{query}"))["commands"]]

    def commands(name):
        return [{"command": name, "description": "x"}]

    await telegram.call("setMyCommands", commands=commands("general"))
    await telegram.call("setMyCommands", commands=commands("chinese"), language_code="zh")
    await telegram.call("setMyCommands", commands=commands("staff"), scope={"type": "chat", "chat_id": telegram.john})
    group = await telegram.act("groups", title="G", members=[telegram.wei])
    await telegram.call("setMyCommands", commands=commands("group"), scope={"type": "all_group_chats"})
    assert await shown(telegram.wei) == ["chinese"]
    assert await shown(telegram.anna) == ["general"]
    assert await shown(telegram.john) == ["staff"]
    assert await shown(telegram.wei, f"?chat_id={group['id']}") == ["group"]


async def test_a_changed_app_language_is_in_the_next_message(telegram):
    await telegram.client.patch(f"/sandbox/personas/{telegram.wei}", json={"language_code": "fa"})
    assert (await telegram.say("x"))["from"]["language_code"] == "fa"
    await telegram.client.patch(f"/sandbox/personas/{telegram.wei}", json={"language_code": None})
    assert "language_code" not in (await telegram.say("x"))["from"]


async def test_personas_are_added_one_by_one_or_by_the_thousand(telegram):
    one = await telegram.act("personas", first_name="Гость", language_code="uz")
    assert one["language_code"] == "uz"
    many = (await telegram.act("personas", first_name="R", count=2000, started=True))["personas"]
    assert len({persona["id"] for persona in many}) == 2000
    await telegram.call("sendMessage", chat_id=many[-1]["id"], text="x")


async def test_inline_results_are_shown_and_chosen(telegram):
    ask = asyncio.create_task(telegram.act(f"personas/{telegram.wei}/inline", query="trains"))
    [update] = await telegram.call("getUpdates", timeout=20)
    query = update["inline_query"]
    assert (query["query"], query["from"]["id"]) == ("trains", telegram.wei)
    content = {"message_text": "<b>Trains</b>", "parse_mode": "HTML"}
    article = {"type": "article", "id": "1", "title": "T", "input_message_content": content, "reply_markup": KEYBOARD}
    call = {"inline_query_id": query["id"], "next_offset": "2"}
    assert (
        await telegram.refused("answerInlineQuery", results=[article] * 2, **call) == "Bad Request: RESULT_ID_DUPLICATE"
    )
    assert (
        await telegram.refused("answerInlineQuery", results=[article | {"id": str(n)} for n in range(51)], **call)
        == "Bad Request: RESULTS_TOO_MUCH"
    )
    broken = article | {"input_message_content": {"message_text": "<b>", "parse_mode": "HTML"}}
    assert (await telegram.refused("answerInlineQuery", results=[broken], **call)).startswith(
        "Bad Request: can't parse entities"
    )
    await telegram.call("answerInlineQuery", results=[article], **call)
    answer = await ask
    assert (answer["answered"], answer["results"], answer["next_offset"]) == (True, [article], "2")
    message = (await telegram.act(f"personas/{telegram.wei}/inline/choose", result_id="1", query="trains"))["message"]
    assert (message["text"], message["via_bot"]["id"]) == ("Trains", telegram.bot_id)
    updates = await telegram.call("getUpdates", offset=update["update_id"] + 1)
    chosen = next(one["chosen_inline_result"] for one in updates if "chosen_inline_result" in one)
    await telegram.act(
        f"personas/{telegram.wei}/press", message_id=message["message_id"], callback_data="more", wait_s=0
    )
    pressed = (await telegram.call("getUpdates"))[-1]["callback_query"]
    assert pressed["inline_message_id"] == chosen["inline_message_id"]
    assert "message" not in pressed
    assert await telegram.call("editMessageText", inline_message_id=chosen["inline_message_id"], text="edited") is True
    assert (await telegram.messages(telegram.wei))[-1]["text"] == "edited"


async def test_in_groups_the_bot_reads_what_is_meant_for_it(telegram):
    group = (await telegram.act("groups", title="G", members=[telegram.wei, telegram.anna]))["id"]
    sent = await telegram.call("sendMessage", chat_id=group, text="hi")
    for text in ("private talk", "/help", "/help@other_bot", "@scoda_sandbox_bot where?", "@scoda_sandbox_bots"):
        await telegram.say(text, chat_id=group)
    await telegram.say("a reply", chat_id=group, reply_to_message_id=sent["message_id"])
    updates = await telegram.call("getUpdates")
    assert [one["message"]["text"] for one in updates if "message" in one] == [
        "/help",
        "@scoda_sandbox_bot where?",
        "a reply",
    ]
    assert updates[0]["my_chat_member"]["new_chat_member"]["status"] == "member"
    await telegram.act(f"bots/{telegram.bot_id}", reads_all_group_messages=True)
    await telegram.say("everything", telegram.anna, chat_id=group)
    assert (await telegram.call("getUpdates"))[-1]["message"]["text"] == "everything"
    outsider = await telegram.client.post(
        f"/sandbox/personas/{telegram.john}/send", json={"text": "x", "chat_id": group}
    )
    assert outsider.status_code == 404


async def test_raw_updates_bring_their_chat_with_them(telegram):
    channel = {"id": -1001234567890, "type": "channel", "title": "News"}
    post = {"message_id": 5, "date": 1, "chat": channel, "sender_chat": channel, "text": "news"}
    assert (await telegram.act("updates", update={"channel_post": post}))["queued"] is True
    assert (await telegram.act("updates", update={"a_kind_of_next_year": {"x": 1}}))["queued"] is True
    stranger = {"id": 99, "type": "private", "first_name": "S"}
    await telegram.act(
        "updates",
        update={
            "message": {
                "message_id": 6,
                "date": 1,
                "chat": stranger,
                "from": {"id": 99, "is_bot": False, "first_name": "S"},
                "text": "x",
            }
        },
    )
    assert [list(one)[1] for one in await telegram.call("getUpdates")] == [
        "channel_post",
        "a_kind_of_next_year",
        "message",
    ]
    reply = await telegram.call("sendMessage", chat_id=99, text="x", reply_parameters={"message_id": 6})
    assert reply["reply_to_message"]["text"] == "x"
    assert (await telegram.call("sendMessage", chat_id=channel["id"], text="x"))["sender_chat"] == channel


async def test_the_stream_shows_a_persona_its_own_chats_and_goes_on_where_it_was(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    await telegram.call("sendChatAction", chat_id=telegram.wei, action="typing")
    sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="for Wei")
    await telegram.call("sendMessage", chat_id=telegram.anna, text="for Anna")
    await telegram.call("editMessageText", chat_id=telegram.wei, message_id=sent["message_id"], text="edited")
    await telegram.call("sendMessageDraft", chat_id=telegram.wei, draft_id=3, text="half")
    await telegram.call("deleteMessage", chat_id=telegram.wei, message_id=sent["message_id"])
    resumed = {"Last-Event-ID": "0"}
    mine = await events(telegram, 6, f"?persona={telegram.wei}", **resumed)
    assert [name for name, _ in mine] == ["message", "action", "message", "edited_message", "draft", "deleted"]
    assert mine[1][1] == {"chat_id": telegram.wei, "action": "typing", "bot": telegram.bot_id}
    assert mine[5][1] == {"chat_id": telegram.wei, "message_ids": [sent["message_id"]], "bot": telegram.bot_id}
    both = await events(telegram, 8, f"?persona={telegram.wei},{telegram.anna}", **resumed)
    assert len(both) == len(await events(telegram, 8, **resumed)) == 8
    assert (await events(telegram, 1, **{"Last-Event-ID": "7"}))[0][0] == "deleted"
    assert (await events(telegram, 1, **{"Last-Event-ID": "99999"}))[0] == ("reload", {})


async def test_a_stream_without_a_past_begins_now(telegram):
    await telegram.start()
    watching = asyncio.create_task(events(telegram, 1))
    await telegram.until(lambda: telegram.sandbox.events._watchers)
    await telegram.say("now")
    assert [data["text"] for _, data in await watching] == ["now"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("personas/1/send", {"text": "x"}, 404),
        ("personas/5000000000000001/send", {"text": ""}, 400),
        ("personas/5000000000000001/send", {"text": "x" * 4097}, 400),
        ("personas/5000000000000001/send", {"text": "x", "reply_to_message_id": 1}, 404),
        ("personas/5000000000000001/send", {"text": "x", "bot": 5}, 404),
        ("personas/5000000000000001/press", {}, 400),
        ("personas/5000000000000001/press", {"message_id": "x"}, 400),
        ("personas/5000000000000001/attach", {"kind": "elephant"}, 400),
        ("personas/5000000000000001/inline/choose", {"result_id": "1"}, 404),
        ("groups", {"members": [1]}, 404),
        ("groups/-5/migrate", {}, 404),
        ("updates", {}, 400),
        ("updates", {"update": {}}, 400),
        ("bots/5/revoke", {}, 404),
    ],
)
async def test_wrong_actions_are_explained(telegram, path, body, status):
    response = await telegram.client.post(f"/sandbox/{path}", json=body)
    assert response.status_code == status
    assert len(response.json()["error"]) > 10


async def answered(telegram, **result):
    """The message that choosing this inline result sends."""
    await telegram.act(f"personas/{telegram.wei}/inline", query="q", wait_s=0)
    query_id = (await telegram.call("getUpdates"))[-1]["inline_query"]["id"]
    await telegram.call("answerInlineQuery", inline_query_id=query_id, results=[{"id": "1", **result}])
    return (await telegram.act(f"personas/{telegram.wei}/inline/choose", result_id="1", query="q"))["message"]


async def test_inline_results_of_other_kinds_become_their_messages(telegram):
    attached = (await telegram.act(f"personas/{telegram.wei}/attach", kind="photo"))["message"]["photo"][0]
    photo = await answered(
        telegram, type="photo", photo_file_id=attached["file_id"], caption="<b>c</b>", parse_mode="HTML"
    )
    assert (photo["photo"], photo["caption"]) == ([attached], "c")
    place = await answered(telegram, type="location", latitude=36.2, longitude=120.0, title="Here")
    assert place["location"] == {"latitude": 36.2, "longitude": 120.0}
    contents = [
        ({"latitude": 1.0, "longitude": 2.0, "title": "T", "address": "A"}, "venue"),
        ({"latitude": 1.0, "longitude": 2.0}, "location"),
        ({"phone_number": "+1", "first_name": "N"}, "contact"),
    ]
    for content, kind in contents:
        assert kind in await answered(telegram, type="article", title="T", input_message_content=content)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"type": "elephant", "id": "1"}, "can't parse inline query result: unallowed inline query result type"),
        ({"type": "article", "id": "", "title": "T"}, "RESULT_ID_INVALID"),
        ({"type": "article", "id": "x" * 65, "title": "T"}, "RESULT_ID_INVALID"),
        ({"type": "article", "id": "1"}, "can't parse inline query result: article must have a title"),
        (
            {"type": "article", "id": "1", "title": "T"},
            "can't parse inline query result: message content is not specified",
        ),
        (
            {"type": "article", "id": "1", "title": "T", "input_message_content": {"message_text": ""}},
            "message text is empty",
        ),
        ({"type": "photo", "id": "1", "caption": "x" * 1025}, "message caption is too long"),
        ("text", "can't parse inline query result: expected an Object"),
    ],
)
async def test_inline_results_that_telegram_refuses(telegram, result, reason):
    assert (
        await telegram.refused("answerInlineQuery", inline_query_id="1", results=[result]) == f"Bad Request: {reason}"
    )


async def test_inline_answers_come_in_time(telegram):
    await telegram.act(f"personas/{telegram.wei}/inline", query="q", wait_s=0)
    query_id = (await telegram.call("getUpdates"))[-1]["inline_query"]["id"]
    long = {"inline_query_id": query_id, "results": []}
    assert (
        await telegram.refused("answerInlineQuery", next_offset="x" * 65, **long) == "Bad Request: NEXT_OFFSET_INVALID"
    )
    assert (
        await telegram.refused("answerInlineQuery", button={"text": "t", "start_parameter": ""}, **long)
        == "Bad Request: START_PARAM_INVALID"
    )
    telegram.clock.now += 3600
    assert (await telegram.refused("answerInlineQuery", **long)).startswith("Bad Request: query is too old")
