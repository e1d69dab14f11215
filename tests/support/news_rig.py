"""The handlers with announcements: organisers and visitors over fake stores that tests can look into."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telegram.error import BadRequest

from bot.announcements.model import Announcement, OccurrenceId, Organiser, Role
from bot.announcements.ports import Composer
from bot.app.announcing import announcement_context_of, joined
from bot.chat.announcement_context import OccurrenceReport, ReportFile
from bot.chat.context import AppContext
from bot.chat.organisers.notifications import OrganiserNotices
from bot.ids import ChatId, VisitorId
from bot.reports.report_picture import CopyOutcome
from bot.settings import Settings
from bot.visitors.model import Subscription
from tests.support.chat_rig import NOW, FakeTelegram, Rig, message, person, press
from tests.support.fake_announcement_database import FakeDatabase
from tests.support.fake_announcement_sender import FakeComposer
from tests.support.fake_dialogue_store import FakeDialogueStore
from tests.support.fakes_announcements import FakeParts
from tests.support.statistics import FakeStatistics

OWNER, APPROVER, AUTHOR, STRANGER = 1, 2, 3, 9
GROUP = -1001
_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


class FakeReports:
    """Implements `bot.chat.announcement_context.Reports`."""

    async def make(self, announcement: Announcement, occurrence_id: OccurrenceId) -> OccurrenceReport:
        return OccurrenceReport(
            label=announcement.label,
            totals={CopyOutcome.SENT: 2, CopyOutcome.FAILED: 1},
            picture=ReportFile("report.png", b"png"),
            failures=ReportFile("report.csv", b"csv"),
        )


class GroupTelegram(FakeTelegram):
    """Knows who administers groups, and takes pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.administrators: set[int] = set()
        self.chats: dict[str, dict] = {}

    def _result(self, name: str, params: dict) -> object:
        if name == "getChatMember":
            user_id = int(params["user_id"])
            user = {"id": user_id, "is_bot": False, "first_name": "A"}
            if user_id in self.administrators:
                return {"status": "creator", "user": user, "is_anonymous": False}
            return {"status": "left", "user": user}
        if name == "getChat":
            if str(params["chat_id"]) not in self.chats:
                raise BadRequest("Chat not found")
            return {"accent_color_id": 0, "max_reaction_count": 1, "accepted_gift_types": _NO_GIFTS} | self.chats[
                str(params["chat_id"])
            ]
        if name == "sendPhoto":
            return super()._result("sendDocument", params)
        return super()._result(name, params)

    def to(self, chat_id: int) -> list[str]:
        """What was written to a chat, new messages and changed ones."""
        kinds = ("sendMessage", "editMessageText", "sendPhoto", "sendDocument")
        calls = [call.params for call in self.calls if call.method in kinds and int(call.params["chat_id"]) == chat_id]
        return [params.get("text") or params.get("caption", "") for params in calls]

    def button_of(self, chat_id: int, part: str) -> str:
        """The callback data of the latest button in a chat whose label holds `part`."""
        for call in reversed(self.calls):
            markup = call.params.get("reply_markup")
            if markup and int(call.params.get("chat_id", 0)) == chat_id:
                for button in (one for row in markup["inline_keyboard"] for one in row):
                    if part in button["text"]:
                        return button["callback_data"]
        raise AssertionError(f"no button {part!r} in chat {chat_id}")


class NewsRig(Rig):
    """A rig with announcements. `parts.database` and `dialogues` outlive it, as a disk outlives a process."""

    telegram: GroupTelegram

    def __init__(
        self,
        *,
        database: FakeDatabase | None = None,
        dialogues: FakeDialogueStore | None = None,
        composer: Composer | None = None,
        **announcements: Any,
    ) -> None:
        self.dialogues = dialogues or FakeDialogueStore()
        self.parts = FakeParts(
            database or FakeDatabase(), composer=composer or FakeComposer(), dialogues=self.dialogues
        )
        made = joined(self.parts.stores(), composer=self.parts.composer)
        self.notifier = made.notifier
        context = announcement_context_of(made, Settings())
        self.announcements = replace(context, reports=FakeReports(), **announcements)
        self.statistics = FakeStatistics()
        super().__init__(
            announcements=self.announcements,
            announcement_sender=self.parts.announcement_sender,
            statistics=self.statistics,
        )
        self.telegram = GroupTelegram()

    async def open(self) -> NewsRig:
        await super().open()
        app: AppContext = self.dispatcher._app
        self.app = app
        self.notifier.bind(OrganiserNotices(app, self.announcements, now=lambda: self.now))
        return self

    async def appoint(self) -> None:
        """An owner, an approver and an author."""
        for visitor_id, role in ((OWNER, Role.OWNER), (APPROVER, Role.APPROVER), (AUTHOR, Role.AUTHOR)):
            await self.parts.organisers.grant(
                Organiser(visitor_id=VisitorId(visitor_id), role=role, granted_by=None, granted_at=NOW)
            )

    async def says(self, who: int, text: str | None, **more: Any) -> str:
        """Somebody writes in their private chat; returns the bot's last words there."""
        at = more.pop("at", self.now)
        await self.handle(message(text, user=person(who), at=at, **more))
        return self.last(who)

    async def taps(self, who: int, part: str, *, chat_id: int | None = None) -> str:
        """Somebody taps the latest button whose label holds `part`; returns the bot's last words in the chat."""
        chat = chat_id or who
        await self.handle(press(self.telegram.button_of(chat, part), user=person(who), chat_id=chat_id))
        return self.last(chat)

    def last(self, chat_id: int) -> str:
        """The last words in a chat."""
        return next(iter(reversed(self.telegram.to(chat_id))), "")

    def notices(self) -> list[str]:
        """The short notices that presses were answered with."""
        return [params.get("text", "") for params in self.telegram.sent("answerCallbackQuery")]

    async def audited(self) -> list[str]:
        """The audit log's actions, the newest first."""
        return [entry.action for entry in await self.parts.audit.entries()]

    async def only(self) -> Announcement:
        """The one announcement that there is."""
        [announcement] = await self.parts.announcements.recent()
        found = await self.parts.announcements.find(announcement.announcement_id)
        assert found is not None
        return found

    async def subscription(self, chat_id: int) -> Subscription | None:
        return await self.parts.subscriptions.find(ChatId(chat_id))

    async def draft(self, *, texts: dict[str, str] | None = None) -> Announcement:
        """The author walks to a draft with a text in English (and others), ready to be submitted."""
        await self.says(AUTHOR, "/announce")
        await self.says(AUTHOR, "Hall moves")
        await self.taps(AUTHOR, "Forums")
        await self.taps(AUTHOR, "English")
        await self.says(AUTHOR, "The forum moves to hall 2.")
        for endonym, text in (texts or {}).items():
            await self.taps(AUTHOR, endonym)
            await self.says(AUTHOR, text)
        return await self.only()

    async def submitted(self) -> Announcement:
        """A draft that its author has handed in."""
        await self.draft()
        await self.taps(AUTHOR, "Overview")
        await self.taps(AUTHOR, "Submit")
        return await self.only()

    def later(self, **span: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**span)
        return self.now
