"""Whatever a bot sends, it gets an answer that Telegram could give, and the answer is JSON."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.engine import SandboxEngine, SandboxLimits
from bot.sandbox.entities import formatted
from bot.sandbox.flood import FloodRules
from bot.sandbox.methods import METHODS, perform
from bot.sandbox.wire import ApiError, Params
from tests.support.sandbox_keys import SANDBOX_TOKEN

NAMES = [
    "chat_id",
    "from_chat_id",
    "message_id",
    "message_ids",
    "text",
    "caption",
    "parse_mode",
    "entities",
    "caption_entities",
    "reply_markup",
    "reply_parameters",
    "link_preview_options",
    "photo",
    "document",
    "media",
    "latitude",
    "longitude",
    "title",
    "address",
    "emoji",
    "action",
    "draft_id",
    "reaction",
    "commands",
    "scope",
    "language_code",
    "description",
    "name",
    "menu_button",
    "callback_query_id",
    "inline_query_id",
    "results",
    "button",
    "next_offset",
    "offset",
    "limit",
    "allowed_updates",
    "user_id",
    "file_id",
    "inline_message_id",
    "show_alert",
    "url",
]
PERSONA = 5_000_000_000_000_001
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([PERSONA, "HTML", "1", "article"])
)
KEYS = st.sampled_from(
    [
        "type",
        "id",
        "text",
        "offset",
        "length",
        "inline_keyboard",
        "message_id",
        "callback_data",
        "input_message_content",
        "message_text",
        "chat_id",
        "url",
    ]
) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
BLOCKING = {"getupdates", "setwebhook", "deletewebhook"}


def sandbox_with_a_message():
    sandbox = SandboxEngine(lambda: 1_795_608_000.0, rules=FloodRules(), limits=SandboxLimits(), token=SANDBOX_TOKEN)
    bot = sandbox.bot_of(SANDBOX_TOKEN)
    persona = sandbox.world.personas[PERSONA]
    persona.started.add(bot.id)
    return sandbox, bot


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(set(METHODS) - BLOCKING)),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    st.booleans(),
)
def test_any_parameters_are_answered_or_refused(method, values, to_a_known_chat):
    if to_a_known_chat:
        values["chat_id"] = PERSONA
    asyncio.run(call(method, values))


async def call(method, values):
    sandbox, bot = sandbox_with_a_message()
    try:
        result = await perform(sandbox, bot, method, Params(values))
    except ApiError as error:
        result = error.envelope()
        code = error.code
    else:
        code = 200
    assert code == 200 or 400 <= code < 500
    assert json.loads(json.dumps(result)) is not None
    json.dumps([one.as_json() for one in sandbox.calls.calls])


@pytest.mark.parametrize("depth", [10, 100_000])
def test_deep_nesting_is_refused(depth):
    values = {"chat_id": PERSONA, "text": "x", "reply_markup": "[" * depth}
    with pytest.raises(ApiError, match="can't parse reply keyboard markup JSON object"):
        asyncio.run(perform(*sandbox_with_a_message(), "sendMessage", Params(values)))


@pytest.mark.parametrize(
    "markup", ["<b>" * 20_000, "*_" * 20_000, "<b>x</b>" * 10_000, "&lt;" * 40_000, "a.b " * 10_000, "@abc " * 10_000]
)
@pytest.mark.parametrize("mode", ["HTML", "MarkdownV2", "Markdown"])
def test_long_markup_is_read_in_one_pass(markup, mode):
    try:
        outcome = formatted(markup, mode).text
    except ApiError as error:
        outcome = error.description
    assert outcome
