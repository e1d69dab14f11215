"""One update while it is handled: who, where, in which language, and what is to be stored with it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from telegram import Bot, CallbackQuery, Chat, Message, Update, User
from telegram.constants import ChatType

from bot.announcements.ports import AnnouncementSender
from bot.answering.ports import TurnStore
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.ports import Answerer
from bot.chat.ready_answers import ReadyAnswers
from bot.chat.staff_context import StaffContext
from bot.chat.text.keyboards import build_keyboard, new_token
from bot.chat.text.rendering import Html, said
from bot.chat.text.replies import Reply
from bot.chat.wire.drafts import Drafts
from bot.chat.wire.envelope import ANONYMOUS_SENDERS
from bot.chat.wire.rate_limits import CpuBudget, OncePer
from bot.chat.wire.sender import Sender, SendResult
from bot.chat_state.model import Dialogue
from bot.chat_state.ports import ButtonStore, Effect
from bot.gaps.service import GapDesk
from bot.i18n.negotiation import negotiate
from bot.i18n.translator import Catalogs, Translator
from bot.ids import ChatId, Locale, VisitorId
from bot.relay.service import RelayDesk
from bot.reports.ports import StatisticsStore
from bot.visitors.model import Retention, Visitor
from bot.visitors.ports import VisitorStore

CPU_S_PER_MINUTE = 6.0
"""Of one visitor. Twenty usual answers take 0.6 s, twenty of the dearest 8 s."""
_QINGDAO = timezone(timedelta(hours=8))
"""The facts and their dates are of there; China has one time all year."""
_TURNS_REMEMBERED = 5000
"""More than one process answers while others look back; by reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRules:
    """What visitors are told and how long what they wrote counts: by the settings, handed on as it is."""

    contact: str = ""
    """Where a person can be reached, as visitors read it; empty where nobody is named."""
    retention: Retention = field(default_factory=Retention)
    history_turns: int = 3
    """Earlier questions that a new one may lean on; 0 for none."""
    history_minutes: int = 30
    """How far back they may lie."""
    answer_deadline_s: float = 20.0
    model_host: str = ""
    """Where questions go to be worded into answers; empty when they stay on this machine."""
    remind_days: int = 14
    """Before the end of what is told it is told with its end."""
    search_host: str = ""
    """Where they go to be turned into vectors; empty as above."""


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the handlers work with; one for the life of the process."""

    bot: Bot
    sender: Sender
    answerer: Answerer
    visitors: VisitorStore
    buttons: ButtonStore
    turns: TurnStore
    catalogs: Catalogs
    rules: VisitorRules
    announcement_sender: AnnouncementSender | None = None
    announcements: AnnouncementContext | None = None
    """None: a chat without announcements; their handlers are not registered then."""
    staff: StaffContext | None = None
    """None: the knowledge can't be changed from the chat."""
    gaps: GapDesk | None = None
    """None: lost questions are not looked at."""
    relay: RelayDesk | None = None
    """None: no people answer here."""
    statistics: StatisticsStore | None = None
    """None: as above."""
    drafts: Drafts | None = None
    reading_in: Callable[[], float | None] = lambda: None
    """While a large part of the knowledge is not read yet, the share, 0 to 1, that is."""
    clock: Callable[[], float] = time.perf_counter
    token: Callable[[], str] = new_token
    cpu: CpuBudget = field(default_factory=lambda: CpuBudget(CPU_S_PER_MINUTE))
    """What the answers to each visitor may take of the processor."""
    made_here: deque[str] = field(default_factory=lambda: deque(maxlen=_TURNS_REMEMBERED))
    """The turns of the answers that this process gave last, by their ids."""
    ready: ReadyAnswers = field(default_factory=ReadyAnswers)
    exports: OncePer = field(default_factory=lambda: OncePer(timedelta(hours=1)))
    """A copy of all that is stored about one is work, so it is made once an hour."""
    text_only_notices: OncePer = field(default_factory=lambda: OncePer(timedelta(minutes=1)))


