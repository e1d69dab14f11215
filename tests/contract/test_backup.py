"""Backups on both databases: what is restored is what was saved, into either, whoever writes meanwhile."""

from __future__ import annotations

import asyncio
import json
import stat
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, insert, select, text, update

import bot.app.backup
from bot.adapters.archive import sealing
from bot.adapters.archive.archive import parts_of, table_of, verified, writing
from bot.adapters.archive.folder import archives_in
from bot.adapters.archive.manifest import ArchiveManifest
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.knowledge_tables import proposals
from bot.adapters.database.proposal_store import OWED, SqlProposalStore
from bot.adapters.database.relay_store import SqlRelayStore
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.restored_rows import HELD, UNTIL_SAID
from bot.adapters.database.table_rows import rows_of
from bot.adapters.database.tables import (
    announcement_files,
    announcements,
    deliveries,
    gap_watches,
    inbox,
    organisers,
    visitors,
    whole_schema,
)
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.model import DeliveryState
from bot.app.backup import TakenBackup, take_backup
from bot.app.restore import Restored, read_archive, restore
from bot.chat_state.model import InboxState, StoredUpdate
from bot.errors import AlreadyRunningError, BackupError, DatabaseError
from bot.gaps.model import WatchState
from bot.ids import VisitorId
from bot.proposals.model import DECIDED
from bot.relay.courier import CourierParts, RelayCourier
from bot.relay.model import RelayedKind, RelayedState
from bot.settings import BackupSettings, Settings, StoreSettings
from tests.faults.sync_process import Moments
from tests.support.backup_kills import KilledState
from tests.support.relay_rig import AIDA, RULES, Calls, FirstLetters, relay_of, relayed
from tests.support.whole_state import BEGUN, contents, counts, fill

NOW = BEGUN + timedelta(days=1)
LATER = NOW + timedelta(days=2)
SECRET = "twelve words or so"
ENGINES = ("sqlite", "postgresql")

SettingsFor = Callable[..., Settings]


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_COST", 16)


@pytest.fixture
def settings_for(request: pytest.FixtureRequest, tmp_path: Path) -> SettingsFor:
    """Settings of an engine with a data folder of that name."""

    def made(engine: str, data: str = "home", *, passphrase: str = "") -> Settings:
        address = request.getfixturevalue("postgresql_url") if engine == "postgresql" else ""
        return Settings(
            store=StoreSettings(data=tmp_path / data, database_url=SecretStr(address)),
            backup=BackupSettings(passphrase=SecretStr(passphrase)),
        )

    return made


@asynccontextmanager
async def opened(settings: Settings, *, empties: bool = False) -> AsyncIterator[Database]:
    target = settings.store.database_url.get_secret_value() or settings.store.data / "state.sqlite3"
    async with open_database(target) as database:
        await database.migrate()
        if empties:
            async with database.writing() as connection:
                for table in reversed(whole_schema().sorted_tables):
                    await connection.execute(table.delete())
        yield database


async def restored(settings: Settings, taken: TakenBackup) -> Restored:
    manifest = read_archive(settings, taken.file)
    return await restore(settings, taken.file, manifest, replaces=True, now=LATER)


@pytest.mark.parametrize(
    ("source", "to", "passphrase"),
    [
        ("sqlite", "sqlite", SECRET),
        ("sqlite", "postgresql", ""),
        ("postgresql", "sqlite", SECRET),
        ("postgresql", "postgresql", ""),
    ],
)
async def test_O05_what_was_saved_on_one_is_there_on_the_other(source, to, passphrase, settings_for):
    home = settings_for(source, passphrase=passphrase)
    elsewhere = settings_for(to, "elsewhere", passphrase=passphrase)
    async with opened(home, empties=True) as database:
        await fill(database)
        before, numbers = await contents(database), await counts(database)
        taken = await take_backup(home, database, now=NOW)
    assert stat.S_IMODE(taken.file.stat().st_mode) == 0o600
    assert taken.is_sealed is bool(passphrase)
    manifest = read_archive(elsewhere, taken.file)
    assert {name: table.rows for name, table in manifest.tables.items()} == numbers
    await restore(elsewhere, taken.file, manifest, replaces=True, now=LATER)
    async with opened(elsewhere) as database:
        after = await contents(database)
        [integrity] = await _integrity(database, to)
    assert integrity == "ok"
    assert {name for name in before if before[name] != after[name]} == {"marks"}
    assert set(after["marks"]) - set(before["marks"]) == {(HELD, UNTIL_SAID)}


