"""Rows Y of tests/faults/README.md: nothing that is proposed for the knowledge is live half, or without a second person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.proposal_store import SqlProposalStore
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import Proposal
from bot.proposals.news import begin_telling, tell_owed
from bot.proposals.rules import ProposalPorts
from tests.support.proposal_parts import EDITOR, HALL, NOW, OWNER, REVIEWER, ProposalParts, write_hall

ROOT = Path(__file__).parents[2]
KILLS = 100


@pytest.mark.nightly
def test_Y01_an_approval_that_is_killed_at_any_step_is_carried_out_whole_or_not_begun(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.proposal_process", str(home), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["kills"] == KILLS
    assert report["wrong"] == []
    assert report["left"] == [], "what was half written is cleared away"
    assert report["states"]["approving"] >= KILLS / 4, "many died while files were written"
    assert report["states"]["waiting"] >= KILLS / 10, "and some before anything was"


class Killed(BaseException):
    """The process died: nobody handles it."""


class Desk:
    """Proposals in memory over a real store of what is owed; `start` is another process."""

    def __init__(self, database, parts: ProposalParts) -> None:
        self.store = SqlProposalStore(database)
        self.told: list[tuple[str, str]] = []
        self.dies_in: str = ""
        self.approvals = ProposalApprovals(
            ProposalPorts(
                proposals=self.store,
                folder=parts.changeable,
                roles=parts.roles,
                audit=parts.audit,
                transaction=database.transaction,
            )
        )

    async def tell(self, proposal: Proposal) -> bool:
        if self.dies_in == "call":
            raise Killed
        self.told.append((proposal.proposal_id, proposal.state.value))
        if self.dies_in == "result":
            raise Killed
        return self.dies_in != "network"

    async def turn(self) -> None:
        await tell_owed(self.approvals.news, self.tell)

    async def start(self) -> None:
        self.dies_in = ""
        await begin_telling(self.approvals.news)
        await self.approvals.complete_all(NOW)
        await self.turn()


@pytest.fixture
async def desk(tmp_path: Path):
    write_hall(tmp_path / "knowledge")
    parts = ProposalParts(tmp_path / "knowledge")
    await parts.appoint()
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        desk = Desk(database, parts)
        desk.parts = parts
        yield desk


async def proposed(desk: Desk, new: str, *, actor=EDITOR) -> Proposal:
    proposal = await desk.parts.proposed("1,600", new, actor=actor)
    await desk.store.create(proposal)
    return proposal


async def approve(desk: Desk, proposal: Proposal, *, actor=REVIEWER) -> None:
    await desk.approvals.approve(proposal.proposal_id, version=proposal.version, actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("dies_in", "told"),
    [("before", 1), ("call", 0), ("result", 1), ("network", 2)],
    ids=["before the intent", "in the call", "before the result", "not sent, then the death"],
)
async def test_Y61_a_kill_between_the_approval_and_the_news_tells_its_proposer_once_at_most_and_surely_if_it_may(
    desk, dies_in, told
):
    proposal = await proposed(desk, "1,700")
    await approve(desk, proposal)
    desk.dies_in = dies_in
    if dies_in == "network":
        await desk.turn()
    elif dies_in != "before":
        with pytest.raises(Killed):
            await desk.turn()
    for _ in range(2):
        await desk.start()
    assert desk.told == [(proposal.proposal_id, "approved")] * told


async def test_Y61_a_kill_while_the_files_are_written_is_told_after_the_start_that_writes_them(desk, monkeypatch):
    proposal = await proposed(desk, "1,700")

    async def killed(*_arguments: object):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(desk.parts.changeable, "write", killed)
        with pytest.raises(Killed):
            await approve(desk, proposal)
    await desk.turn()
    assert desk.told == [], "nothing is approved to its end"
    await desk.start()
    assert desk.told == [(proposal.proposal_id, "approved")]
    assert "1,700" in desk.parts.text(HALL)


async def test_Y61_who_decides_is_not_told_and_who_is_overtaken_or_gets_it_back_is(desk):
    first, second = await proposed(desk, "1,700"), await proposed(desk, "1,800", actor=REVIEWER)
    third = await proposed(desk, "1,900", actor=OWNER)
    returned = await desk.approvals.return_to_proposer(
        third.proposal_id, "Source?", version=third.version, actor=REVIEWER, now=NOW
    )
    assert returned.is_done
    await approve(desk, first, actor=REVIEWER)
    await desk.turn()
    assert sorted(desk.told) == sorted([(first.proposal_id, "approved"), (third.proposal_id, "returned")])
    assert (await desk.store.find(second.proposal_id)).state.value == "stale"
