"""Text without a format: paragraphs, or Markdown as somebody wrote it."""

from __future__ import annotations

import regex

from bot.adapters.office.blocks import Block, Heading, Item, MarkedLine, Paragraph
from bot.adapters.office.outcome import Notes, RemarkKind

_HEADING = regex.compile(r"^(#{1,6})[ \t]+(\S.*?)(?:[ \t]+#+)?(?:[ \t]*\{#[^{}]*\})?[ \t]*$")
_ENTRY = regex.compile(r"^([ \t]*)(?:[-*+•·–]|\d{1,3}[.)])[ \t]+(\S.*)$")
_QUESTION = regex.compile(r"^([?？؟!！])[ \t]+(\S.*)$")
_COMMENT = regex.compile(r"<!--.*?(?:-->|\Z)", regex.DOTALL)
_PICTURE = regex.compile(r"!\[[^\]\n]*\]\([^)\n]*\)")
_LINK = regex.compile(r"\[([^\[\]\n]+)\]\((https?://[^)\s]+)\)")
_FRONT_MATTER = regex.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", regex.DOTALL)


def read_text(text: str, notes: Notes) -> list[Block]:
    """Paragraphs end at blank lines; the headings, entries and links of Markdown are known where they stand."""
    for kind, pattern in ((RemarkKind.COMMENTS, _COMMENT), (RemarkKind.PICTURES, _PICTURE)):
        text, count = pattern.subn("", text)
        notes.add(kind, count)
    text = _LINK.sub(r"\1 (\2)", _FRONT_MATTER.sub("", text))
    blocks: list[Block] = []
    lines: list[str] = []

    def end_paragraph() -> None:
        if lines:
            blocks.append(Paragraph("\n".join(lines)))
            lines.clear()

    for line in text.split("\n"):
        block = _block(line)
        if block is not None or not line.strip():
            end_paragraph()
        if block is not None:
            blocks.append(block)
        elif line.strip():
            lines.append(line)
    end_paragraph()
    return blocks


def _block(line: str) -> Block | None:
    if heading := _HEADING.match(line):
        return Heading(len(heading[1]), heading[2])
    if entry := _ENTRY.match(line):
        return Item(entry[2], min(3, len(entry[1].expandtabs(4)) // 2))
    if question := _QUESTION.match(line):
        return MarkedLine("!" if question[1] in "!！" else "?", question[2])
    return None
