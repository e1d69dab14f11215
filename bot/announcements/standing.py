"""Brings the announcements of the settings file and the stored ones together, when the bot starts.

Who may write that file runs the bot: what stands there counts as approved by the operator, and the audit log says so.
An approved body never changes: a changed table is a new announcement, and the one that it replaces ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from bot.announcements.checking import Problem, Trouble, problems_of
from bot.announcements.closing import stop_occurrence
from bot.announcements.content import body_hashes
from bot.announcements.drafting import Draft
from bot.announcements.model import OPEN_STATES, Announcement, AnnouncementId, AuditEntry, Stage
from bot.announcements.ports import AnnouncementStore, AuditLog, Composer, Outbox
from bot.announcements.schedule import next_moment
from bot.errors import Fault, SettingsError
from bot.ids import VisitorId
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

THE_FILE = VisitorId(0)
"""The author of what stands in the file: no person has this id."""
TAKEN_OUT = "taken_out_of_the_file"
_LIVE = frozenset({Stage.APPROVED, Stage.PAUSED})
_MANY = 10_000
"""More than a file ever holds: none is overlooked."""
_DIGITS = 5
"""Of a fingerprint, in an id: a changed text gets its predecessor's id once in a million times. By reasoning."""
TablePlace = tuple[str | int, ...]
"""The keys that lead to a value inside of a table, as `("texts", "ru")`."""
LineOf = Callable[[str, TablePlace], int]
"""On which line of the file a table, by name, says something."""


@dataclass(frozen=True, slots=True)
class StandingAnnouncement:
    """One table of a file of announcements."""

    name: str
    draft: Draft
    fingerprint: str
    """Changes with anything that the table says, and with the attached file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingParts:
    """What is needed from outside."""

    announcements: AnnouncementStore
    outbox: Outbox
    audit: AuditLog
    transaction: Transaction


def refuse_wrong(
    file: Path, found: Sequence[StandingAnnouncement], composer: Composer, *, line_of: LineOf, now: datetime
) -> None:
    """Check what only the composer can tell: whether Telegram will take the texts, rendered in every language.

    Raises:
        SettingsError: it would not; each fault with file and line.
    """
    faults = []
    for standing in found:
        for problem in problems_of(announcement_of(standing, now=now), composer, now=now):
            if not problem.trouble.is_warning and not _has_ended(problem):
                reason = f"[{standing.name}] {problem.where}: {problem.detail or problem.trouble.value}"
                faults.append(Fault(str(file), line_of(standing.name, _place(problem)), reason))
    if faults:
        raise SettingsError("\n".join(map(str, faults)))


class StandingAnnouncements:
    """Stores what is new in the file, ends what was taken out of it."""

    def __init__(self, parts: StandingParts, file: Path) -> None:
        self._parts = parts
        self._file = file

    async def settle(self, found: Iterable[StandingAnnouncement], *, now: datetime) -> None:
        """Twice changes nothing. What organisers paused or stopped stays so as long as its table stays as it is."""
        wanted = {announcement_id_of(standing): standing for standing in found}
        for announcement_id, standing in wanted.items():
            await self._keep(announcement_id, standing, now)
        for announcement in await self._parts.announcements.recent(stages=_LIVE, limit=_MANY):
            if announcement.author == THE_FILE and announcement.announcement_id not in wanted:
                await self._end(announcement, now)

    async def _keep(self, announcement_id: AnnouncementId, standing: StandingAnnouncement, now: datetime) -> None:
        parts = self._parts
        async with parts.transaction():
            known = await parts.announcements.find(announcement_id)
            if known is None:
                made = announcement_of(standing, now=now)
                await parts.announcements.create(made, request_key=f"file:{announcement_id}")
            elif known.stage is Stage.STOPPED and known.pause_reason == TAKEN_OUT:
                made = replace(announcement_of(standing, now=now), version=known.version + 1)
                await parts.announcements.save(made)
            else:
                return
            await self._note("announcement_approved", announcement_id, now)
        _log.info("standing_announcement_taken_in", announcement_id=announcement_id)

    async def _end(self, announcement: Announcement, now: datetime) -> None:
        parts, announcement_id = self._parts, announcement.announcement_id
        async with parts.transaction():
            ended = replace(
                announcement,
                stage=Stage.STOPPED,
                next_due_at=None,
                pause_reason=TAKEN_OUT,
                version=announcement.version + 1,
            )
            if not await parts.announcements.save(ended):
                return
            for occurrence in await parts.outbox.occurrences(states=OPEN_STATES, of=announcement_id, limit=_MANY):
                await stop_occurrence(parts.outbox, occurrence, now=now, reason=TAKEN_OUT)
            await self._note("announcement_stopped", announcement_id, now)
        _log.info("standing_announcement_ended", announcement_id=announcement_id)

    async def _note(self, action: str, announcement_id: AnnouncementId, now: datetime) -> None:
        await self._parts.audit.note(
            AuditEntry(at=now, actor=None, action=action, subject=announcement_id, detail=str(self._file)[-200:])
        )


def announcement_id_of(standing: StandingAnnouncement) -> AnnouncementId:
    """The table's name and a few digits of what it says: another text is another announcement."""
    return AnnouncementId(f"{standing.name}-{standing.fingerprint[:_DIGITS]}")


def announcement_of(standing: StandingAnnouncement, *, now: datetime) -> Announcement:
    """What a table of a file announces, as it would stand after an approval."""
    draft = standing.draft
    first = next_moment(draft.schedule, after=now)
    return Announcement(
        announcement_id=announcement_id_of(standing),
        label=draft.label,
        topic=draft.topic,
        content=draft.content,
        audience=draft.audience,
        schedule=draft.schedule,
        terms=draft.terms,
        stage=Stage.APPROVED if first else Stage.FINISHED,
        author=THE_FILE,
        created_at=now,
        approved_at=now,
        next_due_at=None if first is None else first.utc,
        body_hashes=body_hashes(draft.content),
    )


def _has_ended(problem: Problem) -> bool:
    """A table whose last day has passed is history, no fault that should keep the bot from starting."""
    return problem.trouble is Trouble.IN_THE_PAST


def _place(problem: Problem) -> TablePlace:
    """Where in the table a problem lies."""
    part, _, rest = problem.where.partition(".")
    if part == "text":
        return ("texts", rest)
    if part == "button":
        return ("buttons", int(rest) - 1)
    return {"schedule": ("cron",)}.get(part, (part,))