async def _integrity(database: Database, engine: str) -> list[str]:
    if engine == "postgresql":
        return ["ok"]
    async with database.reading() as connection:
        return list((await connection.scalars(text("PRAGMA integrity_check"))).all())


@pytest.mark.parametrize("engine", ENGINES)
async def test_O05_a_backup_under_load_is_one_moment_of_it(engine, settings_for, monkeypatch):
    """Before each table is read a visitor comes and a copy is sent, both in one transaction."""
    home, elsewhere, writes = settings_for(engine), settings_for(engine, "elsewhere"), count(1)
    async with opened(home, empties=True) as database:
        await fill(database, rows=40)
        async with database.writing() as connection:
            await connection.execute(update(deliveries).values(state=DeliveryState.PLANNED.value))

        async def read_while_others_write(connection, table):
            await _write_both(database, next(writes))
            async for piece in rows_of(connection, table):
                yield piece

        monkeypatch.setattr(bot.app.backup, "rows_of", read_while_others_write)
        taken = await take_backup(home, database, now=NOW)
    assert next(writes) > 20
    await restored(elsewhere, taken)
    async with opened(elsewhere) as database, database.reading() as connection:
        is_sent, is_new = deliveries.c.state == DeliveryState.SENT.value, visitors.c.visitor_id < 1000
        sent = await connection.scalar(select(func.count()).select_from(deliveries).where(is_sent))
        new = await connection.scalar(select(func.count()).select_from(visitors).where(is_new))
    assert (sent, new) == (1, 1), "what was committed before the first table was read, and nothing of what came later"


@pytest.mark.parametrize("engine", ENGINES)
async def test_O05_a_large_row_is_a_part_of_its_own_and_small_ones_share_one(engine, settings_for):
    """8 rows of 2 MB among 400 of 1 kB."""
    home, elsewhere = settings_for(engine), settings_for("sqlite", "elsewhere")
    lengths = [2_000_000 if number % 50 == 7 else 1_000 for number in range(400)]
    async with opened(home, empties=True) as database:
        async with database.writing() as connection:
            values = {"stage": "", "version": 1, "body": "", "created_at": NOW}
            keys = [f"{number:03}" for number in range(len(lengths))]
            await connection.execute(
                insert(announcements), [{**values, "announcement_id": key, "request_key": key} for key in keys]
            )
            blank = {"kind": "", "filename": "", "file_id": ""}
            for key, length in zip(keys, lengths, strict=True):
                row = {**blank, "announcement_id": key, "content": bytes(length)}
                await connection.execute(insert(announcement_files), row)
        tracemalloc.start()
        try:
            taken = await take_backup(home, database, now=NOW)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    parts = [one for one in taken.manifest.parts if table_of(one) == "announcement_files"]
    assert [one.rows for one in parts if one.size > 2**20] == [1] * 8
    assert len(parts) <= 17
    assert peak < 24_000_000, "one large row at a time"
    await restored(elsewhere, taken)
    async with opened(elsewhere) as database, database.reading() as connection:
        query = select(func.length(announcement_files.c.content)).order_by(announcement_files.c.announcement_id)
        assert list(await connection.scalars(query)) == lengths


async def _write_both(database: Database, number: int) -> None:
    row = {"visitor_id": number, "first_seen_at": NOW, "last_seen_at": NOW, "is_reachable": True}
    async with database.writing() as connection:
        await connection.execute(insert(visitors).values(row))
        its = deliveries.c.chat_id == 5_000_000_000 + number
        await connection.execute(update(deliveries).where(its).values(state=DeliveryState.SENT.value))


@pytest.mark.parametrize("engine", ENGINES)
async def test_numbers_that_were_given_once_are_not_given_again_after_a_restore(engine, settings_for):
    home, elsewhere = settings_for(engine), settings_for(engine, "elsewhere")
    async with opened(home, empties=True) as database:
        relays = SqlRelayStore(database)
        relay = relay_of()
        await relays.begin(relay)
        for words in ("one", "two"):
            await relays.add(relayed(relay, RelayedKind.WORDS, words))
        last = (await relays.messages(relay.relay_id))[-1].entry
        async with database.writing() as connection:
            await connection.execute(text("DELETE FROM relayed_messages"))
        taken = await take_backup(home, database, now=NOW)
    await restored(elsewhere, taken)
    async with opened(elsewhere) as database:
        relays = SqlRelayStore(database)
        await relays.add(relayed(relay, RelayedKind.WORDS, "three"))
        assert (await relays.messages(relay.relay_id))[-1].entry == last + 1


