"""Names of files as people send them: never a path, only something to show."""

from __future__ import annotations

import secrets
import unicodedata

import regex

from bot.writing.cleaning import one_line

_LONGEST = 80
"""Characters: by reasoning, what still fits a line or two of a chat."""
_ID_BYTES = 8
"""64 bits: no two files of one folder are ever called alike by chance."""
_NOT_SHOWN = regex.compile(r'[<>:"|?*\x00]')


def safe_label(name: str | None) -> str:
    """What may be shown of a name that came with a file: no folders, nothing unseen, of bounded length.

    Store the file under `generated_name`; a label is no place on a disk.
    """
    last = regex.split(r"[/\\]", (name or "").replace("\0", ""))[-1]
    shown = _NOT_SHOWN.sub("", unicodedata.normalize("NFC", one_line(last, limit=_LONGEST))).strip(". ")
    return shown or "file"


def generated_name() -> str:
    """A name that says nothing and that no system treats in a special way."""
    return f"file-{secrets.token_hex(_ID_BYTES)}"
