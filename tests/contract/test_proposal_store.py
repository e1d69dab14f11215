"""The store of proposals keeps what its port promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.database.proposal_store import SqlProposalStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.ids import VisitorId
from bot.proposals.model import FileChange, Proposal, ProposalId, ProposalKind, ProposalState, Weight
from bot.visitors.model import Retention
from tests.support.fakes import FakeTombstones

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
EDITOR = VisitorId(7_000_000_001)
TERMS = Retention()


def proposal(name="abc", **changes):
    made = Proposal(
        proposal_id=ProposalId(name),
        kind=ProposalKind.UPLOAD,
        state=ProposalState.WAITING,
        label="hall.md",
        changes=(
            FileChange(file="en/venue/hall.md", text="A «fact».\n", made_from="f" * 64),
            FileChange(file="drafts/ru/x.md", text=None, made_from=""),
        ),
        weight=Weight.CLARIFICATION,
        proposed_by=EDITOR,
        proposed_at=NOW,
        changed_at=NOW,
        recorded={"ru/venue/hall.md": "0123456789ab"},
    )
    return replace(made, **changes)


@pytest.fixture
def store(stores):
    return stores.proposals


async def test_a_proposal_comes_back_as_it_was(store):
    assert await store.find(ProposalId("abc")) is None
    assert await store.create(proposal())
    assert await store.find(ProposalId("abc")) == proposal()


async def test_a_known_id_is_not_stored_twice(store):
    await store.create(proposal(label="first"))
    assert not await store.create(proposal(label="second"))
    assert (await store.find(ProposalId("abc"))).label == "first"


async def test_whoever_saves_an_old_version_is_told(store):
    made = proposal()
    await store.create(made)
    approving = replace(made, state=ProposalState.APPROVING, version=2, changed_at=NOW + timedelta(hours=1))
    assert await store.save(approving)
    assert not await store.save(approving)
    assert not await store.save(replace(approving, proposal_id=ProposalId("other"), version=3))
    assert await store.find(ProposalId("abc")) == approving


async def test_the_oldest_of_the_wanted_states_come_first(store):
    for hours, (name, state) in enumerate(
        [("c", ProposalState.WAITING), ("b", ProposalState.APPROVED), ("a", ProposalState.WAITING)]
    ):
        await store.create(proposal(name, state=state, changed_at=NOW + timedelta(hours=hours)))
    assert [one.proposal_id for one in await store.listed({ProposalState.WAITING})] == ["c", "a"]
    assert [one.proposal_id for one in await store.listed(set(ProposalState), limit=2)] == ["c", "b"]


async def test_P03_who_is_forgotten_is_nobody_in_their_proposals_and_what_was_approved_is_still_written(database):
    store, visitors = SqlProposalStore(database), SqlVisitorStore(database, FakeTombstones())
    approving = proposal(state=ProposalState.APPROVING)
    await store.create(approving)
    rows = [row async for page in visitors.export(EDITOR) for row in page.rows if page.table == "proposals"]
    assert len(rows) == 1
    await visitors.forget(EDITOR, now=NOW)
    stored = await store.find(ProposalId("abc"))
    assert stored.proposed_by < 0
    assert await store.save(replace(approving, state=ProposalState.APPROVED, version=2))
    assert (await store.find(ProposalId("abc"))).proposed_by < 0, "who is forgotten does not come back by a save"


async def test_P04_proposals_go_after_the_retention_of_the_audit_log_but_never_one_that_is_being_written(database):
    store, visitors = SqlProposalStore(database), SqlVisitorStore(database, FakeTombstones())
    await store.create(proposal("a"))
    await store.create(proposal("b", state=ProposalState.APPROVING))
    end = NOW + timedelta(days=TERMS.audit_days)
    assert await visitors.sweep(TERMS, now=end) == 0
    assert await visitors.sweep(TERMS, now=end + timedelta(seconds=1)) == 1
    assert [one.proposal_id for one in await store.listed(set(ProposalState))] == ["b"]


async def told_of(store):
    return [one.proposal_id for one in await store.owed(limit=9)]


async def test_what_is_owed_is_claimed_once_and_only_when_it_is_decided(store):
    for number, name in enumerate(("abc", "def", "ghi")):
        await store.create(proposal(name, changed_at=NOW + timedelta(hours=number)))
    await store.owe(ProposalId("abc"))
    await store.owe(ProposalId("def"))
    assert await told_of(store) == [], "nothing is decided"
    for name in ("def", "abc", "ghi"):
        assert await store.save(proposal(name, state=ProposalState.APPROVED, version=2))
    assert await told_of(store) == ["abc", "def"]
    assert await store.owed(limit=1) == [proposal("abc", state=ProposalState.APPROVED, version=2)]
    assert await store.claim(ProposalId("abc"))
    assert not await store.claim(ProposalId("abc"))
    assert not await store.claim(ProposalId("ghi"))
    assert await told_of(store) == ["def"]
    await store.settle(ProposalId("abc"), is_owed=True)
    assert await told_of(store) == ["abc", "def"]
    assert await store.claim(ProposalId("abc"))
    await store.settle(ProposalId("abc"), is_owed=False)
    await store.settle(ProposalId("def"), is_owed=False)
    assert await told_of(store) == ["def"], "what was not claimed is not settled"


async def test_after_a_start_what_was_being_told_is_owed_no_more(store):
    for name in ("abc", "def"):
        await store.create(proposal(name, state=ProposalState.RETURNED))
        await store.owe(ProposalId(name))
    assert await store.claim(ProposalId("abc"))
    assert await store.doubt_interrupted() == 1
    assert await store.doubt_interrupted() == 0
    assert await told_of(store) == ["def"]
    assert not await store.claim(ProposalId("abc"))