async def test_a_database_that_is_not_empty_is_replaced_only_on_demand_and_whole(settings_for):
    settings = settings_for("postgresql")
    async with opened(settings, empties=True) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
        await fill(database, rows=1, first=20)
        before = await contents(database)
    manifest = read_archive(settings, taken.file)
    with pytest.raises(DatabaseError, match="is not empty: back it up, then add --replace"):
        await restore(settings, taken.file, manifest, now=LATER)
    broken = replace(manifest, tables={**manifest.tables, "visitors": replace(manifest.tables["visitors"], rows=9)})
    with pytest.raises(BackupError, match="other numbers of rows"):
        await restore(settings, taken.file, broken, replaces=True, now=LATER)
    async with opened(settings) as database:
        assert await contents(database) == before
    await restore(settings, taken.file, manifest, replaces=True, now=LATER)
    async with opened(settings) as database:
        assert (await counts(database))["visitors"] == 3


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_state_that_is_in_use_is_not_replaced(engine, settings_for):
    settings = settings_for(engine)
    async with opened(settings, empties=True) as database:
        taken = await take_backup(settings, database, now=NOW)
        with pytest.raises(AlreadyRunningError, match="in use by another process"):
            await restored(settings, taken)


async def test_a_state_on_which_replicas_work_is_not_replaced_though_none_of_them_leads(settings_for):
    settings = settings_for("postgresql")
    async with opened(settings) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
    async with open_database(settings.store.database_url.get_secret_value(), shares=True) as replica:
        await replica.ping()
        with pytest.raises(AlreadyRunningError, match="in use by 1 other process of this program"):
            await restore(settings, taken.file, read_archive(settings, taken.file), replaces=True, now=LATER)


async def test_the_file_that_was_there_is_kept_aside_whole(settings_for):
    settings = settings_for("sqlite")
    async with opened(settings) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
        await fill(database, rows=1, first=20)
        before = await contents(database)
    done = await restored(settings, taken)
    assert done.aside is not None
    async with open_database(done.aside, lock=False) as database:
        assert await contents(database) == before
    async with opened(settings) as database:
        assert (await counts(database))["visitors"] == 3


async def test_O06_a_damaged_file_is_replaced_without_being_opened(settings_for):
    settings = settings_for("sqlite")
    async with opened(settings) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
    state = settings.store.data / "state.sqlite3"
    state.write_bytes(b"damaged" * 1000)
    with pytest.raises(DatabaseError, match="run `scoda restore` with the last backup, which keeps this file aside"):
        async with opened(settings):
            pass
    done = await restored(settings, taken)
    async with opened(settings) as database:
        assert (await counts(database))["visitors"] == 3
    assert done.aside is not None
    assert done.aside.read_bytes() == b"damaged" * 1000


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_archive_of_an_older_schema_is_brought_up_to_date(engine, settings_for, tmp_path):
    """Of a program that knew of no replicas."""
    settings = settings_for(engine)
    async with opened(settings, empties=True) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
    older = _as_of_0014(taken.file, tmp_path / "older.tar.gz")
    manifest = read_archive(settings, older)
    assert manifest.schema == "0014"
    await restore(settings, older, manifest, replaces=True, now=LATER)
    async with opened(settings) as database:
        numbers = await counts(database)
        async with database.reading() as connection:
            held = await connection.scalar(select(func.count()).where(inbox.c.holder != ""))
    assert (numbers["visitors"], numbers["proposals"]) == (3, 3)
    assert held == 0


_SINCE_0014 = {"inbox": "holder", "deliveries": "due_at"}


def _as_of_0014(file: Path, older: Path) -> Path:
    """The archive as that program would have written it."""
    manifest = verified(file, "")
    tables = {name: table for name, table in manifest.tables.items() if name != "replicas"}
    places = {name: [column for column, _ in tables[name].columns].index(new) for name, new in _SINCE_0014.items()}
    for name, place in places.items():
        columns = tables[name].columns
        tables[name] = replace(tables[name], columns=columns[:place] + columns[place + 1 :])
    with older.open("wb") as opened_, writing(opened_, "") as archive:
        for part, content in parts_of(file, "", manifest):
            if (name := table_of(part)) != "replicas":
                lines = _without(content, places[name]) if name in places else content
                archive.add(part.name, lines, rows=part.rows)
        archive.finish(replace(manifest, schema="0014", tables=tables))
    return older


