"""The knowledge folder: `<locale>/<topic>/<name>.md`. Nothing outside it is ever read.

A folder that is laid out otherwise is read as well as it goes: the language then comes from the front matter or the
text itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.knowledge.draft_file import ParsedDraft, parse_draft
from bot.adapters.knowledge.file_format import FilePlace, ParsedFile, content_hash, parse_file
from bot.errors import Fault, KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import DRAFTS_FOLDER, VECTORS_FOLDER, Document, FolderReading, KeptFile
from bot.ingestion.translations import unshared_sections

LARGEST_FILE = 262_144
"""Bytes: by reasoning, more is no text for visitors, and a file is held in memory while it is read."""
DEEPEST = 12
"""Folders within each other: by reasoning, so that no tree takes for ever."""
LEDGER_NAME = "translations.sum"
"""The record of translations: read by `translation_ledger`, no knowledge."""
_DRAFTS = f"{DRAFTS_FOLDER}/"
_README = "readme.md"
_OFFICE_ENDINGS = (".docx", ".xlsx", ".pptx", ".pdf", ".html", ".htm", ".csv", ".ics", ".txt")
"""Of files that can be made into drafts."""
_TEMPORARY = "~$"
"""How the name of what an office program keeps beside an open file begins."""
OFFICE_FILE = "an office file"
"""How the warning about one begins."""
_PROJECT_FILES = frozenset({_README, "contributing.md", "license.md", "changelog.md"})
"""What stands at the top of a folder for those who work on it."""

Signature = tuple[int, int, int, int]
"""Size, times of change in nanoseconds, and number of a file: equal when it was not touched."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A knowledge file by its name below the folder."""

    name: str
    signature: Signature


Snapshot = Mapping[str, Signature]
"""Every knowledge file by its name below the folder, in the order of the names."""


@dataclass(slots=True)
class Walk:
    """What stands in the folder: files to read, and what is passed over and why."""

    files: list[FoundFile] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    office: list[FoundFile] = field(default_factory=list)
    """What can be made into drafts."""

    @property
    def snapshot(self) -> Snapshot:
        """The files alone."""
        return {file.name: file.signature for file in self.files}


class KnowledgeFiles:
    """See `bot.ingestion.ports.KnowledgeReader`."""

    def __init__(self, folder: Path, *, identify: Callable[[str], Locale | None]) -> None:
        self._folder = folder
        self._identify = identify

    async def read(self, *, unsettled: Collection[str] = (), known: Iterable[Document] = ()) -> FolderReading:
        """See the port."""
        return await asyncio.to_thread(self._read, frozenset(unsettled), {one.content_hash: one for one in known})

    def _read(self, unsettled: frozenset[str], known: Mapping[str, Document]) -> FolderReading:
        walk = walk_folder(self._folder)
        faults, warnings, documents, drafts = list(walk.faults), list(walk.warnings), [], []
        files = self._record()
        for file in walk.files:
            if file.name in unsettled:
                faults.append(Fault(file.name, 1, "the file is still being written: it is read once it rests"))
                continue
            try:
                raw = _read_bytes(self._folder / file.name, file.signature)
            except UnusableError as error:
                faults.append(Fault(file.name, 1, str(error)))
                continue
            files.append(kept_file(file.name, raw))
            if file.name.startswith(_DRAFTS):
                draft = parse_raw_draft(raw, file.name)
                warnings.extend(draft.faults)
                drafts += [draft.draft] if draft.draft is not None else []
                continue
            result = self._parse(file.name, raw, known)
            faults.extend(result.faults)
            warnings.extend(result.warnings)
            if result.document is not None:
                documents.append(result.document)
        unique, doubles = _without_doubles(documents)
        faults.extend(doubles)
        warnings.extend(unshared_sections(unique))
        return FolderReading(
            documents=tuple(unique),
            faults=tuple(faults),
            warnings=tuple(warnings),
            broken=frozenset(fault.path for fault in faults),
            signature=signature_of(walk.snapshot),
            files=tuple(files),
            drafts=tuple(drafts),
        )

    def _parse(self, name: str, raw: bytes, known: Mapping[str, Document]) -> ParsedFile:
        if (document := known.get(content_hash(raw, name))) is not None:
            return ParsedFile(document, (), ())
        return parse_raw(raw, name, self._identify)

    def _record(self) -> list[KeptFile]:
        """The record of translations, if there is one that can be read: it belongs to the state of the folder."""
        try:
            return [kept_file(LEDGER_NAME, (self._folder / LEDGER_NAME).read_bytes())]
        except OSError:
            return []


