"""How a command reaches the bot that holds the database: small files in the data folder, one an order, one its answer.

One process writes the database; a second writer beside it would send without the common pace and tell nobody. Whoever
may write into the data folder may give orders: it belongs to the operator alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from bot.errors import AnnouncementError, ScodaError

_log = structlog.get_logger(__name__)

FOLDER_NAME = "commands"
_ORDER, _TAKEN, _ANSWER = ".order", ".taken", ".answer"
_LOOK_EVERY_S = 0.05
"""Whoever waits at a terminal notices no delay of this length. This and the next were chosen by reasoning."""
_TOO_OLD_S = 60.0
"""An older order was given while no bot ran, and may not be meant any more."""
_KEPT_S = 3600.0
"""Answers that nobody fetched, for somebody who looks what became of an order."""
_LONGEST_WORK_S = 1800.0
"""Seconds after which an order that was taken counts as stuck: by reasoning, twice what the longest is waited for."""
_LARGEST = 1_048_576
"""Bytes of an order or an answer, as of a file of announcements."""

SpooledOrder = Mapping[str, object]
OrderAnswer = Mapping[str, object]
"""Plain values; `ok` says whether the order was carried out, `error` why it was not."""
Execute = Callable[[SpooledOrder], Awaitable[OrderAnswer]]


class CommandError(AnnouncementError):
    """The running bot did not carry an order out."""


class CommandSpool:
    """Both ends: `ask` for the command, `serve` for the bot. What came of an order is seen with `look_with`."""

    def __init__(
        self,
        data: Path,
        *,
        clock: Callable[[], float] = time.time,
        folder: str = FOLDER_NAME,
        look_with: str = "scoda announce show",
    ) -> None:
        self._folder = data / folder
        self._look_with = look_with
        self._clock = clock

    async def ask(self, order: SpooledOrder, *, patience_s: float, work_s: float = 0.0) -> OrderAnswer:
        """Hand an order in and wait for its answer; once it is taken, so much longer as carrying it out may take.

        Raises:
            CommandError: none came; whether the order was carried out is said.
        """
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        self._open()
        _write(self._folder / f"{name}{_ORDER}", order)
        answer = self._folder / f"{name}{_ANSWER}"
        until = time.monotonic() + patience_s
        taken = self._folder / f"{name}{_TAKEN}"
        while time.monotonic() < until + (work_s if taken.exists() else 0.0) or answer.exists():
            if answer.exists():
                given = _read(answer)
                answer.unlink()
                return given
            await asyncio.sleep(_LOOK_EVERY_S)
        try:
            (self._folder / f"{name}{_ORDER}").unlink()
        except FileNotFoundError:
            raise CommandError(
                f"the bot took the order but has not answered within {patience_s + work_s:.0f} s: look with "
                f"`{self._look_with}` what became of it before you give it again"
            ) from None
        raise CommandError(
            f"the bot that holds the database has not taken the order within {patience_s:.0f} s, and it was taken "
            "back: is the bot running on this machine with this data folder?"
        )

    def recover(self) -> None:
        """At a start: of orders that were begun when the bot died nobody knows whether they were carried out."""
        for taken in self._folder.glob(f"*{_TAKEN}"):
            self._answer(
                taken, {"ok": False, "error": "the bot stopped while it carried this out: look what became of it"}
            )

    async def serve(self, execute: Execute) -> int:
        """Carry out what waits, oldest first; returns how many. An order is taken before it is begun: never twice."""
        done = 0
        for file in sorted(self._folder.glob(f"*{_ORDER}")):
            taken = file.with_suffix(_TAKEN)
            try:
                age_s = self._clock() - file.stat().st_mtime
                file.rename(taken)
            except FileNotFoundError:  # whoever gave it has taken it back
                continue
            self._answer(taken, await self._carry_out(taken, execute, age_s))
            done += 1
        self._tidy()
        return done

    async def _carry_out(self, taken: Path, execute: Execute, age_s: float) -> OrderAnswer:
        if age_s > _TOO_OLD_S:
            return {"ok": False, "error": f"the order is {age_s:.0f} s old: give it again if it is still meant"}
        try:
            order = _read(taken)
            return await execute(order)
        except ScodaError as error:
            return {"ok": False, "error": str(error)}
        except Exception as error:  # noqa: BLE001 - whoever waits for an answer must get one
            _log.error("order_failed", error=type(error).__name__)
            return {"ok": False, "error": f"the bot failed at it ({type(error).__name__}); its log says more"}

    def _answer(self, taken: Path, answer: OrderAnswer) -> None:
        _write(taken.with_suffix(_ANSWER), answer)
        taken.unlink()

    def _tidy(self) -> None:
        """Remove answers that nobody fetched."""
        for file in self._folder.glob(f"*{_ANSWER}"):
            with suppress(FileNotFoundError):
                if self._clock() - file.stat().st_mtime > _KEPT_S:
                    file.unlink()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)


def stuck_orders(data: Path, *, now: datetime) -> list[tuple[Path, float]]:
    """Orders below the data folder that nobody takes, or that were taken and never answered, with their age in s."""
    found = []
    for ending, longest_s in ((_ORDER, _TOO_OLD_S), (_TAKEN, _LONGEST_WORK_S)):
        for file in sorted(data.rglob(f"*{ending}")):
            with suppress(FileNotFoundError):
                age_s = now.timestamp() - file.stat().st_mtime
                if age_s > longest_s:
                    found.append((file, age_s))
    return found


def _write(file: Path, content: Mapping[str, object]) -> None:
    """Put it there whole: nobody sees half of it."""
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("w", encoding="utf-8") as writing:
        json.dump(content, writing, ensure_ascii=True)
        writing.flush()
        os.fsync(writing.fileno())
    fresh.replace(file)


def _read(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as reading:
            content = json.loads(reading.read(_LARGEST))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file.name} can't be read: {error}") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file.name} holds no object of values")
    return content