@dataclass(slots=True)
class UpdateContext:
    """One update and what becomes of it. Whatever is to be stored goes into `effects`."""

    app: AppContext
    update: Update
    now: datetime
    effects: list[Effect] = field(default_factory=list)
    visitor: Visitor | None = None
    _dialogue: Dialogue | None = None
    _is_dialogue_read: bool = False

    @property
    def chat(self) -> Chat | None:
        """Where it happened; None in inline mode."""
        return self.update.effective_chat

    @property
    def chat_id(self) -> ChatId:
        """The chat's id; the person's own one where there is no chat, 0 where there is nobody."""
        if self.chat is not None:
            return ChatId(self.chat.id)
        return ChatId(self.visitor_id or 0)

    @property
    def is_private(self) -> bool:
        """Whether nobody else reads along."""
        return self.chat is not None and self.chat.type == ChatType.PRIVATE

    @property
    def user(self) -> User | None:
        """The person; None for channels, anonymous administrators and services."""
        user = self.update.effective_user
        message = self.update.effective_message
        is_named = user is not None and user.id not in ANONYMOUS_SENDERS and not user.is_bot
        speaks_as_chat = self.update.callback_query is None and message is not None and message.sender_chat is not None
        return user if is_named and not speaks_as_chat else None

    @property
    def visitor_id(self) -> VisitorId | None:
        """The person's id."""
        return VisitorId(self.user.id) if self.user else None

    @property
    def actor(self) -> VisitorId:
        """The same for handlers of what only somebody known by their id is admitted to."""
        visitor_id = self.visitor_id
        assert visitor_id is not None
        return visitor_id

    @property
    def payer(self) -> VisitorId:
        """Whose budgets are charged: the person's, or the chat's where nobody is named."""
        return self.visitor_id or VisitorId(self.chat_id)

    @property
    def message(self) -> Message | None:
        """The message that came in."""
        return self.update.message

    @property
    def press(self) -> CallbackQuery | None:
        """The press of a button."""
        return self.update.callback_query

    @property
    def app_locale(self) -> Locale | None:
        """The language that the person's app reports now."""
        return negotiate(self.user.language_code) if self.user else None

    @property
    def chosen(self) -> Locale | None:
        """The language that the visitor picked."""
        return self.visitor.chosen if self.visitor else None

    @property
    def locale(self) -> Locale:
        """The language for everything but answers: the chosen one, the app's, the app's last, English."""
        return self.chosen or self.app_locale or (self.visitor and self.visitor.app_locale) or Locale.EN

    @property
    def announcements(self) -> AnnouncementContext:
        """Everything about announcements; only handlers that are registered with it ask for it."""
        assert self.app.announcements is not None
        return self.app.announcements

    @property
    def staff(self) -> StaffContext:
        """Everything about proposals; only handlers that are registered with it ask for it."""
        assert self.app.staff is not None
        return self.app.staff

    @property
    def statistics(self) -> StatisticsStore:
        """Counts what was asked; only organisers' handlers ask for it."""
        assert self.app.statistics is not None
        return self.app.statistics

    @property
    def announcement_sender(self) -> AnnouncementSender:
        """Sends a copy just as readers will get it."""
        assert self.app.announcement_sender is not None
        return self.app.announcement_sender

    @property
    def t(self) -> Translator:
        """Speaks the visitor's language."""
        return self.translator(self.locale)

    @property
    def today(self) -> date:
        """The date in Qingdao."""
        return self.now.astimezone(_QINGDAO).date()

    @property
    def near(self) -> date:
        """What ends up to this day is told with its end."""
        return self.today + timedelta(days=self.app.rules.remind_days)

    def translator(self, locale: Locale) -> Translator:
        """Speaks another language."""
        return self.app.catalogs.translator(locale)

    async def dialogue(self) -> Dialogue | None:
        """What the person was asked last; it is read once an update, and what is stored `later` does not change it."""
        if not self._is_dialogue_read and self.visitor_id is not None:
            self._dialogue = await self.announcements.dialogues.find(self.visitor_id)
            self._is_dialogue_read = True
        return self._dialogue

    def later(self, effect: Effect) -> None:
        """Have something stored together with the update's being done."""
        self.effects.append(effect)

    def text(self, sentence: Callable[[Translator], str]) -> Html:
        """A sentence in the visitor's language."""
        return said(sentence(self.t), self.locale)

    async def say(self, reply: Reply | Html) -> SendResult:
        """Answer in the chat; in a group as a reply to the message."""
        reply = reply if isinstance(reply, Reply) else Reply(reply)
        keyboard = build_keyboard(
            reply.rows, chat_id=self.chat_id, visitor_id=self.visitor_id, now=self.now, token=self.app.token
        )
        delivery = await self.app.sender.message(
            self.chat_id,
            reply.content,
            keyboard=keyboard.markup if keyboard else None,
            reply_to=self.message.message_id if self.message and not self.is_private else None,
        )
        if keyboard and delivery in (SendResult.SENT, SendResult.IN_DOUBT):
            self.later(lambda: self.app.buttons.issue(keyboard.buttons))
        self._note_departure(delivery)
        return delivery

    async def show(self, reply: Reply) -> None:
        """Put the reply in place of the message whose button was pressed."""
        message = self.press.message if self.press else None
        if message is None:
            return
        keyboard = build_keyboard(
            reply.rows, chat_id=self.chat_id, visitor_id=self.visitor_id, now=self.now, token=self.app.token
        )
        markup = keyboard.markup if keyboard else None
        delivery = await self.app.sender.edit(self.chat_id, message.message_id, reply.content, keyboard=markup)
        if delivery is SendResult.REFUSED:  # too old to be edited, or deleted
            await self.say(reply)
        elif keyboard:
            self.later(lambda: self.app.buttons.issue(keyboard.buttons))
        self._note_departure(delivery)

    def _note_departure(self, delivery: SendResult) -> None:
        visitor_id = self.visitor_id
        if delivery is SendResult.GONE and self.is_private and visitor_id is not None:
            self.later(lambda: self.app.visitors.unreachable(visitor_id))


async def open_context(app: AppContext, update: Update, *, now: datetime) -> UpdateContext:
    """The context of an update, with what is known about the visitor."""
    context = UpdateContext(app, update, now)
    if context.visitor_id is not None:
        context.visitor = await app.visitors.find(context.visitor_id)
    return context


def note_visitor(context: UpdateContext) -> None:
    """Have it stored that the visitor was here."""
    visitor_id, app_locale, now = context.visitor_id, context.app_locale, context.now
    if visitor_id is not None:
        context.later(lambda: context.app.visitors.seen(visitor_id, app_locale=app_locale, now=now))
