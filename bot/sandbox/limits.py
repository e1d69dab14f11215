"""Telegram's limits. Texts are counted in UTF-16 units, button data in bytes."""

from __future__ import annotations

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
CALLBACK_DATA_BYTES = 64
CALLBACK_ANSWER_UNITS = 200
START_PAYLOAD_CHARACTERS = 64
COMMANDS = 100
COMMAND_DESCRIPTION_UNITS = 256
BOT_NAME_UNITS = 64
DESCRIPTION_UNITS = 512
SHORT_DESCRIPTION_UNITS = 120
INLINE_RESULTS = 50
INLINE_OFFSET_BYTES = 64
RESULT_ID_BYTES = 64
KEYBOARD_BUTTONS = 100
COPY_TEXT_UNITS = 256
ENTITIES = 100
SECRET_TOKEN_CHARACTERS = 256
WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
UPLOAD_BYTES = 50 * 1024 * 1024
PHOTO_BYTES = 10 * 1024 * 1024
DOWNLOAD_BYTES = 20 * 1024 * 1024
POLL_SECONDS = 50
UPDATES_KEPT_S = 24 * 3600
DELETABLE_S = 48 * 3600
CALLBACK_ANSWERABLE_S = 60
"""Telegram names no figure; a query that waited longer than this is answered in vain."""
INLINE_ANSWERABLE_S = 30


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: characters beyond U+FFFF count twice."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
