"""A version in the making: what it will hold in each language, and which of its texts have no vector yet."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Self

import numpy as np
import numpy.typing as npt

from bot.ids import Locale, SectionKey
from bot.ingestion.asked_close_by import with_answered, with_near_misses
from bot.ingestion.centring import CENTRING_VERSION, centred_chunks, means_of
from bot.ingestion.chunking import CHUNKING_VERSION, chunks_of
from bot.ingestion.model import (
    Chunk,
    ChunkKind,
    Document,
    DocumentUse,
    IndexVersion,
    IndexVersionContent,
    LanguagePart,
    Means,
    PartNames,
    Readership,
    Vector,
)
from bot.ingestion.ports import Embedder, Side
from bot.ingestion.typical_questions import TYPICAL_QUESTIONS_VERSION, typical_questions
from bot.ingestion.validity import with_shared_validity

BATCH = 256
"""Texts that are embedded between two looks at whether it is time to publish."""
_DRIFT = 0.02
"""While no more than this share of the chunks has come and gone, the means stay: all other vectors then stay, too.

One changed section among 30,000 chunks moves the median vector by 0.0004 and the farthest by 0.008.
"""
_READING_ORDER = (ChunkKind.PASSAGE, ChunkKind.SENTENCE, ChunkKind.QUESTION)
_SIDES = {ChunkKind.PASSAGE: Side.PASSAGE, ChunkKind.SENTENCE: Side.PASSAGE, ChunkKind.QUESTION: Side.QUERY}


@dataclass(frozen=True, slots=True)
class Published:
    """The version in use, as far as the next one may take it over."""

    version: IndexVersion
    hashes: Mapping[str, str]
    parts: Mapping[Locale, PartNames]
    means: Means | None


Places = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Language:
    """One language of the draft. Where `chunks` is None nothing of it changed."""

    locale: Locale
    documents: tuple[Document, ...]
    left_out: frozenset[SectionKey]
    texts: str
    chunks: tuple[Chunk, ...] | None = None
    rows: Vector = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    """Raw vectors, one a chunk; zero where there is none yet."""
    is_known: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def known(self, places: Places) -> tuple[tuple[Chunk, ...], Vector]:
        """The chunks at these places, and their vectors: others may be put in at the same time."""
        assert self.chunks is not None
        if len(places) == len(self.chunks):
            return self.chunks, self.rows
        return tuple(self.chunks[place] for place in places), self.rows[places] if len(places) else self.rows[:0]


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts of one side that are embedded together, and where in the draft their vectors belong."""

    side: Side
    kind: ChunkKind
    texts: tuple[str, ...]
    places: tuple[tuple[Locale, int], ...]


