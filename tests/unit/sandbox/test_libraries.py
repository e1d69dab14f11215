"""The two common Python libraries run against the sandbox and read every answer: python-telegram-bot and aiogram."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import aiogram
import pytest
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    MenuButtonCommands,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Application, ApplicationBuilder, CommandHandler, MessageHandler, filters

from bot.sandbox.attachments import small_png

KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("Site", url="https://scoda.cn/en")]]
)


def ptb_builder(telegram):
    return (
        ApplicationBuilder()
        .token(telegram.token)
        .base_url(f"{telegram.base_url}/bot")
        .base_file_url(f"{telegram.base_url}/file/bot")
    )


@pytest.fixture
async def ptb(telegram) -> AsyncIterator[Bot]:
    await telegram.start(telegram.wei, telegram.anna)
    async with Bot(
        telegram.token, base_url=f"{telegram.base_url}/bot", base_file_url=f"{telegram.base_url}/file/bot"
    ) as bot:
        yield bot


@pytest.fixture
async def aio(telegram) -> AsyncIterator[aiogram.Bot]:
    await telegram.start(telegram.wei, telegram.anna)
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.base_url))
    async with aiogram.Bot(telegram.token, session=session, default=DefaultBotProperties(parse_mode="HTML")) as bot:
        yield bot


async def answers(telegram, count):
    """The texts that the bot has sent to Wei, once there are so many."""
    found: list[str] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found = [one["text"] for one in await telegram.messages(telegram.wei) if one["from"]["is_bot"]]
    return found


def echo_application(builder) -> Application:
    async def greet(update, context):
        await update.message.reply_text(f"Hello, {update.effective_user.first_name}: {context.args}")

    async def echo(update, context):
        await update.message.reply_text(
            update.message.text, reply_parameters=ReplyParameters(update.message.message_id)
        )

    application = builder.build()
    application.add_handler(CommandHandler("start", greet))
    application.add_handler(MessageHandler(filters.TEXT, echo))
    return application


async def test_an_echo_bot_of_python_telegram_bot_polls(telegram):
    application = echo_application(ptb_builder(telegram))
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=20)
        await telegram.act(f"personas/{telegram.wei}/start", payload="abc")
        await telegram.say("سلام")
        assert await answers(telegram, 2) == ["Hello, Wei 伟: ['abc']", "سلام"]
        telegram.updates.end_poll(None)
        await application.updater.stop()
        await application.stop()


async def test_an_echo_bot_of_python_telegram_bot_takes_webhooks(telegram):
    application = echo_application(ptb_builder(telegram).updater(None))

    async def hook(request: web.Request) -> web.Response:
        await application.process_update(Update.de_json(await request.json(), application.bot))
        return web.Response()

    site = web.Application()
    site.router.add_post("/hook", hook)
    async with application, TestServer(site) as server:
        await application.bot.set_webhook(str(server.make_url("/hook")), secret_token="s")
        for number in range(5):
            await telegram.say(str(number))
        assert await answers(telegram, 5) == ["0", "1", "2", "3", "4"]
        assert (await application.bot.get_webhook_info()).url.endswith("/hook")
        await application.bot.delete_webhook()


async def test_an_echo_bot_of_aiogram_polls(telegram, aio):
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def echo(message: aiogram.types.Message) -> None:
        await message.answer(f"<b>{message.text}</b>")

    polling = asyncio.create_task(
        dispatcher.start_polling(aio, handle_signals=False, polling_timeout=20, close_bot_session=False)
    )
    await telegram.say("Привет")
    assert await answers(telegram, 1) == ["Привет"]
    polling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await polling


async def test_python_telegram_bot_reads_every_answer(telegram, ptb):
    chat = telegram.wei
    assert ptb.username == "scoda_sandbox_bot"
    sent = await ptb.send_message(
        chat, "<b>a</b> <a href='https://scoda.cn'>b</a> /help", parse_mode="HTML", reply_markup=KEYBOARD
    )
    assert [entity.type for entity in sent.entities] == ["bold", "text_link", "bot_command"]
    assert sent.reply_markup == KEYBOARD
    edited = await sent.edit_text("<blockquote expandable>c</blockquote>", parse_mode="HTML")
    assert edited.entities[0].type == "expandable_blockquote"
    assert (await edited.edit_reply_markup(KEYBOARD)).reply_markup == KEYBOARD
    await ptb.send_message(chat, "x", reply_markup=ReplyKeyboardMarkup([["A"]]))
    assert (
        await ptb.send_message(chat, "x", reply_parameters=ReplyParameters(sent.message_id))
    ).reply_to_message.message_id == sent.message_id
    photo = await ptb.send_photo(chat, small_png(), caption="<i>p</i>", parse_mode="HTML")
    assert photo.photo[-1].width == 64
    assert (await photo.edit_caption("new")).caption == "new"
    document = await ptb.send_document(chat, b"bytes", filename="a.txt")
    assert bytes(await (await document.document.get_file()).download_as_bytearray()) == b"bytes"
    album = await ptb.send_media_group(
        chat, [InputMediaPhoto(small_png(), caption="1"), InputMediaPhoto(photo.photo[-1].file_id)]
    )
    assert album[0].media_group_id == album[1].media_group_id
    assert (await ptb.send_location(chat, 36.26, 120.03)).location.latitude == 36.26
    assert (await ptb.send_venue(chat, 36.26, 120.03, "SCODA", "Jiaozhou")).venue.title == "SCODA"
    assert (await ptb.send_contact(chat, "+86", "N")).contact.first_name == "N"
    assert (await ptb.send_dice(chat)).dice.value
    assert (
        await ptb.forward_message(telegram.anna, chat, sent.message_id)
    ).forward_origin.sender_user.id == telegram.bot_id
    assert (await ptb.copy_message(telegram.anna, chat, sent.message_id)).message_id
    assert len(await ptb.copy_messages(telegram.anna, chat, [sent.message_id])) == 1
    assert await ptb.send_message_draft(chat, 1, "dra")
    assert await ptb.send_chat_action(chat, "typing")
    assert await ptb.set_message_reaction(chat, sent.message_id, "👍")
    assert await ptb.pin_chat_message(chat, sent.message_id)
    assert (await ptb.get_chat(chat)).pinned_message.message_id == sent.message_id
    assert await ptb.unpin_all_chat_messages(chat)
    assert await ptb.delete_message(chat, sent.message_id)
    assert await ptb.delete_messages(chat, [photo.message_id])


async def test_python_telegram_bot_reads_what_a_bot_sets(telegram, ptb):
    commands = [BotCommand("help", "Справка")]
    scope = BotCommandScopeChat(telegram.wei)
    assert await ptb.set_my_commands(commands, scope=scope, language_code="ru")
    assert await ptb.get_my_commands(scope, "ru") == tuple(commands)
    assert await ptb.delete_my_commands(scope, "ru")
    assert await ptb.set_my_name("Guide", "en")
    assert (await ptb.get_my_name("en")).name == "Guide"
    assert await ptb.set_my_description("About")
    assert (await ptb.get_my_description("fa")).description == "About"
    assert await ptb.set_my_short_description("Short")
    assert (await ptb.get_my_short_description()).short_description == "Short"
    assert await ptb.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert isinstance(await ptb.get_chat_menu_button(), MenuButtonCommands)
    group = (await telegram.act("groups", title="G", members=[telegram.wei], bot_is_admin=True))["id"]
    assert (await ptb.get_chat(group)).title == "G"
    assert {member.status for member in await ptb.get_chat_administrators(group)} == {"creator", "administrator"}
    assert await ptb.get_chat_member_count(group) == 2
    assert (await ptb.get_chat_member(group, telegram.wei)).user.first_name == "Wei 伟"
    assert await ptb.leave_chat(group)
    with pytest.raises(Forbidden):
        await ptb.leave_chat(group)


async def test_python_telegram_bot_sees_telegrams_errors(telegram, ptb, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with pytest.raises(BadRequest, match=re.escape("Can't parse entities")):
        await ptb.send_message(telegram.wei, "<x>", parse_mode="HTML")
    with pytest.raises(Forbidden, match="initiate conversation"):
        await ptb.send_message(telegram.john, "x")
    await telegram.act("faults", method="sendMessage", kind="429", retry_after=7)
    with pytest.raises(RetryAfter) as flood:
        await ptb.send_message(telegram.wei, "x")
    assert flood.value.retry_after.total_seconds() == 7
    await telegram.act("faults", method="sendMessage", kind="502")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await ptb.send_message(telegram.wei, "x")
    group = (await telegram.act("groups", title="G", members=[telegram.wei], type="group"))["id"]
    new = (await telegram.act(f"groups/{group}/migrate"))["id"]
    with pytest.raises(ChatMigrated) as migrated:
        await ptb.send_message(group, "x")
    assert migrated.value.new_chat_id == new
    await ptb.set_webhook("http://127.0.0.1:9/")
    with pytest.raises(Conflict):
        await ptb.get_updates()
    await telegram.act(f"bots/{telegram.bot_id}/revoke")
    with pytest.raises(InvalidToken):
        await ptb.get_me()


async def every_update(telegram):
    """One update of each kind that persons cause."""
    group = (await telegram.act("groups", title="G", members=[telegram.wei], type="group"))["id"]
    await telegram.say("/help me", chat_id=group)
    await telegram.act(f"groups/{group}/migrate")
    await telegram.act(f"personas/{telegram.wei}/block")
    message = (await telegram.act(f"personas/{telegram.wei}/start"))["message"]
    await telegram.act(f"personas/{telegram.wei}/edit", message_id=message["message_id"], text="edited")
    for kind in ("location", "photo", "document", "voice", "sticker", "contact", "dice", "video", "poll"):
        await telegram.act(f"personas/{telegram.wei}/attach", kind=kind)
    sent = await telegram.call("sendMessage", chat_id=telegram.wei, text="?", reply_markup=KEYBOARD.to_dict())
    await telegram.act(f"personas/{telegram.wei}/press", message_id=sent["message_id"], callback_data="y", wait_s=0)
    await telegram.act(f"personas/{telegram.wei}/press", message_id=1, callback_data="forged", wait_s=0)
    await telegram.act(f"personas/{telegram.wei}/inline", query="q", wait_s=0)
    return await telegram.call("getUpdates")


async def test_both_libraries_read_every_update(telegram, ptb, aio):
    raw = await every_update(telegram)
    read = [Update.de_json(update, ptb) for update in raw]
    assert len(read) == 20
    assert all(update.effective_user for update in read)
    for update in raw:
        assert aiogram.types.Update.model_validate(update, context={"bot": aio}).event_type in update


async def test_both_libraries_answer_queries(telegram, ptb, aio):
    for bot in (ptb, aio):
        await telegram.act(f"personas/{telegram.wei}/inline", query="q", wait_s=0)
        query_id = (await telegram.call("getUpdates"))[-1]["inline_query"]["id"]
        content = InputTextMessageContent("*x*", parse_mode="Markdown")
        results = [InlineQueryResultArticle("1", "T", content, reply_markup=KEYBOARD)]
        if bot is aio:
            text = aiogram.types.InputTextMessageContent(message_text="<b>x</b>")
            results = [aiogram.types.InlineQueryResultArticle(id="1", title="T", input_message_content=text)]
        assert await bot.answer_inline_query(query_id, results)
        chosen = await telegram.act(f"personas/{telegram.wei}/inline/choose", result_id="1", query="q")
        assert chosen["message"]["entities"][0]["type"] == "bold"


async def test_aiogram_reads_every_answer(telegram, aio):
    chat = telegram.wei
    keyboard = aiogram.types.InlineKeyboardMarkup(
        inline_keyboard=[[aiogram.types.InlineKeyboardButton(text="Yes", callback_data="y")]]
    )
    assert (await aio.me()).username == "scoda_sandbox_bot"
    sent = await aio.send_message(chat, "<b>a</b>", reply_markup=keyboard)
    assert sent.html_text == "<b>a</b>"
    assert sent.reply_markup.model_dump() == keyboard.model_dump()
    assert (await sent.edit_text("<u>b</u>")).html_text == "<u>b</u>"
    photo = await aio.send_photo(chat, BufferedInputFile(small_png(), "a.png"), caption="c")
    assert photo.photo[0].height == 40
    document = await aio.send_document(chat, BufferedInputFile(b"bytes", "a.txt"))
    assert (await aio.download(document.document)).read() == b"bytes"
    assert (await aio.send_venue(chat, 36.2, 120.0, "T", "A")).venue.address == "A"
    assert (await aio.send_location(chat, 36.2, 120.0)).location.longitude == 120.0
    assert (await aio.forward_message(telegram.anna, chat, sent.message_id)).forward_origin.type == "user"
    assert (await aio.copy_message(telegram.anna, chat, sent.message_id)).message_id
    assert await aio.send_chat_action(chat, "typing")
    assert await aio.set_my_commands([aiogram.types.BotCommand(command="a", description="b")])
    assert (await aio.get_my_commands())[0].command == "a"
    assert (await aio.get_my_description()).description == ""
    assert (await aio.get_chat_menu_button()).type == "commands"
    group = (await telegram.act("groups", title="G", members=[telegram.wei], bot_is_admin=True))["id"]
    for chat_id in (chat, group):
        assert (await aio.get_chat(chat_id)).id == chat_id
    assert len(await aio.get_chat_administrators(group)) == 2
    assert (await aio.get_chat_member(group, telegram.bot_id)).status == "administrator"
    assert await aio.pin_chat_message(chat, sent.message_id)
    assert (await aio.get_webhook_info()).url == ""
    assert await aio.delete_message(chat, sent.message_id)
    with pytest.raises(aiogram.exceptions.TelegramRetryAfter):
        await aio.close()
    with pytest.raises(aiogram.exceptions.TelegramForbiddenError):
        await aio.send_message(telegram.john, "x")
    assert await aio.log_out()
