"""`scoda knowledge vectors`: the vectors that stand beside the knowledge files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path

from bot.adapters.index.learned_sections import DISCRIMINANT, learned_in
from bot.adapters.models.cached_embedder import text_hash
from bot.adapters.models.vector_files import missing_from, stale, write_vectors
from bot.app.core import Core, open_core
from bot.app.knowledge_parts import embeddings_of
from bot.errors import Fault
from bot.ids import Locale
from bot.ingestion.model import VECTORS_FOLDER, Document, Progress, SyncStage, Vector
from bot.ingestion.ports import Side
from bot.ingestion.progress import ProgressCallback
from bot.ingestion.version_draft import embedded_texts
from bot.settings import Settings, StoreSettings


def stale_vectors(settings: Settings, documents: Iterable[Document]) -> list[Fault]:
    """What does not fit between the vectors beside the knowledge files and these documents."""
    texts = {locale: list(_by_hash(texts)) for locale, texts in embedded_texts(documents).items()}
    return stale(settings.knowledge.folder, embeddings_of(settings).identity, texts)


async def write_vector_files(settings: Settings, *, progress: ProgressCallback) -> list[Path]:
    """Bring the vectors beside the knowledge files up to date, and what is learned from them; returns what changed."""
    folder = settings.knowledge.folder
    async with open_core(settings) as core:
        texts = embedded_texts((await core.ingestion.check()).documents)
        changed = [file async for file in _write_vectors(core, folder, texts, progress)]
        is_learned = learned_in(folder / VECTORS_FOLDER, core.embedder.identity) is not None
    learned = folder / VECTORS_FOLDER / DISCRIMINANT
    if changed or not is_learned:
        learned.unlink(missing_ok=True)  # it is learned from nothing, so that it does not depend on what was before
        with tempfile.TemporaryDirectory(prefix="scoda-vectors-") as name:
            store = StoreSettings(data=Path(name))
            async with open_core(settings.model_copy(update={"store": store})) as core:
                report = await core.sync(progress=progress)
                made = Path(name) / "index" / f"gen-{report.published.number if report.published else 0}" / DISCRIMINANT
                if made.exists():
                    shutil.copyfile(made, learned)
                    learned.chmod(0o644)
                    changed.append(learned)
    return changed


async def _write_vectors(
    core: Core, folder: Path, texts: Mapping[Locale, Sequence[tuple[Side, str]]], progress: ProgressCallback
) -> AsyncIterator[Path]:
    """Embed what the files do not hold and write them, language by language; gives those that changed."""
    for place, (locale, of_language) in enumerate(texts.items()):
        progress(Progress(SyncStage.EMBED, place / len(texts)))
        by_hash = _by_hash(of_language)
        missing = missing_from(folder, core.embedder.identity, locale, list(by_hash))
        made: dict[str, Vector] = {}
        for side in Side:
            names = [name for name in missing if by_hash[name][0] is side]
            vectors = await core.embedder.embed(side, [by_hash[name][1] for name in names])
            made.update(zip(names, vectors, strict=True))
        file = write_vectors(folder, core.embedder.identity, locale, list(by_hash), made)
        if file is not None:
            yield file


def _by_hash(texts: Iterable[tuple[Side, str]]) -> dict[str, tuple[Side, str]]:
    return {text_hash(side, text): (side, text) for side, text in texts}
