"""The vectors that come with a collection of knowledge: `vectors/<locale>.vec` beside its files.

A text is embedded once, by whoever maintains the collection, and not again by everybody who starts the bot. A file
holds one line of JSON (what is in it, which embedding made it and a hash of the rest), the mean vector, and a row a
text: 8 bytes of the hash by which the text is known, a scale, and the difference from the mean in 4 bits a dimension.
Rows are of one width and sorted by hash, so that a changed text changes one row.

Nothing of a file is believed that can be checked: its length, its hash, the embedding's name, and whether the embedding
still makes the same vectors of a few of its texts. What does not fit is said, and embedded anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.adapters.models.embeddings import TwoSidedEmbeddings
from bot.adapters.packing.codes import Codes, Scales, pack_4, unpack_4
from bot.errors import Fault, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import VECTORS_FOLDER, Vector
from bot.ingestion.ports import Side

_log = structlog.get_logger(__name__)

_ENDING = ".vec"
_FORMAT = 1
"""Raise it when the files change their form: older ones are then not used."""
_LONGEST_HEAD = 1000
"""Bytes in which the first line must end."""
_MOST_DIMENSIONS = 1 << 16
"""Bounds what a damaged head can ask for: by reasoning."""
_SAMPLE = 2
"""Texts of each file that are embedded anew before it is believed."""
_ALIKE = 0.95
"""What the cosine of a stored and a new vector, both less the mean, must reach: four bits keep .98 and more."""


FolderSignature = tuple[tuple[str, int, int, int], ...]


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    identity: str
    dimension: int = Field(gt=0, le=_MOST_DIMENSIONS, multiple_of=2)
    rows: int = Field(ge=0)
    sha256: str


@dataclass(frozen=True, slots=True)
class VectorFile:
    """The rows of one file: `keys` sorted, `scales` and `codes` in the same order, less the `mean`."""

    identity: str
    mean: Vector
    keys: npt.NDArray[np.uint64]
    scales: Scales
    codes: Codes

    def vectors(self, rows: npt.NDArray[np.int64]) -> Vector:
        """The raw vectors of these rows."""
        return self.mean + unpack_4(self.scales[rows], self.codes[rows])

    @classmethod
    def of(cls, identity: str, vectors: Mapping[str, Vector], kept: VectorFile | None = None) -> VectorFile:
        """Pack raw vectors, which are known by the hashes of their texts, beside rows that are `kept` as they are."""
        rows = np.array(list(vectors.values()), dtype=np.float32)
        mean = kept.mean if kept is not None else np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
        rows = rows.reshape(len(vectors), len(mean))
        scales, codes = pack_4(rows - mean)
        new = cls(identity, mean, _keys(vectors), scales, codes)
        both = [new, kept] if kept is not None else [new]
        keys, first = np.unique(np.concatenate([file.keys for file in both]), return_index=True)
        return cls(
            identity,
            mean,
            keys,
            np.concatenate([file.scales for file in both])[first],
            np.concatenate([file.codes for file in both])[first],
        )

    def only(self, keys: npt.NDArray[np.uint64]) -> VectorFile:
        """Without the rows that have none of these keys."""
        is_wanted = np.isin(self.keys, keys)
        return replace(self, keys=self.keys[is_wanted], scales=self.scales[is_wanted], codes=self.codes[is_wanted])

    def save(self, file: Path) -> None:
        """Write it whole or not at all."""
        body = self.mean.astype("<f4").tobytes() + self._table().tobytes()
        head = _Head(
            format=_FORMAT,
            identity=self.identity,
            dimension=len(self.mean),
            rows=len(self.keys),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        new = file.with_name(f".{file.name}.new")
        new.write_bytes(head.model_dump_json().encode() + b"\n" + body)
        new.chmod(0o644)  # as public as the texts beside it
        new.replace(file)

    def _table(self) -> npt.NDArray[np.void]:
        table = np.empty(len(self.keys), dtype=_row_type(len(self.mean)))
        table["key"], table["scale"], table["codes"] = self.keys, self.scales, self.codes
        return table

    @classmethod
    def load(cls, file: Path) -> VectorFile:
        """Read what `save` wrote.

        Raises:
            KnowledgeError: it can't be read, or is not as it was written.
        """
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise KnowledgeError(f"{file} can't be read: {error.strerror}") from error
        line, _, body = raw[:_LONGEST_HEAD].partition(b"\n")
        body = raw[len(line) + 1 :]
        try:
            head = _Head.model_validate_json(line)
        except ValidationError as error:
            raise KnowledgeError(f"{file} is no vector file of this program's form") from error
        if head.format != _FORMAT:
            raise KnowledgeError(f"{file} has the form {head.format}: this program reads {_FORMAT}")
        row = _row_type(head.dimension)
        expected = 4 * head.dimension + head.rows * row.itemsize
        if len(body) != expected:
            raise KnowledgeError(f"{file} has {len(body):,} bytes of vectors instead of {expected:,}: it was cut short")
        if hashlib.sha256(body).hexdigest() != head.sha256:
            raise KnowledgeError(f"{file} was changed since it was written: its hash does not fit")
        mean = np.frombuffer(body, dtype="<f4", count=head.dimension)
        table = np.frombuffer(body, dtype=row, offset=4 * head.dimension)
        return cls(head.identity, mean, np.ascontiguousarray(table["key"]), table["scale"], table["codes"])


class VectorFiles:
    """See `bot.adapters.models.cached_embedder.ShippedVectors`: the files of one knowledge folder.

    They are read at the first need, and again at the first after one of them was touched.
    """

    def __init__(self, knowledge: Path) -> None:
        self._folder = knowledge / VECTORS_FOLDER
        self._files: dict[Path, VectorFile] = {}
        self._signature: FolderSignature | None = None
        self._believed: set[Path] = set()
        self._opening = asyncio.Lock()

    async def find(self, embeddings: TwoSidedEmbeddings, texts: Mapping[str, tuple[Side, str]]) -> Mapping[str, Vector]:
        """See the port."""
        if not texts:
            return {}
        async with self._opening:
            await self._open(embeddings.identity)
            found: dict[str, Vector] = {}
            for path, file in list(self._files.items()):
                missing = [name for name in texts if name not in found]
                new = await asyncio.to_thread(_rows_in, file, missing)
                if new and path not in self._believed and not await self._is_believable(path, embeddings, texts, new):
                    continue
                found.update(new)
            return found

    def forget(self) -> None:
        """Let go of the files until they are needed again: a whole collection has 12 MB of them."""
        self._files, self._signature = {}, None

    async def _open(self, identity: str) -> None:
        signature = await asyncio.to_thread(_signature_of, self._folder)
        if signature != self._signature:
            self._signature = signature
            self._believed.clear()
            self._files = await asyncio.to_thread(_open, self._folder, identity)

    async def _is_believable(
        self,
        path: Path,
        embeddings: TwoSidedEmbeddings,
        texts: Mapping[str, tuple[Side, str]],
        found: Mapping[str, Vector],
    ) -> bool:
        """Embed a few of the texts and compare; a file that was made otherwise is not used, and that is said."""
        names = random.sample(sorted(found), min(_SAMPLE, len(found)))
        mean = self._files[path].mean
        for name in names:
            side, text = texts[name]
            made = await (
                embeddings.aembed_query(text) if side is Side.QUERY else asyncio.to_thread(_passage, embeddings, text)
            )
            if reason := _otherwise(np.asarray(made, dtype=np.float32), found[name], mean):
                _log.warning("vector_file_not_used", file=str(path), reason=reason)
                del self._files[path]
                return False
        self._believed.add(path)
        return True


def stale(knowledge: Path, identity: str, texts: Mapping[Locale, Collection[str]]) -> list[Fault]:
    """What does not fit between the vector files and the texts (by their hashes); nothing where there are no files."""
    if not (knowledge / VECTORS_FOLDER).exists():
        return []
    return [
        Fault(str(file.relative_to(knowledge)), 1, f"{reason}; run: scoda knowledge vectors")
        for locale, hashes in texts.items()
        if (reason := _misfit(file := _file_of(knowledge, locale), identity, hashes))
    ]


def missing_from(knowledge: Path, identity: str, locale: Locale, hashes: Collection[str]) -> list[str]:
    """Those of the texts whose vectors the file of the language does not hold, or not for this embedding."""
    held = _usable(_file_of(knowledge, locale), identity)
    if held is None:
        return list(hashes)
    is_held = np.isin(_keys(hashes), held.keys)
    return [name for name, known in zip(hashes, is_held.tolist(), strict=True) if not known]


def write_vectors(  # noqa: PLR0917 - five different things, each of its own type
    knowledge: Path, identity: str, locale: Locale, hashes: Collection[str], made: Mapping[str, Vector]
) -> Path | None:
    """Bring the file of a language up to date: rows that it holds stay as they are, `made` are the others.

    Returns the file if it changed.
    """
    file = _file_of(knowledge, locale)
    file.parent.mkdir(exist_ok=True)
    before = _usable(file, identity)
    wanted = np.unique(_keys(hashes))
    kept = before.only(wanted) if before is not None else None
    if before is not None and not made and len(before.keys) == len(wanted):
        return None
    VectorFile.of(identity, made, kept).save(file)
    return file


def _misfit(file: Path, identity: str, hashes: Collection[str]) -> str:
    """What is wrong with a file, in a few words; nothing when it holds just these texts."""
    if not file.exists():
        return "missing"
    try:
        held = VectorFile.load(file)
    except KnowledgeError as error:
        return str(error)
    if held.identity != identity:
        return f"made by the embedding {held.identity}, not {identity}"
    wanted = np.unique(_keys(hashes))
    missing, needless = len(np.setdiff1d(wanted, held.keys)), len(np.setdiff1d(held.keys, wanted))
    return f"stale: {missing} texts are not in it, {needless} are no longer needed" if missing or needless else ""


def _usable(file: Path, identity: str) -> VectorFile | None:
    try:
        held = VectorFile.load(file)
    except KnowledgeError:
        return None
    return held if held.identity == identity else None


def _file_of(knowledge: Path, locale: Locale) -> Path:
    return knowledge / VECTORS_FOLDER / f"{locale}{_ENDING}"


def _signature_of(folder: Path) -> FolderSignature:
    """Another one whenever a file is touched."""
    found: list[tuple[str, int, int, int]] = []
    for path in sorted(folder.glob(f"*{_ENDING}")):
        try:
            stat = path.stat()
        except OSError:  # gone just now, or a link to nowhere: said when it is read
            found.append((path.name, 0, 0, 0))
            continue
        found.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _open(folder: Path, identity: str) -> dict[Path, VectorFile]:
    """The files that can be used with this embedding; what can't is said."""
    files = {}
    for path in sorted(folder.glob(f"*{_ENDING}")):
        try:
            file = VectorFile.load(path)
        except KnowledgeError as error:
            _log.warning("vector_file_not_used", file=str(path), reason=str(error))
            continue
        if file.identity == identity:
            files[path] = file
        else:
            _log.warning("vector_file_not_used", file=str(path), reason=f"made by the embedding {file.identity}")
    return files