def _without(lines: bytes, place: int) -> bytes:
    rows = [json.loads(line) for line in lines.splitlines()]
    return b"".join(json.dumps(row[:place] + row[place + 1 :]).encode() + b"\n" for row in rows)


async def test_an_archive_of_a_newer_schema_is_refused(settings_for, tmp_path):
    newer = ArchiveManifest(program="9.0.0", schema="9999", engine="sqlite", taken_at=NOW, tables={})
    with (tmp_path / "a").open("wb") as opened_, writing(opened_, "") as archive:
        archive.finish(newer)
    with pytest.raises(BackupError, match=r"was written by version 9.0.0 \(schema 9999, known up to"):
        read_archive(settings_for("sqlite"), tmp_path / "a")


@pytest.mark.parametrize("engine", ENGINES)
async def test_P03_who_was_forgotten_since_the_backup_does_not_come_back(engine, settings_for):
    settings, forgotten = settings_for(engine), VisitorId(5_000_000_001)
    async with opened(settings, empties=True) as database:
        await fill(database)
        taken = await take_backup(settings, database, now=NOW)
        await SqlVisitorStore(database, Tombstones(settings.store.data)).forget(forgotten, now=LATER)
    done = await restored(settings, taken)
    assert done.forgotten == 1
    async with opened(settings) as database:
        assert await SqlVisitorStore(database, Tombstones(settings.store.data)).find(forgotten) is None
        rows = await contents(database)
    named = {name for name in rows if any(forgotten in row for row in rows[name])}
    assert named == {"organisers"}, "roles are laid down by the next start: an owner remains"
    assert len(rows["visitors"]) == 2


async def test_P03_the_list_of_the_forgotten_goes_along_and_is_joined_with_the_newest(settings_for):
    home, elsewhere = settings_for("sqlite"), settings_for("sqlite", "elsewhere")
    one, other = VisitorId(5_000_000_001), VisitorId(5_000_000_002)
    async with opened(home) as database:
        await fill(database)
        async with database.writing() as connection:
            await connection.execute(organisers.delete())
        people = SqlVisitorStore(database, Tombstones(home.store.data))
        early = await take_backup(home, database, now=NOW)
        await people.forget(one, now=NOW)
        taken = await take_backup(home, database, now=NOW + timedelta(hours=1))
        await people.forget(other, now=LATER)
    assert (await restored(elsewhere, taken)).forgotten == 0
    assert set(await Tombstones(elsewhere.store.data).moments([one, other])) == {one}
    assert (await restored(elsewhere, early)).forgotten == 1, "it is known there from the other archive"
    for name in ("forgotten", "forgotten.key"):  # what the page tells to do on another machine
        (elsewhere.store.data / name).write_bytes((home.store.data / name).read_bytes())
    assert (await restored(elsewhere, taken)).forgotten == 1
    assert set(await Tombstones(elsewhere.store.data).moments([one, other])) == {one, other}


async def test_P03_a_list_that_is_begun_while_it_is_saved_is_never_saved_without_its_key(settings_for, monkeypatch):
    home, is_file, begun = settings_for("sqlite"), Path.is_file, []

    def somebody_is_forgotten_just_then(file: Path) -> bool:
        was_there = is_file(file)
        if file.name.startswith("forgotten") and not begun:
            begun.append(Tombstones(file.parent)._add(7, NOW))
        return was_there

    async with opened(home) as database:
        monkeypatch.setattr(Path, "is_file", somebody_is_forgotten_just_then)
        taken = [await take_backup(home, database, now=NOW + timedelta(hours=hours)) for hours in (0, 1)]
        monkeypatch.undo()
        (home.store.data / "forgotten.key").unlink()
        with pytest.raises(BackupError, match=r"forgotten\.key is gone"):
            await take_backup(home, database, now=LATER)
    assert [_listed(one.manifest) for one in taken] == [[], ["files/forgotten", "files/forgotten.key"]]


def _listed(manifest: ArchiveManifest) -> list[str]:
    return [one.name for one in manifest.parts if one.name.startswith("files/forgotten")]


