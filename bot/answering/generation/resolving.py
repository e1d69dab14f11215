"""A question in doubt: it is searched for in other languages, and a model says which of the sections answer it.

What the model writes is never shown. It names the question in other languages, which are only searched for, and numbers
of sections that were found. Rules stay above it; where it says nothing of use the extractive answer stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from bot.answering.generation.calling import Caller, FallbackError, Task
from bot.answering.generation.doubt import Shortlisted, chosen_first, languages_to_try, ruled_out, shortlist
from bot.answering.generation.model import Composed, RejectionReason, Resolved
from bot.answering.generation.prompts import choosing_prompt, translating_prompt
from bot.answering.generation.structured import (
    MOST_CHOSEN,
    QuestionWording,
    Refusal,
    SectionChoice,
    TranslationCheck,
    Translations,
    chosen_in,
)
from bot.answering.model import Outcome
from bot.answering.pipeline import Context, ExtractiveAnswerer
from bot.answering.ports import LanguageIdentifier

log = structlog.get_logger(__name__)

_TOKENS_A_LANGUAGE = 100
"""Tokens for one translation of a question. Chosen, with room for scripts that are cut small."""
_CHOOSING_TOKENS = 40
"""Tokens for the numbers of at most three sections, as JSON. Chosen, with room for white space."""
_TRANSLATIONS: Mapping[str, object] = Translations.model_json_schema()
_CHOICE: Mapping[str, object] = SectionChoice.model_json_schema()


class Resolver:
    """Asks the model at most twice about one question. `canary` is the word that must never be seen."""

    def __init__(
        self, extractive: ExtractiveAnswerer, caller: Caller, identifier: LanguageIdentifier, canary: str
    ) -> None:
        self._extractive = extractive
        self._caller = caller
        self._identifier = identifier
        self._canary = canary

    async def resolve(self, task: Task, context: Context) -> Context:
        """The question with the answer that it has now; as it was where the model is of no use.

        Raises:
            FallbackError: the model may not be asked, or failed.
        """
        wordings = await self._wordings(task, context)
        others = [await self._extractive.reworded(context, one.text, one.locale) for one in wordings]
        found = shortlist((context, *others))
        chosen = await self._chosen(task, found)
        resolved, after = self._decided(context, chosen)
        self._caller.counts.resolved[resolved] += 1
        log.info(
            "doubt_resolved",
            result=resolved.value,
            sections=len(found),
            languages=[one.locale.value for one in wordings],
        )
        return after

    async def _wordings(self, task: Task, context: Context) -> Sequence[QuestionWording]:
        """The question in the languages in which the candidates stand; none when they can't be had."""
        locales = languages_to_try(context)
        max_tokens = _TOKENS_A_LANGUAGE * len(locales)
        question, room = task.question.text, self._caller.limits.context_tokens - max_tokens
        prompt = translating_prompt(question, _asked_before(task), locales, canary=self._canary, room=room)
        if prompt is None or not locales:
            return ()
        completion = await self._caller.call(task, prompt, max_tokens, schema=_TRANSLATIONS)
        kept, refused = TranslationCheck(self._identifier, self._canary, question).check(completion.text, locales)
        _log_refused("translation", refused)
        return kept

    async def _chosen(self, task: Task, found: Sequence[Shortlisted]) -> Sequence[Shortlisted] | None:
        """The sections that hold the answer, the best first; None when the model's word can't be used."""
        prompt = choosing_prompt(
            task.question.text,
            _asked_before(task),
            [one.section for one in found],
            most=MOST_CHOSEN,
            canary=self._canary,
            room=self._caller.limits.context_tokens - _CHOOSING_TOKENS,
        )
        if prompt is None:
            raise FallbackError(Composed.TOO_LONG_PROMPT)
        completion = await self._caller.call(task, prompt, _CHOOSING_TOKENS, schema=_CHOICE)
        numbers = chosen_in(completion.text, of=len(prompt.passages))
        if isinstance(numbers, Refusal):
            _log_refused("choice", [numbers])
            return None
        return [found[number - 1] for number in numbers]

    def _decided(self, context: Context, chosen: Sequence[Shortlisted] | None) -> tuple[Resolved, Context]:
        """What becomes of it: told, offered where it would have been told, or left as it was."""
        if chosen is None:
            return Resolved.REFUSED, context
        if not chosen:
            return Resolved.NOT_TOLD, self._not_told(context)
        first = chosen[0]
        if ruled_out(context, first.section) is not None:
            return Resolved.RULED_OUT, context
        finding = chosen_first(first.context, [one.section.key for one in chosen])
        return Resolved.TOLD, self._extractive.told(first.context, finding)

    def _not_told(self, context: Context) -> Context:
        assert context.answer is not None
        assert context.best is not None
        if context.answer.outcome is not Outcome.ANSWERED:
            return context
        return self._extractive.offered(context, context.best)


def _asked_before(task: Task) -> list[str]:
    return [turn.question for turn in task.question.history]


def _log_refused(what: str, reasons: Sequence[Refusal | RejectionReason]) -> None:
    """Never with what was written: it may repeat what a visitor asked."""
    if reasons:
        log.info("model_output_refused", what=what, reasons=sorted({reason.value for reason in reasons}))
