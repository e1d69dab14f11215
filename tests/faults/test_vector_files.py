"""Rows V01 to V09 of tests/faults/README.md: of the vectors that come with the knowledge none is used that is wrong, and what is wrong is said."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.adapters.index.learned_sections import DISCRIMINANT
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder, text_hash
from bot.adapters.models.embeddings import prepared
from bot.adapters.models.vector_files import VectorFile, VectorFiles, stale, write_vectors
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import VECTORS_FOLDER, Vector
from bot.ingestion.ports import Side
from tests.support.knowledge_parts import LetterEmbeddings, MemoryVectorCache, no_language, section_text, write_file
from tests.support.processes import Place

TEXTS = [f"Hall number {number} is white." for number in range(40)]
SAMPLED = 2
MENDED_BY = "run: scoda knowledge vectors"


class RandomEmbeddings(LetterEmbeddings):
    """Vectors as a real model makes them: each value about normally distributed, about a common mean."""

    def _vector(self, text: str) -> list[float]:
        seed = zlib.crc32(prepared(text).encode())
        vector = np.random.default_rng(seed).normal(size=self._dimensions) + np.linspace(-1, 1, self._dimensions)
        return (vector / np.linalg.norm(vector)).tolist()


class OtherEmbeddings(RandomEmbeddings):
    """Another model that claims the same name."""

    def _vector(self, text: str) -> list[float]:
        return super()._vector(f"{text} by another model")


class Shop:
    """A knowledge folder with a file of vectors, and an embedder that looks into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / VECTORS_FOLDER / "en.vec"
        self.embeddings = RandomEmbeddings()
        self.embedder = self.new_embedder()

    def new_embedder(self) -> CachedEmbedder:
        """As after a restart."""
        return CachedEmbedder(self.embeddings, MemoryVectorCache(), shipped=VectorFiles(self.folder))

    def write(self, texts: Sequence[str] = TEXTS, *, by: LetterEmbeddings | None = None) -> Path | None:
        model = by or RandomEmbeddings()
        made = {hash_of(text): np.array(model.embed_query(text), dtype=np.float32) for text in texts}
        return write_vectors(self.folder, model.identity, Locale.EN, list(made), made)

    async def embed(self, texts: Sequence[str] = TEXTS) -> Vector:
        return await self.embedder.embed(Side.PASSAGE, texts)

    def exact(self, texts: Sequence[str] = TEXTS) -> Vector:
        return np.array([self.embeddings.embed_query(text) for text in texts], dtype=np.float32)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "knowledge")
    shop.folder.mkdir()
    shop.write()
    return shop


def hash_of(text: str) -> str:
    return text_hash(Side.PASSAGE, text)


