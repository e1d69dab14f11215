"""What goes on by itself: lost questions are put into gaps, asked again of new knowledge, and who waits is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice, zip_longest

import structlog

from bot.answering.model import Answer, LostBy, Outcome, Question
from bot.errors import NothingPublishedError
from bot.gaps.clustering import arranged
from bot.gaps.model import FoundAnswer, Gap, GapId, GapState, LostQuestion, Told, TracedQuestion, Watch, WatchState
from bot.gaps.ports import Answers, GapStore, Tell, Tracer, WatchStore
from bot.ids import SectionKey
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

_TAPPED_WITHIN = timedelta(minutes=10)
"""In which what was offered is looked at, or is not what was meant. Chosen by reasoning."""
_NEW_AT_ONCE = 50
"""Lost questions that are traced in a turn, each by an embedding and a search, as an answer. Chosen by reasoning."""
_COMPARED = 1500
"""Questions that are arranged at once, the newest ones; older ones keep their gaps. They took 0.64 s of a processor, in
a thread beside the loop."""
_GAPS_AT_ONCE = 10
"""Gaps whose questions are asked again in a turn: with the sample 40 answers. Chosen by reasoning."""
_SAMPLE = 4
"""Questions of a gap that are asked again, the languages taking turns. Chosen by reasoning."""
_WISHES_AT_ONCE = 20
"""Visitors' own questions that are asked again in a turn. Chosen by reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperParts:
    """What the keeper works with. `answers` is asked without a language model."""

    store: GapStore
    watches: WatchStore
    tracer: Tracer
    answers: Answers
    tell: Tell
    transaction: Transaction


