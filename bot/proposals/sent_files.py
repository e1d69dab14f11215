"""A file that somebody has sent: whether it is fetched, what it becomes, and which file of the folder it may be."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import regex

from bot.ids import Locale
from bot.proposals.ports import ConversionRefusal, ConvertedDocument, DocumentConverter

_LONGEST_SLUG = 48
"""Characters of a file's name: it stays readable on a button (by reasoning)."""
_NOT_IN_A_SLUG = regex.compile(r"[^a-z0-9]+")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "readme", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
)
"""Names that a colleague's Windows can't store, and the one that the reader leaves to colleagues."""


class SentFiles:
    """Chooses who reads a file by the ending of its name, which is otherwise a label and nothing else."""

    def __init__(self, converters: Sequence[DocumentConverter]) -> None:
        self._converters = converters

    @property
    def endings(self) -> tuple[str, ...]:
        """The kinds that can be sent."""
        return tuple(sorted({ending for one in self._converters for ending in one.endings}))

    def most_bytes(self, label: str) -> int | None:
        """How large a file of this name may be; None for a kind that is not taken."""
        converter = self._converter(label)
        return None if converter is None else converter.most_bytes

    async def convert(self, content: bytes, label: str) -> ConvertedDocument | ConversionRefusal:
        """The Markdown of a file, or why there is none."""
        converter = self._converter(label)
        if converter is None:
            return ConversionRefusal(f"only {', '.join(self.endings)} files are read")
        if len(content) > converter.most_bytes:
            return ConversionRefusal(f"{len(content):,} bytes: at most {converter.most_bytes:,} are read")
        return await converter.convert(content, label)

    def _converter(self, label: str) -> DocumentConverter | None:
        ending = label.rpartition(".")[2].casefold()
        return next((one for one in self._converters if ending in one.endings), None)


def slug_of(label: str, *, otherwise: str) -> str:
    """A file's name of small ASCII letters, digits and hyphens; `otherwise` where nothing of the label is left."""
    stem = label.replace("\\", "/").rpartition("/")[2]
    stem = stem.rpartition(".")[0] or stem
    folded = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = _NOT_IN_A_SLUG.sub("-", folded).strip("-")[:_LONGEST_SLUG].rstrip("-")
    return otherwise if not slug or slug in _RESERVED else slug


def file_of(locale: Locale, topic: str, slug: str) -> str:
    """Where it stands below the folder."""
    return f"{locale}/{topic}/{slug}.md"


def parts_of(file: str) -> tuple[Locale, str, str]:
    """What `file_of` was given."""
    locale, _, rest = file.partition("/")
    topic, _, name = rest.rpartition("/")
    return Locale(locale), topic, name.removesuffix(".md")
