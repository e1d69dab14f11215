"""Drafts as Markdown: what an approved one makes of the knowledge file it is for, and an empty one to fill in.

All else of a file stays as it is written, letter by letter: only titles, texts and the lines of questions change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import regex

from bot.adapters.knowledge.file_format import heading_of, section_id_of
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import Document, DraftSection, KnowledgeDraft, Section

_HEADING = regex.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>.*?)[ \t]*$")
_FENCE = regex.compile(r"^ {0,3}(?:```|~~~)")
_ATTRIBUTES = regex.compile(r"\{#[^{}]*\}\s*$")
_INTRODUCTION = "intro"
_HOW_TO_FILL_IN = (
    "Write the title above; below each id its heading (on the same line) and its text, then a line «? …» for each "
    "question that the text answers, and a line «! …» for each asked close by that it does not answer."
)


@dataclass(slots=True)
class _Block:
    """A heading with what follows it, as it is written."""

    section_id: str
    heading: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def marks(self) -> str:
        """The `#` before the heading."""
        found = _HEADING.match(self.heading)
        return found["marks"] if found else "##"

    @property
    def attributes(self) -> str:
        """What stands in the braces behind the heading, with them; the id alone where there is nothing."""
        found = _ATTRIBUTES.search(self.heading)
        return found.group().strip() if found else f"{{#{self.section_id}}}"


def with_drafted_questions(text: str, draft: KnowledgeDraft) -> str:
    """The file of a document, in the language of the draft, with the draft's questions below its sections.

    Raises:
        KnowledgeError: the draft has questions for a section that the file does not have.
    """
    head, blocks = _taken_apart(text)
    drafted = {section.section_id: section for section in draft.sections}
    written = [*head]
    for block in blocks:
        known = {line.strip() for line in block.lines}
        section = drafted.pop(block.section_id, None)
        new = [line for line in (_question_lines(section) if section else ()) if line not in known]
        written += [block.heading] if block.heading else []
        written += [*_trimmed(block.lines), "", *new, ""] if new else block.lines
    _refuse_strange(draft, drafted.values())
    return "\n".join(written).rstrip("\n") + "\n"


def translated(text: str, draft: KnowledgeDraft, original: Document) -> str:
    """The file of a translation: the original's front matter and order, the draft's title, texts and questions.

    Raises:
        KnowledgeError: a section of the original has no text in the draft, or the draft has one more.
    """
    head, blocks = _taken_apart(text)
    drafted = {section.section_id: section for section in draft.sections}
    ids = {section.section_id for section in original.sections}
    written = _with_title(head, draft.title)
    for block in blocks:
        if block.section_id not in ids:
            written += ["", f"# {draft.title}"] if block.section_id == _INTRODUCTION and draft.title else []
            continue
        section = drafted.pop(block.section_id, None)
        if section is None or not section.text:
            reason = f"{draft.file} has no text for {block.section_id}: translate it first"
            raise KnowledgeError(reason)
        written += ["", *_heading_lines(block, section, draft), *_paragraphs(section.text)]
        if lines := _question_lines(section):
            written += ["", *lines]
    _refuse_strange(draft, drafted.values())
    return "\n".join(written).strip("\n") + "\n"


def draft_lines(draft: KnowledgeDraft, sources: Sequence[Section], source_locale: Locale) -> Iterator[str]:
    """A draft as a file; beside what is still empty stands the source, in comments that nobody is told."""
    yield "---\n"
    yield f"title: {_quoted(draft.title)}\n"
    yield "---\n"
    if not draft.sections:
        yield f"\n<!-- {_HOW_TO_FILL_IN} -->\n"
    drafted = {section.section_id: section for section in draft.sections}
    for source in sources:
        section = drafted.get(source.section_id, DraftSection(source.section_id, "", "", (), ()))
        yield " ".join(filter(None, ("\n##", section.heading, f"{{#{source.section_id}}}\n\n")))
        if section.text:
            yield from (f"{line}\n" for line in _paragraphs(section.text))
        elif draft.locale is not source_locale:
            yield f"<!-- {source_locale}: {_in_comment(source.heading)} -->\n"
            yield from (f"<!-- {source_locale}: {_in_comment(line)} -->\n" for line in source.text.split("\n"))
        yield "\n"
        yield from (f"{line}\n" for line in _question_lines(section))
        if not section.questions:
            yield f"<!-- ? {source_locale}: {_in_comment('; '.join(source.questions) or source.heading)} -->\n"


def _taken_apart(text: str) -> tuple[list[str], list[_Block]]:
    """The front matter's lines, and the blocks below, named as the reader names their sections."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    end = 0
    if lines and lines[0].strip() == "---":
        end = next((place for place, line in enumerate(lines[1:], 2) if line.strip() in {"---", "..."}), 0)
    head, blocks, is_fenced = lines[:end], [_Block(_INTRODUCTION)], False
    for line in lines[end:]:
        is_fenced ^= _FENCE.match(line) is not None
        found = None if is_fenced else _HEADING.match(line)
        if found is None:
            blocks[-1].lines.append(line)
        else:
            blocks.append(_Block(section_id_of(found["text"]), line))
    _name(blocks)
    return head, blocks


def _name(blocks: Sequence[_Block]) -> None:
    """Headings without an id get the reader's names: a bare title is the introduction's, others are counted."""
    has_title = len(blocks) > 1 and blocks[1].marks == "#" and not blocks[1].section_id
    if has_title:
        blocks[0].section_id, blocks[1].section_id = "", _INTRODUCTION
    for number, block in enumerate(blocks[2 if has_title else 1 :], start=1):
        block.section_id = block.section_id or f"section-{number}"


def _with_title(head: Iterable[str], title: str) -> list[str]:
    lines = [line for line in head if not line.startswith("lang:")]
    return [f"title: {_quoted(title)}" if title and line.startswith("title:") else line for line in lines]


def _heading_lines(block: _Block, section: DraftSection, draft: KnowledgeDraft) -> list[str]:
    """The heading with the attributes of the original; a title has none."""
    if block.section_id == _INTRODUCTION:
        title = section.heading or draft.title
        return [f"# {title}", ""] if title else []
    return [f"{block.marks} {heading_of(section.heading)} {block.attributes}", ""]


def _question_lines(section: DraftSection) -> list[str]:
    return [*(f"? {question}" for question in section.questions), *(f"! {miss}" for miss in section.near_misses)]


def _paragraphs(text: str) -> list[str]:
    """A paragraph a line of the text, so that the reader takes it apart as it stands."""
    return "\n\n".join(text.split("\n")).split("\n")


def _trimmed(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).rstrip().split("\n")


def _refuse_strange(draft: KnowledgeDraft, left: Iterable[DraftSection]) -> None:
    if strange := [section.section_id for section in left]:
        raise KnowledgeError(
            f"{draft.file} has sections that the document does not have: {', '.join(strange)}; take them out"
        )


def _quoted(value: str) -> str:
    """A title as YAML takes it for one."""
    return "'" + value.replace("'", "''") + "'"


def _in_comment(text: str) -> str:
    """Nothing that could end the comment."""
    return text.replace("--", "- -").replace("<", "(").replace(">", ")")
