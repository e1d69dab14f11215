"""One knowledge file as a document: front matter, headings with attributes, text, and the questions it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import regex

from bot.adapters.knowledge.front_matter import FrontMatter, SourceMatter, read_front_matter
from bot.adapters.knowledge.markdown_text import BlockTooLongError, MarkdownBlock, read_markdown, unseen_characters
from bot.errors import Fault
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.chunking import LONGEST_SENTENCE
from bot.ingestion.model import Document, DocumentUse, Readership, Section, Source
from bot.writing.cleaning import clean, one_line
from bot.writing.sentences import split_sentences

FORMAT_VERSION = 3
"""Raise it when the same file would give another document: the documents are then read anew."""

GENERAL_TOPIC = "general"
_INTRODUCTION = "intro"
_LONGEST_HEADING = 200
"""Characters; what is longer is cut, so that an answer's heading stays a line or two: by reasoning."""
_LONGEST_QUESTION = 300
"""Characters; what is longer is cut: by reasoning, no visitor asks so much at once."""
_LONG_SECTION = 4096
"""Characters that one message of Telegram's holds."""
_ATTRIBUTES = regex.compile(r"\s*\{(#[^{}]*)\}\s*$")
_ATTRIBUTE = regex.compile(r"""(?P<name>[a-z_]+)=(?:"(?P<quoted>[^"]*)"|(?P<plain>\S*))""")
_SECTION_ID = regex.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OFFER = regex.compile(r"[\w/-]+\.md(#[\w-]+)?")
_DATES = ("as_of", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a file stands: `name` is below the knowledge folder, `path` below the folder of its language.

    `topic` is the folder between language and file, empty when there is none.
    """

    name: str
    path: DocumentPath
    locale: Locale | None
    topic: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What became of a file: a document, or faults that say why not."""

    document: Document | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def parse_file(text: str, place: FilePlace, content_name: str, identify: Callable[[str], Locale | None]) -> ParsedFile:
    """Read one file, whose content has this hash; `identify` tells the language where nothing else does."""
    parser = _Parser(place)
    document = parser.document(text, content_name, identify)
    return ParsedFile(None if parser.faults else document, tuple(parser.faults), tuple(parser.warnings))


@dataclass(slots=True)
class _Attributes:
    section_id: str = ""
    source: str = ""
    owner: str = ""
    offers: tuple[str, ...] = ()
    answered_by: SectionKey | None = None
    dates: dict[str, date] = field(default_factory=dict)


class _Parser:
    def __init__(self, place: FilePlace) -> None:
        self._place = place
        self._matter: FrontMatter | None = None
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def document(self, text: str, content_name: str, identify: Callable[[str], Locale | None]) -> Document | None:
        for line, name in unseen_characters(text):
            self._warn(line + 1, f"hidden characters were removed ({name})")
        body, first_line = self._split_front_matter(clean(text))
        try:
            blocks, remarks = read_markdown(body, first_line=first_line)
        except BlockTooLongError as error:
            self._fault(first_line + error.line, str(error))
            return None
        for remark in remarks:
            self._warn(remark.line, remark.reason)
        title = self._title(blocks)
        sections = self._sections(blocks, title)
        locale = self._locale(body, identify)
        topic = self._topic()
        if not sections and not self.faults:
            self._fault(1, "the file holds no text below its headings: write below each what is to be told")
        if self._is_pin:
            self._check_pin(sections)
        if self.faults or locale is None:
            return None
        matter = self._matter
        return Document(
            path=self._place.path,
            locale=locale,
            title=title,
            topic=topic,
            sections=tuple(sections),
            content_hash=content_name,
            audience=matter.audience if matter else Readership.PUBLIC,
            answerable=matter.answerable and matter.reply is None if matter else True,
            reply=matter.reply if matter else None,
            owner=one_line(matter.owner, limit=_LONGEST_HEADING) if matter else "",
            use=DocumentUse.LEADS if self._tells_another else DocumentUse.TOLD,
            tells=matter.tells if matter else None,
            is_pin=self._is_pin,
        )

    @property
    def _is_pin(self) -> bool:
        return self._matter is not None and self._matter.is_pin

    @property
    def _tells_another(self) -> bool:
        return self._matter is not None and self._matter.tells is not None

    def _check_pin(self, sections: Sequence[Section]) -> None:
        for section in sections:
            if self._tells_another and section.text:
                self._fault(section.line, "a pin with tells: has no text of its own: take out the one or the other")
            if not section.questions:
                self._fault(
                    section.line, "a pin needs the questions that it answers, each on a line that begins with ?"
                )
        if self._tells_another and len(sections) > 1:
            self._fault(sections[1].line, "a pin with tells: has its questions below one heading: make two files of it")

    def _split_front_matter(self, text: str) -> tuple[str, int]:
        """Read the front matter and return the rest with the number of its first line."""
        lines = text.split("\n")
        if lines[0].strip() != "---":
            self._warn(1, "there is no front matter: title, source and date of these facts are unknown")
            return text, 1
        end = next((number for number, line in enumerate(lines[1:], start=1) if line.strip() in {"---", "..."}), None)
        if end is None:
            self._fault(1, "the front matter has no end: a line `---` must follow it")
            return "", 1
        matter = read_front_matter("\n".join(lines[1:end]), first_line=2)
        if isinstance(matter, FrontMatter):
            self._matter = matter
        else:
            self.faults.extend(Fault(self._place.name, fault.line, fault.reason) for fault in matter)
        return "\n".join(lines[end + 1 :]), end + 2

    def _title(self, blocks: list[MarkdownBlock]) -> str:
        """The title of the front matter, else the first heading, else the file's name."""
        if self._matter is not None:
            return self._matter.title
        first = next((block.heading for block in blocks if block.level == 1), "")
        return heading_of(first) or self._place.path.rpartition("/")[2].removesuffix(".md").replace("-", " ")

    def _locale(self, body: str, identify: Callable[[str], Locale | None]) -> Locale | None:
        named = self._matter.lang if self._matter else None
        if self._place.locale is not None:
            if named not in {None, self._place.locale}:
                self._fault(1, f"lang is {named}, but the file stands in the folder of {self._place.locale}")
            return self._place.locale
        locale = named or identify(body)
        if locale is None:
            self._fault(
                1,
                f"the text is in none of the languages {', '.join(Locale)}, or is too short to tell: translate it, or "
                "put it below the folder of its language, like en/, or add `lang: en` to the front matter",
            )
        return locale

    def _topic(self) -> str:
        folder, named = self._place.topic, self._matter.topic if self._matter else None
        if folder and named and named not in {folder, folder.rpartition("/")[2]}:
            self._fault(1, f"topic is {named!r}, but the file stands in the folder {folder!r}: they must be equal")
        return folder or named or GENERAL_TOPIC

    def _sections(self, blocks: list[MarkdownBlock], title: str) -> list[Section]:
        sections: list[Section] = []
        seen: dict[str, int] = {}
        titled = self._titled(blocks, title)
        for number, block in enumerate(titled):
            section = self._section(block, number)
            if section is None:
                self._warn_of_bare_heading(titled, number)
                continue
            self._warn_of_length(block)
            if section.section_id in seen:
                first = seen[section.section_id]
                self._fault(block.line, f"the id {section.section_id!r} is used already on line {first}")
            seen[section.section_id] = block.line
            sections.append(section)
        return sections

    @staticmethod
    def _titled(blocks: list[MarkdownBlock], title: str) -> list[MarkdownBlock]:
        """The blocks with what stands before the first `##` as an introduction under the title."""
        is_title = len(blocks) > 1 and blocks[1].level == 1 and not _ATTRIBUTES.search(blocks[1].heading)
        head, rest = (blocks[:2], blocks[2:]) if is_title else (blocks[:1], blocks[1:])
        introduction = MarkdownBlock(
            line=head[-1].line,
            heading=title,
            lines=[line for block in head for line in block.lines],
            questions=[question for block in head for question in block.questions],
            near_misses=[question for block in head for question in block.near_misses],
        )
        return [introduction, *rest]

    def _section(self, block: MarkdownBlock, number: int) -> Section | None:
        attributes = self._attributes(block, number)
        if not block.lines and not (self._tells_another and block.questions):
            if block.questions or block.near_misses:
                self._fault(block.line, f"«{heading_of(block.heading)}» has questions but no text that answers them")
            return None
        if block.level and not attributes.section_id:
            attributes.section_id = f"section-{number}"
            self._warn(
                block.line, f"the heading has no id: it is called {attributes.section_id} until {{#id}} is added"
            )
        matter = self._matter
        valid_from = attributes.dates.get("valid_from") or (matter.valid_from if matter else None)
        valid_until = attributes.dates.get("valid_until") or (matter.valid_until if matter else None)
        if valid_from and valid_until and valid_from > valid_until:
            self._fault(block.line, "valid_until lies before valid_from")
        source = self._source(attributes, block)
        return Section(
            section_id=attributes.section_id or _INTRODUCTION,
            heading=heading_of(block.heading),
            text=block.text,
            questions=questions_of(block.questions),
            near_misses=questions_of(block.near_misses),
            source=source,
            as_of=self._as_of(attributes, source),
            valid_from=valid_from,
            valid_until=valid_until,
            line=block.line,
            owner=one_line(attributes.owner, limit=_LONGEST_HEADING),
            offers=attributes.offers,
            answered_by=attributes.answered_by,
        )

    def _warn_of_bare_heading(self, blocks: list[MarkdownBlock], number: int) -> None:
        """One above deeper headings names them all; any other with no text below it is told to nobody."""
        block = blocks[number]
        is_above_others = number + 1 < len(blocks) and blocks[number + 1].level > block.level
        if number and not is_above_others:
            self._warn(block.line, f"«{heading_of(block.heading)}» has no text below it: it is told to nobody")

    def _warn_of_length(self, block: MarkdownBlock) -> None:
        heading, locale = heading_of(block.heading), self._place.locale or Locale.EN
        if len(block.text) > _LONG_SECTION:
            self._warn(
                block.line,
                f"«{heading}» has {len(block.text):,} characters: it is answered from, but read as several messages; "
                "divide it by headings (##), a subject each",
            )
        longest = max(map(len, split_sentences(block.text, locale)), default=0)
        if longest > LONGEST_SENTENCE:
            self._warn(
                block.line,
                f"a sentence of «{heading}» has {longest:,} characters: it is told in pieces of {LONGEST_SENTENCE:,}; "
                "end sentences with full stops",
            )

    def _source(self, attributes: _Attributes, block: MarkdownBlock) -> Source | None:
        matter = self._matter
        if matter is None:
            return None
        if attributes.source:
            named = matter.sources.get(attributes.source)
            if named is None:
                known = ", ".join(matter.sources) or "none"
                self._fault(block.line, f"source={attributes.source} is not among the sources of the file ({known})")
                return None
            return _source(named, matter.title)
        if matter.source is None and matter.answerable and matter.reply is None and matter.tells is None:
            self._fault(block.line, "this section has no source: add source= to its heading or `source` to the file")
        return _source(matter.source, matter.title) if matter.source else None

    def _as_of(self, attributes: _Attributes, source: Source | None) -> date | None:
        """The section's own date, else that of the source it names, else that of the file."""
        if "as_of" in attributes.dates or self._matter is None:
            return attributes.dates.get("as_of")
        return source.date if attributes.source and source else self._matter.as_of

    def _attributes(self, block: MarkdownBlock, number: int) -> _Attributes:
        found = _ATTRIBUTES.search(block.heading)
        if not number or found is None:
            return _Attributes()
        name, _, rest = found.group(1)[1:].strip().partition(" ")
        attributes = _Attributes(name)
        if not _SECTION_ID.fullmatch(name):
            self._fault(block.line, f"the id {name!r} may hold only A-Z a-z 0-9 - _ (at most 64 characters)")
        for word in _ATTRIBUTE.finditer(rest):
            self._take_attribute(attributes, word["name"], word["quoted"] or word["plain"] or "", block.line)
        if left := _ATTRIBUTE.sub("", rest).strip():
            self._fault(block.line, f"{left!r} in the heading's braces has not the form name=value")
        return attributes

    def _take_attribute(self, attributes: _Attributes, name: str, value: str, line: int) -> None:
        if name == "source":
            attributes.source = value
        elif name == "owner":
            attributes.owner = value
        elif name == "offers":
            attributes.offers = tuple(value.split(","))
            if not all(_OFFER.fullmatch(one) for one in attributes.offers):
                self._fault(line, f"offers must name files or sections like entry/countries.md#russia, not {value!r}")
        elif name == "answered_by":
            attributes.answered_by = self._answered_by(value, line)
        elif name in _DATES:
            try:
                attributes.dates[name] = date.fromisoformat(value)
            except ValueError:
                self._fault(line, f"{name} must be a date like 2026-01-19, not {value!r}")
        else:
            known = ", ".join(("source", "owner", "offers", "answered_by", *_DATES))
            self._fault(line, f"unknown attribute {name}; known are {known}")

    def _answered_by(self, value: str, line: int) -> SectionKey | None:
        if "#" not in value or not _OFFER.fullmatch(value):
            self._fault(line, f"answered_by must name a section like venue/parking.md#garage, not {value!r}")
            return None
        if self._matter is None or self._matter.answerable or self._matter.reply is not None:
            self._fault(line, "answered_by belongs to an open question: to a file with `answerable: false`")
        return SectionKey.parse(value)

    def _fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(self._place.name, line, reason))

    def _warn(self, line: int, reason: str) -> None:
        self.warnings.append(Fault(self._place.name, line, reason))


def heading_of(heading: str) -> str:
    """A heading as it is told, without its attributes."""
    return one_line(_ATTRIBUTES.sub("", heading), limit=_LONGEST_HEADING)


def section_id_of(heading: str) -> str:
    """The id that stands in a heading's braces; empty where there is none."""
    found = _ATTRIBUTES.search(heading)
    return found.group(1)[1:].split()[0] if found and found.group(1)[1:].strip() else ""


def questions_of(lines: Iterable[str]) -> tuple[str, ...]:
    """The questions of a block, each a line."""
    return tuple(one_line(question, limit=_LONGEST_QUESTION) for question in lines)


def _source(matter: SourceMatter, title: str) -> Source:
    return Source(publisher=matter.publisher, title=matter.title or title, url=str(matter.url), date=matter.date)


def content_hash(raw: bytes, file: str) -> str:
    """Names what a file holds at its place: the same document comes of the same hash."""
    head = f"{FORMAT_VERSION}\0{file}\0".encode()
    return hashlib.sha256(head + raw).hexdigest()
