"""Builds the chat from plain values: python-telegram-bot's application, the intake, and the way updates come in."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from telegram.ext import Application, ApplicationBuilder, Defaults
from telegram.request import BaseRequest

from bot.answering.ports import TurnStore
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.context import AppContext
from bot.chat.dispatch import UpdateDispatcher
from bot.chat.menu import publish_menu
from bot.chat.options import ChatOptions
from bot.chat.organisers.drafting_progress import DraftingProgress
from bot.chat.organisers.notifications import OrganiserNotices
from bot.chat.organisers.progress import ProgressBoard
from bot.chat.ports import Answerer
from bot.chat.staff.office_news import tell_of_file
from bot.chat.staff.relay_post import RelayPost
from bot.chat.staff.reminding import tell_of_ends
from bot.chat.staff.telling import tell_proposer
from bot.chat.staff_context import StaffContext
from bot.chat.text import texts
from bot.chat.visitor_counts import VisitorCounts
from bot.chat.visitors.gap_news import GapNews
from bot.chat.visitors.waiting import WaitingRoom
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.connecting import until_reached
from bot.chat.wire.drafts import Drafts
from bot.chat.wire.envelope import ALLOWED_UPDATES, IncomingUpdate
from bot.chat.wire.gathering import Gathering
from bot.chat.wire.intake import Intake
from bot.chat.wire.pace import Pace
from bot.chat.wire.polling import Poller, poll_during
from bot.chat.wire.rate_limits import CpuBudget
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.seeing import Seeing
from bot.chat.wire.sender import Sender
from bot.chat.wire.spell import Spell
from bot.chat.wire.transport import AiohttpRequest
from bot.chat.wire.web_server import Address, serve
from bot.chat.wire.webhook import Health, health_app, webhook_app
from bot.chat_state.ports import ButtonStore, Inbox
from bot.errors import SettingsError, TelegramError
from bot.gaps.service import GapDesk
from bot.i18n.translator import Catalogs
from bot.relay.service import RelayDesk
from bot.reports.ports import StatisticsStore
from bot.transaction import Transaction
from bot.visitors.ports import VisitorStore

log = structlog.get_logger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]

OFFICIAL_SERVER = "https://api.telegram.org"
_CONNECT_TIMEOUT_S = 5.0
"""Seconds; a connection that takes longer is a network that is down. Chosen, not measured."""
_WEBHOOK_CONNECTIONS = 100
"""The most that Telegram opens: https://core.telegram.org/bots/api#setwebhook."""
_FINISHING_S = 5.0  # for what was begun, where nobody names another limit; chosen
_LEFT_TO_OTHERS_S = 20.0
"""How long a replica that has nothing to answer from yet takes up no updates; chosen: others answer at once."""
_LOOK_S = 0.1
"""How often it looks meanwhile whether it knows something now; chosen."""
_SPARE_CONNECTIONS = 8
"""For «typing…» and the menu, beside one for each chat and each copy; chosen, not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatParts:
    """What the chat is given: the stores, the answerer, and the clock."""

    answerer: Answerer
    visitors: VisitorStore
    inbox: Inbox
    buttons: ButtonStore
    turns: TurnStore
    transaction: Transaction
    health: Health
    announcements: AnnouncementContext | None = None
    """None: no announcements."""
    staff: StaffContext | None = None
    """None: the knowledge can't be changed from the chat."""
    gaps: GapDesk | None = None
    """None: nobody looks at lost questions."""
    relay: RelayDesk | None = None
    """None: no people answer here."""
    statistics: StatisticsStore | None = None
    """None where there are no announcements."""
    connected: Callable[[int], Awaitable[None]] | None = None
    """Is told the bot's id before any update is taken in; what it raises ends the chat."""
    reading_in: Callable[[], float | None] = lambda: None
    """While a large part of the knowledge is not read yet, the share, 0 to 1, that is."""
    knows_answers: Callable[[], bool] = lambda: True
    """Whether there is anything to answer from."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seeing: Seeing = field(default_factory=Seeing)


class Chat:
    """The running chat. `run` lasts until `stop`; `stop` may be called from a signal handler."""

    _poller: Poller | None

    def __init__(
        self, options: ChatOptions, parts: ChatParts, application: AnyApplication, *, updates_transport: BaseRequest
    ) -> None:
        self._options, self._parts = options, parts
        self._application, self._updates_transport = application, updates_transport
        self._catalogs = Catalogs()
        self.pace = Pace(options.rates)
        self.sender = self._make_sender()
        self.announcement_sender = TelegramAnnouncementSender(
            self.sender,
            self._catalogs,
            ReaderWords(texts.announcement_may_repeat, texts.button_stop_topic, texts.button_stop_all),
        )
        self._app = app = self._make_context()
        self.tell_of_ends, self.tell_proposer = partial(tell_of_ends, app), partial(tell_proposer, app, now=parts.now)
        self.tell_of_file = partial(tell_of_file, app, now=parts.now)
        self._dispatcher, self._waiting_room = UpdateDispatcher(app, now=parts.now), WaitingRoom(app)
        self._progress = self._bind_notifier(app)
        self.drafting_progress = DraftingProgress(app, now=parts.now)
        self.gap_news, self.relay_post = GapNews(app, now=parts.now), RelayPost(app, now=parts.now)
        self.intake = Intake(
            parts.inbox,
            parts.transaction,
            self._dispatcher,
            limits=options.limits,
            now=parts.now,
            waiting=self._waiting_room,
            observer=parts.seeing.observer,
        )
        self._counts = VisitorCounts(self.intake, app.cpu, parts.turns, made_here=app.made_here, now=parts.now)
        self._stopping = asyncio.Event()
        self._finish_by, self._poller = 0.0, None
        self._polling: asyncio.Task[None] | None = None
        self.started = asyncio.Event()
        """Set once updates are taken in."""
        self.leads = Spell(is_on=not options.is_replica)
        """Whether this process leads: of several only that one polls."""
        self.webhook_port: int | None = None
        self.health_port: int | None = None
        """Where the webhook and the health routes are served, once they are."""

    async def run(self) -> None:
        """Connect, take updates in and handle them until `stop`; then finish what was begun, within its limit.

        Raises:
            TelegramError: the token is refused, or another process took the updates over.
        """
        work = asyncio.create_task(self._work())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await self.intake.stop(max(self._finish_by - asyncio.get_running_loop().time(), 0.0))
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    def stop(self, within_s: float = _FINISHING_S) -> None:
        """Take nothing in any more, at once, and ask for the end; what was begun may take `within_s`.

        A long poll that is cut confirms nothing: Telegram gives its updates again.
        """
        self._finish_by = asyncio.get_running_loop().time() + within_s
        self._stopping.set()
        if self._polling is not None:
            self._polling.cancel()

    async def _work(self) -> None:
        """Everything that runs side by side; the first error ends it all and is raised as it is."""
        try:
            async with asyncio.TaskGroup() as group:
                for served in self._web_apps():  # first: what comes in is stored, and answered when the rest is there
                    group.create_task(served)
                await asyncio.to_thread(self._catalogs.read)
                await self._connect()
                await self._counts.begin()
                if self._options.handles_updates:
                    group.create_task(self._handle_updates())
                    group.create_task(self._waiting_room.run())
                    if self._options.is_replica:
                        group.create_task(self._counts.keep_up())
                group.create_task(publish_menu(self._application.bot, self._catalogs))
                if self._progress is not None:
                    group.create_task(self._progress.run())
                await self._take_updates(group)
        except BaseExceptionGroup as errors:
            raise _first_error(errors) from errors

    async def _handle_updates(self) -> None:
        """Of several replicas one that knows nothing yet leaves them to the others at first."""
        if self._options.is_replica:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LEFT_TO_OTHERS_S):
                    while not self._parts.knows_answers():  # noqa: ASYNC110 - nobody tells of it
                        await asyncio.sleep(_LOOK_S)
        await self.intake.run()

    async def _connect(self) -> None:
        """Ask Telegram who the bot is; a network that is down is waited for, a wrong token is not."""
        await until_reached(self._application.initialize)
        if self._parts.connected is not None:
            await self._parts.connected(self._application.bot.id)
        log.info("telegram_connected", bot_id=self._application.bot.id, mode=self._options.mode)

    async def _take_updates(self, group: asyncio.TaskGroup) -> None:
        bot, options = self._application.bot, self._options

        async def choose_mode() -> None:
            if options.mode == "polling":
                await bot.delete_webhook(drop_pending_updates=False)
                return
            await bot.set_webhook(
                options.webhook_url,
                secret_token=options.webhook_secret,
                allowed_updates=list(ALLOWED_UPDATES),
                max_connections=min(options.limits.chats_at_once, _WEBHOOK_CONNECTIONS),
            )

        await until_reached(choose_mode)
        if options.mode == "polling":
            self._poller = Poller(
                self._updates_transport,
                self.intake.accept,
                bot_url=bot.base_url,
                timeout_s=options.poll_timeout_s,
                request_timeout_s=options.request_timeout_s,
            )
            self._polling = group.create_task(poll_during(self.leads, self._poller))
        self.started.set()

    def _web_apps(self) -> Iterator[Coroutine[None, None, None]]:
        """The webhook, and the health routes at an address of their own: they are no stranger's business."""
        options = self._options
        if options.mode == "webhook" and options.handles_updates:
            path = urlsplit(options.webhook_url).path or "/"
            hook = webhook_app(Gathering(self._accept_until_stop).accept, path=path, secret=options.webhook_secret)
            address = Address(options.webhook_host, options.webhook_port, "SCODA_TELEGRAM_WEBHOOK_PORT")
            yield serve(hook, address, ready=partial(setattr, self, "webhook_port"))
        if options.health_port is not None:
            address = Address(options.health_host, options.health_port, "SCODA_HEALTH_PORT")
            scrape = self._parts.seeing.scrape
            metrics = partial(scrape, self._health, self.sender.pace_reading) if scrape is not None else None
            yield serve(health_app(self._health, metrics), address, ready=partial(setattr, self, "health_port"))

    async def _accept_until_stop(self, updates: Sequence[IncomingUpdate]) -> int:
        if self._stopping.is_set():
            raise TelegramError("the bot is stopping: Telegram keeps the update for whoever comes next")
        return await self.intake.accept(updates)

    async def _health(self) -> Mapping[str, str]:
        """What the parts say of themselves, and whether Telegram is reached; nobody is asked once it stops."""
        if self._stopping.is_set():
            return {"intake": "stopping"}
        return {**await self._parts.health(), "telegram": self._reach()}

    def _reach(self) -> str:
        if not self.started.is_set():
            return "not reached yet"
        is_failing = self.sender.is_failing or (self._poller is not None and self._poller.is_failing)
        return "not reached" if is_failing else "ok"

    def _bind_notifier(self, app: AppContext) -> ProgressBoard | None:
        """From now on organisers are told of events; the board, to be run, keeps them up to date meanwhile."""
        if app.announcements is None:
            return None
        app.announcements.notifier.bind(OrganiserNotices(app, app.announcements, now=self._parts.now))
        return ProgressBoard(app, app.announcements)

    def _make_sender(self) -> Sender:
        deadline_s, observer = self._options.rules.answer_deadline_s, self._parts.seeing.observer
        return Sender(self._application.bot, deadline_s=deadline_s, pace=self.pace, observer=observer)

    def _make_context(self) -> AppContext:
        options, parts = self._options, self._parts
        return AppContext(
            bot=self._application.bot,
            sender=self.sender,
            answerer=parts.answerer,
            visitors=parts.visitors,
            buttons=parts.buttons,
            turns=parts.turns,
            catalogs=self._catalogs,
            rules=options.rules,
            announcement_sender=self.announcement_sender,
            announcements=parts.announcements,
            staff=parts.staff,
            gaps=parts.gaps,
            relay=parts.relay,
            statistics=parts.statistics,
            drafts=Drafts(self.sender),
            reading_in=parts.reading_in,
            cpu=CpuBudget(options.cpu_s_per_minute),
        )


