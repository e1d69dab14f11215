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
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.announcements.content import source_hash
from bot.announcements.model import (
    Attachment,
    AttachmentKind,
    Audience,
    Content,
    Lateness,
    LinkButton,
    MissingLanguage,
    Policy,
    QuietHours,
    Role,
    Schedule,
    Terms,
    Timing,
)
from bot.announcements.schedule import ScheduleError, read_cron, resolve, zone_of
from bot.announcements.workflow import Draft
from bot.errors import Fault, SettingsError
from bot.ids import ChatId, Locale, NewsTopic

LONGEST_NAME = 10
"""So that name and version fit into an announcement's id."""
_LARGEST_FILE = 1_048_576
_LARGEST_ATTACHMENT = 50 * 1_048_576
_NO_ATTACHMENTS = frozenset({".toml", ".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".key", ".pem"})
_NAME = re.compile(rf"[a-z0-9]{{1,{LONGEST_NAME}}}")
_DURATION = re.compile(r"(?:(\d{1,4})d)? ?(?:(\d{1,4})h)? ?(?:(\d{1,5})m)?")
_SYNTAX_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_.-]|"[^"]*"|'[^']*'|\s)+?)\s*=\s*(.*)""")


@dataclass(frozen=True, slots=True)
class StandingAnnouncement:
    """One table of the file. `fingerprint` changes with anything that it says."""

    name: str
    draft: Draft
    line: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class AnnouncementFile:
    """What a file holds, and all that is wrong with it."""

    announcements: tuple[StandingAnnouncement, ...]
    faults: tuple[Fault, ...]

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
    return _read(file, _Recurring) if file.exists() else AnnouncementFile((), ())


def read_single(file: Path) -> StandingAnnouncement:
    """The only announcement of a file: recurring, once (`at`) or at once (`now = true`).

    Raises:
        SettingsError: the file can't be read, is wrong, or does not hold exactly one.
    """
    found = _read(file, _Single).require_good()
    if len(found) != 1:
        raise SettingsError(f"{file} holds {len(found)} announcements: put one table like [forum] into it")
    return found[0]


def _read(file: Path, kind: type[_Written]) -> AnnouncementFile:
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
    lines = Lines(text)
    good: list[StandingAnnouncement] = []
    faults: list[Fault] = []
    for key, table in tables.items():
        try:
            draft, fingerprint = _announcement(file.parent, key, table, kind)
        except _FaultsError as wrong:
            faults.extend(Fault(name, lines.of(key, *place), reason) for place, reason in wrong.found)
        else:
            good.append(StandingAnnouncement(key, draft, lines.of(key), fingerprint))
    return AnnouncementFile(tuple(good), tuple(sorted(faults, key=lambda fault: fault.line)))


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


TablePlace = tuple[str | int, ...]


class _FaultsError(Exception):
    """What is wrong with one table, and where in it."""

    def __init__(self, *found: tuple[TablePlace, str]) -> None:
        super().__init__(found)
        self.found = found


def _announcement(folder: Path, key: str, table: object, kind: type[_Written]) -> tuple[Draft, str]:
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
    return _draft(key, written, attachment), digest.hexdigest()[:16]


# ── what may stand there ──


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: str) -> str:
    if not text or not _DURATION.fullmatch(text) or not _length_of(text):
        raise ValueError("must be a length of time like 30m, 12h or 1d 12h")
    return text


def _length_of(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    assert found is not None
    days, hours, minutes = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


class _WrittenTerms(_Table):
    valid_for: Annotated[str, AfterValidator(_duration)] | None = None
    lateness: Lateness = Lateness.SEND_LATE
    policy: Policy = Policy.AT_MOST_ONCE
    quiet_hours: QuietHours = QuietHours.HOLD
    missing_language: MissingLanguage = MissingLanguage.HOLD
    fallback: Locale | None = None
    silent: bool = False
    paid: bool = False

    @model_validator(mode="after")
    def _fallback_is_used(self) -> _WrittenTerms:
        if (self.missing_language is MissingLanguage.FALLBACK) is (self.fallback is None):
            raise ValueError('missing_language = "fallback" and fallback = "…" belong together')
        return self


class _WrittenAudience(_Table):
    languages: frozenset[Locale] = frozenset()
    topics: frozenset[NewsTopic] = frozenset()
    countries: frozenset[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = frozenset()
    roles: frozenset[Role] = frozenset()
    chats: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()


class _WrittenButton(_Table):
    url: str
    labels: dict[Locale, str]


class _WrittenAttachment(_Table):
    kind: Literal["photo", "document"]
    file: Path


def _zone(name: str) -> str:
    zone_of(name)
    return name


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text or len(text) > 100:
        raise ValueError("must be one line of 1 to 100 characters")
    return text.strip()


class _Written(_Table, ABC):
    label: Annotated[str, AfterValidator(_one_line)]
    topic: NewsTopic
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    source: Locale | None = None
    texts: Annotated[dict[Locale, str], Field(min_length=1)]
    moments: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], datetime] = Field(default_factory=dict)
    terms: _WrittenTerms = _WrittenTerms()
    audience: _WrittenAudience = _WrittenAudience()
    buttons: tuple[_WrittenButton, ...] = ()
    attachment: _WrittenAttachment | None = None

    @property
    def first_language(self) -> Locale:
        return self.source or next(iter(self.texts))

    @model_validator(mode="after")
    def _languages_fit(self) -> _Written:
        if self.first_language not in self.texts:
            raise ValueError(f'source is "{self.first_language}", but [texts] has no such language')
        if self.terms.fallback is not None and self.terms.fallback not in self.texts:
            raise ValueError(f'fallback is "{self.terms.fallback}", but [texts] has no such language')
        return self

    @abstractmethod
    def schedule(self) -> Schedule:
        """When it goes out."""