class VersionDraft:
    """What a version will hold; it can be built at any time from the vectors that are known by then."""

    def __init__(  # noqa: PLR0917 - six different things, each of its own type
        self,
        identity: str,
        fingerprint: str,
        documents: tuple[Document, ...],
        languages: Mapping[Locale, _Language],
        before: Published | None,
        means: Means | None,
        typical: Mapping[Locale, Vector],
    ) -> None:
        self._identity = identity
        self._fingerprint = fingerprint
        self._documents = documents
        self._languages = languages
        self._before = before
        self._means = means
        self._typical = typical

    @classmethod
    async def of(
        cls,
        documents: tuple[Document, ...],
        fingerprint: str,
        *,
        embedder: Embedder,
        today: date,
        before: Published | None,
    ) -> Self:
        """Lay out the documents by language and look up the vectors that are known.

        What the version `before` holds of a language in which nothing changed is taken over unread, unless so much
        has changed since the means were fitted that they are fitted anew.
        """
        languages = _by_language(documents, today)
        means = _usual_means(embedder.identity, documents, languages, before)
        for language in languages.values():
            names = _names(language, embedder.identity, means) if means is not None else None
            if before is None or names is None or before.parts.get(language.locale) != names:
                await _look_up(language, embedder)
        typical = await _typical(embedder) if means is None else {}
        return cls(embedder.identity, fingerprint, documents, languages, before, means, typical)

    @property
    def chunks(self) -> int:
        """The chunks of the languages that changed."""
        return sum(len(language.is_known) for language in self._languages.values())

    @property
    def missing(self) -> int:
        """How many of them have no vector yet."""
        return sum(int((~language.is_known).sum()) for language in self._languages.values())

    def batches(self, first: Sequence[Locale]) -> Iterator[Batch]:
        """What is to be embedded, in the order in which it helps most.

        Passages, then sentences, then questions; of passages the first of each section before the others; the languages
        in the order of `first`, then those that are not named there.
        """
        rank = {locale: place for place, locale in enumerate(first)}
        missing = [
            (language.locale, place, language.chunks[place])
            for language in self._languages.values()
            if language.chunks is not None
            for place in np.flatnonzero(~language.is_known).tolist()
        ]
        missing.sort(
            key=lambda one: (_READING_ORDER.index(one[2].kind), _is_later(one[2]), rank.get(one[0], len(rank)))
        )
        for kind, of_kind in groupby(missing, key=lambda one: one[2].kind):
            found = list(of_kind)
            for start in range(0, len(found), BATCH):
                batch = found[start : start + BATCH]
                yield Batch(
                    side=_SIDES[kind],
                    kind=kind,
                    texts=tuple(chunk.text for _, _, chunk in batch),
                    places=tuple((locale, place) for locale, place, _ in batch),
                )

    def put(self, batch: Batch, vectors: Vector) -> None:
        """Take the vectors of a batch."""
        for (locale, place), vector in zip(batch.places, vectors, strict=True):
            language = self._languages[locale]
            if language.rows.shape[1:] != vector.shape:
                language.rows = np.zeros((len(language.is_known), len(vector)), dtype=np.float32)
            language.rows[place] = vector
            language.is_known[place] = True

    def known(self) -> Mapping[Locale, Places]:
        """Which chunks of the languages that changed have a vector by now."""
        changed = (language for language in self._languages.values() if language.chunks is not None)
        return {language.locale: np.flatnonzero(language.is_known) for language in changed}

    def content(
        self, number: int, known: Mapping[Locale, Places], *, means: Means | None = None
    ) -> IndexVersionContent:
        """All that can be told of what is `known`. `means` are those of a version that is built again."""
        changed = {locale: self._languages[locale].known(places) for locale, places in known.items()}
        chosen = means or self._means or means_of(list(changed.values()), self._typical)
        parts = tuple(
            self._part(language, changed.get(language.locale), chosen) for language in self._languages.values()
        )
        pending = self.chunks - sum(len(chunks) for chunks, _ in changed.values())
        return IndexVersionContent(
            number=number,
            fingerprint=_partial(self._fingerprint, pending) if pending else self._fingerprint,
            embedding_identity=self._identity,
            documents=self._documents,
            parts=parts,
            means=chosen,
            chunks=sum(part.names.chunks for part in parts),
            before=self._before.version.number if self._before and self._before.parts else None,
            pending=pending,
        )

    def follow(self, version: IndexVersion, content: IndexVersionContent) -> None:
        """Take the next step from this version, which was built from `content`."""
        parts = {part.locale: part.names for part in content.parts}
        hashes = {document.file: document.content_hash for document in content.documents}
        self._before = Published(version, hashes, parts, content.means)

    def _part(self, language: _Language, known: tuple[tuple[Chunk, ...], Vector] | None, means: Means) -> LanguagePart:
        if known is None or language.chunks is None:
            assert self._before is not None
            return LanguagePart(language.locale, self._before.parts[language.locale])
        chunks, rows = known
        names = _names(language, self._identity, means)
        if len(chunks) < len(language.chunks):
            names = replace(names, vectors=_partial(names.vectors, *(chunk.chunk_id for chunk in chunks)))
        return LanguagePart(
            locale=language.locale,
            names=replace(names, chunks=len(chunks)),
            documents=language.documents,
            chunks=chunks,
            vectors=centred_chunks(chunks, rows.reshape(len(chunks), len(means.metric)), means),
            left_out=language.left_out,
        )


def embedded_texts(documents: Iterable[Document]) -> dict[Locale, list[tuple[Side, str]]]:
    """Every text of these documents that is embedded, by language, with the typical questions of the language."""
    texts: dict[Locale, list[tuple[Side, str]]] = {}
    for document in with_near_misses(documents):
        if document.audience is Readership.PUBLIC:
            typical = [(Side.QUERY, text) for text in typical_questions()[document.locale]]
            own = texts.setdefault(document.locale, typical)
            own.extend((_SIDES[chunk.kind], chunk.text) for chunk in chunks_of(document))
    return texts


def fingerprint_of(identity: str, documents: Iterable[Document]) -> str:
    """The same for the same documents, embedding and way of cutting, whenever and wherever it is built."""
    return _hash(*_made_by(identity), *(f"{document.file} {document.content_hash}" for document in documents))