@pytest.mark.parametrize("only", ["forgotten", "forgotten.key"])
async def test_P03_an_archive_with_only_one_of_the_list_and_its_key_is_refused(settings_for, tmp_path, only):
    home = settings_for("sqlite")
    async with opened(home) as database:
        manifest = (await take_backup(home, database, now=NOW)).manifest
    with (tmp_path / "a").open("wb") as opened_, writing(opened_, "") as archive:
        archive.add(f"files/{only}", b"")
        archive.finish(replace(manifest, tables={name: replace(one, rows=0) for name, one in manifest.tables.items()}))
    with pytest.raises(BackupError, match="who asked to be forgotten would come back: take another backup"):
        read_archive(home, tmp_path / "a")


async def test_P03_a_list_of_another_installation_is_not_mixed_up_with_it(settings_for):
    home, elsewhere = settings_for("sqlite"), settings_for("sqlite", "elsewhere")
    for settings in (home, elsewhere):
        async with opened(settings) as database:
            await SqlVisitorStore(database, Tombstones(settings.store.data)).forget(VisitorId(7), now=NOW)
            taken = await take_backup(settings, database, now=NOW)
    with pytest.raises(DatabaseError, match="it is of another installation"):
        await restored(home, taken)


@pytest.mark.parametrize("engine", ENGINES)
async def test_D31_what_was_in_flight_in_a_backup_is_not_sent_again_and_the_rest_waits_for_a_word(engine, settings_for):
    settings = settings_for(engine)
    data = settings.store.data
    async with opened(settings, empties=True) as database:
        await fill(database)
        relays, relay = SqlRelayStore(database), relay_of()
        await relays.begin(relay)
        await relays.add(relayed(relay, RelayedKind.WORDS, "When do you open?"))
        await SqlInbox(database).store([StoredUpdate(77, AIDA, '{"text": "hello"}', NOW, 0)])
        decided = next(iter(DECIDED)).value
        async with database.writing() as connection:
            await connection.execute(
                update(proposals).where(proposals.c.proposal_id == "w1").values(news=OWED, state=decided)
            )
            await connection.execute(update(gap_watches).values(state=WatchState.WAITING))
        taken = await take_backup(settings, database, now=NOW)
    done = await restored(settings, taken)
    assert done.held == {"unanswered": 1, "relayed": 1, "news": 1, "wishes": 3, "edits": 0}
    async with opened(settings) as database:
        guard = FileRestoreGuard(database, data)
        assert await guard.was_restored()
        assert await guard.needs_word()
        assert await SqlInbox(database).count_pending() == 0
        async with database.reading() as connection:
            query = select(inbox.c.state, inbox.c.payload).where(inbox.c.update_id == 77)
            state, payload = (await connection.execute(query)).one()
        assert (state, payload) == (InboxState.FAILED, "")
        assert await SqlProposalStore(database).doubt_interrupted() == 1
        assert await SqlProposalStore(database).owed(limit=9) == []
        calls = Calls()
        courier = RelayCourier(RULES, _parts(database, calls))
        await courier.begin(now=NOW)
        await courier.turn(NOW)
        assert [one.kind for one in calls.sent] == [RelayedKind.DOUBT], "its writer hears of it; it is not sent again"
        first = (await SqlRelayStore(database).messages(relay.relay_id))[0]
        assert first.state is RelayedState.IN_DOUBT
        await guard.accept()
        assert not await guard.was_restored()
    async with opened(settings) as database:
        assert not await FileRestoreGuard(database, data).was_restored()


def _parts(database: Database, calls: Calls) -> CourierParts:
    return CourierParts(
        store=SqlRelayStore(database),
        post=calls,
        identifier=FirstLetters(),
        interpreter=None,
        transaction=database.transaction,
    )


@pytest.mark.nightly
def test_O05_a_restore_that_is_killed_leaves_a_postgresql_database_as_it_was_or_as_it_is_to_be(
    tmp_path: Path, postgresql_url: str
) -> None:
    state = KilledState(tmp_path, postgresql_url)
    asyncio.run(_emptied(postgresql_url))
    archives, states = [], []
    for first in (1, 4):
        state.fill(first)
        states.append(state.rows())
        state.archives = tmp_path / f"archives-{first}"
        assert not state.backs_up(Moments())
        archives.append(archives_in(state.archives, 0)[0].file)
    state.kill_restores(6, *archives, states=states)


async def _emptied(address: str) -> None:
    settings = Settings(store=StoreSettings(database_url=SecretStr(address)))
    async with opened(settings, empties=True):
        pass
