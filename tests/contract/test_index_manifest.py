"""The manifest as ingestion needs it: the fake and the one over the state database pass the same tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.packing.means import means_from_bytes, means_to_bytes
from bot.errors import KnowledgeError
from bot.ids import Locale, ReplyKind
from bot.ingestion.model import (
    NO_NOTE,
    IndexVersionContent,
    KeptFile,
    Means,
    Readership,
    VersionNote,
    VersionRecord,
)
from bot.ingestion.ports import Manifest
from tests.support.knowledge_parts import NOW, MemoryManifest, document, section

DOCUMENTS = (
    document(
        "entry/visa.md",
        Locale.RU,
        section("a", "Виза не нужна 🎫.", "Нужна ли виза?", valid_from=date(2026, 1, 1), valid_until=date(2026, 9, 14)),
        section("b", "Text without a source.", source=None, as_of=None),
        owner="knowledge team",
    ),
    document("open/x.md", Locale.EN, section("c", "Not known."), answerable=False, audience=Readership.STAFF, reply=ReplyKind.HARM),
)  # fmt: skip
MEANS = Means(
    passages={locale: np.full(4, number, dtype=np.float32) for number, locale in enumerate(Locale)},
    queries={locale: np.full(4, -number, dtype=np.float32) for number, locale in enumerate(Locale)},
    metric=np.diag(np.arange(4, dtype=np.float32)),
    fitted_on=300,
    drift=4,
)


def _content(number: int) -> IndexVersionContent:
    return IndexVersionContent(
        number=number,
        fingerprint=f"fingerprint {number}",
        embedding_identity="model",
        documents=DOCUMENTS,
        parts=(),
        means=MEANS,
        chunks=7,
        pending=3,
    )


@pytest.fixture(params=["memory", "database"])
async def manifest(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Manifest]:
    if request.param == "memory":
        yield MemoryManifest()
        return
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield SqlManifestStore(database)


async def _publish(manifest: Manifest) -> int:
    number = await manifest.begin("model")
    await manifest.write_documents(number, DOCUMENTS)
    await manifest.publish(_content(number), now=NOW)
    return number


async def test_at_first_nothing_is_published(manifest: Manifest) -> None:
    assert await manifest.published() is None


async def test_a_generation_is_published_with_its_facts(manifest: Manifest) -> None:
    number = await _publish(manifest)

    published = await manifest.published()
    assert published is not None
    assert (published.number, published.documents, published.chunks, published.pending) == (number, 2, 7, 3)
    assert (published.embedding_identity, published.fingerprint) == ("model", f"fingerprint {number}")
    assert published.published_at == NOW


async def test_documents_come_back_as_they_were(manifest: Manifest) -> None:
    number = await _publish(manifest)
    found = {one.file: one for one in await manifest.documents(number)}
    assert found == {one.file: one for one in DOCUMENTS}


async def test_documents_come_in_the_order_of_their_files_as_they_are_read_from_the_folder(manifest: Manifest) -> None:
    """What is learned from them depends a little on their order: files built anew must be as they were."""
    number = await _publish(manifest)
    assert [one.file for one in await manifest.documents(number)] == ["en/open/x.md", "ru/entry/visa.md"]


async def test_means_come_back_as_they_were(manifest: Manifest) -> None:
    means = await manifest.means(await _publish(manifest))
    assert means is not None
    assert np.array_equal(means.metric, MEANS.metric)
    assert (means.fitted_on, means.drift) == (300, 4)
    for mine, theirs in ((means.passages, MEANS.passages), (means.queries, MEANS.queries)):
        assert set(mine) == set(Locale)
        assert all(np.array_equal(mine[locale], theirs[locale]) for locale in Locale)


async def test_what_is_being_built_changes_nothing_until_it_is_published(manifest: Manifest) -> None:
    first = await _publish(manifest)
    second = await manifest.begin("model")
    await manifest.write_documents(second, DOCUMENTS[:1])
    published = await manifest.published()
    assert published is not None
    assert published.number == first < second


async def test_a_discarded_generation_is_forgotten_and_its_number_not_given_again(manifest: Manifest) -> None:
    first = await manifest.begin("model")
    await manifest.discard(first)
    second = await _publish(manifest)
    assert second > first
    assert await manifest.means(first) is None


async def test_tidying_keeps_the_published_generation_and_the_one_before(manifest: Manifest) -> None:
    await _publish(manifest)
    second = await _publish(manifest)
    await manifest.begin("model")
    third = await _publish(manifest)
    assert set(await manifest.tidy()) == {second, third}
    assert len(await manifest.documents(third)) == 2


async def test_the_files_of_a_version_are_kept_byte_by_byte_and_each_once(manifest: Manifest) -> None:
    first, second = (KeptFile(f"en/{name}.md", name * 64, raw) for name, raw in (("a", b"\xff\x00a\r\n"), ("b", b"")))
    number = await manifest.begin("model")
    await manifest.write_files(number, {first.name: first.digest}, [first, second])
    await manifest.publish(_content(number), now=NOW)
    other = await manifest.begin("model")
    await manifest.write_files(other, {first.name: first.digest, second.name: second.digest}, [second])
    await manifest.publish(_content(other), now=NOW)

    assert await manifest.file_names(number) == {first.name: first.digest}
    assert await manifest.files([first.digest, second.digest]) == [first, second]
    assert await manifest.file_names(99) == {}


async def test_the_history_tells_causes_and_passes_over_steps(manifest: Manifest) -> None:
    note = VersionNote("rollback to 3", "1 section added (en)", 40)
    step = await _publish(manifest)
    whole = await manifest.begin("model")
    await manifest.publish(replace(_content(whole), pending=0), now=NOW, note=note)
    kept = await manifest.begin("model")
    await manifest.write_documents(kept, DOCUMENTS)
    await manifest.keep(kept, fingerprint="f", documents=2, now=NOW, note=NO_NOTE)
    await manifest.begin("model")

    assert await manifest.history() == [
        VersionRecord(kept, NOW, 2, NO_NOTE, is_published=False, was_published=False, has_files=False),
        VersionRecord(whole, NOW, 2, note, is_published=True, was_published=True, has_files=False),
    ]
    assert await manifest.tidy() == (whole, step)
    assert [record.number for record in await manifest.history()] == [kept, whole]
    assert await manifest.documents(kept) == sorted(DOCUMENTS, key=lambda document: document.file)


def _flipped(written: bytes) -> bytes:
    middle = len(written) // 2
    return written[:middle] + bytes([written[middle] ^ 1]) + written[middle + 1 :]


@pytest.mark.parametrize(
    "damaged",
    [b"", b"nonsense", means_to_bytes(MEANS)[:-100], means_to_bytes(MEANS)[:50], _flipped(means_to_bytes(MEANS))],
)
def test_damaged_means_are_told(damaged: bytes) -> None:
    with pytest.raises(KnowledgeError, match="damaged"):
        means_from_bytes(damaged)
