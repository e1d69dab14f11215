"""`scoda knowledge proposals`: what waits for a second person. Deciding takes two people, and a terminal is nobody."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.app.proposing import proposals_of
from bot.app.state import open_state
from bot.cli.console import err, out
from bot.errors import Fault, KnowledgeError
from bot.ids import VisitorId
from bot.operations.logs import redact
from bot.proposals.differences import LineChange, changes_between
from bot.proposals.marking import MarkKind, marks_of
from bot.proposals.model import FolderCheck, Proposal, ProposalId
from bot.proposals.rules import cautions, objections
from bot.settings import Settings

proposals = typer.Typer(help="Changes of the knowledge that wait for a second person.", no_args_is_help=True)


@proposals.command("list")
def list_command(context: typer.Context) -> None:
    """List what waits, the oldest first. To approve or return one, write /proposals to the bot."""

    async def work() -> list[Proposal]:
        async with open_state(context.obj, reads_only=True) as database:
            return list(await proposals_of(context.obj, database).listed())

    found = asyncio.run(work())
    for proposal in found:
        files = ", ".join(sorted(proposal.files))
        _line(f"{proposal.proposal_id}  {proposal.state}  {_who(proposal.proposed_by)}  {proposal.label}  {files}")
    if not found:
        out.print("No proposal is waiting.")


@proposals.command("show")
def show_command(
    context: typer.Context,
    proposal_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
) -> None:
    """Show what a proposal changes, sentence by sentence, and what is wrong with it; exit code 1 for a fault."""
    proposal, check = asyncio.run(_looked_at(context.obj, ProposalId(proposal_id)))
    _line(f"{proposal.label}: {proposal.kind}, {proposal.weight}, {proposal.state}, by {_who(proposal.proposed_by)}")
    after = {document.file: document for document in check.after}
    before = {document.file: document for document in check.before}
    for change in proposal.changes:
        _line(change.file if change.text is not None else f"{change.file} (removed)")
        changes = changes_between(before.get(change.file), after.get(change.file))
        _show_changes(changes)
    faults = objections(proposal, check)
    for fault in faults:
        _complain(str(fault), "red")
    moved = [Fault(file, 1, "has changed since this was proposed") for file in sorted(check.moved)]
    for warning in (*cautions(proposal, check), *moved):
        _complain(f"{warning} (warning)", "yellow")
    if faults:
        raise typer.Exit(1)


async def _looked_at(settings: Settings, proposal_id: ProposalId) -> tuple[Proposal, FolderCheck]:
    async with open_state(settings, reads_only=True) as database:
        service = proposals_of(settings, database)
        proposal = await service.find(proposal_id)
        if proposal is None:
            raise KnowledgeError(f"there is no proposal {proposal_id}; see: scoda knowledge proposals list")
        return proposal, await service.check(proposal)


def _show_changes(changes: list[LineChange]) -> None:
    for change in changes:
        if change.before:
            _line(f"- {change.before}")
        if change.after:
            _line(f"+ {change.after}")
    for mark in marks_of(change.after for change in changes if change.after):
        if mark.kind is MarkKind.INSTRUCTION:
            _complain(f"reads like an order to a machine: {mark.shown} (warning)", "yellow")


def _who(person: VisitorId) -> str:
    return str(person) if person > 0 else "somebody forgotten"


def _line(text: str) -> None:
    out.print(redact(text), markup=False, highlight=False, soft_wrap=True)


def _complain(text: str, style: str) -> None:
    err.print(redact(text), style=style, markup=False, highlight=False, soft_wrap=True)