def cosines(one: Vector, other: Vector) -> np.ndarray:
    return (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


# ── what fits is used ──


async def test_V01_vectors_that_come_with_the_knowledge_are_nearly_those_that_were_made(shop: Shop) -> None:
    found = await shop.embed()

    assert len(shop.embeddings.embedded) == SAMPLED
    assert cosines(found, shop.exact()).min() >= 0.98


async def test_V01_texts_that_are_not_in_the_file_are_embedded_and_the_others_are_not(shop: Shop) -> None:
    new = ["The hall is blue.", "The hall is green."]

    found = await shop.embed([*TEXTS, *new])

    assert len(shop.embeddings.embedded) == SAMPLED + len(new)
    assert set(new) <= set(shop.embeddings.embedded)
    assert found[-2:] == pytest.approx(shop.exact(new), abs=1e-6)


def test_V01_rows_stay_byte_for_byte_when_a_text_comes_and_another_goes(shop: Shop) -> None:
    before = VectorFile.load(shop.file)
    new = "The hall is blue."
    made = {hash_of(new): np.array(shop.embeddings.embed_query(new), dtype=np.float32)}

    write_vectors(shop.folder, "letters", Locale.EN, [*map(hash_of, TEXTS[1:]), hash_of(new)], made)

    after = VectorFile.load(shop.file)
    assert after.mean.tobytes() == before.mean.tobytes()
    rows = [dict(zip(file.keys.tolist(), _rows(file), strict=True)) for file in (before, after)]
    assert len(rows[0].keys() & rows[1].keys()) == len(TEXTS) - 1
    assert all(rows[0][key] == rows[1][key] for key in rows[0].keys() & rows[1].keys())
    assert after.keys.tolist() == sorted(after.keys.tolist())


def _rows(file: VectorFile) -> list[bytes]:
    return [scale.tobytes() + code.tobytes() for scale, code in zip(file.scales, file.codes, strict=True)]


def test_V01_a_file_that_is_up_to_date_is_not_written_again(shop: Shop) -> None:
    before = shop.file.stat()
    assert write_vectors(shop.folder, "letters", Locale.EN, list(map(hash_of, TEXTS)), {}) is None
    assert shop.file.stat() == before


def test_V01_the_same_texts_give_the_same_file(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path / "other")
    other.folder.mkdir()
    other.write()
    assert other.file.read_bytes() == shop.file.read_bytes()
    assert [path.name for path in shop.file.parent.iterdir()] == ["en.vec"], "nothing half-written is left"


async def test_V01_a_file_that_is_replaced_is_read_again_without_a_restart(shop: Shop) -> None:
    new = [f"Hall {number} is blue." for number in range(10)]
    await shop.embed()
    shop.write([*TEXTS, *new])
    shop.embeddings.embedded.clear()

    await shop.embed(new)

    assert len(shop.embeddings.embedded) == SAMPLED


# ── what does not fit is not used, said, and embedded anew ──


def _cut(length: int) -> Callable[[Shop], None]:
    return lambda shop: shop.file.write_bytes(shop.file.read_bytes()[:length])


def _flipped(place: int) -> Callable[[Shop], None]:
    def flip(shop: Shop) -> None:
        written = bytearray(shop.file.read_bytes())
        written[place] ^= 1
        shop.file.write_bytes(written)

    return flip


def _headed(**changes: object) -> Callable[[Shop], None]:
    """With another head, which fits the rest."""

    def change(shop: Shop) -> None:
        head, _, body = shop.file.read_bytes().partition(b"\n")
        changed = json.loads(head) | changes
        shop.file.write_bytes(json.dumps(changed).encode() + b"\n" + body)

    return change


def _written_by(model: LetterEmbeddings) -> Callable[[Shop], None]:
    def write(shop: Shop) -> None:
        shop.file.unlink()
        shop.write(by=model)

    return write


def _directory(shop: Shop) -> None:
    shop.file.unlink()
    shop.file.mkdir()


def _link_to_nowhere(shop: Shop) -> None:
    shop.file.unlink()
    shop.file.symlink_to("nowhere.vec")


def _foreign_text(shop: Shop) -> None:
    shop.file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7000000\n")


def _garbled_body(shop: Shop) -> None:
    """Other vectors under a hash that fits them: as a program with a fault would write."""
    head, _, body = shop.file.read_bytes().partition(b"\n")
    noise = np.random.default_rng(1).integers(0, 256, len(body) - 4 * 96, dtype=np.uint8)
    table = np.frombuffer(body[4 * 96 :], dtype=np.uint8).reshape(len(TEXTS), -1).copy()
    table[:, 10:] = noise.reshape(len(TEXTS), -1)[:, 10:]
    garbled = body[: 4 * 96] + table.tobytes()
    changed = json.loads(head) | {"sha256": hashlib.sha256(garbled).hexdigest()}
    shop.file.write_bytes(json.dumps(changed).encode() + b"\n" + garbled)


DAMAGES: dict[str, tuple[Callable[[Shop], None], str]] = {
    "V02 empty": (_cut(0), "no vector file"),
    "V02 cut in its head": (_cut(20), "no vector file"),
    "V02 cut in its mean": (_cut(300), "cut short"),
    "V02 cut in its rows": (_cut(1500), "cut short"),
    "V02 cut by a byte": (_cut(-1), "cut short"),
    "V03 flipped in its mean": (_flipped(300), "changed since it was written"),
    "V03 flipped in its rows": (_flipped(-30), "changed since it was written"),
    "V03 flipped in its head": (_flipped(0), "no vector file"),
    "V04 of another identity": (_headed(identity="letters of another year"), "made by the embedding letters of another"),
    "V04 of another form": (_headed(format=2), "form 2"),
    "V04 of a form with more fields": (_headed(note="x"), "no vector file"),
    "V04 of negative dimensions": (_headed(dimension=-96), "no vector file"),
    "V04 of endless dimensions": (_headed(dimension=10**15), "no vector file"),
    "V04 of negative rows": (_headed(rows=-1), "no vector file"),
    "V05 of a model that claims the name": (_written_by(OtherEmbeddings()), "embedded otherwise"),
    "V05 of a model of other dimensions": (_written_by(RandomEmbeddings(dimensions=48)), "48 dimensions"),
    "V05 of garbled vectors": (_garbled_body, "embedded otherwise"),
    "V06 a directory": (_directory, "can't be read"),
    "V06 a link to nowhere": (_link_to_nowhere, "can't be read"),
    "V06 a text": (_foreign_text, "no vector file"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
async def test_V02_V04_V05_a_file_that_does_not_fit_is_said_and_all_is_embedded_anew(shop: Shop, name: str) -> None:
    damage, reason = DAMAGES[name]
    damage(shop)

    with capture_logs() as logs:
        found = await shop.embed()

    assert found == pytest.approx(shop.exact(), abs=1e-6)
    assert [(log["event"], log["file"], log["log_level"]) for log in logs] == [
        ("vector_file_not_used", str(shop.file), "warning")
    ]
    assert reason in logs[0]["reason"]
    assert len(shop.embeddings.embedded) <= len(TEXTS) + SAMPLED


async def test_V06_a_file_that_may_not_be_read_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with capture_logs() as logs:
        found = await shop.embed()
    assert found == pytest.approx(shop.exact(), abs=1e-6)
    assert ["can't be read: Permission denied" in log["reason"] for log in logs] == [True]


async def test_V06_a_file_beside_a_damaged_one_is_used(shop: Shop) -> None:
    shop.file.rename(shop.file.with_name("ru.vec"))
    shop.file.write_bytes(b"nonsense")
    with capture_logs() as logs:
        await shop.embed()
    assert len(logs) == 1
    assert len(shop.embeddings.embedded) == SAMPLED


def test_V03_no_flipped_bit_anywhere_gives_other_vectors(shop: Shop) -> None:
    """All bits of the head, and one of each byte of the rest: it is refused, or made by somebody else, or the same."""
    whole = shop.file.read_bytes()
    known = VectorFile.load(shop.file)
    head = whole.index(b"\n") + 1
    flips = [(place, bit) for place in range(head) for bit in range(8)]
    flips += [(place, place % 8) for place in range(head, len(whole), 3)]
    flipped = shop.file.with_name("flipped.vec")
    for place, bit in flips:
        written = bytearray(whole)
        written[place] ^= 1 << bit
        flipped.write_bytes(written)
        try:
            loaded = VectorFile.load(flipped)
        except KnowledgeError:
            continue
        assert loaded.identity != known.identity, f"bit {bit} of byte {place}"


async def test_V07_without_a_file_all_is_embedded_and_nothing_is_said(shop: Shop) -> None:
    shop.file.unlink()
    shop.file.parent.rmdir()
    with capture_logs() as logs:
        found = await shop.embed()
    assert logs == []
    assert found == pytest.approx(shop.exact(), abs=1e-6)


# ── what is stale is said by the check ──


def _stale(shop: Shop, texts: Sequence[str] = TEXTS, identity: str = "letters") -> list[str]:
    return list(map(str, stale(shop.folder, identity, {Locale.EN: [hash_of(text) for text in texts]})))


def test_V08_a_file_that_fits_is_not_stale(shop: Shop) -> None:
    assert _stale(shop) == []


def test_V08_where_there_are_no_files_none_is_stale(shop: Shop) -> None:
    shop.file.unlink()
    shop.file.parent.rmdir()
    assert _stale(shop) == []


def test_V08_texts_that_came_and_went_are_counted(shop: Shop) -> None:
    [told] = _stale(shop, [*TEXTS[3:], "The hall is blue."])
    assert told == f"vectors/en.vec:1: stale: 1 texts are not in it, 3 are no longer needed; {MENDED_BY}"


def test_V08_another_embedding_is_told(shop: Shop) -> None:
    [told] = _stale(shop, identity="words")
    assert told == f"vectors/en.vec:1: made by the embedding letters, not words; {MENDED_BY}"


def test_V08_a_language_without_a_file_is_told_where_others_have_one(shop: Shop) -> None:
    shop.file.rename(shop.file.with_name("ru.vec"))
    assert _stale(shop) == [f"vectors/en.vec:1: missing; {MENDED_BY}"]


@pytest.mark.parametrize("name", [name for name in DAMAGES if name < "V05"])
def test_V08_a_damaged_file_is_told_with_what_mends_it(shop: Shop, name: str) -> None:
    DAMAGES[name][0](shop)
    [told] = _stale(shop)
    assert told.startswith("vectors/en.vec:1: ")
    assert told.endswith(MENDED_BY)
    shop.write()
    assert _stale(shop) == []


# ── beside the knowledge files ──


async def test_V09_vectors_are_no_knowledge(shop: Shop) -> None:
    write_file(shop.folder, "en/area/good.md", section_text("good", "This file is good."))
    reading = await KnowledgeFiles(shop.folder, identify=no_language).read()
    assert [document.file for document in reading.documents] == ["en/area/good.md"]
    assert (reading.faults, reading.warnings) == ((), ())


@pytest.mark.nightly
def test_V09_the_program_writes_them_and_checks_them_and_reads_knowledge_in_by_them(place: Place) -> None:
    written = place.scoda("knowledge", "vectors")
    assert written.returncode == 0, written.stderr
    files = {path.name for path in (place.knowledge / VECTORS_FOLDER).iterdir()}
    assert {"en.vec", "zh.vec", "ru.vec"} <= files
    assert ".vec" not in place.scoda("knowledge", "check").stderr
    assert "Nothing changed" in place.scoda("knowledge", "vectors").stdout
    learned = place.knowledge / VECTORS_FOLDER / DISCRIMINANT
    learned.write_bytes(b"damaged")
    assert place.scoda("knowledge", "vectors").returncode == 0
    assert not learned.exists() or learned.read_bytes() != b"damaged"

    pearl = place.knowledge / "en/venue/pearl.md"
    pearl.write_text(pearl.read_text(encoding="utf-8") + "\n\nThe hall has red doors.\n", encoding="utf-8")
    checked = place.scoda("knowledge", "check")
    assert checked.returncode == 0
    assert "vectors/en.vec:1: stale:" in checked.stderr
    assert MENDED_BY in checked.stderr