def parse_raw(raw: bytes, name: str, identify: Callable[[str], Locale | None]) -> ParsedFile:
    """What these bytes are as the file of that name below the folder, whether or not they stand there."""
    try:
        text = decoded(raw)
    except UnusableError as error:
        return ParsedFile(None, (Fault(name, 1, str(error)),), ())
    return parse_file(text, _place_of(name), content_hash(raw, name), identify)


def parse_raw_draft(raw: bytes, name: str) -> ParsedDraft:
    """What these bytes are as the draft of that name below the folder."""
    try:
        text = decoded(raw)
    except UnusableError as error:
        return ParsedDraft(None, (Fault(name, 1, str(error)),))
    return parse_draft(text, _place_of(name.removeprefix(_DRAFTS)))


def raw_file(path: Path) -> bytes | None:
    """What one file holds now; None where there is none.

    Raises:
        UnusableError: it is no ordinary file, too large, or being written.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnusableError(f"can't be read: {error.strerror}") from error
    return _read_bytes(path, _signature(status))


def is_untouched(folder: Path, file: FoundFile) -> bool:
    """Whether it still stands there as it was found."""
    try:
        return _signature((folder / file.name).lstat()) == file.signature
    except OSError:
        return False


def kept_file(name: str, raw: bytes) -> KeptFile:
    """The file with what names it."""
    return KeptFile(name, hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\0" + raw).hexdigest(), raw)


def walk_folder(folder: Path) -> Walk:
    """All files below the folder, by name; links, devices and hidden things are told and passed over.

    Raises:
        KnowledgeError: there is no such folder.
    """
    if not folder.is_dir():
        raise KnowledgeError(f"there is no knowledge folder {folder}; make it or set [knowledge] folder")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise KnowledgeError(f"the knowledge folder {folder} can't be read; give the bot's user the right to")
    walk = Walk()
    _walk(folder, "", walk)
    walk.files.sort(key=lambda file: file.name)
    return walk


def signature_of(snapshot: Snapshot) -> str:
    """Changes whenever a file is added, removed or touched."""
    names = [f"{name} {signature}" for name, signature in snapshot.items()]
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()


class UnusableError(Exception):
    """The message tells the staff why a file was not read."""


def _walk(folder: Path, prefix: str, walk: Walk) -> None:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        walk.faults.append(Fault(prefix.rstrip("/") or ".", 1, f"the folder can't be read: {error.strerror}"))
        return
    for entry in found:
        name = prefix + _printable(entry.name)
        try:
            _visit(entry, name, walk)
        except OSError as error:
            walk.faults.append(Fault(name, 1, f"can't be read: {error.strerror}"))


def _visit(entry: os.DirEntry[str], name: str, walk: Walk) -> None:
    if entry.name.startswith("."):
        walk.warnings.append(Fault(name, 1, "hidden: passed over"))
    elif _printable(entry.name) != entry.name:
        walk.faults.append(Fault(name, 1, "the name holds characters that can't be shown: rename it"))
    elif entry.is_symlink():
        walk.faults.append(Fault(name, 1, "a link: links are not followed, put the file itself here"))
    elif name == VECTORS_FOLDER:
        pass
    elif entry.is_dir(follow_symlinks=False):
        _enter(Path(entry.path), name, walk)
    elif entry.is_file(follow_symlinks=False):
        _visit_file(entry, name, walk)
    else:
        walk.faults.append(Fault(name, 1, "no ordinary file (a pipe, socket or device): passed over"))


def _enter(folder: Path, name: str, walk: Walk) -> None:
    if name.count("/") >= DEEPEST:
        walk.faults.append(Fault(name, 1, f"more than {DEEPEST} folders deep: not read"))
    else:
        _walk(folder, name + "/", walk)


def _visit_file(entry: os.DirEntry[str], name: str, walk: Walk) -> None:
    own_name = entry.name.lower()
    if name == LEDGER_NAME or name.lower() in _PROJECT_FILES:
        return
    if own_name.startswith(_TEMPORARY):
        walk.warnings.append(Fault(name, 1, "of an office program that has a file open: passed over"))
    elif own_name.endswith(_OFFICE_ENDINGS):
        walk.warnings.append(Fault(name, 1, f"{OFFICE_FILE}: make a draft of it with scoda knowledge import {name}"))
        if not name.startswith(_DRAFTS):
            walk.office.append(FoundFile(name, _signature(entry.stat(follow_symlinks=False))))
    elif not own_name.endswith(".md"):
        walk.warnings.append(Fault(name, 1, "no .md file: passed over"))
    elif own_name == _README:
        walk.warnings.append(Fault(name, 1, "a README is for colleagues: if visitors are to be told this, rename it"))
    else:
        walk.files.append(FoundFile(name, _signature(entry.stat(follow_symlinks=False))))


def _signature(status: os.stat_result) -> Signature:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in name)


def _read_bytes(path: Path, expected: Signature) -> bytes:
    """Read a file that must still be the one that was found, before and after."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnusableError(f"can't be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise UnusableError("no ordinary file (a pipe, socket or device): passed over")
        if before.st_size > LARGEST_FILE:
            raise UnusableError(f"{before.st_size:,} bytes: a knowledge file may have {LARGEST_FILE:,}; split it")
        raw = file.read(LARGEST_FILE + 1)
        after = os.fstat(descriptor)
    if _signature(before) != expected or _signature(after) != expected or len(raw) != before.st_size:
        raise UnusableError("the file is being written: it is read at the next synchronisation")
    return raw


