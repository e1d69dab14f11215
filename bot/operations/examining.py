"""Looks at a deployment check by check: each has a limit in seconds, and one that breaks is itself a diagnosis."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import ParamSpec

from bot.errors import ScodaError
from bot.operations.logs import redact

_Given = ParamSpec("_Given")
USUAL_LIMIT_S = 20.0
"""Seconds for a check that says nothing else, by reasoning: somebody waits at a terminal, and at night."""


class Severity(IntEnum):
    """How bad it is; also the exit code of `scoda doctor`."""

    FINE = 0
    WARNING = 1
    """The bot runs, and something needs a person soon."""
    ERROR = 2
    """The bot does not start, loses something, or does not answer."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is so, where, and what to do about it. What is fine needs no advice."""

    severity: Severity
    what: str
    where: str = ""
    advice: str = ""


Diagnoses = Sequence[Diagnosis]
Look = Callable[[], Awaitable[Diagnoses]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. It changes nothing."""

    name: str
    look: Look
    limit_s: float = USUAL_LIMIT_S


@dataclass(frozen=True, slots=True)
class Examination:
    """What a check has found, with everything secret taken out."""

    check: str
    found: tuple[Diagnosis, ...]
    took_s: float

    @property
    def severity(self) -> Severity:
        """The worst of what was found."""
        return max((one.severity for one in self.found), default=Severity.FINE)


def fine(what: str, where: str = "") -> Diagnosis:
    """Nothing to do."""
    return Diagnosis(Severity.FINE, what, where)


def warning(what: str, *, where: str = "", advice: str) -> Diagnosis:
    """See `Severity.WARNING`."""
    return Diagnosis(Severity.WARNING, what, where, advice)


def error(what: str, *, where: str = "", advice: str) -> Diagnosis:
    """See `Severity.ERROR`."""
    return Diagnosis(Severity.ERROR, what, where, advice)


async def examine(checks: Sequence[Check]) -> AsyncIterator[Examination]:
    """Carry out one check after the other, and give each when it is done."""
    for check in checks:
        began = time.monotonic()
        found = await _found_by(check)
        yield Examination(check.name, tuple(map(_redacted, found)), time.monotonic() - began)


def in_thread(function: Callable[_Given, Diagnoses], *given: _Given.args, **named: _Given.kwargs) -> Look:
    """A look that blocks, in a thread that nobody waits for once its check's time is over: a disk may hang for ever."""

    async def look() -> Diagnoses:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Diagnoses] = loop.create_future()

        def settle(found: Diagnoses | BaseException) -> None:
            if done.done():
                return
            if isinstance(found, BaseException):
                done.set_exception(found)
            else:
                done.set_result(found)

        def work() -> None:
            found: Diagnoses | BaseException
            try:
                found = function(*given, **named)
            except BaseException as broken:  # noqa: BLE001 - whoever waits hears of it
                found = broken
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=work, daemon=True).start()
        return await done

    return look


async def _found_by(check: Check) -> Diagnoses:
    advice = "run `scoda doctor` again; if it stays so, look in the log of the bot and at what this check looks at"
    try:
        async with asyncio.timeout(check.limit_s):
            return await check.look()
    except TimeoutError:
        return [error(f"the check took longer than {check.limit_s:g} s and was given up", advice=advice)]
    except ScodaError as broken:
        return [error(str(broken), advice="do what the message says, then run `scoda doctor` again")]
    except Exception as broken:  # noqa: BLE001 - one check that breaks must not hide what the others find
        return [error(f"the check itself broke: {type(broken).__name__}: {broken}", advice=advice)]


def _redacted(one: Diagnosis) -> Diagnosis:
    return Diagnosis(one.severity, redact(one.what), redact(one.where), redact(one.advice))
