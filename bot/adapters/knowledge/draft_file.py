"""A file below `drafts/`: what waits for a person's yes, read as far as it goes, for nothing is told from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from bot.adapters.knowledge.file_format import FilePlace, heading_of, questions_of, section_id_of
from bot.adapters.knowledge.markdown_text import BlockTooLongError, MarkdownBlock, read_markdown
from bot.errors import Fault
from bot.ids import Locale
from bot.ingestion.model import DRAFTS_FOLDER, DraftSection, KnowledgeDraft
from bot.writing.cleaning import clean, one_line

DRAFT_FORMAT_VERSION = 1
"""Raise it when the same file would give another draft."""
_LONGEST_TITLE = 200
"""Characters; what is longer is cut: by reasoning."""
_INTRODUCTION = "intro"


@dataclass(frozen=True, slots=True)
class ParsedDraft:
    """A draft, or what is wrong with its file."""

    draft: KnowledgeDraft | None
    faults: tuple[Fault, ...] = ()


def parse_draft(text: str, place: FilePlace) -> ParsedDraft:
    """Read a draft; `place` is that of the document it is for. What it lacks is left for the approval to tell."""
    name = f"{DRAFTS_FOLDER}/{place.name}"
    if place.locale is None:
        reason = f"a draft stands below the folder of its language, like {DRAFTS_FOLDER}/{Locale.EN}/: move it there"
        return ParsedDraft(None, (Fault(name, 1, reason),))
    title, body, first_line = _split_front_matter(clean(text))
    try:
        blocks, _remarks = read_markdown(body, first_line=first_line)
    except BlockTooLongError as error:
        return ParsedDraft(None, (Fault(name, first_line + error.line, str(error)),))
    return ParsedDraft(
        KnowledgeDraft(
            path=place.path,
            locale=place.locale,
            title=title,
            sections=tuple(_sections(blocks)),
            content_hash=hashlib.sha256(f"{DRAFT_FORMAT_VERSION}\0{name}\0{text}".encode()).hexdigest(),
        )
    )


def _sections(blocks: list[MarkdownBlock]) -> Iterator[DraftSection]:
    """One a heading that is named by its id; what stands before the first of them is the introduction."""
    for number, block in enumerate(blocks):
        section_id = section_id_of(block.heading) or ("" if block.level > 1 else _INTRODUCTION)
        if not section_id:
            section_id = f"section-{number - 1}"
        if block.lines or block.questions or block.near_misses:
            yield DraftSection(
                section_id=section_id,
                heading=heading_of(block.heading),
                text=block.text,
                questions=questions_of(block.questions),
                near_misses=questions_of(block.near_misses),
                line=block.line,
            )


def _split_front_matter(text: str) -> tuple[str, str, int]:
    """The title, the rest, and the number of its first line."""
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines[1:], start=1) if line.strip() == "---"), None)
    if lines[0].strip() != "---" or end is None:
        return "", text, 1
    try:
        matter = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, ValueError):
        matter = None
    title = matter.get("title") if isinstance(matter, dict) else None
    return one_line(str(title or ""), limit=_LONGEST_TITLE), "\n".join(lines[end + 1 :]), end + 2
