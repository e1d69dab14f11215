"""Asks the language model in a form, within the day's budget, and for the names of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from bot.answering.generation.forms import FormAsker, FormFailure
from bot.answering.generation.model import ChatMessage
from bot.answering.generation.ports import BudgetLedger, ChatModel
from bot.answering.generation.prompts import new_canary
from bot.drafting.model import DraftRefusal, NameForms, WrittenNames
from bot.drafting.prompts import naming_messages
from bot.ids import Locale
from bot.ingestion.model import Document
from bot.writing.cleaning import one_line
from bot.writing.folding import fold

_CALL_S = 120.0
"""Seconds for one call: a whole section with its questions, and nobody waits for it."""
_OUTPUT_TOKENS = 4000
"""Tokens that a section with its questions may take. Chosen: a long one in Hindi."""
_NAME_LIMIT = 400
"""Characters of a name that are kept; the longest known has some 60 (chosen)."""

_REFUSALS = {
    FormFailure.NO_MODEL: DraftRefusal.NO_MODEL,
    FormFailure.NOT_STRUCTURED: DraftRefusal.NOT_STRUCTURED,
}

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
        self._forms = FormAsker(model, ledger, call_s=_CALL_S, output_tokens=_OUTPUT_TOKENS, now=now)
        self.new_canary = new_canary

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
        found = await self._forms.ask(messages, form)
        return _REFUSALS[found] if isinstance(found, FormFailure) else found


def _forms(forms: Mapping[str, str]) -> Iterator[tuple[Locale, str]]:
    """The forms in languages that there are."""
    known = {locale.value: locale for locale in Locale}
    for code, form in forms.items():
        if code in known and (name := one_line(form, limit=_NAME_LIMIT)):
            yield known[code], name
