"""What staff pin to a question: the file that holds it, and the files that go when it is taken back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

import regex

from bot.ids import Locale, SectionKey
from bot.proposals.fixing import is_plain_sentence
from bot.proposals.sent_files import file_of, slug_of
from bot.writing.cleaning import clean, one_line

PINS_TOPIC = "pins"
"""The folder below a language in which pins are written; what makes one is the front matter, wherever it stands."""
_LONGEST_TITLE = 200
"""Characters, as of every heading."""
_LONGEST_QUESTION = 300
"""Characters, as of every question line."""
_ADDRESS = regex.compile(r"\s*(https?://\S+)\s*$")
_MARKS_A_PIN = regex.compile(r"^(?:pinned:\s*true|tells:)", regex.MULTILINE)
_NAME_DIGITS = 8
"""Hexadecimal, of questions without a Latin letter: enough for any number of pins that people make."""


@dataclass(frozen=True, slots=True)
class PinSource:
    """Where the text of a pin was read."""

    publisher: str
    url: str
    title: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinWish:
    """An answer for a question: a text with its source, or a section that `tells` it as it stands."""

    questions: tuple[str, ...]
    locale: Locale
    day: date
    """On which it is chosen."""
    text: str = ""
    """Running text, see `running_text`."""
    source: PinSource | None = None
    tells: SectionKey | None = None
    until: date | None = None
    owner: str = ""

    @property
    def file(self) -> str:
        """Its place below the folder: the same for the same question."""
        asked = one_line(self.questions[0], limit=_LONGEST_TITLE)
        digest = hashlib.sha256(asked.casefold().encode()).hexdigest()[:_NAME_DIGITS]
        return file_of(self.locale, PINS_TOPIC, slug_of(f"{asked}.md", otherwise=f"pin-{digest}"))

    @property
    def content(self) -> str:
        """The whole file."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "---"
        yield f"title: {_quoted(one_line(self.questions[0], limit=_LONGEST_TITLE))}"
        yield f"as_of: {self.day.isoformat()}"
        yield f"tells: {_quoted(str(self.tells))}" if self.tells else "pinned: true"
        if self.until is not None:
            yield f"valid_until: {self.until.isoformat()}"
        if self.owner:
            yield f"owner: {_quoted(self.owner)}"
        if self.source is not None and self.tells is None:
            yield "source:"
            yield f"  publisher: {_quoted(self.source.publisher)}"
            yield from ((f"  title: {_quoted(self.source.title)}",) if self.source.title else ())
            yield from ((f"  date: {self.source.day.isoformat()}",) if self.source.day else ())
            yield f"  url: {_quoted(self.source.url)}"
        yield from ("---", "")
        yield from ((self.text, "") if self.tells is None else ())
        yield from (f"? {one_line(question, limit=_LONGEST_QUESTION)}" for question in self.questions)


def running_text(text: str) -> str:
    """The text on one line; empty where it would be more than that in a file: a heading, say, or a question line."""
    line = " ".join(clean(text).split())
    return line if is_plain_sentence(line) else ""


def source_at_end(text: str) -> tuple[str, PinSource | None]:
    """The text without the address at its end, and that as its source; the publisher is then the name of the site."""
    found = _ADDRESS.search(text)
    if found is None:
        return text.strip(), None
    return text[: found.start()].strip(), source_of(found[1])


def source_of(url: str) -> PinSource | None:
    """An address as a source; None where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.")
    return PinSource(host, url) if host and parts.scheme in {"http", "https"} else None


def is_pin_file(text: str) -> bool:
    """Whether the front matter of a file makes it a pin."""
    head = text.removeprefix("\ufeff").partition("\n---")[0]
    return _MARKS_A_PIN.search(head) is not None


def _quoted(value: str) -> str:
    """As YAML takes it for one text: JSON's strings are YAML's, too."""
    return json.dumps(value, ensure_ascii=False)
