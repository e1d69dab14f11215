from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.adapters.database.budget_store import Budgets, SqlBudgetLedger
from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.connection import open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.subscription_store import SqlSubscriptionStore
from bot.adapters.database.tables import subscriptions, visitors, whole_schema
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.model import Organiser, Role
from bot.answering.model import Feedback, Outcome, TurnRecord
from bot.app.announcing import announcing
from bot.app.core import open_core
from bot.app.visitors import keep_forgotten
from bot.chat.text import gap_texts
from bot.chat.text.privacy_pages import privacy_page
from bot.chat.text.rendering import plain
from bot.chat_state.model import Button, ButtonAction, StoredUpdate
from bot.errors import DatabaseError
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.settings import KnowledgeSettings, PrivacySettings, Settings, StoreSettings
from bot.visitors.model import Retention, Subscription
from tests.support.fakes import exported

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
KEEP = timedelta(days=30)
AIDA = VisitorId(7_000_000_001)
QUESTION = "Паровоз қашан келеді, менің нөмірім 4512-7788?"


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield database


async def leave_traces(database, *, at=NOW):
    folder = Path(database.name).parent
    visitors = SqlVisitorStore(database, Tombstones(folder))
    await visitors.seen(AIDA, app_locale=Locale.KK, now=at)
    turn = TurnRecord("t", ChatId(AIDA), AIDA, at, QUESTION, Locale.KK, Outcome.ANSWERED, 0.9, (), 3.0)
    await SqlTurnStore(database).record(turn)
    await SqlTurnStore(database).rate("t", AIDA, Feedback.HELPFUL, now=at)
    await SqlButtonStore(database).issue(
        [Button("b", ChatId(AIDA), AIDA, ButtonAction.ASK, QUESTION, at + timedelta(days=1))]
    )
    await SqlInbox(database).store([StoredUpdate(1, AIDA, json.dumps({"text": QUESTION}), at, 0)])
    await SqlBudgetLedger(database, Budgets(visitor_day=9, day=9, in_all=9)).reserve(AIDA, 1, now=at)
    return visitors


async def test_P02_my_data_shows_the_rows_of_every_table(database):
    visitors = await leave_traces(database)
    tables = await exported(visitors.export(AIDA))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {
        "visitors": 1,
        "inbox": 1,
        "buttons": 1,
        "turns": 1,
        "feedback": 1,
        "model_use_by_visitor": 1,
    }
    assert json.loads(json.dumps(tables))["turns"][0]["question"] == QUESTION


