"""Logs: structlog on standard error, with whatever looks like a secret taken out of every line of every library."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

import structlog

from bot.operations.log_ids import LogIds

_BOT_TOKEN = re.compile(r"(?<!\d)\d{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{5,}")
"""In an address `bot` stands right before it: that is no border of a word."""
_LOGIN = re.compile(r"(://)(?:[^\s:/@\"']*:[^\s\"']+|[^\s/@\"']+)@")
"""A password may hold a stroke or an @ that should have been written otherwise: up to the last one."""
_PARAMETER = re.compile(r"([?&](?:api[_-]?key|key|(?:access_)?token|secret|password|pwd)=)[^\s&\"'#]+", re.IGNORECASE)
_KEY = re.compile(r"(\b[Bb]earer\s+)[A-Za-z0-9._~+/=-]{8,}|\bsk-[A-Za-z0-9_-]{16,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]")
_HIDDEN = "[hidden]"
_OURS = "bot"
"""The logger above all of this program's own."""
_known_secrets: list[str] = []
"""Of this process, in every way in which they may be written, the longest first."""


def configure_logs(
    level: Literal["debug", "info", "warning", "error"],
    *,
    as_json: bool,
    secrets: Iterable[str] = (),
    ids: LogIds | None = None,
) -> None:
    """Send the logs of the bot and of its libraries to standard error, one event a line.

    Bot tokens and passwords in addresses are hidden wherever they occur; so are `secrets`, also from what `redact` is
    given and from the traceback that ends the process. `ids` names persons and chats; without it their names last as
    long as the process. Libraries are heard from WARNING on: below that some log
    addresses with the token (httpx) or what visitors wrote (aiosqlite, SQLAlchemy).
    """
    _known_secrets[:] = sorted({written for secret in secrets for written in _ways_to_write(secret)}, key=len)[::-1]
    _take_crashes()
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        ids or LogIds(None),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    root = logging.getLogger()
    root.handlers[:] = [_handler(shared, as_json=as_json)]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    logging.getLogger(_OURS).setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _handler(shared: Sequence[structlog.types.Processor], *, as_json: bool) -> logging.Handler:
    """Writes a line of ours or of a library, and hides in it what is secret."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    handler = _QuietHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _hide],
        )
    )
    return handler


def redact(text: str) -> str:
    """`text` without this process's secrets, without tokens, passwords and control characters (a line stays one)."""
    for secret in _known_secrets:
        text = text.replace(secret, _HIDDEN)
    text = _BOT_TOKEN.sub(_HIDDEN, text)
    text = _LOGIN.sub(rf"\1{_HIDDEN}@", text)
    text = _PARAMETER.sub(rf"\1{_HIDDEN}", text)
    text = _KEY.sub(lambda found: (found[1] or "") + _HIDDEN, text)
    return _CONTROL.sub("�", text)


def _ways_to_write(secret: str) -> set[str]:
    """As it is, in an address, and in JSON and a `repr`."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]} if secret else set()


def _hide(logger: Any, name: str, line: Any) -> str:  # noqa: ANN401, ARG001 - structlog's own signature
    """The last step of the chain: works on the finished line, so that tracebacks are covered too."""
    return redact(str(line))


def _take_crashes() -> None:
    """Show what nobody catches without secrets: in the main thread, in another one, and where nothing can be raised."""
    sys.excepthook = _show_crash
    if threading.excepthook is threading.__excepthook__:  # whoever has set another one looks for errors themselves
        threading.excepthook = lambda crash: _show_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = lambda crash: _show_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)


def _show_crash(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """In place of Python's own: an error that nobody foresaw may hold anything."""
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


class _QuietHandler(logging.StreamHandler[Any]):
    """Goes on when standard error is closed or its disk is full: a log line is never worth an answer."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Drop the record."""
