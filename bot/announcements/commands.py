"""What `scoda announce` may order, as plain values: carried out by the bot that runs, or directly where none runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.change_requests import ChangeRequests, Signed
from bot.announcements.content import locale_for, trial_message
from bot.announcements.lifecycle import Lifecycle
from bot.announcements.model import (
    ORGANISER_ROLES,
    Announcement,
    AnnouncementId,
    AuditEntry,
    OccurrenceId,
    SendOutcome,
    Stage,
    TextDraftState,
)
from bot.announcements.organisers import Organisers
from bot.announcements.ports import AnnouncementSender, AuditLog
from bot.announcements.standing import StandingAnnouncement
from bot.announcements.text_drafting import TextDrafting
from bot.announcements.workflow import ApprovalWorkflow
from bot.errors import AnnouncementError
from bot.ids import ChatId, Locale, VisitorId

REFUSALS = {
    CommandOutcome.NOT_ALLOWED: "not allowed: this id has no role that may do it "
    "(see `scoda announce list --organisers`)",
    CommandOutcome.NOT_FOUND: "there is no such announcement",
    CommandOutcome.OWN_WORK: "nobody approves their own announcement: another id with the role approver or owner must",
    CommandOutcome.WRONG_STAGE: "that can't be done at its present stage",
    CommandOutcome.CHANGED_MEANWHILE: "somebody changed it at this moment: look at it again",
    CommandOutcome.WRONG_COUNT: "another number of copies is concerned: `scoda announce show` has the number",
    CommandOutcome.HAS_PROBLEMS: "something is wrong with it",
}
"""What a person at a terminal is told of an action that was not carried out."""

_TOLERATED_SHARE = 0.02
"""Visitors come and go between the look and the order: a fiftieth more or less is the same audience. By reasoning."""
_ENTRIES_TOLD = 20
"""Entries of the audit log that are read to say who changed it since: more would not fit a line."""


class OrderError(AnnouncementError):
    """An order can't be carried out; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandParts:
    """What is needed from outside. `announcement_sender` is None where no bot runs: then nothing can be sent."""

    workflow: ApprovalWorkflow
    lifecycle: Lifecycle
    change_requests: ChangeRequests
    organisers: Organisers
    text_drafting: TextDrafting
    audit: AuditLog
    read_single: Callable[[Path], StandingAnnouncement]
    """The only announcement of a file; raises SettingsError."""
    announcement_sender: AnnouncementSender | None
    now: Callable[[], datetime]
    has_model: bool = False
    """Whether whoever carries the orders out can draft texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """An order with its values read."""

    announcement_id: AnnouncementId
    actor: VisitorId
    now: datetime
    values: Mapping[str, object]

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def number(self, name: str) -> int:
        """What was seen before the order was given.

        Raises:
            OrderError: it was not said.
        """
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise OrderError(f"say with --{name} what `scoda announce show` says: others may have changed it since")
        return value

    def signed(self, *, with_version: bool = True) -> Signed:
        """For what a second person must agree to.

        Raises:
            OrderError: the count, or the version, was not said.
        """
        version = self.number("version") if with_version else None
        return Signed(actor=self.actor, now=self.now, copies=self.number("count"), version=version)


class AnnouncementCommands:
    """Carries out one order at a time. Who acts must have a role; the audit log says that it came by command."""

    def __init__(self, parts: CommandParts) -> None:
        self._parts = parts
        self._orders: dict[str, Callable[[_Given], Awaitable[dict[str, object]]]] = {
            "schedule": self._schedule,
            "draft": self._draft,
            "approve": self._approve,
            "pause": self._pause,
            "resume": self._resume,
            "stop": self._stop,
            "withdraw": self._withdraw,
            "correct": self._correct,
            "put_back": self._put_back,
            "resend": self._resend,
            "agree": self._agree,
            "refuse": self._refuse,
            "word": self._confirm,
            "test": self._test,
        }

    async def execute(self, order: Mapping[str, object]) -> dict[str, object]:
        """Do what an order says.

        Raises:
            OrderError: it can't be read, or is not allowed or not possible.
        """
        name, actor = str(order.get("order")), order.get("actor")
        if name not in self._orders:
            raise OrderError(f"unknown order {name!r}")
        if not isinstance(actor, int) or isinstance(actor, bool) or actor <= 0:
            raise OrderError("say who acts with --as: the numeric Telegram id of an organiser")
        given = _Given(
            announcement_id=AnnouncementId(str(order.get("id") or "")),
            actor=VisitorId(actor),
            now=self._parts.now(),
            values=order,
        )
        entry = AuditEntry(
            at=given.now, actor=given.actor, action="command_given", subject=given.announcement_id[:64], detail=name
        )
        await self._parts.audit.note(entry)
        return {"ok": True, **await self._orders[name](given)}

    async def _schedule(self, given: _Given) -> dict[str, object]:
        """Create from a file and submit. The same file twice is the same announcement, unless it is asked for again."""
        file = Path(given.text("file"))
        written = self._parts.read_single(file)
        if given.text("fingerprint") not in ("", written.fingerprint):
            raise OrderError(f"{file} was changed at this moment: give the order again")
        workflow, actor, now = self._parts.workflow, given.actor, given.now
        key = f"file:{actor}:{given.text('request') or written.fingerprint}"
        made = _done(await workflow.create(written.draft, actor=actor, request_key=key, now=now))
        if made.stage is not Stage.DRAFT:
            return {**_told(made), "known": True}
        decision = await workflow.submit(made.announcement_id, actor=actor, version=made.version, now=now)
        return _told(_done(decision))

    async def _draft(self, given: _Given) -> dict[str, object]:
        """Have languages drafted, all that the audience lacks where none is named; they are written a moment later."""
        if not self._parts.has_model:
            raise OrderError("no language model is set, [model] in config/bot.toml: write the texts in the chat")
        locales = [Locale(code) for code in given.text("languages").split()]
        drafting = self._parts.text_drafting
        found = _done(await drafting.wish(given.announcement_id, locales, actor=given.actor, now=given.now))
        waiting = [one.locale.value for one in await drafting.of(found) if one.state is TextDraftState.WAITING]
        return {**_told(found), "waiting": waiting}

    async def _approve(self, given: _Given) -> dict[str, object]:
        """Approve what was looked at; in an emergency the author's own. What has changed since is not approved."""
        workflow, version = self._parts.workflow, given.number("version")
        found = await workflow.find(given.announcement_id)
        if found is None:
            raise OrderError(REFUSALS[CommandOutcome.NOT_FOUND])
        if given.values.get("emergency"):
            self._require_bot()
            act = workflow.approve_in_emergency
        else:
            act = workflow.approve
        if await self._may_look(given):
            await self._require_unchanged(found, given)
        decision = await act(found.announcement_id, actor=given.actor, version=version, now=given.now)
        return _told(_done(decision))

    async def _may_look(self, given: _Given) -> bool:
        """Who has no role is refused by the workflow, which notes it, and learns nothing before."""
        return bool(ORGANISER_ROLES & await self._parts.organisers.roles(given.actor))

    async def _require_unchanged(self, found: Announcement, given: _Given) -> None:
        """Refuse what is not what was looked at.

        Raises:
            OrderError: the text, the terms or the audience are others by now; the message says what has changed.
        """
        version, count = given.number("version"), given.number("count")
        if version != found.version:
            entries = await self._parts.audit.entries(subject=found.announcement_id, limit=_ENTRIES_TOLD)
            since = [f"{one.action} by {one.actor}" for one in entries if one.action.startswith("announcement_")]
            latest = ", ".join(since[: max(1, found.version - version)])
            raise OrderError(
                f"version {version} was meant, and it stands at {found.version} (latest: {latest}): "
                f"look at it again with `scoda announce show {found.announcement_id}`"
            )
        total = (await self._parts.workflow.audience_size(found)).total
        if abs(total - count) > count * _TOLERATED_SHARE:
            raise OrderError(
                f"{count} recipients were meant, and it would reach {total} now: look at it again with "
                f"`scoda announce show {found.announcement_id}`"
            )

    async def _pause(self, given: _Given) -> dict[str, object]:
        decision = await self._parts.lifecycle.pause(given.announcement_id, actor=given.actor, now=given.now)
        return _told(_done(decision))

    async def _resume(self, given: _Given) -> dict[str, object]:
        decision = await self._parts.lifecycle.resume(given.announcement_id, actor=given.actor, now=given.now)
        return _told(_done(decision))

    async def _stop(self, given: _Given) -> dict[str, object]:
        decision = await self._parts.lifecycle.stop(given.announcement_id, actor=given.actor, now=given.now)
        return _told(_done(decision))

    async def _withdraw(self, given: _Given) -> dict[str, object]:
        decision = await self._parts.lifecycle.withdraw(given.announcement_id, actor=given.actor, now=given.now)
        return {**_told(_done(decision)), "corrections": list(decision.correction_ids)}

    async def _correct(self, given: _Given) -> dict[str, object]:
        """Ask for other texts in place of the delivered ones; a second person must agree."""
        texts = given.values.get("texts")
        if not isinstance(texts, dict):
            raise OrderError("say with --text what the delivered copies are to say")
        signed, occurrence_id = given.signed(), await self._latest(given)
        wanted = {Locale(code): str(text) for code, text in texts.items()}
        return _asked(await self._parts.change_requests.correct(occurrence_id, wanted, signed=signed))

    async def _put_back(self, given: _Given) -> dict[str, object]:
        """Ask for what the latest correction replaced; a second person must agree."""
        signed, occurrence_id = given.signed(), await self._latest(given)
        return _asked(await self._parts.change_requests.put_back(occurrence_id, signed=signed))

    async def _resend(self, given: _Given) -> dict[str, object]:
        """Ask for one more copy to those in doubt; a second person must agree."""
        signed, occurrence_id = given.signed(), await self._latest(given)
        return _asked(await self._parts.change_requests.resend(occurrence_id, signed=signed))

    async def _agree(self, given: _Given) -> dict[str, object]:
        """Agree to what another has asked for; in an emergency to one's own."""
        look, signed = self._parts.change_requests, given.signed(with_version=False)
        if given.values.get("emergency"):
            self._require_bot()
            decision = await look.agree_in_emergency(given.announcement_id, signed=signed)
        else:
            decision = await look.agree(given.announcement_id, signed=signed)
        return {**_told(_done(decision)), "corrections": list(decision.correction_ids)}

    async def _refuse(self, given: _Given) -> dict[str, object]:
        decision = await self._parts.change_requests.refuse(given.announcement_id, actor=given.actor, now=given.now)
        return _told(_done(decision))

    async def _latest(self, given: _Given) -> OccurrenceId:
        """The latest firing: what is corrected."""
        latest = await self._parts.lifecycle.latest(given.announcement_id)
        if latest is None:
            raise OrderError("nothing of it has gone out yet")
        return latest.occurrence_id

    def _require_bot(self) -> None:
        if self._parts.announcement_sender is None:
            raise OrderError("an emergency is told to every organiser at once: start the bot first (`scoda run`)")

    async def _confirm(self, given: _Given) -> dict[str, object]:
        """After a restore: send what is left of an occurrence, or let it be."""
        occurrence_id = OccurrenceId(given.text("occurrence"))
        send = bool(given.values.get("send"))
        decision = await self._parts.lifecycle.confirm(occurrence_id, send=send, actor=given.actor, now=given.now)
        return _told(_done(decision))

    async def _test(self, given: _Given) -> dict[str, object]:
        """Send it to the one who asks, in each language or in one; to nobody else."""
        if not ORGANISER_ROLES & await self._parts.organisers.roles(given.actor):
            raise OrderError(REFUSALS[CommandOutcome.NOT_ALLOWED])
        if self._parts.announcement_sender is None:
            raise OrderError("no bot is running: start it with `scoda run`, the copies go out through it")
        found = await self._parts.workflow.find(given.announcement_id)
        if found is None:
            raise OrderError(REFUSALS[CommandOutcome.NOT_FOUND])
        sent = []
        for locale in _languages(found, given.text("language")):
            outgoing = trial_message(found, chat_id=ChatId(given.actor), locale=locale, zone=found.schedule.zone)
            receipt = await self._parts.announcement_sender.deliver(outgoing)
            if receipt.outcome is not SendOutcome.SENT:
                raise OrderError(f"the copy in {locale.value} was not sent: {receipt.reason or receipt.outcome.value}")
            sent.append(locale.value)
        return {"sent": sent}


def _languages(announcement: Announcement, wanted: str) -> list[Locale]:
    if not wanted:
        return sorted(announcement.content.texts)
    locale = locale_for(Locale(wanted), announcement.content, announcement.terms)
    if locale is None:
        raise OrderError(f"it has no text in {wanted}, and its terms say that such recipients get nothing")
    return [locale]


def _done(decision: Decision) -> Announcement:
    if decision.is_done and decision.announcement is not None:
        return decision.announcement
    wrong = [
        f"{problem.where}: {problem.detail or problem.trouble.value}"
        for problem in decision.problems
        if not problem.trouble.is_warning
    ]
    raise OrderError("; ".join([REFUSALS[decision.outcome], *wrong]))


def _asked(decision: Decision) -> dict[str, object]:
    """What the second person must know: the request's id, and what it is about."""
    told = _told(_done(decision))
    assert decision.request is not None
    return {**told, "request": decision.request.request_id, "copies": decision.request.copies}


def _told(announcement: Announcement) -> dict[str, object]:
    due = announcement.next_due_at
    return {
        "id": announcement.announcement_id,
        "stage": announcement.stage.value,
        "next_due_at": None if due is None else due.isoformat(),
    }
