"""A million updates in accelerated time: what a bot keeps in memory must not grow with them.

    python -m tests.faults.soak [--updates N] [--seed N]

The whole bot with SQLite, the real poller, intake, dispatch, stores and sweeps; Telegram is pretended in the same
process, and an answer that was given once is handed out again: they are computed elsewhere. Each update is six seconds
later than the one before, so a million are ten weeks: terms end, rows are swept, limits of minutes and days begin anew.
Counted are memory, objects, tasks and open files, after each twentieth.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import psutil
import pytest
from telegram.request import RequestData

from bot.adapters.system.memory import give_back_memory
from bot.answering.model import Answer, DocumentView, OnSentence, Question, TopicView
from bot.app.announcing import announcing
from bot.app.chat import chat_options, chat_parts
from bot.app.core import Core, open_core
from bot.app.visitors import retention_of, visitor_store_of
from bot.chat import application
from bot.chat.application import Chat, build_chat
from bot.chat.ports import Answerer
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.transport import Encoded
from bot.ids import Locale, SectionKey
from bot.operations.logs import configure_logs
from bot.settings import HealthSettings, KnowledgeSettings, Settings, StoreSettings, TelegramSettings
from tests.faults.fuzzing.whole_bot import PretendedTelegram
from tests.faults.simulation import BrokenPromiseError, promise
from tests.support.little_knowledge import write_little_knowledge

BEGINS = datetime(2026, 7, 1, tzinfo=UTC)
STEP = timedelta(seconds=6)
"""Between two updates: a million in ten weeks, 14,400 a day."""
LOOKS = 20
WARM = 0.25
"""Share of the updates after which caches are full; what is kept from then on is counted."""
MOST_GROWTH_MB = 50.0
MOST_KEPT = 0.4
"""Objects that may stay for an update: one that is kept for each would be 1 or more, and what is being handled while it
is looked, some thirty objects an update, moves the line of a few thousand updates by a tenth or two."""
MOST_MORE_TASKS, MOST_MORE_FILES = 24, 8
"""From the first look that counts to the last, by a line through all: each falls into the middle of something, and of a
million updates the looks that counted saw 180 to 200 tasks. One that were kept for a day would be fifty more."""
_WAITING = 200
"""So many updates wait at most: the pretended Telegram hands out more only then."""
_UPDATES_A_VISITOR = 50
"""All have been there after a fifth of the updates: what grows from then on grows with updates, not with people."""
_AT_A_TIME = 300
"""Visitors who are about at the same time; they go, and others come."""
_MANY = 10**9
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files are kept in memory: durable commits would wait for a disk a million times."""
_LOOK_EVERY_S = 0.005
_GIVEN_UP = ("update_given_up", "effects_given_up")
_QUESTIONS = (
    "How many freight trains ran in 2025?",
    "How long does a freight train to Tashkent take?",
    "Where is the Pearl?",
    "How large is the Pearl exhibition hall?",
    "Сколько грузовых поездов прошло в 2025 году?",
    "上合之珠展馆有多大？",
    "Where can I park a submarine?",
    "hello",
    "thank you",
)