async def test_P03_after_delete_me_nothing_of_the_visitor_is_in_the_files(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        visitors = await leave_traces(database)
        assert await visitors.forget(AIDA, now=NOW) == 6
        assert not any((await exported(visitors.export(AIDA))).values())
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert "Паровоз".encode() not in content
        assert json.dumps("Паровоз").strip('"').encode() not in content


async def test_P03_deleting_twice_changes_nothing_more_and_leaves_one_tombstone(database, tmp_path):
    visitors = await leave_traces(database)
    await visitors.forget(AIDA, now=NOW)
    assert await visitors.forget(AIDA, now=NOW) == 0
    assert len((tmp_path / "forgotten").read_text().splitlines()) == 1


async def test_P03_deleting_in_the_transaction_of_its_own_update_closes_that_update(database):
    visitors = await leave_traces(database)
    inbox = SqlInbox(database)
    async with database.transaction():
        await visitors.seen(AIDA, app_locale=Locale.KK, now=NOW)
        await visitors.forget(AIDA, now=NOW)
        await inbox.done(1, now=NOW)
    assert await inbox.count_pending() == 0
    assert (await inbox.store([StoredUpdate(1, AIDA, "{}", NOW, 0)])).new == 0, "it is known, and comes no second time"
    assert not any((await exported(visitors.export(AIDA))).values())


async def test_P04_questions_older_than_the_retention_are_gone(database):
    visitors = await leave_traces(database)
    assert await visitors.sweep(Retention(), now=NOW + timedelta(days=1)) == 0
    assert await visitors.sweep(Retention(), now=NOW + KEEP) == 1, "the button, whose time is over"
    assert await visitors.sweep(Retention(), now=NOW + KEEP + timedelta(seconds=1)) == 1
    assert await visitors.sweep(Retention(), now=NOW + KEEP + timedelta(days=2)) == 1, "who used the model, by days"
    tables = await exported(visitors.export(AIDA))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {"visitors": 1, "inbox": 1}
    assert QUESTION not in repr(tables)


async def test_R08_handled_updates_are_known_for_two_days_and_come_no_second_time_meanwhile(database):
    visitors, inbox = await leave_traces(database), SqlInbox(database)
    await inbox.done(1, now=NOW)
    await inbox.store([StoredUpdate(2, AIDA, "{}", NOW, 0)])
    for hours, swept in ((25, 1), (48, 0)):  # the button went first
        assert await visitors.sweep(Retention(), now=NOW + timedelta(hours=hours)) == swept
        assert (await inbox.store([StoredUpdate(1, AIDA, "{}", NOW, 0)])).new == 0
    assert await visitors.sweep(Retention(), now=NOW + timedelta(hours=48, seconds=1)) == 1
    assert await inbox.count_pending() == 1, "what is not handled yet stays, however old"


async def test_P05_a_visitor_who_blocks_the_bot_is_unreachable_at_once(database, tmp_path):
    visitors = await leave_traces(database)
    await visitors.unreachable(AIDA)
    assert not (await SqlVisitorStore(database, Tombstones(tmp_path)).find(AIDA)).is_reachable


# ── P08: whoever was deleted stays deleted ──

BORIS = VisitorId(7_000_000_002)


@asynccontextmanager
async def core_of(folder):
    settings = Settings(knowledge=KnowledgeSettings(folder=folder / "knowledge"), store=StoreSettings(data=folder))
    async with open_core(settings) as core:
        yield core, announcing(core.database, folder)


async def subscribe(core, *people, at=NOW):
    store = SqlVisitorStore(core.database, Tombstones(core.settings.store.data))
    for person in people:
        await store.seen(person, app_locale=Locale.KK, now=at)
        subscription = Subscription(chat_id=ChatId(person), agreed_at=at, topics=frozenset(NewsTopic))
        await SqlSubscriptionStore(core.database).save(subscription)
    return store


async def known(core):
    async with core.database.reading() as connection:
        people = [*await connection.scalars(select(visitors.c.visitor_id).order_by(visitors.c.visitor_id))]
        subscribed = [*await connection.scalars(select(subscriptions.c.chat_id).order_by(subscriptions.c.chat_id))]
    assert people == subscribed
    return people


@pytest.fixture
def backed_up(tmp_path):
    """Puts the database that stands in the folder back whenever it is called."""
    copy = tmp_path / "copy.sqlite3"

    def back_up_or_restore():
        file = tmp_path / "state.sqlite3"
        if not copy.exists():
            shutil.copyfile(file, copy)
            return
        for name in ("state.sqlite3-wal", "state.sqlite3-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        shutil.copyfile(copy, file)

    return back_up_or_restore


async def test_P08_who_was_deleted_since_the_backup_is_gone_after_the_restore_and_others_are_not(tmp_path, backed_up):
    async with core_of(tmp_path) as (core, _parts):
        await subscribe(core, AIDA, BORIS)
    backed_up()
    async with core_of(tmp_path) as (core, _parts):
        store = SqlVisitorStore(core.database, Tombstones(tmp_path))
        await store.forget(AIDA, now=NOW + timedelta(days=1))
        assert await known(core) == [BORIS]
        assert await store.returned() == ()
    backed_up()
    for _start in range(2):
        async with core_of(tmp_path) as (core, parts):
            await keep_forgotten(core, parts.organisers, now=NOW + timedelta(days=2))
            assert await known(core) == [BORIS]


async def test_P08_who_came_back_after_the_deletion_stays_where_the_backup_is_of_then(tmp_path, backed_up):
    async with core_of(tmp_path) as (core, _parts):
        store = await subscribe(core, AIDA, BORIS)
        await store.forget(AIDA, now=NOW + timedelta(days=1))
        await subscribe(core, AIDA, at=NOW + timedelta(days=2))
    backed_up()
    async with core_of(tmp_path) as (core, _parts):
        store = SqlVisitorStore(core.database, Tombstones(tmp_path))
        await store.forget(BORIS, now=NOW + timedelta(days=3))
    backed_up()
    async with core_of(tmp_path) as (core, parts):
        await keep_forgotten(core, parts.organisers, now=NOW + timedelta(days=4))
        assert await known(core) == [AIDA]


async def test_P08_a_deletion_that_a_kill_cut_short_is_done_at_the_next_start(tmp_path):
    async with core_of(tmp_path) as (core, _parts):
        await subscribe(core, AIDA, BORIS)
        await Tombstones(tmp_path).add(AIDA, now=NOW + timedelta(days=1))
    async with core_of(tmp_path) as (core, parts):
        await keep_forgotten(core, parts.organisers, now=NOW + timedelta(days=1))
        assert await known(core) == [BORIS]


async def test_P08_a_deleted_owner_whom_a_restore_brings_back_lays_the_role_down_unless_nobody_else_has_it(
    tmp_path, backed_up
):
    async with core_of(tmp_path) as (core, parts):
        await subscribe(core, AIDA)
        for owner in (AIDA, BORIS):
            organiser = Organiser(visitor_id=owner, role=Role.OWNER, granted_by=BORIS, granted_at=NOW)
            await parts.stores.organisers.grant(organiser)
    backed_up()
    async with core_of(tmp_path) as (core, parts):
        await parts.organisers.leave(AIDA, now=NOW)
        await SqlVisitorStore(core.database, Tombstones(tmp_path)).forget(AIDA, now=NOW + timedelta(days=1))
    backed_up()
    async with core_of(tmp_path) as (core, parts):
        await keep_forgotten(core, parts.organisers, now=NOW + timedelta(days=2))
        assert await parts.organisers.roles(AIDA) == frozenset()
        assert [(one.action, one.actor) for one in await parts.stores.audit.entries()] == [("role_revoked", AIDA)]
    backed_up()
    async with core_of(tmp_path) as (core, parts):
        await parts.stores.organisers.revoke(BORIS, Role.OWNER)
        with capture_logs() as logs:
            await keep_forgotten(core, parts.organisers, now=NOW + timedelta(days=2))
        assert await parts.organisers.roles(AIDA) == frozenset({Role.OWNER})
        assert [one["event"] for one in logs] == ["forgotten_owner_kept", "forgotten_again"]


async def test_P08_tombstones_and_their_key_are_in_no_database_and_for_nobody_else_to_read(tmp_path):
    async with core_of(tmp_path) as (core, _parts):
        store = await subscribe(core, AIDA)
        await store.forget(AIDA, now=NOW)
        names = {table.name for table in whole_schema().sorted_tables}
        assert not names & {"tombstones", "secrets"}
    [line] = (tmp_path / "forgotten").read_text().splitlines()
    number, person_hash, forgotten_at = line.split(" ")
    assert (number, forgotten_at) == ("1", NOW.isoformat())
    key = (tmp_path / "forgotten.key").read_bytes()
    assert person_hash == hmac.new(key, str(AIDA).encode(), hashlib.sha256).hexdigest()
    database = (tmp_path / "state.sqlite3").read_bytes()
    assert key not in database
    assert person_hash.encode() not in database
    for name in ("forgotten", "forgotten.key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


async def test_P08_without_the_key_nobody_is_deleted_half(tmp_path):
    async with core_of(tmp_path) as (core, _parts):
        store = await subscribe(core, AIDA)
        (tmp_path / "forgotten.key").write_bytes(b"short")
        with pytest.raises(DatabaseError, match=r"forgotten\.key"):
            await store.forget(AIDA, now=NOW)
        assert await known(core) == [AIDA]
    (tmp_path / "forgotten").write_text("1 torn", encoding="ascii")
    with pytest.raises(DatabaseError, match="put its copy back"):
        await Tombstones(tmp_path).last_number()


async def test_P04_tombstones_end_and_their_numbers_go_on(tmp_path):
    tombstones = Tombstones(tmp_path)
    for day, person in enumerate((1, 2, 1, 3)):
        assert await tombstones.add(person, now=NOW + timedelta(days=day)) == day + 1
    assert await tombstones.moments([1, 2, 4]) == {1: NOW + timedelta(days=2), 2: NOW + timedelta(days=1)}
    assert await tombstones.drop_before(NOW + timedelta(days=3)) == 2
    assert await tombstones.moments([1, 2, 3]) == {3: NOW + timedelta(days=3)}
    assert await tombstones.drop_before(NOW + timedelta(days=9)) == 0
    assert await tombstones.add(5, now=NOW + timedelta(days=9)) == 5


@pytest.mark.parametrize("locale", list(Locale))
def test_P04_privacy_tells_every_term_in_every_language(locale):
    kept = Retention(questions_days=11, visitors_days=12, deliveries_days=13, audit_days=14, tombstones_days=15)
    t = Catalogs().translator(locale)
    told = plain(privacy_page(t, kept=kept, contact=""))
    assert all(t.number(days) in told for days in (11, 12, 13, 14, 15))
    with_wishes = plain(privacy_page(t, kept=kept, contact="", has_wishes=True))
    assert gap_texts.privacy(t, 11) in with_wishes
    assert gap_texts.privacy(t, 11) not in told


def test_P04_the_settings_and_the_chat_have_the_same_terms():
    chosen = {f"{name.removeprefix('keep_')}": days for name, days in PrivacySettings().model_dump().items()}
    assert Retention(**chosen) == Retention()
