"""SQLite statements in one trip to the connection's thread, through SQLAlchemy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.adapters.database import one_trip
from bot.adapters.database.connection import Database, open_database


@pytest.fixture
async def database(tmp_path: Path):
    async with open_database(tmp_path / "state.sqlite3") as database:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
        yield database


async def names(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT name FROM things ORDER BY id"))).scalars())


async def insert(database: Database, *rows: str) -> int:
    async with database.writing() as connection:
        given = [{"name": name} for name in rows]
        return (await connection.execute(text("INSERT INTO things (name) VALUES (:name)"), given)).rowcount


async def test_each_statement_is_one_trip(database, monkeypatch):
    trips = []
    in_thread = one_trip.OneTripConnection.in_thread

    async def counted(self, function, *arguments):
        trips.append(str(arguments[0]) if arguments else function.__name__)
        return await in_thread(self, function, *arguments)

    monkeypatch.setattr(one_trip.OneTripConnection, "in_thread", counted)
    await insert(database, "one")
    assert await names(database) == ["one"]
    assert [trip.split()[0] for trip in trips] == ["INSERT", "commit", "SELECT"]


async def test_rows_counts_and_rows_returned_are_as_ever(database):
    assert await insert(database, "one") == 1
    assert await insert(database, "two", "three") == 2
    async with database.writing() as connection:
        changed = await connection.execute(text("UPDATE things SET name = name || '!' WHERE id > 1"))
        gone = await connection.execute(text("DELETE FROM things WHERE id = 1 RETURNING name"))
        assert (changed.rowcount, gone.scalars().all()) == (2, ["one"])
    assert await names(database) == ["two!", "three!"]


async def test_an_error_of_a_statement_takes_the_transaction_back(database):
    with pytest.raises(Exception, match="UNIQUE") as raised:
        await insert(database, "one", "one")
    assert isinstance(raised.value.__cause__, IntegrityError)
    assert await names(database) == []


async def test_a_cancelled_statement_leaves_the_connection_usable(database):
    task = asyncio.create_task(insert(database, "one"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await insert(database, "two")
    assert await names(database) in (["two"], ["one", "two"])


async def test_a_connection_that_is_closed_answers_nothing(tmp_path):
    async with open_database(tmp_path / "state.sqlite3") as database:
        await database.ping()
    connection = one_trip.OneTripConnection(str(tmp_path / "state.sqlite3"))
    await connection
    await connection.close()
    with pytest.raises(ValueError, match="closed"):
        await connection.cursor().execute("SELECT 1")


async def test_what_was_announced_to_begin_does_not_outlive_its_transaction(tmp_path):
    connection = await one_trip.OneTripConnection(str(tmp_path / "state.sqlite3"))
    connection.begin_with(["BEGIN IMMEDIATE"])
    await connection.rollback()
    await connection.cursor().execute("SELECT 1")
    assert not connection.in_transaction
    await connection.close()


async def test_what_a_cancelled_statement_begins_after_all_is_taken_back(tmp_path):
    connection = await one_trip.OneTripConnection(str(tmp_path / "state.sqlite3"))
    connection.begin_with(["BEGIN IMMEDIATE"])
    task = asyncio.create_task(connection.cursor().execute("CREATE TABLE things (id)"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await connection.rollback()  # also while its thread has not come to the statement yet
    assert not connection.in_transaction
    assert (await connection.cursor().execute("SELECT name FROM sqlite_master")).rowcount == -1
    await connection.close()


async def test_a_snapshot_reads_what_was_there_at_its_first_read_and_others_what_is_there(database):
    count = text("SELECT count(*) FROM things")
    async with database.snapshot() as snapshot, database.reading() as reading:
        assert (await snapshot.scalar(count), await reading.scalar(count)) == (0, 0)
        await insert(database, "one")
        assert (await snapshot.scalar(count), await reading.scalar(count)) == (0, 1)
