"""Announcements that are approved and due, people who get them, and their consents: as a running bot finds them stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import subscription_topics, subscriptions
from bot.announcements.content import body_hashes
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Audience,
    Content,
    Schedule,
    Stage,
    Terms,
    Timing,
)
from bot.ids import Locale, NewsTopic, VisitorId
from bot.sandbox.keys import DEFAULT_BOT_ID
from bot.sandbox.world import World


def approved(name: str, content: Content, *, due_at: datetime, terms: Terms | None = None) -> Announcement:
    """One on the forum, for all who want its topic."""
    return Announcement(
        announcement_id=AnnouncementId(name),
        label=name.capitalize(),
        topic=NewsTopic.FORUM,
        content=content,
        audience=Audience(),
        schedule=Schedule(timing=Timing.ONCE, zone="UTC", at=due_at.replace(tzinfo=None)),
        terms=terms or Terms(),
        stage=Stage.APPROVED,
        author=VisitorId(1),
        created_at=due_at - timedelta(hours=1),
        body_hashes=body_hashes(content),
        next_due_at=due_at,
    )


async def subscribe(database: Database, chats: Sequence[int], topic: NewsTopic = NewsTopic.FORUM) -> None:
    """They have agreed to announcements on the topic in English."""
    agreed = {"agreed_at": datetime.now(UTC), "locale": Locale.EN, "zone": "", "country": ""}
    async with database.writing() as connection:
        await connection.execute(subscriptions.insert(), [{"chat_id": chat, **agreed} for chat in chats])
        await connection.execute(
            subscription_topics.insert(), [{"chat_id": chat, "topic": topic.value} for chat in chats]
        )


def guests(world: World, count: int) -> list[int]:
    """New personas of a sandbox who have written to its bot."""
    made = [world.add_persona("Guest") for _ in range(count)]
    for persona in made:
        persona.started.add(DEFAULT_BOT_ID)
    return [persona.id for persona in made]