class GapKeeper:
    """Does one bounded turn of all of it at a time; `begin` comes first, once a start."""

    def __init__(self, parts: KeeperParts, *, today: Callable[[datetime], date]) -> None:
        self._parts = parts
        self._today = today

    async def begin(self, *, now: datetime) -> None:
        """What a killed process was sending is in doubt from now on."""
        if doubtful := await self._parts.watches.doubt_interrupted(now=now):
            _log.warning("wishes_in_doubt", wishes=doubtful, then="they are not told again")

    async def turn(self, now: datetime) -> None:
        """Gather, ask again, tell: some of each."""
        try:
            version = self._parts.answers.knowledge.version
        except NothingPublishedError:
            return
        await self.gather(now)
        await self.ask_again(version, now)
        await self.tell_who_waits(version, now)

    async def gather(self, now: datetime) -> None:
        """Put new lost questions into gaps; an answered gap that is asked again like that is open again."""
        store, tracer = self._parts.store, self._parts.tracer
        fresh = await store.fresh(offered_before=now - _TAPPED_WITHIN, limit=_NEW_AT_ONCE)
        if not fresh:
            return
        await store.tidy()
        traces = {one.turn_id: await tracer.trace(one.question, one.locale) for one in fresh}
        known = await store.traced(tracer.identity, limit=_COMPARED)
        gaps = await store.gaps(states=frozenset(GapState))
        pinned = {gap.gap_id for gap in gaps if _is_settled(gap)}
        questions = [*known, *(TracedQuestion(turn_id, trace) for turn_id, trace in traces.items())]
        places = await asyncio.to_thread(arranged, questions, pinned)
        before = {one.turn_id: one.gap_id for one in known}
        moved = {turn_id: gap_id for turn_id, gap_id in places.items() if before.get(turn_id) != gap_id}
        asked = min(one.knowledge_version for one in fresh)
        async with self._parts.transaction():
            await store.place(moved, traces, identity=tracer.identity, version=asked, now=now)
            await store.tidy()
        reopened = [gap for gap in gaps if gap.state is GapState.ANSWERED and _is_asked_anew(gap, places, fresh)]
        for gap in reopened:
            await store.move(gap.gap_id, GapState.OPEN, now=now)
        _log.info("lost_questions_gathered", questions=len(fresh), gaps=len(set(places.values())))

    async def ask_again(self, version: int, now: datetime) -> None:
        """Ask some open gaps' questions of this version, which they were not asked of; the worst gaps first."""
        due = await self._parts.store.gaps(states=frozenset({GapState.OPEN}), asked_before=version)
        for gap in sorted(due, key=lambda gap: -gap.weight(now))[:_GAPS_AT_ONCE]:
            by = await self._answered_by(gap, now)
            async with self._parts.transaction():
                await self._parts.store.note_asked(gap.gap_id, version)
                if by is not None:
                    await self._parts.store.move(gap.gap_id, GapState.ANSWERED, by=by, now=now)
            if by is not None:
                _log.info("gap_answered", gap_id=gap.gap_id, by=str(by))

    async def tell_who_waits(self, version: int, now: datetime) -> None:
        """Tell those whose own question is answered by this version, each once."""
        for watch in await self._parts.watches.waiting(before=version, limit=_WISHES_AT_ONCE):
            answer = await self._asked(watch.question, watch, now)
            if answer.outcome is Outcome.ANSWERED and answer.citations:
                await self._tell(FoundAnswer(watch, answer.citations[0].key), version, now)
            else:
                await self._parts.watches.note_asked(watch, version)

    async def _tell(self, found: FoundAnswer, version: int, now: datetime) -> None:
        """Intent, call, result. What surely was not sent waits for the next turn."""
        watches, watch = self._parts.watches, found.watch
        if not watch.is_reachable:
            await watches.settle(watch, WatchState.SKIPPED, now=now)
            return
        if not await watches.claim(watch, now=now):
            return
        try:
            told = await self._parts.tell(found)
        except Exception:
            await watches.settle(watch, WatchState.IN_DOUBT, now=now)
            raise
        state = {
            Told.SENT: WatchState.TOLD,
            Told.NOT_SENT: WatchState.WAITING,
            Told.IN_DOUBT: WatchState.IN_DOUBT,
            Told.GONE: WatchState.SKIPPED,
        }[told]
        await watches.settle(watch, state, now=now)
        _log.info("wish_settled", state=state.value, generation=version)

    async def _answered_by(self, gap: Gap, now: datetime) -> SectionKey | None:
        """The section that answers at least half of a sample, other than the one that a visitor found no help in."""
        asked = _sample(gap)
        told: Counter[SectionKey] = Counter()
        for question in asked:
            answer = await self._asked(question.question, question, now)
            key = answer.citations[0].key if answer.outcome is Outcome.ANSWERED and answer.citations else None
            if key is not None and not (question.loss.by is LostBy.THUMBS_DOWN and key in question.told):
                told[key] += 1
        by, times = next(iter(told.most_common(1)), (None, 0))
        return by if 2 * times >= len(asked) else None

    async def _asked(self, text: str, asked: LostQuestion | Watch, now: datetime) -> Answer:
        question = Question(text, self._today(now), app_locale=asked.locale, may_compose=False)
        return await self._parts.answers.answer(question)


def _is_settled(gap: Gap) -> bool:
    """What staff have touched stays as they know it: it may gain questions, and loses none."""
    return gap.state is not GapState.OPEN or gap.assignee is not None or gap.is_drafted


def _is_asked_anew(gap: Gap, places: Mapping[str, GapId], fresh: Sequence[LostQuestion]) -> bool:
    """Whether it was lost again with the knowledge that was to answer it."""
    return any(places[one.turn_id] == gap.gap_id and one.knowledge_version >= gap.asked_again for one in fresh)


def _sample(gap: Gap) -> list[LostQuestion]:
    """The newest questions of each language, the languages taking turns."""
    rows = ([one for one in reversed(gap.questions) if one.locale is locale] for locale in gap.locales)
    return list(islice((one for one in chain.from_iterable(zip_longest(*rows)) if one is not None), _SAMPLE))
