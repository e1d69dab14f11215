"""What becomes of an office file: Markdown with remarks on what was left out, or the reason why it was not read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum, StrEnum


class FileKind(StrEnum):
    """What a file is by its content, whatever its name says."""

    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    PDF = "pdf"
    HTML = "html"
    CSV = "csv"
    ICS = "ics"
    TEXT = "text"


class RefusalReason(Enum):
    """Why a file was not read, in words for whoever sent it."""

    PASSWORD = "it is protected by a password: save a copy without one"  # noqa: S105 - a sentence
    MACROS = "it holds macros: save it without them, as .docx, .xlsx or .pptx"
    OLD_FORMAT = "it is in an old format of Office: save it as .docx, .xlsx or .pptx"
    UNKNOWN_KIND = "it is none of DOCX, XLSX, PPTX, PDF, HTML, CSV, ICS and text"
    UNKNOWN_ENCODING = "it is no text in UTF-8, UTF-16, GB18030 or Windows-1251: save it as UTF-8"
    SCANNED = "it holds pictures of text and no text: send what it was made from, or text that was recognised in it"
    NO_TEXT = "it holds no text"
    TOO_LARGE = "it is too large: divide it, or make its pictures smaller"
    TOO_MUCH_TEXT = "it holds too much text for one file: divide it"
    EXPANDS_TOO_FAR = "it expands to far more than its size: save it again, without empty rows and pictures"
    UNSAFE = "its XML declares entities or an encoding that no office program writes: save it again"
    DAMAGED = "it is damaged: open it, save it again and send that"
    TOOK_TOO_LONG = "it took too long to read: divide it, or save it as text"


class RemarkKind(Enum):
    """What was left out of the text; a number follows the value."""

    HIDDEN_TEXT = "characters left out that no reader sees (white, tiny, hidden or off the page)"
    HIDDEN_CHARACTERS = "characters removed that have no shape and may carry hidden words"
    COMMENTS = "hidden comments left out"
    PICTURES = "pictures and charts left out, with their hidden descriptions"
    EMBEDDED_FILES = "embedded files left out unopened"
    NOTES = "slides whose notes were left out"
    HIDDEN_PARTS = "hidden sheets, rows, columns or slides left out"
    REPEATED_LINES = "lines left out that stand on many pages, like their heads and numbers"
    UNSURE_LETTERS = "lines in a script whose joined letters a PDF may have lost: compare them, or send its source"
    LINKS = "links left out, since only http(s) addresses are kept"
    REPEATING_EVENTS = "events that repeat, of which only the first is told: write in words when"


@dataclass(frozen=True, slots=True)
class OfficeRemark:
    """One thing that a person should know who goes by the text."""

    kind: RemarkKind
    count: int

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.count:,}"


@dataclass(frozen=True, slots=True)
class Converted:
    """A file as Markdown: `# title`, `##` headings with ids, a paragraph, list entry or row of a table a line.

    The knowledge reader reads from it exactly the text that it shows.
    """

    kind: FileKind
    title: str
    markdown: str
    remarks: tuple[OfficeRemark, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not read."""

    label: str
    reason: RefusalReason
    detail: str = ""
    """More for whoever looks after the bot; empty where the reason says it all."""

    def __str__(self) -> str:
        return f"{self.label}: {self.reason.value}" + (f" ({self.detail})" if self.detail else "")


class RefusedError(Exception):
    """Inside this room: a part of the work found that the file is not to be read."""

    def __init__(self, reason: RefusalReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Notes:
    """Gathers what was left out while a file is read."""

    def __init__(self) -> None:
        self._counts: Counter[RemarkKind] = Counter()

    def add(self, kind: RemarkKind, count: int = 1) -> None:
        """Note so many more of a kind."""
        self._counts[kind] += count

    def count(self, kind: RemarkKind) -> int:
        """How many were noted."""
        return self._counts[kind]

    @property
    def remarks(self) -> tuple[OfficeRemark, ...]:
        """In the order of the kinds; nothing of what was not met."""
        return tuple(OfficeRemark(kind, self._counts[kind]) for kind in RemarkKind if self._counts[kind])