def _rows_in(file: VectorFile, hashes: Sequence[str]) -> dict[str, Vector]:
    if not len(file.keys) or not hashes:
        return {}
    wanted = _keys(hashes)
    places = np.searchsorted(file.keys, wanted).clip(max=len(file.keys) - 1)
    is_held = file.keys[places] == wanted
    vectors = file.vectors(places[is_held])
    return dict(zip((name for name, held in zip(hashes, is_held.tolist(), strict=True) if held), vectors, strict=True))


def _keys(hashes: Iterable[str]) -> npt.NDArray[np.uint64]:
    return np.array([int(name[:16], 16) for name in hashes], dtype=np.uint64)


def _otherwise(made: Vector, stored: Vector, mean: Vector) -> str:
    """Why a vector that was made anew is not the one that was stored; nothing when it is."""
    if len(made) != len(stored):
        return f"it has {len(stored)} dimensions, the embedding makes {len(made)}"
    alike = _cosine(made - mean, stored - mean)
    return "" if alike >= _ALIKE else f"a text of it is embedded otherwise: {alike:.2f}"


def _passage(embeddings: TwoSidedEmbeddings, text: str) -> list[float]:
    return embeddings.embed_documents([text])[0]


def _cosine(one: Vector, other: Vector) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))


def _row_type(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("key", "<u8"), ("scale", "<f2"), ("codes", "u1", (dimension // 2,))])
