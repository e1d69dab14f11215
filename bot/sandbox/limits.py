"""Telegram's limits. Texts are counted in UTF-16 code units, button data and ids in bytes.

`#name` is a section of https://core.telegram.org/bots/api; other sources are named in full.
"""

from __future__ import annotations

TEXT_UNITS = 4096
"""UTF-16 units of a message's text after its markup was read: #sendmessage."""

CAPTION_UNITS = 1024
"""UTF-16 units of a caption after its markup was read: #sendphoto."""

ENTITIES = 100
"""Entities that a message keeps; the server drops the others without a word.

The documentation does not say so; seen by bots: https://github.com/rubenlagus/TelegramBots/issues/854.
"""

CALLBACK_DATA_BYTES = 64
"""Bytes of UTF-8 that an inline button carries: #inlinekeyboardbutton."""

CALLBACK_ANSWER_UNITS = 200
"""UTF-16 units of the notice that answers a pressed button: #answercallbackquery."""

COPY_TEXT_UNITS = 256
"""UTF-16 units that a button copies: #copytextbutton."""

INLINE_KEYBOARD_BUTTONS = 100
"""Buttons under a message. Not documented; seen by bots: https://github.com/tginfo/Telegram-Limits/issues/228."""

REPLY_KEYBOARD_BUTTONS = 300
"""Buttons in the place of the app's keyboard. Not documented; the source is that of `INLINE_KEYBOARD_BUTTONS`."""

START_PAYLOAD_CHARACTERS = 64
"""Characters of a deep link's payload, all of them ASCII: https://core.telegram.org/bots/features#deep-linking."""

COMMANDS = 100
"""Commands in one list, that is for one scope and language: #setmycommands."""

COMMAND_DESCRIPTION_UNITS = 256
"""UTF-16 units beside a command: #botcommand."""

BOT_NAME_UNITS = 64
"""UTF-16 units of a bot's name: #setmyname."""

DESCRIPTION_UNITS = 512
"""UTF-16 units of what an empty chat with the bot shows: #setmydescription."""

SHORT_DESCRIPTION_UNITS = 120
"""UTF-16 units of what the bot's profile shows: #setmyshortdescription."""

INLINE_RESULTS = 50
"""Results in one answer to an inline query: #answerinlinequery."""

INLINE_OFFSET_BYTES = 64
"""Bytes of the offset by which an app asks for more results: #answerinlinequery."""

RESULT_ID_BYTES = 64
"""Bytes of an inline result's id: #inlinequeryresultarticle."""

MESSAGES_AT_ONCE = 100
"""Messages that one call deletes, copies or forwards: #deletemessages."""

ALBUM_ITEMS = range(2, 11)
"""How many items an album may have, 2 to 10: #sendmediagroup."""

UPDATES_AT_ONCE = 100
"""Updates in one answer to a poll, also where the call names no number: #getupdates."""

POLL_SECONDS = 50
"""The longest poll; a longer `timeout` is cut to this.

`LONG_POLL_MAX_TIMEOUT` in https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.h.
"""

UPDATES_KEPT_S = 24 * 3600
"""How long an update waits for its bot: #getting-updates."""

SECRET_TOKEN_CHARACTERS = 256
"""Characters of a webhook's secret: #setwebhook."""

WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
"""Ports that Telegram delivers to: #setwebhook."""

WEBHOOK_CONNECTIONS = 40
"""Updates delivered at the same time where setWebhook names no number: #setwebhook."""

MOST_WEBHOOK_CONNECTIONS = 100
"""The largest `max_connections`: #setwebhook."""

UPLOAD_BYTES = 50 * 1024 * 1024
"""A file that a bot sends, 50 MB: #sending-files."""

PHOTO_BYTES = 10 * 1024 * 1024
"""A photo that a bot sends, 10 MB: #sending-files."""

DOWNLOAD_BYTES = 20 * 1024 * 1024
"""A file that a bot may fetch, 20 MB: #getfile."""

DELETABLE_S = 48 * 3600
"""The age up to which a message can be deleted for everyone: #deletemessage."""

CALLBACK_ANSWERABLE_S = 60
"""The age up to which a pressed button can be answered. Telegram names no figure; chosen to suit slow bots too."""

INLINE_ANSWERABLE_S = 30
"""The age up to which an inline query can be answered.

Telegram names no figure; chosen. Bots have been refused after 10 to 20 s:
https://github.com/eternnoir/pyTelegramBotAPI/issues/270 and /1615.
"""


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: characters beyond U+FFFF count twice."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
