"""Announcements written as TOML: the standing ones in `config/announcements.toml`, and single ones for a command.

A table is one announcement. What is wrong is told with file and line, all of it at once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from bot.adapters.announcements.toml_lines import TomlLines
from bot.adapters.announcements.written import WrittenAnnouncement, WrittenRecurring, WrittenSingle, draft_of_table
from bot.announcements.drafting import Draft
from bot.announcements.model import Attachment, AttachmentKind
from bot.announcements.schedule import ScheduleError
from bot.announcements.standing import StandingAnnouncement, TablePlace
from bot.errors import Fault, SettingsError

LONGEST_NAME = 10
"""So that name and version fit into an announcement's id."""
_LARGEST_FILE = 1_048_576
"""Bytes. Twelve languages of the longest texts that Telegram takes are a tenth of it; a larger one is a mistake."""
_FINGERPRINT_DIGITS = 16
"""64 bits: no two states of a file share one by chance."""
_LARGEST_ATTACHMENT = 50 * 1_048_576
"""Bytes: what a bot may send at most (https://core.telegram.org/bots/api#sending-files)."""
_NO_ATTACHMENTS = frozenset({".toml", ".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".key", ".pem"})
"""Kinds of file that hold settings, state or secrets, whoever names them."""
_NAME = re.compile(rf"[a-z0-9]{{1,{LONGEST_NAME}}}")
_SYNTAX_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class AnnouncementFile:
    """What a file holds, and all that is wrong with it."""

    announcements: tuple[StandingAnnouncement, ...]
    faults: tuple[Fault, ...]
    lines: TomlLines = field(default_factory=TomlLines, compare=False)

    def line_of(self, name: str, place: TablePlace) -> int:
        """The line of a key in a table, or of the nearest thing around it."""
        return self.lines.of(name, *place)

    def require_good(self) -> tuple[StandingAnnouncement, ...]:
        """The announcements of a file without faults.

        Raises:
            SettingsError: there are faults; the message has a line for each.
        """
        if self.faults:
            raise SettingsError("\n".join(map(str, self.faults)))
        return self.announcements


def read_standing(file: Path) -> AnnouncementFile:
    """The recurring announcements of a settings file; one that is not there holds none."""
    return _read(file, WrittenRecurring) if file.exists() else AnnouncementFile((), ())


def read_single(file: Path) -> StandingAnnouncement:
    """The only announcement of a file: recurring, once (`at`) or at once (`now = true`).

    Raises:
        SettingsError: the file can't be read, is wrong, or does not hold exactly one.
    """
    found = _read(file, WrittenSingle).require_good()
    if len(found) != 1:
        raise SettingsError(f"{file} holds {len(found)} announcements: put one table like [forum] into it")
    return found[0]


def _read(file: Path, kind: type[WrittenAnnouncement]) -> AnnouncementFile:
    name = str(file)
    try:
        text = _text_of(file)
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        place = _SYNTAX_PLACE.search(reason)
        line = int(place[1]) if place else reason.count("\n") + 1
        return AnnouncementFile((), (Fault(name, line, _SYNTAX_PLACE.sub("", reason)),))
    except RecursionError:
        return AnnouncementFile((), (Fault(name, 1, "can't be read: tables or lists are nested too deep"),))
    except (OSError, UnicodeDecodeError) as error:
        return AnnouncementFile((), (Fault(name, 1, f"can't be read: {error}"),))
    lines = TomlLines(text)
    good: list[StandingAnnouncement] = []
    faults: list[Fault] = []
    for key, table in tables.items():
        try:
            draft, fingerprint = _announcement(file.parent, key, table, kind)
        except _FaultsError as wrong:
            faults.extend(Fault(name, lines.of(key, *place), reason) for place, reason in wrong.found)
        else:
            good.append(StandingAnnouncement(key, draft, fingerprint))
    return AnnouncementFile(tuple(good), tuple(sorted(faults, key=lambda fault: fault.line)), lines)


def _text_of(file: Path) -> str:
    return _read_regular(file, _LARGEST_FILE).decode("utf-8")


def _read_regular(file: Path, largest: int) -> bytes:
    """The content of an ordinary file: a pipe would keep us waiting, and a device never ends.

    Raises:
        OSError: it is none, is larger than `largest` bytes, or can't be read.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as reading:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no ordinary file")
        content = reading.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it has more than {largest:,} bytes")
    return content


class _FaultsError(Exception):
    """What is wrong with one table, and where in it."""

    def __init__(self, *found: tuple[TablePlace, str]) -> None:
        super().__init__(found)
        self.found = found


def _announcement(folder: Path, key: str, table: object, kind: type[WrittenAnnouncement]) -> tuple[Draft, str]:
    if not _NAME.fullmatch(key):
        raise _FaultsError(((), f"[{key}]: a name has 1 to {LONGEST_NAME} small letters a-z or digits"))
    if not isinstance(table, dict):
        raise _FaultsError(((), f"{key} stands outside of a table: an announcement begins with a line like [morning]"))
    try:
        written = kind.model_validate(table)
    except ValidationError as error:
        raise _FaultsError(*_explained(key, error)) from error
    attachment = _attachment(folder, written)
    digest = hashlib.sha256(json.dumps(table, sort_keys=True, default=str).encode())
    digest.update(attachment.content if attachment else b"")
    try:
        draft = draft_of_table(written, attachment)
    except ScheduleError as error:
        raise _FaultsError((("zone",), f"[{key}] {error}")) from error
    return draft, digest.hexdigest()[:_FINGERPRINT_DIGITS]


def _explained(key: str, error: ValidationError) -> Iterator[tuple[TablePlace, str]]:
    for fault in error.errors(include_url=False, include_input=False):
        place = tuple(part for part in fault["loc"] if part != "[key]")
        name = ".".join(map(str, place))
        yield place, f"[{key}] {name}: {fault['msg']}" if name else f"[{key}] {fault['msg']}"


def _attachment(folder: Path, written: WrittenAnnouncement) -> Attachment | None:
    if written.attachment is None:
        return None
    named = written.attachment.file
    try:
        content = _read_regular(_below(folder, named), _LARGEST_ATTACHMENT)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no name of a file"
        raise _FaultsError((("attachment", "file"), f"{folder / named} can't be read: {reason}")) from error
    return Attachment(AttachmentKind(written.attachment.kind), named.name, content)


def _below(folder: Path, named: Path) -> Path:
    """Where the file really is: below the folder only, as whoever writes announcements need not have a right to more.

    Raises:
        OSError: it is elsewhere, or nothing to be sent.
    """
    file = (folder / named).resolve(strict=True)
    if not file.is_relative_to(folder.resolve()):
        raise OSError(errno.EACCES, f"it must lie below {folder}")
    is_hidden = any(part.startswith(".") and part != ".." for part in (*named.parts, file.name))
    if is_hidden or file.suffix in _NO_ATTACHMENTS:
        raise OSError(errno.EACCES, "settings, state and hidden files are not sent")
    return file
