"""Work that may crash or be killed without harm: a function in a child process that dies with its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import TypeVar

_Result = TypeVar("_Result")


class ChildCrashedError(Exception):
    """The child process ended without a result."""


async def in_child(function: Callable[..., _Result], *arguments: object) -> _Result:
    """Call a module's function in a fresh process; its exceptions come back. When cancelled, the process is killed.

    Raises:
        ChildCrashedError: the process was killed or crashed.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        result, error = await asyncio.to_thread(receiver.recv)
    except EOFError:
        raise ChildCrashedError(f"the process for {function.__name__} ended without a result") from None
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


def _run(sender: Connection, function: Callable[..., _Result], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        sender.send((function(*arguments), None))
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        sender.send((None, error))


def _die_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