def built_from(content: IndexVersionContent) -> IndexVersion:
    """The version as it stands built and not published yet."""
    return IndexVersion(
        number=content.number,
        embedding_identity=content.embedding_identity,
        documents=len(content.documents),
        chunks=content.chunks,
        fingerprint=content.fingerprint,
        published_at=None,
        pending=content.pending,
    )


def _made_by(identity: str) -> tuple[str, ...]:
    return identity, str(CHUNKING_VERSION), str(TYPICAL_QUESTIONS_VERSION), str(CENTRING_VERSION)


def _by_language(documents: Iterable[Document], today: date) -> dict[Locale, _Language]:
    public: dict[Locale, list[Document]] = defaultdict(list)
    complete = with_near_misses(with_answered(documents, today))
    own = {document.file: document for document in complete if document.audience is Readership.PUBLIC}
    for document in with_shared_validity(own.values()):
        public[document.locale].append(document)
    return {locale: _language(locale, public[locale], own, today) for locale in sorted(public)}


def _language(locale: Locale, documents: Sequence[Document], own: Mapping[str, Document], today: date) -> _Language:
    """`own` are the same documents by file, as they stand there: their copies may shorten how long they hold."""
    left_out = frozenset(
        document.key_of(section)
        for document in documents
        for section in document.sections
        if document.use is DocumentUse.LEADS or (section.valid_until is not None and section.valid_until < today)
    )
    files = (f"{document.file} {document.content_hash}" for document in documents)
    narrowed = (
        f"{document.key_of(section)} {section.valid_from} {section.valid_until}"
        for document in documents
        if document is not own[document.file]
        for section in document.sections
    )
    texts = _hash(str(CHUNKING_VERSION), *files, "", *sorted(map(str, left_out)), *narrowed)
    return _Language(locale, tuple(documents), left_out, texts)


def _usual_means(
    identity: str, documents: Sequence[Document], languages: Mapping[Locale, _Language], before: Published | None
) -> Means | None:
    """The means in use with their drift brought up to date; None when they must be fitted anew."""
    if before is None or before.means is None or before.version.pending or before.parts.keys() != languages.keys():
        return None
    if before.version.embedding_identity != identity:
        return None
    changed = [document for document in documents if before.hashes.get(document.file) != document.content_hash]
    gone = before.hashes.keys() - {document.file for document in documents}
    came = sum(len(chunks_of(document)) for document in changed)
    went = math.ceil((len(gone) + len(changed)) * before.version.chunks / max(len(before.hashes), 1))
    means = replace(before.means, drift=before.means.drift + came + went)
    return means if means.drift <= _DRIFT * means.fitted_on else None


def _names(language: _Language, identity: str, means: Means) -> PartNames:
    offsets = (means.passages[language.locale], means.queries[language.locale], means.metric)
    fitted = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in offsets)).hexdigest()
    return PartNames(texts=language.texts, vectors=_hash(language.texts, fitted, *_made_by(identity)))


async def _look_up(language: _Language, embedder: Embedder) -> None:
    chunks = tuple(chunk for document in language.documents for chunk in chunks_of(document))
    sides = {
        Side.QUERY: np.flatnonzero([chunk.kind is ChunkKind.QUESTION for chunk in chunks]),
        Side.PASSAGE: np.flatnonzero([chunk.kind is not ChunkKind.QUESTION for chunk in chunks]),
    }
    language.chunks = chunks
    language.is_known = np.zeros(len(chunks), dtype=np.bool_)
    for side, places in sides.items():
        known = await embedder.known(side, [chunks[place].text for place in places])
        if not known.is_known.any():
            continue
        if language.rows.shape[1] != known.vectors.shape[1]:
            language.rows = np.zeros((len(chunks), known.vectors.shape[1]), dtype=np.float32)
        language.rows[places] = known.vectors
        language.is_known[places] = known.is_known


async def _typical(embedder: Embedder) -> dict[Locale, Vector]:
    """The vectors of all typical questions, cut up by language."""
    vectors = await embedder.embed(Side.QUERY, [text for texts in typical_questions().values() for text in texts])
    rows: dict[Locale, Vector] = {}
    start = 0
    for locale, texts in typical_questions().items():
        rows[locale] = vectors[start : start + len(texts)]
        start += len(texts)
    return rows


def _is_later(chunk: Chunk) -> bool:
    return chunk.kind is ChunkKind.PASSAGE and chunk.ordinal > 0


def _partial(name: str, *what: object) -> str:
    return _hash(name, "partial", *map(str, what))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
