import pytest

from bot.chat.wire.identity import username_of
from bot.errors import TelegramError
from tests.support.sandbox_keys import SANDBOX_TOKEN, sandbox_server


async def test_the_server_tells_the_name_of_the_token_s_bot():
    async with sandbox_server() as server:
        (bot,) = server.sandbox.world.bots.values()
        assert await username_of(SANDBOX_TOKEN, base_url=server.base_url, timeout_s=20.0) == bot.username


async def test_a_wrong_token_and_a_server_that_is_away_are_told_apart():
    async with sandbox_server() as server:
        with pytest.raises(TelegramError, match="refuses the bot's token"):
            await username_of("7000009:another", base_url=server.base_url, timeout_s=20.0)
    with pytest.raises(TelegramError, match="name it with --bot"):
        await username_of(SANDBOX_TOKEN, base_url=server.base_url, timeout_s=20.0)