def decoded(raw: bytes) -> str:
    """Text by its content, whatever the name says.

    Raises:
        UnusableError: it is none, or too much.
    """
    if len(raw) > LARGEST_FILE:
        raise UnusableError(f"{len(raw):,} bytes: a knowledge file may have {LARGEST_FILE:,}; split it")
    if not raw.strip():
        raise UnusableError("the file is empty")
    if raw.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise UnusableError("this is a packed document or picture with the ending .md: save it as plain text")
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnusableError(
            f"not written in UTF-8 (line {line}); perhaps GBK or Windows-1251: save it again as UTF-8"
        ) from error
    if "\0" in text:
        raise UnusableError("holds NUL characters: this is no text, or UTF-16 without a mark; save it again as UTF-8")
    return text


def _place_of(name: str) -> FilePlace:
    first, slash, rest = name.partition("/")
    locale = _locale_of_folder(first) if slash else None
    path = rest if locale else name
    return FilePlace(name=name, path=DocumentPath(path), locale=locale, topic=path.rpartition("/")[0])


def _locale_of_folder(folder: str) -> Locale | None:
    """`zh`, and also `zh-CN` or `zh_Hans`."""
    code = folder.replace("_", "-").partition("-")[0].lower()
    return Locale(code) if code in set(Locale) else None


def _without_doubles(documents: Iterable[Document]) -> tuple[list[Document], list[Fault]]:
    """Two files may claim the same language and path where folders don't tell the language."""
    unique: dict[str, Document] = {}
    faults = []
    for document in documents:
        if document.file in unique:
            faults.append(Fault(document.path, 1, f"a second file for {document.file}: remove one of them"))
        unique.setdefault(document.file, document)
    return list(unique.values()), faults
