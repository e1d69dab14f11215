"""What proposals need from outside. Writes of stores join the transaction that is open around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.ids import Locale
from bot.proposals.model import (
    FileChange,
    FolderCheck,
    Proposal,
    ProposalId,
    ProposalState,
    StandingFile,
    UnreadableFile,
)


class ProposalNews(Protocol):
    """Keeps whose proposer is still to be told what became of it. Saving a proposal changes nothing of that."""

    async def owe(self, proposal_id: ProposalId) -> None:
        """Its proposer is to be told; joins the open transaction."""
        ...

    async def owed(self, *, limit: int) -> Sequence[Proposal]:
        """The decided ones whose proposer is to be told, the oldest first."""
        ...

    async def claim(self, proposal_id: ProposalId) -> bool:
        """Mark it as being told; False when somebody was first."""
        ...

    async def settle(self, proposal_id: ProposalId, *, is_owed: bool) -> None:
        """What was claimed was told, or else is still owed."""
        ...

    async def doubt_interrupted(self) -> int:
        """After a start: what was being told may have arrived, and is owed no more; returns how many that are."""
        ...


class TellProposer(Protocol):
    """Tells a proposer what became of their proposal."""

    async def __call__(self, proposal: Proposal) -> bool:
        """Send one message in one try; False where surely nothing was sent and it may be tried again."""
        ...


class ProposalStore(ProposalNews, Protocol):
    """Keeps proposals."""

    async def create(self, proposal: Proposal) -> bool:
        """Store a new one; False when its id is known already."""
        ...

    async def find(self, proposal_id: ProposalId) -> Proposal | None:
        """The proposal, or None."""
        ...

    async def save(self, proposal: Proposal) -> bool:
        """Replace it if its stored version is one below `proposal.version`; False when somebody was first."""
        ...

    async def listed(self, states: Collection[ProposalState], *, limit: int = 50) -> Sequence[Proposal]:
        """Those in one of the states, the oldest first."""
        ...


class KnowledgeFolder(Protocol):
    """The knowledge folder, as far as proposals read and change it. File names are below the folder, with `/`."""

    async def standing(self, file: str) -> StandingFile:
        """A file as it stands.

        Raises:
            KnowledgeError: the name is none that may be written, or the file can't be read.
        """
        ...

    async def check(self, changes: Sequence[FileChange]) -> FolderCheck:
        """What the change would make of the folder; nothing is written."""
        ...

    async def recognised(self, text: str) -> RecognisedText:
        """What a text tells of itself, wherever it will stand."""
        ...

    async def write(self, changes: Sequence[FileChange], recorded: Mapping[str, str]) -> Collection[str]:
        """Make the files what they are to be, each whole; running it twice changes nothing.

        Returns the files that stand neither as they were nor as they are to be: then nothing is written.

        Raises:
            KnowledgeError: the folder can't be written; some files may have been.
        """
        ...

    async def clear_up(self, files: Collection[str]) -> None:
        """Take away what a writer that died has left beside these files; no other may be at work there."""
        ...


@dataclass(frozen=True, slots=True)
class RecognisedText:
    """What a text tells of itself; `locale` is None and `topic` empty where it does not."""

    locale: Locale | None
    topic: str
    title: str


@dataclass(frozen=True, slots=True)
class ConvertedDocument:
    """The Markdown that a sent file became, and what of it was left out, in words for people."""

    text: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversionRefusal:
    """Why a sent file can't be taken: in English, and by its kind where it is one that the chat has words for."""

    reason: str
    kind: UnreadableFile | None = None


class DocumentConverter(Protocol):
    """Turns a file of one or several kinds into Markdown."""

    @property
    def endings(self) -> frozenset[str]:
        """The kinds it takes, by the ending of the name: `md`, in small letters, without the dot."""
        ...

    @property
    def most_bytes(self) -> int:
        """Larger files are not fetched."""
        ...

    async def convert(self, content: bytes, label: str) -> ConvertedDocument | ConversionRefusal:
        """Read it; `label` is the name that its sender gave it, never a path. Does not raise for any content."""
        ...
