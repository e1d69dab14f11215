"""Each method as Telegram answers it, above all where it refuses."""

import pytest

BUTTON = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}


async def test_nobody_is_written_to_before_they_write(telegram):
    refusals = [
        await telegram.refused("sendMessage", chat_id=telegram.wei, text="x"),
        await telegram.refused("sendMessage", chat_id=123, text="x"),
        await telegram.refused("sendMessage", chat_id="@nobody_here", text="x"),
        await telegram.refused("sendMessage", text="x"),
        await telegram.refused("sendMessage", chat_id=telegram.bot_id, text="x"),
    ]
    assert refusals == [
        "Forbidden: bot can't initiate conversation with a user",
        "Bad Request: chat not found",
        "Bad Request: chat not found",
        "Bad Request: chat_id is empty",
        "Forbidden: bots can't send messages to bots",
    ]


async def test_blocked_and_deleted_persons_are_not_written_to(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    await telegram.act(f"personas/{telegram.wei}/block")
    await telegram.client.patch(f"/sandbox/personas/{telegram.anna}", json={"deactivated": True})
    assert (
        await telegram.refused("sendMessage", chat_id=telegram.wei, text="x")
        == "Forbidden: bot was blocked by the user"
    )
    assert (
        await telegram.refused("sendChatAction", chat_id=telegram.wei, action="typing")
        == "Forbidden: bot was blocked by the user"
    )
    assert await telegram.refused("sendMessage", chat_id=telegram.anna, text="x") == "Forbidden: user is deactivated"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "Bad Request: message text is empty"),
        (" \n ", "Bad Request: text must be non-empty"),
        ("x" * 4097, "Bad Request: message is too long"),
        ("😀" * 2049, "Bad Request: message is too long"),
        ("a\ud800", "Bad Request: strings must be encoded in UTF-8"),
    ],
)
async def test_texts_that_telegram_refuses(telegram, text, refusal):
    await telegram.start()
    assert await telegram.refused("sendMessage", chat_id=telegram.wei, text=text) == refusal


async def test_a_text_is_measured_after_its_markup_in_utf16_units(telegram):
    await telegram.start()
    for text in ("<b>" + "x" * 4096 + "</b>", "😀" * 2048):
        await telegram.call("sendMessage", chat_id=telegram.wei, text=text, parse_mode="HTML")


