"""Approves a proposal again and again with real files and a real database, in processes that are killed at each step.

Each approval is a forked child whose n-th step (a file opened, renamed or removed, a folder listed, a statement of the
database) is its last: the kernel takes it away without a word. A second child starts as a bot does, and the parent looks
at what it left. It prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.connection import open_database
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.proposal_store import SqlProposalStore
from bot.adapters.knowledge.proposed_changes import ChangeableFolder
from bot.announcements.model import Organiser, Role
from bot.ids import VisitorId
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import ProposalId, ProposalKind
from bot.proposals.rules import ProposalPorts
from bot.proposals.service import NewProposal, Proposals

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EDITOR, REVIEWER = VisitorId(3), VisitorId(2)
FILES = ("en/venue/a.md", "en/venue/b.md", "ru/venue/new.md")
_STEPS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.listdir", "os.scandir"})


def version_of(number: int) -> str:
    """A file that says which proposal it is of, long enough to be seen when it is cut."""
    return f"## Hall {{#hall}}\n\nThis is version {number}. " + "A sentence. " * 400 + f"End of version {number}.\n"


async def _with_services(
    home: Path, work: Callable[[Proposals, ProposalApprovals, Any], Coroutine[Any, Any, Any]]
) -> Any:
    async with open_database(home / "state.sqlite3") as database:
        await database.migrate()
        ports = ProposalPorts(
            proposals=SqlProposalStore(database),
            folder=ChangeableFolder(home / "knowledge", identify=lambda _text: None),
            roles=SqlOrganiserStore(database),
            audit=SqlAuditLog(database),
            transaction=database.transaction,
        )
        return await work(Proposals(ports), ProposalApprovals(ports), ports)


def _texts(number: int) -> dict[str, str | None]:
    """Two files change; the third comes with odd numbers and goes with even ones."""
    text = version_of(number)
    return {FILES[0]: text, FILES[1]: text, FILES[2]: text if number % 2 else None}


async def _prepare(home: Path, number: int) -> str:
    async def work(proposals: Proposals, _approvals: ProposalApprovals, ports: Any) -> str:
        for person, role in ((EDITOR, Role.EDITOR), (REVIEWER, Role.REVIEWER)):
            await ports.roles.grant(Organiser(visitor_id=person, role=role, granted_by=None, granted_at=NOW))
        new = NewProposal(kind=ProposalKind.UPLOAD, label="x", texts=_texts(number))
        decision = await proposals.propose(new, actor=EDITOR, request_key=str(number), now=NOW)
        assert decision.proposal is not None, decision
        return decision.proposal.proposal_id

    return await _with_services(home, work)


async def _approve(home: Path, proposal_id: str) -> None:
    async def work(_proposals: Proposals, approvals: ProposalApprovals, _ports: Any) -> None:
        await approvals.approve(ProposalId(proposal_id), version=1, actor=REVIEWER, now=NOW)

    await _with_services(home, work)


async def _start_again(home: Path) -> None:
    async def work(_proposals: Proposals, approvals: ProposalApprovals, _ports: Any) -> None:
        await approvals.complete_all(NOW)

    await _with_services(home, work)


def _die_at(step: int) -> None:
    """Have this process killed before its n-th step."""
    done = 0

    def watch(event: str, _arguments: object) -> None:
        nonlocal done
        done += event in _STEPS
        if event in _STEPS and done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _in_child(work: Callable[[], Coroutine[Any, Any, Any]], *, dies_at: int = 0) -> int:
    """Run it in a process of its own; gives its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            if dies_at:
                _die_at(dies_at)
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001 - a child must not go on as the parent
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _state(home: Path, proposal_id: str) -> str:
    with sqlite3.connect(home / "state.sqlite3") as connection:
        [(state,)] = connection.execute("SELECT state FROM proposals WHERE proposal_id = ?", (proposal_id,))
    return str(state)


def _is_owed(home: Path, proposal_id: str) -> bool:
    """Whether its proposer is still to be told."""
    with sqlite3.connect(home / "state.sqlite3") as connection:
        [(news,)] = connection.execute("SELECT news FROM proposals WHERE proposal_id = ?", (proposal_id,))
    return news == "owed"


def _version_live(home: Path) -> list[int | None]:
    """The version that each file says, 0 for none; None for a file that is not whole."""
    found: list[int | None] = []
    for file in FILES:
        path = home / "knowledge" / file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        number = int(text.split("This is version ")[1].split(".")[0]) if text else 0
        found.append(number if not text or text == version_of(number) else None)
    return found


def main(home: Path, kills: int) -> dict[str, Any]:
    """Kill that many times, each one step later, and begin anew where the approval needed no more steps."""
    (home / "knowledge").mkdir()
    report: dict[str, Any] = {"kills": 0, "wrong": [], "states": {}, "left": []}
    number, step = 0, 0
    while report["kills"] < kills:
        number, step = number + 1, step + 1
        proposal_id = asyncio.run(_prepare(home, number))
        before = _version_live(home)
        died = _in_child(partial(_approve, home, proposal_id), dies_at=step) == -signal.SIGKILL
        if not died:
            step = 0
        report["kills"] += died
        at_death = _state(home, proposal_id)
        if at_death == "waiting" and _version_live(home) != before:
            report["wrong"].append(f"{number}: something is live that is not approved")
        assert _in_child(lambda: _start_again(home)) == 0
        now, after = _state(home, proposal_id), _version_live(home)
        wanted = [number, number, number if number % 2 else 0] if now == "approved" else before
        if now not in {"waiting", "approved"} or after != wanted or (at_death != "waiting" and now != "approved"):
            report["wrong"].append(f"{number}: {at_death} → {now}, {before} → {after}")
        if _is_owed(home, proposal_id) != (now == "approved"):
            report["wrong"].append(f"{number}: {now}, and its proposer would not hear of it")
        report["states"][at_death] = report["states"].get(at_death, 0) + 1
        if now == "waiting":
            assert _in_child(partial(_approve, home, proposal_id)) == 0
    report["left"] = [str(file) for file in (home / "knowledge").rglob(".*")]
    return report


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
