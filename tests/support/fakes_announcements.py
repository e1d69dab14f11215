"""Every fake that announcements need, over one database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.announcements.ports import Composer
from bot.app.announcing import AnnouncementStores
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription
from tests.support.fake_announcement_database import LONG_AGO, FakeDatabase
from tests.support.fake_announcement_sender import FakeAnnouncementSender, FakeComposer, NotifiedOrganisers
from tests.support.fake_announcement_stores import (
    FakeAnnouncementStore,
    FakeAuditLog,
    FakeLease,
    FakeRequests,
    FakeRestoreGuard,
    FakeTextDrafts,
)
from tests.support.fake_dialogue_store import FakeDialogueStore
from tests.support.fake_organiser_store import FakeOrganiserStore
from tests.support.fake_outbox import FakeCorrections, FakeOutbox
from tests.support.fake_subscribers import FakeSubscribers, FakeSubscriptionStore, subscribe


@dataclass
class FakeParts:
    """Every fake over one database."""

    database: FakeDatabase = field(default_factory=FakeDatabase)
    announcement_sender: FakeAnnouncementSender = field(default_factory=FakeAnnouncementSender)
    composer: Composer = field(default_factory=FakeComposer)
    notified: NotifiedOrganisers = field(default_factory=NotifiedOrganisers)
    dialogues: FakeDialogueStore = field(default_factory=FakeDialogueStore)

    def __post_init__(self) -> None:
        self.announcements = FakeAnnouncementStore(self.database)
        self.subscriptions = FakeSubscriptionStore(self.database)
        self.subscribers = FakeSubscribers(self.database)
        self.outbox = FakeOutbox(self.database)
        self.corrections = FakeCorrections(self.database)
        self.requests = FakeRequests(self.database)
        self.lease = FakeLease(self.database)
        self.guard = FakeRestoreGuard(self.database)
        self.text_drafts = FakeTextDrafts(self.database)
        self.audit = FakeAuditLog(self.database)
        self.organisers = FakeOrganiserStore(self.database)

    def stores(self) -> AnnouncementStores:
        """As the program's wiring takes them."""
        return AnnouncementStores(
            announcements=self.announcements,
            subscribers=self.subscribers,
            subscriptions=self.subscriptions,
            outbox=self.outbox,
            corrections=self.corrections,
            requests=self.requests,
            organisers=self.organisers,
            audit=self.audit,
            dialogues=self.dialogues,
            lease=self.lease,
            guard=self.guard,
            text_drafts=self.text_drafts,
            transaction=self.database.transaction,
            prompt_transaction=self.database.transaction,
        )

    async def subscribe(self, chat_ids: Iterable[int], *, locale: Locale = Locale.EN, **fields: object) -> None:
        """Let chats agree to every topic."""
        async with self.database.writing() as tables:
            for chat_id in chat_ids:
                agreed = Subscription(
                    chat_id=ChatId(chat_id), agreed_at=LONG_AGO, topics=frozenset(NewsTopic), locale=locale
                )
                subscribe(tables, replace(agreed, **fields))  # type: ignore[arg-type]  # fields of a Subscription
