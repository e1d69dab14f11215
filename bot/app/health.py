"""What the route /readyz says of each part: `ok`, or in a few words what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.adapters.index.chroma import is_answering
from bot.app.core import Core
from bot.chat_state.ports import Inbox
from bot.errors import ScodaError

_CHECK_S = 5.0
"""How long a part may take to answer before it counts as ill; chosen: whoever asks for /readyz waits no longer."""

States = Mapping[str, str]
Look = Callable[[], str]


def health_of(core: Core, inbox: Inbox, states: Mapping[str, Look]) -> Callable[[], Awaitable[States]]:
    """A function that asks every part; `states` holds those that tell by themselves."""

    async def health() -> States:
        found = {
            "database": await _state(core.database.ping()),
            "inbox": await _state(inbox.count_pending()),
            "knowledge": await _knowledge_state(core),
            "publication": "ok" if (held := core.versions.held.read()) is None else f"held: {held.reasons[0]}",
            **{name: look() for name, look in states.items()},
        }
        if core.settings.store.chroma_url:
            found["vectors"] = await _vectors_state(core)
        if core.writer is not None:
            found["model"] = await core.writer.model.state()
        return found

    return health


async def _state(check: Awaitable[object]) -> str:
    """`ok`, or in a few words what is wrong."""
    try:
        async with asyncio.timeout(_CHECK_S):
            await check
    except TimeoutError:
        return f"no answer within {_CHECK_S:.0f} s"
    except ScodaError as error:
        return type(error).__name__
    return "ok"


async def _knowledge_state(core: Core) -> str:
    reading_in = core.ingestion.reading_in
    return await _state(_knowledge_answers(core)) if reading_in is None else f"indexing {reading_in:.0%}"


async def _knowledge_answers(core: Core) -> None:
    core.index.current()


async def _vectors_state(core: Core) -> str:
    """Of the Chroma server; without it answers come from the files, and are the same."""
    if not await is_answering(core.settings.store.chroma_url, timeout_s=_CHECK_S):
        return "no answer: every row is compared"
    return "no collection of this version yet: every row is compared" if core.index.lacks_store else "ok"
