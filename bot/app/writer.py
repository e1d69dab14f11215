"""The language model's part: the model, the book of what it costs, and who answers with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.adapters.database.budget_store import Budgets, Spending, SqlBudgetLedger
from bot.adapters.database.connection import Database
from bot.adapters.models.chat_model import LangChainChatModel, any_langchain, openai_compatible
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.adapters.system.clock import utc_now
from bot.answering.generation.calling import CallLimits
from bot.answering.generation.service import GeneratingAnswerer
from bot.answering.pipeline import ExtractiveAnswerer
from bot.errors import SettingsError
from bot.settings import ModelSettings, Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Writer:
    """Words answers with a language model, within a budget."""

    model: LangChainChatModel
    ledger: SqlBudgetLedger
    answerer: GeneratingAnswerer

    @staticmethod
    def cost_of(spent: Spending, price: ModelSettings) -> float:
        """What it cost, in the currency of the settings."""
        parts = spent.prompt_tokens * price.price_per_million_in, spent.completion_tokens * price.price_per_million_out
        return sum(parts) / 1_000_000

    async def log_use(self, settings: Settings, now: datetime) -> None:
        """What the model cost today, in tokens and in money, and what has become of its answers since the start."""
        today, price, counts = await self.ledger.spent_on(now), settings.model, self.answerer.counts
        _log.info(
            "model_used",
            tokens_today=today.tokens,
            tokens_in_all=(await self.ledger.spent_in_all()).tokens,
            prompt_tokens=today.prompt_tokens,
            completion_tokens=today.completion_tokens,
            cost_today=f"{self.cost_of(today, price):.4f} {price.currency}",
            outcomes={outcome.value: count for outcome, count in counts.outcomes.items()},
            blocked={block.value: count for block, count in counts.blocked.items()},
            in_doubt={resolved.value: count for resolved, count in counts.resolved.items()},
        )


def writer_of(
    settings: Settings, database: Database, extractive: ExtractiveAnswerer, identifier: ShortMessageIdentifier
) -> Writer:
    """The writer by the settings, which name a model.

    Raises:
        SettingsError: a call of the model may last longer than the whole answer.
    """
    chosen = settings.model
    if chosen.deadline_s >= settings.limits.answer_deadline_s:
        raise SettingsError(
            f"setting [model] deadline_s is {chosen.deadline_s:g}: it must be below [limits] answer_deadline_s "
            f"({settings.limits.answer_deadline_s:g}), so that there is time for the answer without the model"
        )
    ledger = SqlBudgetLedger(
        database, Budgets(chosen.tokens_per_visitor_day, chosen.tokens_per_day, chosen.tokens_in_all)
    )
    model = chat_model_of(chosen)
    limits = CallLimits(
        call_s=chosen.timeout_s,
        answer_s=chosen.deadline_s,
        output_tokens=chosen.max_output_tokens,
        context_tokens=chosen.context_tokens,
    )
    answerer = GeneratingAnswerer(extractive, model, ledger, identifier, limits=limits, now=utc_now)
    return Writer(model, ledger, answerer)


def chat_model_of(chosen: ModelSettings) -> LangChainChatModel:
    """The model by the settings, which name one; it is not connected yet."""
    if chosen.provider == "openai":
        return openai_compatible(
            base_url=chosen.base_url, model=chosen.model, api_key=chosen.api_key, temperature=chosen.temperature
        )
    return any_langchain(chosen.model, api_key=chosen.api_key, temperature=chosen.temperature)
