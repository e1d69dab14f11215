"""Bots that ask a Chroma server, and knowledge that changes while they run."""

from __future__ import annotations

from tests.support.chroma_server import ChromaServer, Counter
from tests.support.little_knowledge import write_document
from tests.support.processes import BotProcess, Place
from tests.support.replicas import Fleet
from tests.support.visitors import Visitor, until

HOURS = "When does the ferry to the island leave?"
_FERRY = """\
## The ferry {{#ferry}}

The ferry to the island leaves at {time} from pier three.

? When does the ferry to the island leave?
"""


def on(server: ChromaServer | Counter) -> dict[str, object]:
    """Settings with which this server is asked, however few rows there are."""
    return {"store_chroma_url": server.url, "store_nominated_from": 0}


def publish_ferry(place: Place | Fleet, time: str) -> None:
    write_document(place.knowledge, "en/venue/ferry.md", "The ferry", _FERRY.format(time=time))


async def vectors(bot: BotProcess) -> str:
    """What /readyz says of the vectors; it is 200 whatever that is."""
    ready = await bot.get("/readyz")
    if ready is None:
        return "no answer of the bot"
    assert ready.status_code == 200
    told = ready.json()
    assert (told["status"] == "ok") <= (told["components"]["vectors"] == "ok")
    return str(told["components"]["vectors"])


async def asks_server(bot: BotProcess) -> None:
    await until(lambda: _is_ok(bot), "a bot that asks the server")


async def _is_ok(bot: BotProcess) -> bool:
    return await vectors(bot) == "ok"


async def told(visitor: Visitor, wanted: str) -> None:
    """Ask until the answer is from the new version."""

    async def has_it() -> bool:
        return wanted in (await visitor.ask(HOURS))["text"]

    await until(has_it, f"an answer with {wanted}")
