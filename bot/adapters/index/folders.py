"""Folders of the index: written beside the others, forced to the disk, then renamed and never changed afterwards."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

from bot.operations.durable import sync_to_disk

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class HeldFiles:
    """Files of a folder that can be read whenever they are needed, though another process may delete it before."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Open those that are there; they are closed when nobody has this object any more."""
        self._folder = folder
        self._opened = {name: os.open(folder / name, os.O_RDONLY) for name in names if (folder / name).exists()}
        weakref.finalize(self, _close_all, list(self._opened.values()))

    def read(self, name: str) -> BytesIO:
        """What stands in one of them.

        Raises:
            FileNotFoundError: it was not there.
        """
        if name not in self._opened:
            raise FileNotFoundError(self._folder / name)
        opened = self._opened[name]
        return BytesIO(os.pread(opened, os.fstat(opened).st_size, 0))


def _close_all(opened: Iterable[int]) -> None:
    for descriptor in opened:
        os.close(descriptor)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def empty(folder: Path) -> None:
    """Make the folder, without whatever stood there."""
    remove(folder)
    folder.mkdir(parents=True)


def remove(folder: Path) -> None:
    """Delete a folder with all that it holds, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)


def put_in_place(built: Path, folder: Path) -> None:
    """Give a finished folder its name for good."""
    remove(folder)
    built.rename(folder)
    sync_to_disk(folder.parent)


def numbered(root: Path, kind: str) -> Iterator[tuple[Path, int]]:
    """The folders `<kind>-<number>` with their numbers."""
    for folder in root.iterdir():
        name, dash, number = folder.name.rpartition("-")
        if name == kind and dash and number.isdigit() and folder.is_dir():
            yield folder, int(number)


async def to_its_end(function: Callable[_Given, _Result], *given: _Given.args, **named: _Given.kwargs) -> _Result:
    """Do it in a thread; when cancelled, wait for that all the same, so that nothing is written behind our back."""
    work = asyncio.create_task(asyncio.to_thread(function, *given, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