@asynccontextmanager
async def build_chat(options: ChatOptions, parts: ChatParts) -> AsyncIterator[Chat]:
    """The chat, ready to `run`; closes its connections at the end.

    Raises:
        SettingsError: a value is missing or wrong.
    """
    _check(options)
    keep_tokens_out_of_logs()
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's coming way to give durations; the old one warns
    connections = options.limits.chats_at_once + options.copies_in_flight + _SPARE_CONNECTIONS
    transport, updates_transport = _transport(options, connections), _transport(options, connections=1)
    application = build_application(options, transport, updates_transport)
    chat = Chat(options, parts, application, updates_transport=updates_transport)
    try:
        yield chat
    finally:
        await application.shutdown()
        for opened in (transport, updates_transport):  # a start that failed half-way leaves them open
            await opened.shutdown()


def build_application(options: ChatOptions, transport: BaseRequest, updates_transport: BaseRequest) -> AnyApplication:
    """python-telegram-bot's application with our transport and without an updater: the intake takes its place."""
    base_url = _base_url(options)
    return (
        ApplicationBuilder()
        .token(options.token)
        .base_url(f"{base_url}/bot")
        .base_file_url(f"{base_url}/file/bot")
        .request(transport)
        .get_updates_request(updates_transport)
        .defaults(Defaults(tzinfo=UTC))
        .updater(None)
        .build()
    )


