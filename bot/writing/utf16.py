"""How Telegram counts the characters of a text."""

from __future__ import annotations


def utf16_length(text: str) -> int:
    """The length in UTF-16 units: an emoji has two (https://core.telegram.org/api/entities#entity-length)."""
    return len(text) + sum(character > "\uffff" for character in text)
