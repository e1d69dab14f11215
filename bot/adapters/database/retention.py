"""What is too old to be kept: rows go, and copies of announcements become nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Delete, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.forgetting import NOBODY, change_audiences, count, nobody
from bot.adapters.database.knowledge_tables import proposals, reminders
from bot.adapters.database.relay_tables import relays
from bot.adapters.database.tables import (
    announcement_recipients,
    announcements,
    audit_log,
    buttons,
    corrected_copies,
    corrections,
    deliveries,
    dialogues,
    inbox,
    invitations,
    model_use_by_visitor,
    occurrences,
    organisers,
    subscriptions,
    turns,
    visitors,
)
from bot.announcements.model import Audience, Stage
from bot.proposals.model import ProposalState
from bot.visitors.model import Retention

_ROWS_AT_ONCE = 500
"""Rows a transaction; chosen: other writers get their turn in between."""
_UPDATES_KNOWN = timedelta(hours=48)
"""Telegram offers an update for 24 hours (https://core.telegram.org/bots/api#getting-updates), and till then again."""
_USED_BUTTONS_KEPT = timedelta(days=1)
"""Chosen: a press that comes twice, or late, is still told that the button was used."""
_REMINDERS_KEPT = timedelta(days=60)
"""After the end that they are about: for 30 days somebody is told of it (by reasoning, twice that)."""
_IS_AT_REST = proposals.c.state != ProposalState.APPROVING.value
_NOT_APPROVED = tuple(stage.value for stage in (Stage.DRAFT, Stage.SUBMITTED))
_ENDED = tuple(stage.value for stage in (Stage.STOPPED, Stage.FINISHED, Stage.WITHDRAWN))
_NAMES_CHATS = ~and_(announcements.c.body.contains('"chats":[]'), announcements.c.body.contains('"without":[]'))


def outdated(terms: Retention, now: datetime) -> tuple[Delete, ...]:
    """The statements that delete what is too old; an update of the inbox stays if it is the last one."""
    asked, seen = now - timedelta(days=terms.questions_days), now - timedelta(days=terms.visitors_days)
    last_update = select(func.max(inbox.c.update_id)).scalar_subquery()
    return (
        delete(turns).where(turns.c.asked_at < asked),
        delete(buttons).where(or_(buttons.c.expires_at < now, buttons.c.used_at < now - _USED_BUTTONS_KEPT)),
        delete(inbox).where(inbox.c.handled_at < now - _UPDATES_KNOWN, inbox.c.update_id < last_update),
        delete(model_use_by_visitor).where(model_use_by_visitor.c.day < asked.astimezone(UTC).date().isoformat()),
        delete(relays).where(relays.c.changed_at < asked),
        delete(dialogues).where(dialogues.c.changed_at < asked),
        delete(invitations).where(invitations.c.expires_at < asked),
        delete(proposals).where(proposals.c.changed_at < now - timedelta(days=terms.audit_days), _IS_AT_REST),
        delete(reminders).where(reminders.c.ends_on < (now - _REMINDERS_KEPT).date().isoformat()),
        delete(audit_log).where(audit_log.c.at < now - timedelta(days=terms.audit_days)),
        delete(visitors).where(visitors.c.last_seen_at < seen, ~_is_subscriber(), ~_is_organiser()),
        delete(subscriptions).where(_was_asked_long_ago(seen)),
        delete(announcement_recipients).where(_is_no_longer_needed(terms, now)),
    )


async def leave_nobody_in_deliveries(connection: AsyncConnection, before: datetime) -> int:
    """Take the chats out of copies of occurrences that ended before, some at a time; returns how many it were.

    The sums of a report stay; which copies were corrected is forgotten.
    """
    ended = select(occurrences.c.occurrence_id).where(occurrences.c.finished_at < before)
    of_ended = select(corrections.c.correction_id).where(corrections.c.occurrence_id.in_(ended))
    await connection.execute(delete(corrected_copies).where(corrected_copies.c.correction_id.in_(of_ended)))
    query = (
        select(deliveries.c.occurrence_id, deliveries.c.chat_id)
        .where(deliveries.c.occurrence_id.in_(ended), deliveries.c.chat_id > NOBODY)
        .limit(_ROWS_AT_ONCE)
    )
    rows = [
        {"of_occurrence": occurrence_id, "of_chat": chat_id, "nobody": nobody()}
        for occurrence_id, chat_id in await connection.execute(query)
    ]
    if rows:
        is_it = (deliveries.c.occurrence_id == bindparam("of_occurrence"), deliveries.c.chat_id == bindparam("of_chat"))
        await connection.execute(update(deliveries).where(*is_it).values(chat_id=bindparam("nobody")), rows)
    return len(rows)


async def leave_nobody_in_audiences(connection: AsyncConnection, before: datetime) -> int:
    """Take the chats out of the audiences of announcements that are over and were made before."""
    is_over = and_(announcements.c.stage.in_(_ENDED), announcements.c.created_at < before, _NAMES_CHATS)
    return await change_audiences(connection, _of_nobody, is_over)


async def delete_all(connection: AsyncConnection, statements: tuple[Delete, ...]) -> int:
    """Execute them; returns how many rows went."""
    return sum([await count(connection, statement) for statement in statements])


def _of_nobody(audience: Audience) -> Audience:
    return replace(audience, chats=frozenset(), without=frozenset())


def _is_no_longer_needed(terms: Retention, now: datetime) -> ColumnElement[bool]:
    """Lists of what went out, or was stopped, go with its copies; of what nobody approved, with the last question."""
    ended_before = now - timedelta(days=terms.deliveries_days)
    its = occurrences.c.announcement_id == announcements.c.announcement_id
    goes_on = or_(occurrences.c.finished_at.is_(None), occurrences.c.finished_at >= ended_before)
    is_over = and_(
        announcements.c.stage.in_(_ENDED), announcements.c.created_at < ended_before, ~exists().where(its, goes_on)
    )
    asked = now - timedelta(days=terms.questions_days)
    is_idle = and_(announcements.c.stage.in_(_NOT_APPROVED), announcements.c.created_at < asked)
    over = select(announcements.c.announcement_id).where(or_(is_over, is_idle))
    return announcement_recipients.c.announcement_id.in_(over)


def _is_subscriber() -> ColumnElement[bool]:
    return exists().where(subscriptions.c.chat_id == visitors.c.visitor_id, subscriptions.c.agreed_at.is_not(None))


def _is_organiser() -> ColumnElement[bool]:
    return exists().where(organisers.c.visitor_id == visitors.c.visitor_id)


def _was_asked_long_ago(moment: datetime) -> ColumnElement[bool]:
    """Who declined announcements, or left, and is no visitor any more."""
    is_visitor = exists().where(visitors.c.visitor_id == subscriptions.c.chat_id)
    long_ago = or_(subscriptions.c.asked_at.is_(None), subscriptions.c.asked_at < moment)
    return and_(subscriptions.c.agreed_at.is_(None), long_ago, ~is_visitor)