def _base_url(options: ChatOptions) -> str:
    return (options.base_url or OFFICIAL_SERVER).rstrip("/")


def _transport(options: ChatOptions, connections: int) -> AiohttpRequest:
    return AiohttpRequest(
        base_url=_base_url(options),
        connect_timeout_s=_CONNECT_TIMEOUT_S,
        read_timeout_s=options.request_timeout_s,
        connections=connections,
    )


def keep_tokens_out_of_logs() -> None:
    """Telegram's addresses hold the token, and these libraries log addresses below WARNING."""
    for name in ("httpx", "httpcore", "telegram", "telegram.Bot", "telegram.ext", "aiohttp", "aiohttp.client"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _check(options: ChatOptions) -> None:
    if not options.token:
        raise SettingsError("setting [telegram] token is empty: set SCODA_TELEGRAM_TOKEN, or run with the sandbox")
    if options.mode != "webhook":
        return
    if not options.webhook_secret:
        raise SettingsError("webhook mode needs a secret: set SCODA_TELEGRAM_WEBHOOK_SECRET to a long random text")
    if options.webhook_secret in options.webhook_url:
        raise SettingsError("[telegram] webhook_url holds the webhook secret: addresses stand in logs, so take it out")
    if not urlsplit(options.webhook_url).scheme:
        raise SettingsError("webhook mode needs the bot's public address: set [telegram] webhook_url")


def _first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first_error(first) if isinstance(first, BaseExceptionGroup) else first
