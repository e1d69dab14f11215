"""Asks the language model in a form, within the day's budget, and for the names of a document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from bot.answering.generation.model import ChatMessage
from bot.answering.generation.partial_json import value_of
from bot.answering.generation.ports import BudgetLedger, ChatModel
from bot.answering.generation.prompts import new_canary, tokens_of
from bot.drafting.model import DraftRefusal, NameForms, WrittenNames
from bot.drafting.prompts import naming_messages
from bot.errors import ModelError
from bot.ids import Locale
from bot.ingestion.model import Document
from bot.writing.cleaning import one_line
from bot.writing.folding import fold

log = structlog.get_logger(__name__)

_AT_ONCE = 4
"""Calls of the model at once. Chosen: visitors' calls must find a place beside them."""
_CALL_S = 120.0
"""Seconds for one call: a whole section with its questions, and nobody waits for it."""
_OUTPUT_TOKENS = 3000
"""Tokens that a section with its questions may take. Chosen: a long one in Hindi."""
_NAME_LIMIT = 400
"""Characters of a name that are kept; the longest known has some 60 (chosen)."""

_Written = TypeVar("_Written", bound=BaseModel)


class ModelAsker:
    """The model with its budget: an answer that cannot be used is a `DraftRefusal`."""

    def __init__(
        self,
        model: ChatModel,
        ledger: BudgetLedger,
        *,
        now: Callable[[], datetime],
        new_canary: Callable[[], str] = new_canary,
    ) -> None:
        self._model = model
        self._ledger = ledger
        self._now = now
        self.new_canary = new_canary
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def names(self, document: Document) -> Sequence[NameForms]:
        """The names of a document in all languages, as the model says; each stands in the document."""
        found = await self.ask(naming_messages(document, canary=self.new_canary()), WrittenNames)
        if isinstance(found, DraftRefusal):
            return ()
        text = fold("\n".join((document.title, *(f"{one.heading}\n{one.text}" for one in document.sections))))
        names = ([*_forms(name.forms)] for name in found.names)
        tables = [dict(forms) for forms in names]
        return [forms for forms in tables if forms.get(document.locale) and fold(forms[document.locale]) in text]

    async def ask(self, messages: Sequence[ChatMessage], form: type[_Written]) -> _Written | DraftRefusal:
        """One call, within the budget of the day; what comes is read, not believed."""
        async with self._free:
            reservation = await self._ledger.reserve(None, tokens_of(messages) + _OUTPUT_TOKENS, now=self._now())
            if reservation is None:
                return DraftRefusal.NO_MODEL
            try:
                completion = await self._model.complete(
                    messages, max_tokens=_OUTPUT_TOKENS, deadline_s=_CALL_S, schema=form.model_json_schema()
                )
            except ModelError as error:
                log.warning("drafting_model_failed", reason=str(error))
                return DraftRefusal.NO_MODEL
            await self._ledger.settle(
                reservation, prompt_tokens=completion.prompt_tokens, completion_tokens=completion.completion_tokens
            )
        try:
            return form.model_validate(value_of(completion.text))
        except ValidationError:
            return DraftRefusal.NOT_STRUCTURED


def _forms(forms: Mapping[str, str]) -> Iterator[tuple[Locale, str]]:
    """The forms in languages that there are."""
    known = {locale.value: locale for locale in Locale}
    for code, form in forms.items():
        if code in known and (name := one_line(form, limit=_NAME_LIMIT)):
            yield known[code], name
