"""The vector stores of versions on a Chroma server: a collection each, known as whole by its name.

A collection is written under another name and renamed once it was checked. So whoever reaches the server finds the same
ones, wherever its own files lie, and what a killed writer has left is known as such.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.adapters.index import chroma
from bot.adapters.index.chroma import StorePlace
from bot.adapters.index.store_files import stored_chunks
from bot.adapters.index.version_files import read_folder
from bot.adapters.index.version_seal import FORMAT
from bot.adapters.system.child import TellShare, in_child
from bot.ingestion.model import IndexVersion
from bot.ingestion.ports import ReportShare

_OURS = re.compile(r"scoda-(?P<number>[0-9]+)-[0-9a-f]+(-(?P<format>[0-9]+))?(?P<draft>-draft-[0-9a-f]+)?")


@dataclass(frozen=True, slots=True)
class ServerStores:
    """Those of one bot, on the server at `url`. All but `write` blocks."""

    url: str

    def find(self, version: IndexVersion) -> StorePlace | None:
        """Where the version's store is; None while it is not written.

        Raises:
            KnowledgeError: the server does not answer.
        """
        place = self._place(version)
        return place if chroma.is_there(place) else None

    async def write(self, folder: Path, version: IndexVersion, report: ReportShare | None) -> None:
        """Write the store of the version that stands in the folder, in a child process.

        Raises:
            ChildCrashedError, IndexVersionError, KnowledgeError: it could not be written; what there is of it goes
                with the next `prune`.
        """
        await in_child(_write_named, folder, self._place(version), report=report)

    def prune(self, version: IndexVersion) -> None:
        """Delete what is not needed beside the version's store.

        The one before stays, for processes that have not opened this version yet; so does what another one, that
        publishes after this one, may be writing.
        """
        place = self._place(version)
        chroma.drop_collections(place, superseded(chroma.collections_on(place), place.collection))

    def _place(self, version: IndexVersion) -> StorePlace:
        return StorePlace(f"scoda-{version.number}-{version.fingerprint[:12]}-{FORMAT}", url=self.url)


def superseded(names: Iterable[str], current: str) -> list[str]:
    """Which of the collections go, when `current` is the name of the newest whole one."""
    ours = {name: match for name in names if name != current and (match := _OURS.fullmatch(name))}
    newest = int(current.split("-")[1])
    numbers = {name: int(match["number"]) for name, match in ours.items() if int(match["number"]) <= newest}
    whole = [name for name in numbers if numbers[name] < newest and ours[name]["format"] and not ours[name]["draft"]]
    return sorted(numbers.keys() - set(sorted(whole, key=numbers.__getitem__)[-1:]))


def _write_named(folder: Path, place: StorePlace, tell: TellShare) -> None:
    """What the child process does: the whole store from nothing, and then its name."""
    draft = replace(place, collection=f"{place.collection}-draft-{secrets.token_hex(4)}")
    chroma.write_store(draft, stored_chunks(read_folder(folder)), tell=tell)
    chroma.rename(draft, place.collection)
