"""Office files as Markdown, in a process of its own that may be killed without harm."""

from __future__ import annotations

import asyncio
import signal
import time

import structlog

from bot.adapters.office.labels import safe_label
from bot.adapters.office.outcome import Converted, RefusalReason, Refused
from bot.adapters.system.child import ChildCrashedError, in_child
from bot.adapters.system.limits import ProcessLimits

_log = structlog.get_logger(__name__)

LARGEST_FILE = 20 * 2**20
"""Bytes: what Telegram lets a bot fetch (https://core.telegram.org/bots/api#getfile)."""
_LIMITS = ProcessLimits(memory=1 * 2**30, cpu_s=40)
"""By reasoning: an empty child holds a quarter of the memory's addresses, and a PDF of 30 pages takes a few seconds."""
_WALL_S = 90.0
"""Seconds until the process is killed: more than twice its processor time, for a busy machine."""


class OfficeConverter:
    """Converts one file at a time, whoever asks; the others wait."""

    def __init__(self, *, limits: ProcessLimits = _LIMITS, wall_s: float = _WALL_S) -> None:
        self._limits = limits
        self._wall_s = wall_s
        self._turn = asyncio.Semaphore(1)

    async def convert(self, content: bytes, label: str) -> Converted | Refused:
        """Markdown, or why not; `label` is the name that came with the file, and is never used as a path."""
        shown = safe_label(label)
        if len(content) > LARGEST_FILE:
            return Refused(shown, RefusalReason.TOO_LARGE, f"{len(content):,} bytes of {LARGEST_FILE:,}")
        if not content:
            return Refused(shown, RefusalReason.NO_TEXT)
        async with self._turn:
            started = time.monotonic()
            outcome = await self._in_child(content, shown)
        _tell(outcome, len(content), time.monotonic() - started)
        return outcome

    async def _in_child(self, content: bytes, label: str) -> Converted | Refused:
        from bot.adapters.office.work import convert_bound  # noqa: PLC0415 - 0.05 s, which most runs need not spend

        try:
            async with asyncio.timeout(self._wall_s):
                return await in_child(convert_bound, content, label, self._limits)
        except TimeoutError:
            return Refused(label, RefusalReason.TOOK_TOO_LONG, f"more than {self._wall_s:.0f} s")
        except ChildCrashedError as crash:
            ended_by = -(crash.exit_code or 0)
            if ended_by in {signal.SIGXCPU, signal.SIGKILL}:
                return Refused(label, RefusalReason.TOOK_TOO_LONG, f"more than {self._limits.cpu_s} s of a processor")
            return Refused(label, RefusalReason.DAMAGED, f"its reader ended with {crash.exit_code}")


def _tell(outcome: Converted | Refused, size: int, took_s: float) -> None:
    if isinstance(outcome, Converted):
        _log.info("office_file_converted", kind=outcome.kind, size=size, took_s=round(took_s, 2))
    else:
        _log.warning("office_file_refused", reason=outcome.reason.name.lower(), size=size, took_s=round(took_s, 2))
