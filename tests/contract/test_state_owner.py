"""Rows B01–B05 of tests/faults/README.md: the state remembers its bot, in either database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.adapters.database.connection import Database
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.state_owner import OFFICIAL, SANDBOX, Owner, StateOwner, server_number
from bot.adapters.database.tables import marks, organisers
from bot.errors import ForeignStateError

OURS = Owner(4711, OFFICIAL)
OTHERS = [
    Owner(4712, OFFICIAL),
    Owner(4711, SANDBOX),
    Owner(4711, server_number("http://127.0.0.1:8080")),
]


async def organised_by(database: Database, visitor_id: int) -> None:
    async with database.writing() as connection:
        row = {"visitor_id": visitor_id, "role": "owner", "granted_at": datetime(2026, 11, 3, tzinfo=UTC)}
        await connection.execute(organisers.insert().values(row))


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_B01_another_bot_or_server_is_refused_and_told_the_way_out(database: Database, other: Owner):
    await StateOwner(database).settle(OURS)
    await StateOwner(database).settle(OURS)
    for refused in (StateOwner(database).require, StateOwner(database).settle):
        with pytest.raises(ForeignStateError, match="belongs to bot 4711 of Telegram") as caught:
            await refused(other)
        assert "--data" in str(caught.value)
        assert "--adopt-state" in str(caught.value)
    await StateOwner(database).require(OURS)


async def test_B02_a_state_that_is_taken_over_on_purpose_is_the_new_bots_alone(database: Database):
    await StateOwner(database).settle(OURS)
    await StateOwner(database, adopts=True).settle(OTHERS[0])
    await StateOwner(database).require(OTHERS[0])
    with pytest.raises(ForeignStateError, match="belongs to bot 4712"):
        await StateOwner(database).require(OURS)


async def test_B03_a_state_without_a_mark_is_the_first_bots_that_connects(database: Database):
    await organised_by(database, 123456789)
    await StateOwner(database).require(OURS)
    async with database.reading() as connection:
        assert (await connection.execute(marks.select())).all() == [], "to look is not to take"
    await StateOwner(database).settle(OURS)
    with pytest.raises(ForeignStateError):
        await StateOwner(database).require(OTHERS[0])


@pytest.mark.parametrize("persona", [5_000_001, 5_000_013])
async def test_B04_a_state_without_a_mark_that_personas_have_used_is_refused_to_telegrams_bot(
    database: Database, persona: int
):
    await organised_by(database, persona)
    with pytest.raises(ForeignStateError, match=r"used with the sandbox.*--adopt-state"):
        await StateOwner(database).settle(OURS)
    await StateOwner(database).require(OTHERS[2])
    await StateOwner(database, adopts=True).settle(OURS)
    await StateOwner(database).require(OURS)
    assert await SqlOrganiserStore(database).all()


def test_B05_the_same_server_is_known_however_its_address_ends():
    assert server_number("http://127.0.0.1:8080/") == server_number("http://127.0.0.1:8080")
    assert server_number("http://127.0.0.1:8080") != server_number("http://127.0.0.1:8081")
    assert SANDBOX < server_number("") < 2**63
