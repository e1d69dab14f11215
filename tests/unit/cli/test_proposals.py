"""The commands as other people's scripts meet them: what waits for a second person."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.adapters.database.connection import open_database
from bot.announcements.model import Organiser, Role
from bot.app.announcing import sql_stores
from bot.app.proposing import proposal_ports
from bot.app.state import STATE_FILE
from bot.ids import VisitorId
from bot.proposals.model import ProposalKind, Weight
from bot.proposals.service import NewProposal, Proposals
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EDITOR = VisitorId(7_000_000_003)
FILE = "en/logistics/trains.md"


async def proposed(place: Place, new: str, weight: Weight) -> str:
    settings = Settings(knowledge=KnowledgeSettings(folder=place.knowledge), store=StoreSettings(data=place.data))
    async with open_database(place.data / STATE_FILE) as database:
        stores = sql_stores(database, place.data)
        await stores.organisers.grant(Organiser(visitor_id=EDITOR, role=Role.EDITOR, granted_by=None, granted_at=NOW))
        service = Proposals(proposal_ports(settings, database, stores))
        text = (place.knowledge / FILE).read_text(encoding="utf-8").replace(TRAINS_IN_2025, new, 1)
        texts = {FILE: text}
        made = NewProposal(kind=ProposalKind.FIX, label="trains put right", texts=texts, weight=weight)
        decision = await service.propose(made, actor=EDITOR, request_key=new + weight, now=NOW)
    assert decision.proposal is not None
    return decision.proposal.proposal_id


async def test_proposals_are_listed_and_shown_and_nothing_is_changed(place: Place):
    empty = place.scoda("knowledge", "proposals", "list")
    assert (empty.returncode, empty.stdout) == (0, "No proposal is waiting.\n")
    name = await proposed(place, "1,300", Weight.OTHER_FACT)
    listed = place.scoda("knowledge", "proposals", "list")
    assert listed.stdout == f"{name}  waiting  {EDITOR}  trains put right  {FILE}\n"
    shown = place.scoda("knowledge", "proposals", "show", name)
    assert shown.returncode == 0, shown.stderr
    assert f"- In 2025 the demonstration area handled a record {TRAINS_IN_2025} freight trains" in shown.stdout
    assert "+ In 2025 the demonstration area handled a record 1,300 freight trains" in shown.stdout
    assert "1,300" in shown.stderr, "the other languages say otherwise"
    assert TRAINS_IN_2025 in (place.knowledge / FILE).read_text(encoding="utf-8")


async def test_a_proposal_that_can_not_be_approved_says_why_and_an_unknown_one_that_there_is_none(place: Place):
    name = await proposed(place, "1,300", Weight.TYPING_ERROR)
    shown = place.scoda("knowledge", "proposals", "show", name)
    assert shown.returncode == 1
    assert "mend the wrong one" in shown.stderr
    unknown = place.scoda("knowledge", "proposals", "show", "nothing")
    assert unknown.returncode == 1
    assert "proposals list" in unknown.stderr