@pytest.mark.parametrize(
    ("button", "refusal"),
    [
        ({"text": "x", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (
            {"text": "x", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ({"text": 5, "callback_data": "x"}, 'can\'t parse inline keyboard button: Field "text" must be of type String'),
        (
            {"text": "x", "url": "javascript:alert(1)"},
            "inline keyboard button URL 'javascript:alert(1)' is invalid: Unsupported URL protocol",
        ),
        ({"text": "x", "url": "no url"}, "inline keyboard button URL 'no url' is invalid: Wrong HTTP URL"),
        ({"text": "x", "copy_text": {"text": "y" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
    ],
)
async def test_buttons_that_telegram_refuses(telegram, button, refusal):
    await telegram.start()
    markup = {"inline_keyboard": [[button]]}
    assert (
        await telegram.refused("sendMessage", chat_id=telegram.wei, text="x", reply_markup=markup)
        == f"Bad Request: {refusal}"
    )


async def test_all_usual_buttons_pass_and_callback_data_may_have_64_bytes(telegram):
    await telegram.start()
    row = [
        {"text": "1", "callback_data": "я" * 32},
        {"text": "2", "url": "https://scoda.cn/a", "style": "primary"},
        {"text": "3", "copy_text": {"text": "code"}},
        {"text": "4", "switch_inline_query": ""},
        {"text": "5", "web_app": {"url": "https://scoda.cn"}},
    ]
    message = await telegram.call(
        "sendMessage", chat_id=telegram.wei, text="x", reply_markup={"inline_keyboard": [row]}
    )
    assert message["reply_markup"]["inline_keyboard"] == [row]


async def test_a_reply_keyboard_is_for_the_app_and_not_for_the_bot(telegram):
    await telegram.start()
    keyboard = {"keyboard": [["Yes", {"text": "No"}]], "resize_keyboard": True}
    message = await telegram.call("sendMessage", chat_id=telegram.wei, text="x", reply_markup=keyboard)
    assert "reply_markup" not in message
    seen = (await telegram.messages(telegram.wei))[-1]
    assert seen["reply_markup"] == {"keyboard": [[{"text": "Yes"}, {"text": "No"}]], "resize_keyboard": True}


async def test_replies_name_their_message(telegram):
    await telegram.start()
    asked = await telegram.say("what?")
    answer = await telegram.call(
        "sendMessage", chat_id=telegram.wei, text="x", reply_parameters={"message_id": asked["message_id"]}
    )
    assert answer["reply_to_message"] == asked
    assert (
        await telegram.refused("sendMessage", chat_id=telegram.wei, text="x", reply_parameters={"message_id": 1})
        == "Bad Request: message to be replied not found"
    )
    lost = {"message_id": 1, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await telegram.call(
        "sendMessage", chat_id=telegram.wei, text="x", reply_parameters=lost
    )


async def test_an_edit_must_change_something(telegram):
    await telegram.start()
    place = {"chat_id": telegram.wei}
    sent = await telegram.call("sendMessage", text="one", reply_markup=BUTTON, **place)
    place["message_id"] = sent["message_id"]
    same = (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )
    assert await telegram.refused("editMessageText", text="one", reply_markup=BUTTON, **place) == same
    edited = await telegram.call("editMessageText", text="two", **place)
    assert edited["text"] == "two"
    assert "reply_markup" not in edited
    assert edited["edit_date"] >= edited["date"]
    assert (await telegram.call("editMessageReplyMarkup", reply_markup=BUTTON, **place))["reply_markup"] == BUTTON
    assert await telegram.refused("editMessageReplyMarkup", reply_markup=BUTTON, **place) == same


async def test_edits_of_what_is_not_there_or_not_ones_own(telegram):
    await telegram.start()
    theirs = await telegram.say("mine")
    place = {"chat_id": telegram.wei, "text": "x"}
    assert await telegram.refused("editMessageText", message_id=1, **place) == "Bad Request: message to edit not found"
    assert await telegram.refused("editMessageText", **place) == "Bad Request: message identifier is not specified"
    assert (
        await telegram.refused("editMessageText", message_id=theirs["message_id"], **place)
        == "Bad Request: message can't be edited"
    )
    where = await telegram.call("sendLocation", chat_id=telegram.wei, latitude=36.2, longitude=120.0)
    assert (
        await telegram.refused("editMessageText", message_id=where["message_id"], **place)
        == "Bad Request: there is no text in the message to edit"
    )
    assert (
        await telegram.refused("editMessageCaption", message_id=where["message_id"], chat_id=telegram.wei, caption="x")
        == "Bad Request: there is no caption in the message to edit"
    )


async def test_messages_are_deletable_for_48_hours(telegram):
    await telegram.start()
    old = await telegram.call("sendMessage", chat_id=telegram.wei, text="old")
    telegram.clock.now += 48 * 3600 + 1
    young = await telegram.call("sendMessage", chat_id=telegram.wei, text="young")
    assert (
        await telegram.refused("deleteMessage", chat_id=telegram.wei, message_id=old["message_id"])
        == "Bad Request: message can't be deleted for everyone"
    )
    assert await telegram.call("deleteMessage", chat_id=telegram.wei, message_id=young["message_id"]) is True
    assert (
        await telegram.refused("deleteMessage", chat_id=telegram.wei, message_id=young["message_id"])
        == "Bad Request: message to delete not found"
    )
    third = await telegram.call("sendMessage", chat_id=telegram.wei, text="third")
    assert await telegram.call("deleteMessages", chat_id=telegram.wei, message_ids=[1, third["message_id"]]) is True
    assert "third" not in [one.get("text") for one in await telegram.messages(telegram.wei)]


async def test_copies_and_forwards(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    source = await telegram.say("<tell> her", telegram.wei)
    place = {"chat_id": telegram.anna, "from_chat_id": telegram.wei, "message_id": source["message_id"]}
    forwarded = await telegram.call("forwardMessage", **place)
    assert forwarded["text"] == "<tell> her"
    assert forwarded["forward_origin"]["sender_user"]["id"] == telegram.wei
    assert set(await telegram.call("copyMessage", **place)) == {"message_id"}
    assert (
        await telegram.refused("copyMessage", **place | {"message_id": 1}) == "Bad Request: message to copy not found"
    )
    secret = await telegram.call("sendMessage", chat_id=telegram.wei, text="s", protect_content=True)
    assert secret["has_protected_content"] is True
    assert (
        await telegram.refused("forwardMessage", **place | {"message_id": secret["message_id"]})
        == "Bad Request: message can't be forwarded"
    )


async def test_callback_answers_are_short_timely_and_single(telegram):
    await telegram.start()
    sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="?", reply_markup=BUTTON)
    press = {"message_id": sent["message_id"], "callback_data": "y", "wait_s": 0}
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await telegram.act(f"personas/{telegram.wei}/press", **press) == {"answered": False}
    [update] = await telegram.call("getUpdates")
    query = update["callback_query"]
    assert query["message"]["message_id"] == sent["message_id"]
    assert (
        await telegram.refused("answerCallbackQuery", callback_query_id=query["id"], text="x" * 201)
        == "Bad Request: MESSAGE_TOO_LONG"
    )
    assert await telegram.call("answerCallbackQuery", callback_query_id=query["id"], text="x" * 200) is True
    assert await telegram.refused("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    assert await telegram.refused("answerCallbackQuery", callback_query_id="7") == too_old
    await telegram.act(f"personas/{telegram.wei}/press", **press)
    late = (await telegram.call("getUpdates"))[-1]["callback_query"]
    telegram.clock.now += 3600
    assert await telegram.refused("answerCallbackQuery", callback_query_id=late["id"]) == too_old


async def test_commands_are_checked_and_kept_by_scope_and_language(telegram):
    commands = [{"command": "help", "description": "Помощь"}]
    await telegram.call("setMyCommands", commands=commands, language_code="ru")
    assert await telegram.call("getMyCommands", language_code="ru") == commands
    assert await telegram.call("getMyCommands") == []
    for command, refusal in (
        ({"command": "Help", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "x" * 33, "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "x", "description": "ы" * 257}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "x", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ):
        assert await telegram.refused("setMyCommands", commands=[command]) == f"Bad Request: {refusal}"
    many = [{"command": f"c{n}", "description": "x"} for n in range(101)]
    assert await telegram.refused("setMyCommands", commands=many) == "Bad Request: BOT_COMMANDS_TOO_MUCH"
    assert (
        await telegram.refused("setMyCommands", commands=commands, language_code="zh-hans")
        == "Bad Request: invalid language code specified"
    )
    await telegram.call("deleteMyCommands", language_code="ru")
    assert await telegram.call("getMyCommands", language_code="ru") == []


async def test_descriptions_are_by_language_and_bounded(telegram):
    await telegram.call("setMyDescription", description="Hello")
    await telegram.call("setMyDescription", description="你好", language_code="zh")
    assert await telegram.call("getMyDescription", language_code="zh") == {"description": "你好"}
    assert await telegram.call("getMyDescription", language_code="fa") == {"description": "Hello"}
    assert (await telegram.see("state"))["bots"][0]["descriptions"] == {"": "Hello", "zh": "你好"}
    assert await telegram.refused("setMyDescription", description="x" * 513) == "Bad Request: BOT_DESCRIPTION_TOO_LONG"
    assert (
        await telegram.refused("setMyShortDescription", short_description="x" * 121)
        == "Bad Request: BOT_ABOUT_TOO_LONG"
    )


async def test_files_are_uploaded_once_and_sent_by_their_id(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    response = await telegram.client.post(
        f"/bot{telegram.token}/sendDocument",
        data={"chat_id": telegram.wei, "caption": "<i>plan</i>", "parse_mode": "HTML"},
        files={"document": ("../plan.pdf", b"%PDF-1.7 plan", "application/pdf")},
    )
    sent = response.json()["result"]
    assert sent["document"]["file_name"] == "../plan.pdf"
    assert sent["document"]["mime_type"] == "application/pdf"
    assert (sent["caption"], sent["caption_entities"][0]["type"]) == ("plan", "italic")
    file_id = sent["document"]["file_id"]
    again = await telegram.call("sendDocument", chat_id=telegram.anna, document=file_id)
    assert again["document"]["file_id"] == file_id
    path = (await telegram.call("getFile", file_id=file_id))["file_path"]
    assert ".." not in path
    assert (await telegram.client.get(f"/file/bot{telegram.token}/{path}")).content == b"%PDF-1.7 plan"
    assert (await telegram.client.get(f"/file/bot{telegram.token}/documents/file_9.pdf")).status_code == 404
    assert (
        await telegram.refused("sendPhoto", chat_id=telegram.wei, photo=file_id)
        == "Bad Request: can't use file of type Document as Photo"
    )
    assert (
        await telegram.refused("sendPhoto", chat_id=telegram.wei, photo="AgAC")
        == "Bad Request: wrong file identifier/HTTP URL specified"
    )
    assert await telegram.refused("sendPhoto", chat_id=telegram.wei) == "Bad Request: there is no photo in the request"
    assert (
        await telegram.refused("sendDocument", chat_id=telegram.wei, document=file_id, caption="x" * 1025)
        == "Bad Request: message caption is too long"
    )


async def test_a_group_is_written_to_by_its_members_only(telegram):
    group = await telegram.act("groups", title="Expo", members=[telegram.wei])
    assert (await telegram.call("sendMessage", chat_id=group["id"], text="x"))["chat"]["title"] == "Expo"
    assert await telegram.call("getChatMemberCount", chat_id=group["id"]) == 2
    assert (await telegram.call("getChatMember", chat_id=group["id"], user_id=telegram.wei))["status"] == "creator"
    await telegram.act(f"groups/{group['id']}/remove_bot")
    assert (
        await telegram.refused("sendMessage", chat_id=group["id"], text="x")
        == "Forbidden: bot was kicked from the supergroup chat"
    )


async def test_an_upgraded_group_tells_its_new_id(telegram):
    old = await telegram.act("groups", title="Expo", members=[telegram.wei], type="group")
    new = await telegram.act(f"groups/{old['id']}/migrate")
    response = await telegram.raw("sendMessage", chat_id=old["id"], text="x")
    assert response.status_code == 400
    assert response.json()["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert response.json()["parameters"] == {"migrate_to_chat_id": new["id"]}
    assert (await telegram.call("sendMessage", chat_id=new["id"], text="x"))["chat"]["type"] == "supergroup"
    messages = [update["message"] for update in await telegram.call("getUpdates") if "message" in update]
    assert [(one.get("migrate_to_chat_id"), one.get("migrate_from_chat_id")) for one in messages] == [
        (new["id"], None),
        (None, old["id"]),
    ]


async def test_others_messages_in_a_group_are_deleted_by_administrators_only(telegram):
    for is_admin in (False, True):
        group = await telegram.act("groups", title="G", members=[telegram.wei], bot_is_admin=is_admin)
        theirs = await telegram.say("spam", chat_id=group["id"])
        call = {"chat_id": group["id"], "message_id": theirs["message_id"]}
        if is_admin:
            assert await telegram.call("deleteMessage", **call) is True
        else:
            assert await telegram.refused("deleteMessage", **call) == "Bad Request: message can't be deleted"


async def test_pinning_shows_in_the_chat(telegram):
    await telegram.start()
    sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="important")
    await telegram.call("pinChatMessage", chat_id=telegram.wei, message_id=sent["message_id"])
    assert (await telegram.call("getChat", chat_id=telegram.wei))["pinned_message"]["text"] == "important"
    await telegram.call("unpinChatMessage", chat_id=telegram.wei)
    assert "pinned_message" not in await telegram.call("getChat", chat_id=telegram.wei)
    assert await telegram.refused("unpinChatMessage", chat_id=telegram.wei) == "Bad Request: message to unpin not found"


async def test_closing_and_logging_out_cool_down(telegram):
    assert await telegram.refused("close") == "Too Many Requests: retry after 600"
    telegram.clock.now += 600
    assert await telegram.call("close") is True
    assert await telegram.call("logOut") is True
    assert await telegram.refused("getMe") == "Logged out"
    telegram.clock.now += 600
    assert (await telegram.call("getMe"))["username"] == "scoda_sandbox_bot"


async def test_a_draft_is_shown_but_not_kept(telegram):
    await telegram.start()
    before = await telegram.messages(telegram.wei)
    await telegram.call("sendMessageDraft", chat_id=telegram.wei, draft_id=1, text="<b>th", parse_mode=None)
    assert await telegram.messages(telegram.wei) == before
    assert (
        await telegram.refused("sendMessageDraft", chat_id=telegram.wei, draft_id=0, text="x")
        == "Bad Request: draft_id must be non-zero"
    )


async def test_a_chat_keeps_a_bounded_number_of_messages(telegram):
    await telegram.start()
    for number in range(60):
        await telegram.call("sendMessage", chat_id=telegram.wei, text=str(number))
    messages = await telegram.messages(telegram.wei)
    assert [one["text"] for one in messages] == [str(number) for number in range(10, 60)]


@pytest.mark.parametrize(
    ("method", "params", "refusal"),
    [
        ("sendChatAction", {"action": "dancing"}, "wrong parameter action in request"),
        ("sendLocation", {"latitude": 1}, "latitude and longitude must be given"),
        ("sendLocation", {"latitude": 91, "longitude": 0}, "wrong location specified"),
        ("sendVenue", {"latitude": 1, "longitude": 1, "title": "T"}, "venue title and address must be non-empty"),
        ("sendContact", {"first_name": "N"}, "phone number is empty"),
        ("sendContact", {"phone_number": "+1"}, "first name is empty"),
        ("sendDice", {"emoji": "x"}, "wrong dice emoji specified"),
        ("sendMediaGroup", {"media": []}, "album must contain from 2 to 10 media"),
        (
            "sendMediaGroup",
            {"media": [{"type": "x"}] * 2},
            "can't parse InputMedia: type must be photo, video, audio or document",
        ),
        ("sendPhoto", {"photo": "https://example.org/a.png"}, "failed to get HTTP URL content"),
        (
            "sendMessage",
            {"text": "x", "reply_markup": {"inline_keyboard": ["x"]}},
            "can't parse inline keyboard button: expected an Array of Array",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": {"inline_keyboard": [["x"]]}},
            "can't parse inline keyboard button: expected an Object",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]}},
            "can't parse inline keyboard button: text must be non-empty",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]] * 101}},
            "reply markup is too long",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": {"keyboard": [[5]]}},
            "can't parse keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            {"text": "x", "entities": [{"type": "bold"}]},
            "can't parse entities: Can't find field 'offset'",
        ),
        (
            "sendMessage",
            {"text": "x", "entities": [{"type": "text_link", "offset": 0, "length": 1, "url": "?"}]},
            "entity URL '?' is invalid: Wrong HTTP URL",
        ),
        ("deleteMessages", {"message_ids": []}, "message identifiers must be 1 to 100"),
        ("setMessageReaction", {"message_id": 1}, "message to react not found"),
        ("getFile", {}, "file_id is not specified"),
        ("getFile", {"file_id": "x"}, "wrong file_id or the file is temporarily unavailable"),
        ("getChatMember", {"user_id": 1}, "member not found"),
        ("getChatAdministrators", {}, "there are no administrators in the private chat"),
        ("setMyCommands", {"commands": "x"}, "can't parse list of bot commands JSON object"),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "x"}},
            "can't parse BotCommandScope: Unsupported type specified",
        ),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "chat"}},
            "can't parse BotCommandScope: Can't find field \"chat_id\"",
        ),
        ("setChatMenuButton", {"menu_button": {"type": "x"}}, "can't parse menu button: unsupported type"),
    ],
)
async def test_other_refusals(telegram, method, params, refusal):
    await telegram.start()
    assert await telegram.refused(method, chat_id=telegram.wei, **params) == f"Bad Request: {refusal}"


