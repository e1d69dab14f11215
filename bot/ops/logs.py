"""Logs: structlog on standard error, with whatever looks like a secret taken out of every line of every library."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, Literal

import structlog

_BOT_TOKEN = re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{5,}")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]+):[^\s@]+@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]")
_HIDDEN = "[hidden]"
_OURS = "bot"
"""The logger above all of this program's own."""


def configure_logs(
    level: Literal["debug", "info", "warning", "error"],
    *,
    as_json: bool,
    secrets: Iterable[str] = (),
) -> None:
    """Send the logs of the bot and of its libraries to standard error, one event a line.

    Bot tokens and passwords in addresses are hidden wherever they occur; so are `secrets`. Libraries are heard from
    WARNING on: below that some log addresses with the token (httpx) or what visitors wrote (aiosqlite, SQLAlchemy).
    """
    hide = _Redactor(secrets)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    handler = _QuietHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, hide],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    logging.getLogger(_OURS).setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without tokens, passwords and control characters (a log line stays one line)."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    text = _BOT_TOKEN.sub(_HIDDEN, text)
    text = _URL_PASSWORD.sub(rf"\1:{_HIDDEN}@", text)
    return _CONTROL.sub("�", text)


class _Redactor:
    """The last step of the chain: works on the finished line, so that tracebacks are covered too."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)

    def __call__(self, logger: Any, name: str, line: Any) -> str:  # noqa: ANN401, ARG002 - structlog's own signature
        return redact(str(line), self._secrets)


class _QuietHandler(logging.StreamHandler[Any]):
    """Goes on when standard error is closed or its disk is full: a log line is never worth an answer."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Drop the record."""