class SoakTelegram(PretendedTelegram):
    """Has updates for whoever polls, made as they are fetched, and gives those that are not confirmed again."""

    def __init__(self, random: Random, updates: int) -> None:
        super().__init__(random)
        self.made = 0
        self.calls = 0
        self.chat: Chat | None = None
        self._updates = updates
        self._random = random
        self._unconfirmed: OrderedDict[int, dict[str, object]] = OrderedDict()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | Encoded | None = None, **timeouts: object
    ) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`."""
        self.calls += 1
        if not url.endswith("/getUpdates"):
            return await super().do_request(url, method, request_data, **timeouts)  # type: ignore[arg-type]  # as the real one takes both
        parameters = request_data.json_parameters if request_data else {}
        self._confirm(int(parameters.get("offset", 0)))
        await until(lambda: not self._has_nothing())
        for _ in range(min(100 - len(self._unconfirmed), self._updates - self.made)):
            self.made += 1
            self._unconfirmed[self.made] = self._update(self.made)
        if self._random.random() < 0.01:
            return 502, b'{"ok": false, "error_code": 502, "description": "Bad Gateway"}'
        return 200, json.dumps({"ok": True, "result": list(self._unconfirmed.values())}).encode()

    def has_more(self, chat: Chat) -> bool:
        """Whether something is not fetched, or not handled yet."""
        return self.made < self._updates or bool(self._unconfirmed) or chat.intake.waiting > 0

    def now(self) -> datetime:
        """The moment of the last update."""
        return BEGINS + STEP * self.made

    def _confirm(self, offset: int) -> None:
        while self._unconfirmed and next(iter(self._unconfirmed)) < offset:
            self._unconfirmed.popitem(last=False)

    def _has_nothing(self) -> bool:
        assert self.chat is not None
        return self.chat.intake.waiting > _WAITING or (self.made == self._updates and not self._unconfirmed)

    def _update(self, number: int) -> dict[str, object]:
        """What visitors do: ask, press, greet, send pictures, edit."""
        random = self._random
        first = number // 10  # who is about moves on through all of them
        person = 50_000_000 + (first + random.randrange(_AT_A_TIME)) % (self._updates // _UPDATES_A_VISITOR)
        user = {
            "id": person,
            "is_bot": False,
            "first_name": "Guest",
            "language_code": random.choice(("en", "ru", "zh")),
        }
        at = int((BEGINS + STEP * number).timestamp())
        message = {"message_id": number, "date": at, "chat": {"id": person, "type": "private"}, "from": user}
        kind = random.random()
        if kind < 0.15 and self.buttons:
            pressed = {"id": str(number), "from": user, "chat_instance": "1", "data": random.choice(self.buttons)}
            return {"update_id": number, "callback_query": pressed | {"message": message | {"text": "…"}}}
        if kind < 0.20:
            command = random.choice(("/start", "/help", "/topics", "/privacy", "/language"))
            entities = [{"type": "bot_command", "offset": 0, "length": len(command)}]
            return {"update_id": number, "message": message | {"text": command, "entities": entities}}
        if kind < 0.23:
            return {"update_id": number, "message": message | {"dice": {"emoji": "🎲", "value": 3}}}
        if kind < 0.25:
            return {"update_id": number, "edited_message": message | {"edit_date": at, "text": "Where is it?"}}
        return {"update_id": number, "message": message | {"text": random.choice(_QUESTIONS)}}


async def until(condition: Callable[[], bool]) -> None:
    """Wait as long as it takes: an hour is no failure here."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(_LOOK_EVERY_S)


class Recorded:
    """Hands out an answer that was given once again."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._answers: dict[tuple[str, Locale | None, Locale | None], Answer] = {}

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """See `Answerer`."""
        what = (question.text, question.chosen, question.app_locale)
        if what not in self._answers:
            self._answers[what] = await self._answerer.answer(question, on_sentence=on_sentence)
        return self._answers[what]

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """See `Answerer`."""
        return self._answerer.section(key, locale, today)

    def topics(self, today: date) -> Sequence[TopicView]:
        """See `Answerer`."""
        return self._answerer.topics(today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """See `Answerer`."""
        return self._answerer.documents(topic, locale, today)


@dataclass(frozen=True, slots=True)
class Look:
    """The process after so many updates."""

    updates: int
    memory_mb: float
    objects: int
    tasks: int
    files: int

    def __str__(self) -> str:
        return (
            f"  {self.updates:>9,} updates: {self.memory_mb:.1f} MB, {self.objects:,} objects, {self.tasks} tasks, "
            f"{self.files} files"
        )


@dataclass(slots=True)
class SoakReport:
    """What was counted, look by look."""

    looks: list[Look] = field(default_factory=list)
    calls: int = 0
    took_s: float = 0.0
    swept: int = 0

    @property
    def counted(self) -> list[Look]:
        """The looks after the caches were full."""
        return [look for look in self.looks if look.updates >= self.looks[-1].updates * WARM]

    @property
    def growth_mb(self) -> float:
        """From the first look that counts to the highest."""
        return max(look.memory_mb for look in self.counted) - self.counted[0].memory_mb

    @property
    def kept_an_update(self) -> float:
        """Objects that stayed, by a line through the looks that count."""
        return _slope([(look.updates, look.objects) for look in self.counted])

    @property
    def more_tasks(self) -> float:
        """Those that stayed, by such a line."""
        return self._span * _slope([(look.updates, look.tasks) for look in self.counted])

    @property
    def more_files(self) -> float:
        """Open ones that stayed, by such a line."""
        return self._span * _slope([(look.updates, look.files) for look in self.counted])

    @property
    def bytes_an_update(self) -> float:
        """Memory that stayed, by the same line."""
        return _slope([(look.updates, look.memory_mb * 2**20) for look in self.counted])

    def check(self) -> None:
        """Compare with what is promised.

        Raises:
            BrokenPromiseError: something grows.
        """
        promise(self.growth_mb < MOST_GROWTH_MB, f"the process grew by {self.growth_mb:.0f} MB")
        promise(self.kept_an_update < MOST_KEPT, f"{self.kept_an_update:.3f} objects stay for each update")
        promise(self.more_tasks < MOST_MORE_TASKS, f"{self.more_tasks:.0f} tasks stay")
        promise(self.more_files < MOST_MORE_FILES, f"{self.more_files:.0f} files stay open")

    @property
    def _span(self) -> int:
        return self.counted[-1].updates - self.counted[0].updates

    def __str__(self) -> str:
        return (
            f"{self.looks[-1].updates:,} updates in {self.took_s:.0f} s, {self.calls:,} calls to Telegram, "
            f"{self.swept:,} rows swept; from {self.counted[0].updates:,} on {self.growth_mb:+.1f} MB at most, "
            f"{self.bytes_an_update:+.1f} bytes and {self.kept_an_update:+.4f} objects an update, "
            f"{self.more_tasks:+.1f} tasks and {self.more_files:+.1f} files in all"
        )


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line that fits best."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


async def soak(
    place: Path, *, updates: int, seed: int, tell: Callable[[Look], object] = lambda look: None
) -> SoakReport:
    """The whole story, in an empty folder; each look is told at once.

    Raises:
        BrokenPromiseError: what must never happen has happened.
    """
    report, process, began = SoakReport(), psutil.Process(), time.monotonic()
    telegram = SoakTelegram(Random(seed), updates)
    async with _open(place, telegram) as (core, chat, running):
        for goal in _goals(updates):
            await until(lambda goal=goal: running.done() or telegram.made >= goal)
            promise(not running.done(), f"the bot ended: {running}")
            report.swept += await visitor_store_of(core).sweep(retention_of(core.settings), now=telegram.now())
            gc.collect()
            give_back_memory()
            memory_mb, tasks = process.memory_info().rss / 2**20, len(asyncio.all_tasks())
            report.looks.append(Look(telegram.made, memory_mb, len(gc.get_objects()), tasks, process.num_fds()))
            tell(report.looks[-1])
        await until(lambda: running.done() or not telegram.has_more(chat))
        promise(not running.done(), f"the bot ended: {running}")
        report.took_s, report.calls = time.monotonic() - began, telegram.calls
    return report


def _goals(updates: int) -> Iterator[int]:
    return (updates * look // LOOKS for look in range(1, LOOKS + 1))


@asynccontextmanager
async def _open(place: Path, telegram: SoakTelegram) -> AsyncIterator[tuple[Core, Chat, asyncio.Task[None]]]:
    """The bot at work: put together as `scoda run` does it, but for Telegram, the answers and the time."""
    write_little_knowledge(place / "knowledge")
    settings = Settings(
        telegram=TelegramSettings(token="7000001:pretended", base_url="http://127.0.0.1:9"),
        knowledge=KnowledgeSettings(folder=place / "knowledge"),
        store=StoreSettings(data=place / "data"),
        health=HealthSettings(port=0),
    )
    rates = Rates(overall_per_s=_MANY, chat_per_s=_MANY, group_per_min=_MANY)  # the pace keeps the time of the wall
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(application, "_transport", lambda options, connections: telegram)
        async with open_core(settings) as core:
            await core.make_answerable()
            await core.warm()
            news = announcing(core.database, settings.store.data)
            await news.begin(settings, now=telegram.now())
            parts = chat_parts(core, news)
            parts = replace(parts, answerer=Recorded(parts.answerer), now=telegram.now)
            async with build_chat(replace(chat_options(settings), rates=rates), parts) as chat:
                telegram.chat = chat
                running = asyncio.create_task(chat.run())
                try:
                    yield core, chat, running
                finally:
                    chat.stop()
                    await running


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    configure_logs("error", as_json=True)
    try:
        with tempfile.TemporaryDirectory(prefix="scoda-soak-", dir=_MEMORY) as place:
            report = await soak(Path(place), updates=given.updates, seed=given.seed, tell=partial(print, flush=True))
            print(report)
            report.check()
    except BrokenPromiseError as error:
        print(f"BROKEN: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
