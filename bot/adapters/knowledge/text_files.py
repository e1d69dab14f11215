"""Text files that somebody has sent: taken as the Markdown that they are."""

from __future__ import annotations

from bot.adapters.knowledge.reader import LARGEST_FILE, UnusableError, decoded
from bot.proposals.ports import ConversionRefusal, ConvertedDocument


class TextFileConverter:
    """Implements `bot.proposals.ports.DocumentConverter` for files whose content is text already."""

    @property
    def endings(self) -> frozenset[str]:
        """See the port."""
        return frozenset({"md", "markdown"})

    @property
    def most_bytes(self) -> int:
        """As many as a knowledge file may have."""
        return LARGEST_FILE

    async def convert(self, content: bytes, label: str) -> ConvertedDocument | ConversionRefusal:  # noqa: ARG002 - the port's signature
        """See the port."""
        try:
            text = decoded(content)
        except UnusableError as error:
            return ConversionRefusal(str(error))
        return ConvertedDocument(text.replace("\r\n", "\n").replace("\r", "\n"))
