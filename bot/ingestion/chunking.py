"""Sections cut into chunks: passages of a few sentences, single sentences, and the section's questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from bot.ids import Locale, SectionKey
from bot.ingestion.model import Chunk, ChunkKind, Document, DocumentUse, Section
from bot.writing.sentences import split_sentences

CHUNKING_VERSION = 5
"""Raise it when the same document would give other chunks: the index is then built anew."""

LONGEST_SENTENCE = 1000
"""Characters. What is longer, a text without full stops or a table in one line, is told and embedded in pieces."""
_PASSAGE_CHARACTERS = 400
"""Characters of a passage at the most: by reasoning, a few sentences, well within the model's 512 tokens."""
_PASSAGE_CHARACTERS_ZH = 160
"""In Chinese, which says as much in two fifths of the characters."""
_SHORT_TEXT = 300
"""Characters below which a section is one passage, with its heading: by reasoning, alone it says too little."""
_SHORT_TEXT_ZH = 120
"""The same in Chinese."""


def chunks_of(document: Document) -> list[Chunk]:
    """All chunks of a document, section by section: passages, then questions, then sentences."""
    return [chunk for section in document.sections for chunk in _chunks_of_section(document, section)]


def sentences_of(section: Section, locale: Locale) -> list[str]:
    """The sentences of a section; their order is the ordinal of the sentence chunks."""
    sentences = split_sentences(section.text, locale)
    return [piece for sentence in sentences for piece in _cut(sentence, LONGEST_SENTENCE)]


def _chunks_of_section(document: Document, section: Section) -> Iterator[Chunk]:
    key, locale = document.key_of(section), document.locale
    sentences = sentences_of(section, locale)
    if document.use not in {DocumentUse.FINDS, DocumentUse.LEADS}:
        yield from _numbered(ChunkKind.PASSAGE, key, locale, _unique(_passages(section, sentences, locale)))
    yield from _numbered(ChunkKind.QUESTION, key, locale, _unique((*section.questions, *section.drafted_questions)))
    if document.use is DocumentUse.TOLD:
        yield from _numbered(ChunkKind.SENTENCE, key, locale, sentences)


def _numbered(kind: ChunkKind, key: SectionKey, locale: Locale, texts: Sequence[str]) -> Iterator[Chunk]:
    for ordinal, text in enumerate(texts):
        name = "\0".join((kind, str(key), locale, text))
        chunk_id = hashlib.sha256(name.encode()).hexdigest()[:16]
        yield Chunk(chunk_id=chunk_id, kind=kind, key=key, locale=locale, ordinal=ordinal, text=text)


def _unique(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _passages(section: Section, sentences: Sequence[str], locale: Locale) -> list[str]:
    is_zh = locale is Locale.ZH
    limit = _PASSAGE_CHARACTERS_ZH if is_zh else _PASSAGE_CHARACTERS
    if len(section.text) < (_SHORT_TEXT_ZH if is_zh else _SHORT_TEXT):
        says_something = any(letter.isalpha() for letter in section.heading)
        return [f"{section.heading}\n{section.text}" if says_something else section.text]
    if len(section.text) <= limit:
        return [section.text]
    pieces = [piece for sentence in sentences for piece in _cut(sentence, limit)]
    return _pack(pieces, limit, joint="" if is_zh else " ")


def _pack(pieces: Sequence[str], limit: int, *, joint: str) -> list[str]:
    """Join neighbours as long as they stay within `limit` characters."""
    packed: list[str] = []
    for piece in pieces:
        if packed and len(packed[-1]) + len(joint) + len(piece) <= limit:
            packed[-1] += joint + piece
        else:
            packed.append(piece)
    return packed


def _cut(sentence: str, limit: int) -> Iterator[str]:
    """A sentence as it is, or one that is too long cut at the last blank or comma before the limit."""
    while len(sentence) > limit:
        border = max(sentence.rfind(mark, limit // 2, limit) for mark in " ,،，、;；")
        border = limit if border < 0 else border + 1
        yield sentence[:border].strip()
        sentence = sentence[border:].strip()
    if sentence:
        yield sentence