def _cron(line: str) -> str:
    read_cron(line)
    return line


class _Recurring(_Written):
    cron: Annotated[str, AfterValidator(_cron)]
    until: date | None = None

    def schedule(self) -> Schedule:
        return Schedule(timing=Timing.RECURRING, zone=self.zone, cron=self.cron, until=self.until)


class _Single(_Written):
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    until: date | None = None
    at: datetime | None = None
    now: bool = False

    @model_validator(mode="after")
    def _is_due_in_one_way(self) -> _Single:
        if (self.cron is not None) + (self.at is not None) + self.now != 1:
            raise ValueError("say when in one way: cron, at, or now = true")
        return self

    def schedule(self) -> Schedule:
        if self.cron is not None:
            return Schedule(timing=Timing.RECURRING, zone=self.zone, cron=self.cron, until=self.until)
        if self.at is None:
            return Schedule(timing=Timing.NOW, zone=self.zone)
        local = self.at if self.at.tzinfo is None else self.at.astimezone(zone_of(self.zone))
        return Schedule(timing=Timing.ONCE, zone=self.zone, at=local.replace(tzinfo=None))


def _explained(key: str, error: ValidationError) -> Iterator[tuple[TablePlace, str]]:
    for fault in error.errors(include_url=False, include_input=False):
        place = tuple(part for part in fault["loc"] if part != "[key]")
        name = ".".join(map(str, place))
        yield place, f"[{key}] {name}: {fault['msg']}" if name else f"[{key}] {fault['msg']}"


def _attachment(folder: Path, written: _Written) -> Attachment | None:
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


def _draft(key: str, written: _Written, attachment: Attachment | None) -> Draft:
    zone = zone_of(written.zone)
    content = Content(
        source=written.first_language,
        texts={locale: text.strip() for locale, text in written.texts.items()},
        moments={
            name: moment if moment.tzinfo is not None else resolve(moment, zone).local
            for name, moment in written.moments.items()
        },
        attachment=attachment,
        buttons=tuple(LinkButton(button.labels, button.url) for button in written.buttons),
    )
    # Who writes all languages into one file keeps them in step: a translation there counts as made from its neighbour.
    made_from = {locale: source_hash(content) for locale in content.texts if locale is not content.source}
    try:
        schedule = written.schedule()
    except ScheduleError as error:
        raise _FaultsError((("zone",), f"[{key}] {error}")) from error
    return Draft(
        label=written.label,
        topic=written.topic,
        content=replace(content, made_from=made_from),
        audience=_audience(written.audience),
        schedule=schedule,
        terms=_terms(written.terms),
    )


def _audience(written: _WrittenAudience) -> Audience:
    return Audience(
        locales=written.languages,
        topics=written.topics,
        countries=written.countries,
        roles=written.roles,
        chats=frozenset(map(ChatId, written.chats)),
        without=frozenset(map(ChatId, written.without)),
    )


def _terms(written: _WrittenTerms) -> Terms:
    return Terms(
        valid_for=None if written.valid_for is None else _length_of(written.valid_for),
        lateness=written.lateness,
        policy=written.policy,
        quiet_hours=written.quiet_hours,
        missing_language=written.missing_language,
        fallback=written.fallback,
        is_silent=written.silent,
        is_paid=written.paid,
    )


# ── lines ──


class Lines:
    """On which line of a TOML text a key stands. The text is known to be good TOML."""

    def __init__(self, text: str) -> None:
        self._lines: dict[TablePlace, int] = {}
        self._tables_in_row: dict[TablePlace, int] = {}
        table: TablePlace = ()
        text_ends = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if text_ends:
                text_ends = "" if text_ends in line else text_ends
            elif header := _HEADER.match(line):
                table = self._table(header)
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note((*table, *_parts(key[1])), number)
                text_ends = _unfinished_text(key[2])

    def of(self, *place: str | int) -> int:
        """The line of this key, or of the nearest thing around it that is known; 1 when nothing is."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._lines:
                return self._lines[place[:length]]
        return 1

    def _table(self, header: re.Match[str]) -> TablePlace:
        parts = _parts(header[2])
        if header[1] == "[":
            return parts
        place = self._tables_in_row.get(parts, -1) + 1
        self._tables_in_row[parts] = place
        return (*parts, place)

    def _note(self, place: TablePlace, line: int) -> None:
        for length in range(1, len(place) + 1):
            self._lines.setdefault(place[:length], line)


def _parts(dotted: str) -> TablePlace:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _unfinished_text(value: str) -> str:
    """The quotes that will end a text of several lines which begins in this value."""
    for quotes in ('"""', "'''"):
        if value.startswith(quotes) and quotes not in value[3:]:
            return quotes
    return ""
