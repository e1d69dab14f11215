"""The drill: a backup under load, a restore elsewhere, a start that sends nothing, a word, and it goes on."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.adapters.database.relay_store import SqlRelayStore
from bot.adapters.database.relay_tables import relayed_messages
from bot.adapters.system.clock import utc_now
from bot.announcements.model import Content
from bot.ids import Locale, VisitorId
from bot.relay.model import RelayedKind, RelayedState
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.relay_rig import relay_of, relayed
from tests.support.stored_announcements import approved, subscribe
from tests.support.visitors import Town, Visitor, until
from tests.support.whole_state import counts

QUESTION = "How many freight trains ran in 2025?"
FORUM = "The forum begins at ten."
WORDS = "May I bring my dog?"
SECRET = "a passphrase of the drill"


def done(place: Place, *arguments: str, **settings: object) -> dict[str, Any]:
    """What a command of `scoda` tells as JSON."""
    ended = place.scoda(*arguments, "--json", backup_passphrase=SECRET, **settings)
    assert ended.returncode == 0, ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    return json.loads(ended.stdout)


async def test_D31_O05_the_drill(place: Place, town: Town, tmp_path: Path):
    ivan = await town.visitor("Ivan", "ru")
    group = (await town.act("groups", members=[ivan.id], title="Staff"))["id"]
    settings = {"relay_group": group, "relay_language": "ru"}
    aida, crowd = await town.visitor("Aida", "en"), await town.visitors(20)

    async with running_bot(place, town.base_url, **settings) as bot:
        for visitor in (aida, *crowd):
            await visitor.write(QUESTION)
        taken = await asyncio.to_thread(done, place, "backup", "--to", str(tmp_path / "under-load"))
        assert taken["encrypted"]
        assert taken["rows"] > 0
        await until(lambda: _all_answered([aida, *crowd]), "all answers")
        assert await bot.stop() == 0

    await _leave_what_is_about_to_be_sent(place, aida)
    taken = done(place, "backup", "--to", str(tmp_path / "archives"), "--keep", "1")
    async with open_database(place.data / "state.sqlite3", lock=False) as database:
        before = await counts(database)

    async with running_bot(place, town.base_url, **settings):
        await until(lambda: _was_told(town, aida, group), "what had waited")

    elsewhere = Place(place.home, place.knowledge, tmp_path / "elsewhere")
    restored = done(elsewhere, "restore", taken["file"], "--yes")
    assert (restored["rows"], restored["held"]["relayed"]) == (taken["rows"], 1)
    shutil.copytree(place.data / "index", elsewhere.data / "index")
    async with open_database(elsewhere.data / "state.sqlite3", lock=False) as database:
        after = await counts(database)
    assert {name: after[name] - before[name] for name in before if after[name] != before[name]} == {"marks": 1}

    calls = len(town.calls("sendMessage"))
    async with running_bot(elsewhere, town.base_url, **settings) as bot:
        await until(lambda: bot.events("database_restore_found"), "the restore's being found")
        await until(lambda: _waits(bot), "the state of health")
        await crowd[0].ask(QUESTION)
        assert len(town.calls("sendMessage")) == calls + 1, "an answer to a question, and nothing else"
        assert done(elsewhere, "restore", "--confirm") == {"confirmed": True}
        await until(lambda: len(town.calls("sendMessage")) > calls + 1, "word of what is in doubt")
        assert await _told(town, group) == 1, "it was not sent again"
        assert await _heard(aida, FORUM) == 1, "it waits for an organiser's decision"
        state = await bot.get("/readyz")
        assert state is not None
        assert state.json()["components"]["restore"] == "ok"
        assert await bot.stop() == 0
    state_file = elsewhere.data / "state.sqlite3"
    async with open_database(state_file, lock=False) as database, database.reading() as connection:
        query = select(relayed_messages.c.kind, relayed_messages.c.state).order_by(relayed_messages.c.entry)
        found = [tuple(row) for row in await connection.execute(query)]
    assert found == [(RelayedKind.WORDS, RelayedState.IN_DOUBT), (RelayedKind.DOUBT, RelayedState.SENT)]


async def _leave_what_is_about_to_be_sent(place: Place, aida: Visitor) -> None:
    """An announcement that is due and a message to the staff, as a bot leaves them that ends at that moment."""
    content = Content(source=Locale.EN, texts={Locale.EN: FORUM})
    async with open_database(place.data / "state.sqlite3") as database:
        await subscribe(database, [aida.id])
        due = approved("forum", content, due_at=utc_now().replace(microsecond=0) - timedelta(minutes=1))
        await SqlAnnouncementStore(database).create(due, request_key="forum")
        relay = relay_of(visitor_id=VisitorId(aida.id), at=utc_now())
        await SqlRelayStore(database).begin(relay)
        await SqlRelayStore(database).add(relayed(relay, RelayedKind.WORDS, WORDS, at=utc_now()))


async def _all_answered(visitors: list[Visitor]) -> bool:
    return all([await visitor.answers() for visitor in visitors])


async def _was_told(town: Town, aida: Visitor, group: int) -> bool:
    return await _heard(aida, FORUM) == 1 and await _told(town, group) == 1


async def _told(town: Town, group: int) -> int:
    messages = (await town.see(f"chats/{group}/messages"))["messages"]
    return sum(WORDS in one.get("text", "") for one in messages)


async def _heard(visitor: Visitor, words: str) -> int:
    return sum(words in one.get("text", "") for one in await visitor.messages())


async def _waits(bot: BotProcess) -> bool:
    answer = await bot.get("/readyz")
    components = {} if answer is None else answer.json()["components"]
    return str(components.get("restore", "")).startswith("restored: waits for `scoda restore --confirm`")