@pytest.mark.parametrize("kind", ["video", "audio", "voice", "animation", "sticker"])
async def test_other_media_are_sent(telegram, kind):
    await telegram.start()
    method = f"send{kind.title()}"
    response = await telegram.client.post(
        f"/bot{telegram.token}/{method}", data={"chat_id": telegram.wei}, files={kind: ("a.bin", b"bytes")}
    )
    file_id = response.json()["result"][kind]["file_id"]
    assert (await telegram.call(method, chat_id=telegram.wei, **{kind: file_id}))[kind]["file_id"] == file_id


@pytest.mark.parametrize(
    ("kind", "content", "status", "refusal"),
    [
        ("photo", b"no picture", 400, "Bad Request: IMAGE_PROCESS_FAILED"),
        (
            "photo",
            b"\x89PNG" + bytes(10 * 1024 * 1024),
            400,
            "Bad Request: file of size 10485764 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
        ("document", b"", 400, "Bad Request: file must be non-empty"),
        ("document", bytes(50 * 1024 * 1024 + 1), 413, "Request Entity Too Large"),
    ],
)
async def test_files_that_telegram_refuses(telegram, kind, content, status, refusal):
    await telegram.start()
    address = f"/bot{telegram.token}/send{kind.title()}"
    response = await telegram.client.post(address, data={"chat_id": telegram.wei}, files={kind: ("a", content)})
    assert (response.status_code, response.json()["description"]) == (status, refusal)


async def test_files_of_more_than_20_mb_are_not_given_back(telegram):
    await telegram.start()
    address = f"/bot{telegram.token}/sendDocument"
    response = await telegram.client.post(
        address, data={"chat_id": telegram.wei}, files={"document": ("a", bytes(20 * 1024 * 1024 + 1))}
    )
    assert (
        await telegram.refused("getFile", file_id=response.json()["result"]["document"]["file_id"])
        == "Bad Request: file is too big"
    )


async def test_a_quote_must_be_in_its_message(telegram):
    await telegram.start()
    asked = await telegram.say("where is the hub port?")
    reply = {"message_id": asked["message_id"], "quote": "hub port"}
    assert (await telegram.call("sendMessage", chat_id=telegram.wei, text="x", reply_parameters=reply))["quote"][
        "text"
    ] == "hub port"
    reply["quote"] = "airport"
    assert (
        await telegram.refused("sendMessage", chat_id=telegram.wei, text="x", reply_parameters=reply)
        == "Bad Request: QUOTE_TEXT_INVALID"
    )


async def test_several_messages_are_copied_and_forwarded_at_once(telegram):
    await telegram.start(telegram.wei, telegram.anna)
    numbers = [(await telegram.say(text))["message_id"] for text in ("1", "2")]
    place = {"chat_id": telegram.anna, "from_chat_id": telegram.wei}
    assert len(await telegram.call("copyMessages", message_ids=[*numbers, 1], **place)) == 2
    assert len(await telegram.call("forwardMessages", message_ids=numbers, **place)) == 2
    assert (
        await telegram.refused("forwardMessages", message_ids=[1], **place)
        == "Bad Request: there are no messages to forward"
    )


async def test_only_administrators_pin_in_groups(telegram):
    group = (await telegram.act("groups", title="G", members=[telegram.wei]))["id"]
    sent = await telegram.call("sendMessage", chat_id=group, text="x")
    assert (
        await telegram.refused("pinChatMessage", chat_id=group, message_id=sent["message_id"])
        == "Bad Request: not enough rights to manage pinned messages in the chat"
    )


async def test_a_public_channel_is_found_by_name(telegram):
    await telegram.act("groups", title="News", members=[telegram.wei], type="channel", username="scoda_news")
    post = await telegram.call("sendMessage", chat_id="@SCODA_news", text="x")
    assert "from" not in post
    assert (await telegram.call("editMessageText", chat_id="@scoda_news", message_id=post["message_id"], text="y"))[
        "text"
    ] == "y"
    assert (
        await telegram.call(
            "forwardMessage", chat_id="@scoda_news", from_chat_id="@scoda_news", message_id=post["message_id"]
        )
    )["forward_origin"]["type"] == "channel"
