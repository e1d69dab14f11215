"""`python -m bot.sandbox HOST PORT`: the sandbox alone, until standard input ends.

The bot starts it this way: without the bot's own imports it is ready in a third of the time. The keys come in the
environment, which other users of the machine can't read, unlike a command line. By hand, start `scoda sandbox`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from bot.sandbox.keys import BOT_VARIABLE, CONTROL_VARIABLE, keys_of
from bot.sandbox.server import serve_sandbox


async def _serve(host: str, port: int) -> None:
    keys = keys_of(bot=os.environ.get(BOT_VARIABLE, ""), control=os.environ.get(CONTROL_VARIABLE, ""))
    serving = asyncio.create_task(
        serve_sandbox(host, port, keys=keys, ready=lambda bound: print(f"http://{host}:{bound}/", flush=True))  # noqa: T201 - this is how its parent knows
    )
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def input_ended() -> None:
        loop.remove_reader(descriptor)
        serving.cancel()

    loop.add_reader(descriptor, input_ended)  # the process at the other end is gone, however it ended
    with suppress(asyncio.CancelledError):
        await serving


if __name__ == "__main__":
    try:
        asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
    except OSError as error:
        sys.exit(f"the sandbox can't listen on {sys.argv[1]}:{sys.argv[2]} ({error.strerror})")
