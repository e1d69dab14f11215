"""Writes the files of a version, language by language.

What did not change from one version to the next becomes the same file under two names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from bot.adapters.index.folders import link
from bot.adapters.index.learned_sections import Ids
from bot.adapters.index.ngram_index import NgramIndex, SectionGrams
from bot.adapters.index.section_words import SectionHashes, SectionWords
from bot.adapters.index.version_files import MEANS, SECTIONS, SectionFile, kind_number
from bot.adapters.packing.codes import pack_8
from bot.adapters.packing.means import UNREADABLE, means_to_bytes
from bot.answering.ports import StoredSection
from bot.ids import Locale, SectionKey
from bot.ingestion.chunking import sentences_of
from bot.ingestion.model import (
    Chunk,
    Document,
    DocumentUse,
    LanguagePart,
    Means,
    Section,
)
from bot.ingestion.typical_questions import typical_questions
from bot.writing.spelling import Spelling

_TEXTS = ("sections.json", "lexicon.npz", "words.npz", "spelling.tsv")
_VECTORS = ("chunks.npz", "vectors.npy", "scales.npy")


def write_texts(folder: Path, part: LanguagePart, before: Path | None = None) -> SectionFile:
    """Write what is shown and searched by words of one language. For a child process: it takes half a second.

    What sections hold that stand alike in the version `before` is taken from there.
    """
    assert part.documents is not None
    sections = list(stored_sections(part.documents))
    left_out = [number for number, section in enumerate(sections) if section.key in part.left_out]
    own = folder / part.locale
    own.mkdir(exist_ok=True)
    file = SectionFile.model_construct(sections=sections, left_out=left_out)
    (own / "sections.json").write_bytes(SECTIONS.dump_json(file))
    searched = [number for number in range(len(sections)) if number not in set(left_out)]
    chosen = [sections[number] for number in searched]
    held, words = _same(chosen, before / part.locale) if before is not None else ({}, {})
    NgramIndex.of(
        [_subject_of(section) for section in chosen],
        searched,
        details=[_details_of(section) for section in chosen],
        usual=typical_questions()[part.locale],
        same=held,
    ).save(own / "lexicon.npz")
    SectionWords.of([_searched_text(section) for section in chosen], words).save(own / "words.npz")
    (own / "spelling.tsv").write_text(Spelling.of(map(_searched_text, sections)).written(), encoding="utf-8")
    return file


def _same(sections: Sequence[StoredSection], before: Path) -> tuple[dict[int, SectionGrams], dict[int, SectionHashes]]:
    """What the version before knows of those sections that it has with the same texts, by their place here."""
    try:
        file = SECTIONS.validate_json((before / "sections.json").read_bytes())
        held, words = NgramIndex.load(before / "lexicon.npz"), SectionWords.load(before / "words.npz")
    except (*UNREADABLE, ValidationError):
        return {}, {}
    left_out = set(file.left_out)
    old = [section for number, section in enumerate(file.sections) if number not in left_out]
    if not len(old) == words.count == len(held.sections):
        return {}, {}
    places = {_texts_of(section): place for place, section in enumerate(old)}
    pairs = [(here, places.get(_texts_of(section), -1)) for here, section in enumerate(sections)]
    all_held, all_words = held.of_each(), words.of_each()
    return (
        {here: all_held[there] for here, there in pairs if there >= 0},
        {here: all_words[there] for here, there in pairs if there >= 0},
    )


def write_vectors(folder: Path, part: LanguagePart) -> None:
    """Write what is compared of one language."""
    assert part.documents is not None
    assert part.chunks is not None
    assert part.vectors is not None
    keys = [document.key_of(section) for document in part.documents for section in document.sections]
    numbers = {key: number for number, key in enumerate(keys)}
    own = folder / part.locale
    own.mkdir(exist_ok=True)
    np.savez(
        own / "chunks.npz",
        kinds=np.array([kind_number(chunk.kind) for chunk in part.chunks], dtype=np.uint8),
        sections=np.array([numbers[chunk.key] for chunk in part.chunks], dtype=np.int32),
        ids=_ids_of(part.chunks),
    )
    scales, codes = pack_8(part.vectors)
    np.save(own / "scales.npy", scales)
    np.save(own / "vectors.npy", codes)


def write_means(folder: Path, means: Means) -> None:
    """Write the means by which questions are centred."""
    (folder / MEANS).write_bytes(means_to_bytes(means))


def take_over(folder: Path, before: Path, locale: Locale, *, texts: bool, vectors: bool) -> None:
    """Give files of the version before to this one, too: by a second name, or as copies where there can't be any."""
    own = folder / locale
    own.mkdir(exist_ok=True)
    for name in (*(_TEXTS if texts else ()), *(_VECTORS if vectors else ())):
        link(before / locale / name, own / name)


def _ids_of(chunks: Sequence[Chunk]) -> Ids:
    return np.array([int(chunk.chunk_id, 16) for chunk in chunks], dtype=np.uint64)


def _searched_text(section: StoredSection) -> str:
    """All the words by which a section may be found."""
    return "\n".join((section.title, section.heading, section.text, *section.questions, *section.drafted_questions))


def _details_of(section: StoredSection) -> str:
    return "\n".join(section.sentences[1:])


def _texts_of(section: StoredSection) -> tuple[str, str, str]:
    """All that the two indexes are made from."""
    return _subject_of(section), _details_of(section), _searched_text(section)


def _subject_of(section: StoredSection) -> str:
    """The words that say what a section is about: all but its sentences from the second on."""
    asked = (*section.questions, *section.drafted_questions)
    return "\n".join((section.title, section.heading, *section.sentences[:1], *asked))


def stored_sections(documents: Iterable[Document]) -> Iterator[StoredSection]:
    """In the order of the chunks: document by document, section by section."""
    for document in documents:
        for section in document.sections:
            yield _stored(document, section)


def _stored(document: Document, section: Section) -> StoredSection:
    source = section.source
    return StoredSection(
        key=SectionKey(document.path, section.section_id),
        locale=document.locale,
        title=document.title,
        topic=document.topic,
        heading=section.heading,
        text=section.text,
        sentences=tuple(sentences_of(section, document.locale)) if document.use is DocumentUse.TOLD else (),
        questions=section.questions,
        drafted_questions=section.drafted_questions,
        publisher=source.publisher if source else "",
        source_title=source.title if source else "",
        url=source.url if source else "",
        source_date=source.date if source else None,
        as_of=section.as_of,
        valid_from=section.valid_from,
        valid_until=section.valid_until,
        answerable=document.answerable,
        reply=document.reply,
        only_finds=document.use is DocumentUse.FINDS,
        is_pin=document.is_pin,
        tells=document.tells,
        offers=section.offers,
    )
