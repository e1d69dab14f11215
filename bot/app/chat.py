"""The chat's options and parts, by the settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.statistics_store import SqlStatistics
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.system.clock import utc_now
from bot.app.announcing import Announcing, announcement_context_of, announcing
from bot.app.core import Core
from bot.app.gaps import gap_desk_of
from bot.app.health import health_of
from bot.app.observed import ObservedAnswerer
from bot.app.proposing import staff_context_of
from bot.app.readings import Readings
from bot.app.relaying import relay_desk_of
from bot.app.state import needs_sandbox
from bot.app.told_drafts import answerer_of
from bot.app.visitors import retention_of, visitor_store_of
from bot.chat.application import ChatParts
from bot.chat.context import VisitorRules
from bot.chat.options import ChatOptions
from bot.chat.wire.intake import IntakeLimits
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.seeing import Seeing
from bot.chat_state.ports import Inbox
from bot.operations.addresses import is_loopback
from bot.sandbox.gate import as_host
from bot.settings import Settings


def chat_options(settings: Settings) -> ChatOptions:
    """What the chat does by the settings: addresses, limits, terms and rates."""
    delivery, telegram, limits, sandbox = settings.delivery, settings.telegram, settings.limits, settings.sandbox
    return ChatOptions(
        token=telegram.token.get_secret_value() or settings.sandbox.token,
        base_url=f"http://{as_host(sandbox.host)}:{sandbox.port}" if needs_sandbox(settings) else telegram.base_url,
        mode=telegram.mode,
        webhook_url=telegram.webhook_url,
        webhook_secret=telegram.webhook_secret.get_secret_value(),
        webhook_host=telegram.webhook_host,
        webhook_port=telegram.webhook_port,
        health_host=settings.health.host,
        health_port=settings.health.port,
        poll_timeout_s=telegram.poll_timeout_s,
        request_timeout_s=telegram.request_timeout_s,
        limits=IntakeLimits(
            chats_at_once=limits.chats_at_once,
            waiting_updates=limits.waiting_updates,
            questions_per_minute=limits.questions_per_minute,
            questions_per_day=limits.questions_per_day,
            uncounted=frozenset({settings.relay.group} - {0}),
        ),
        cpu_s_per_minute=limits.cpu_s_per_minute,
        rules=_visitor_rules(settings),
        rates=Rates(
            overall_per_s=delivery.messages_per_s,
            chat_per_s=delivery.chat_per_s,
            group_per_min=delivery.group_per_min,
            paid_messages=delivery.paid_messages,
        ),
        copies_in_flight=delivery.in_flight,
    )


def _visitor_rules(settings: Settings) -> VisitorRules:
    return VisitorRules(
        contact=settings.telegram.contact,
        retention=retention_of(settings),
        history_turns=settings.answering.history_turns,
        history_minutes=settings.answering.history_minutes,
        answer_deadline_s=settings.limits.answer_deadline_s,
        remind_days=settings.knowledge.remind_days,
        model_host=_model_host(settings),
        search_host=_search_host(settings),
    )


def chat_parts(core: Core, parts: Announcing | None = None, inbox: Inbox | None = None) -> ChatParts:
    """What the chat works with; without `parts` its announcements are joined here and nothing sends them.

    Without an `inbox` it has one to itself.
    """
    inbox = inbox or SqlInbox(core.database)
    news = parts or announcing(core.database, core.settings.store.data, core.sight.observer)
    sight = core.sight
    readings = Readings(sight.metrics, core, inbox, news.stores.guard) if sight.metrics is not None else None
    return ChatParts(
        answerer=ObservedAnswerer(answerer_of(core), sight.observer),
        visitors=visitor_store_of(core),
        inbox=inbox,
        buttons=SqlButtonStore(core.database),
        turns=SqlTurnStore(core.database),
        transaction=core.database.transaction,
        health=health_of(core, inbox, news.states),
        announcements=announcement_context_of(news, core.settings, has_model=core.writer is not None),
        staff=staff_context_of(core, news),
        gaps=gap_desk_of(core.database, core.settings),
        relay=relay_desk_of(core.database, core.settings),
        statistics=SqlStatistics(core.database),
        reading_in=lambda: core.ingestion.reading_in,
        knows_answers=lambda: core.index.is_open,
        now=utc_now,
        seeing=Seeing(sight.observer, readings.page if readings is not None else None),
    )


def _model_host(settings: Settings) -> str:
    """Where questions go for their answers to be worded; empty when they stay on this machine."""
    chosen = settings.model
    if chosen.provider == "langchain":
        return chosen.model.partition(":")[0]
    return _host_elsewhere(chosen.base_url) if chosen.provider == "openai" else ""


def _search_host(settings: Settings) -> str:
    """Where questions go to be turned into vectors; empty when they stay on this machine."""
    return _host_elsewhere(settings.embedding.base_url) if settings.embedding.provider == "openai" else ""


def _host_elsewhere(address: str) -> str:
    host = urlsplit(address).hostname or ""
    return "" if is_loopback(host) else host
