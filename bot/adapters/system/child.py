"""Work that may crash or be killed without harm: a function in a child process that dies with its parent."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import TypeVar

import structlog

from bot.adapters.system.environment import forget_the_rest

_Result = TypeVar("_Result")
_NICE = 10
"""How far a child stands behind the process that answers visitors."""

TellShare = Callable[[float], None]
"""Tells the parent the share, 0 to 1, of the work that is done."""


class ChildCrashedError(Exception):
    """The child process ended without a result; `exit_code` is negative where a signal ended it."""

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


async def in_child(
    function: Callable[..., _Result], *arguments: object, report: Callable[[float], None] | None = None
) -> _Result:
    """Call a module's function in a fresh process of low priority; its exceptions come back.

    With `report` the function gets a `TellShare` as its last argument; what it tells arrives there. When cancelled, the
    process is killed.

    Raises:
        ChildCrashedError: the process was killed or crashed.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments, report is not None), daemon=True)
    process.start()
    sender.close()
    try:
        while isinstance(message := await asyncio.to_thread(receiver.recv), float):
            if report is not None:
                report(message)
        result, error = message
    except EOFError:
        await asyncio.to_thread(process.join)
        reason = f"the process for {function.__name__} ended without a result"
        raise ChildCrashedError(reason, process.exitcode) from None
    except asyncio.CancelledError:
        process.kill()
        raise
    finally:
        await asyncio.shield(asyncio.to_thread(process.join))
        process.close()
        receiver.close()
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]  # what came through the pipe is what the function returned


def become_child() -> None:
    """Give way to the process that answers visitors, and end with it: for a process that is to work for long."""
    forget_the_rest()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    structlog.configure(  # standard output belongs to the parent's answers
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _run(sender: Connection, function: Callable[..., _Result], arguments: tuple[object, ...], tells: bool) -> None:  # noqa: FBT001 - multiprocessing gives arguments by place
    become_child()
    try:
        more = (sender.send,) if tells else ()
        sender.send((function(*arguments, *more), None))
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        sender.send((None, error))


def _die_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
