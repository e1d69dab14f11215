"""The versions that are kept, and the way back to one of them.

Going back restores the files of the folder, so that folder and published version stay equal and nothing flaps: the next
reading of the folder finds what was restored, and publishes it as a new version. What stands in the folder before is
kept as a version of its own where it is not published just so, with every file that can be read: going back loses
nothing, and one can go back from going back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.errors import KnowledgeError
from bot.ingestion.diffing import summary_of
from bot.ingestion.holding import digest_of
from bot.ingestion.model import Document, IndexVersion, KeptFile, PublishingWord, VersionNote, VersionRecord
from bot.ingestion.ports import FolderRestorer, IndexStore, KnowledgeReader, Manifest
from bot.ingestion.version_draft import fingerprint_of


class History:
    """What was published, and going back to it. `identity` is the embedding's that is in use."""

    def __init__(
        self,
        *,
        reader: KnowledgeReader,
        manifest: Manifest,
        index_store: IndexStore,
        restorer: FolderRestorer,
        identity: str,
    ) -> None:
        self._reader = reader
        self._manifest = manifest
        self._index_store = index_store
        self._restorer = restorer
        self._identity = identity

    async def records(self) -> Sequence[VersionRecord]:
        """What is kept, the newest first."""
        return await self._manifest.history()

    async def record(self, number: int) -> VersionRecord:
        """One of them.

        Raises:
            KnowledgeError: it is not kept, or never was.
        """
        records = await self.records()
        for record in records:
            if record.number == number:
                return record
        kept = ", ".join(str(record.number) for record in records) or "none"
        raise KnowledgeError(
            f"version {number} is not kept (kept are {kept}): [knowledge] keep_versions says how many are"
        )

    async def documents(self, number: int) -> Sequence[Document]:
        """The documents of a version that is kept.

        Raises:
            KnowledgeError: it is not kept.
        """
        await self.record(number)
        return await self._manifest.documents(number)

    async def files(self, number: int) -> Mapping[str, KeptFile]:
        """The files of a version, as they stood in the folder, by their names.

        Raises:
            KnowledgeError: it is not kept, or without its files.
        """
        record = await self.record(number)
        names = await self._manifest.file_names(number)
        found = {file.name: file for file in await self._manifest.files(list(names.values()))}
        if not record.has_files or found.keys() != names.keys():
            raise KnowledgeError(
                f"the files of version {number} are not kept: it was published by an older version of this program"
            )
        return found

    async def begin_rollback(self, number: int, *, now: datetime) -> int:
        """Note that the folder is to become what it was in that version; returns how many files that touches.

        Whoever synchronises next writes the files and publishes them, even if this process is killed now.

        Raises:
            KnowledgeError: the version is not kept, or the folder can't be read.
        """
        async with self._index_store.exclusive():
            await self._restorer.complete()
            files = await self.files(number)
            documents = await self._manifest.documents(number)
            await self._keep_present(f"before the rollback to {number}", now)
            word = PublishingWord(f"rollback to {number}", digest_of(documents))
            return await self._restorer.begin(list(files.values()), word)

    async def _keep_present(self, cause: str, now: datetime) -> None:
        """Keep the folder as it stands there, unless it is published just so."""
        published = await self._manifest.published()
        before = await self._manifest.documents(published.number) if published is not None else ()
        reading = await self._reader.read(known=before)
        names = {file.name: file.digest for file in reading.files}
        if names == await self._names_of(published):
            return
        number = await self._manifest.begin(self._identity)
        await self._manifest.write_documents(number, reading.documents)
        await self._manifest.write_files(number, names, reading.files)
        await self._manifest.keep(
            number,
            fingerprint=fingerprint_of(self._identity, reading.documents),
            documents=len(reading.documents),
            now=now,
            note=VersionNote(
                cause,
                summary_of(before, reading.documents),
                sum(len(document.sections) for document in reading.documents),
            ),
        )

    async def _names_of(self, published: IndexVersion | None) -> Mapping[str, str]:
        return {} if published is None else await self._manifest.file_names(published.number)
