"""The entities that apps and servers find by themselves: commands, mentions, addresses, hashtags."""

from __future__ import annotations

import re

from bot.sandbox.limits import utf16_length
from bot.sandbox.wire import Json

_TOP_LEVEL = "com|org|net|edu|gov|int|info|biz|io|me|app|dev|ai|cn|ru|kz|kg|tj|uz|ir|pk|in|by|mn|eu|uk|de|fr|us|tv|cc"
"""Top-level domains by which a bare name is a link.

Telegram knows all of them; chosen are the common ones and those of the personas' countries.
"""
_PATTERNS = (
    ("email", re.compile(r"(?<![\w.+-])[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE)),
    ("url", re.compile(r"(?<![\w@./-])(?:https?|ftp|tg|ton)://[^\s<>\"«»“”]+", re.IGNORECASE)),
    (
        "url",
        re.compile(
            rf"(?<![\w@./-])(?:[\w-]+\.)+(?:{_TOP_LEVEL})(?![\w-]|\.[\w])(?::\d+)?(?:[/?#][^\s<>\"«»“”]*)?",
            re.IGNORECASE,
        ),
    ),
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z0-9_]{3,32}(?![\w@])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?!\d+(?!\w))\w{1,255}(?![\w#])")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])")),
)
"""Kinds that the server finds (https://core.telegram.org/bots/api#messageentity), with patterns near to its rules.

What one has taken, no later one takes: an e-mail address holds no mention.
"""
_LIKELY = re.compile(r"[/@#$.:]")
"""A text without these characters holds none of the kinds: most texts are passed over by this one look."""
_CLOSING = ".,:;!?'\"…"
"""Punctuation that ends a sentence rather than an address."""


def detected_entities(text: str, taken: tuple[Json, ...] = ()) -> list[Json]:
    """Entities in the parts of the text that no link, mention or code has taken yet."""
    if not _LIKELY.search(text):
        return []
    spans = [(one["offset"], one["offset"] + one["length"]) for one in taken]
    found: list[Json] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            word = _trimmed(match[0]) if kind == "url" else match[0]
            start = utf16_length(text[: match.start()])
            end = start + utf16_length(word)
            if all(end <= other_start or other_end <= start for other_start, other_end in spans):
                spans.append((start, end))
                found.append({"type": kind, "offset": start, "length": end - start})
    return found


def _trimmed(url: str) -> str:
    """Punctuation after an address belongs to the sentence, and so does a bracket that opened before it."""
    while url:
        last = url[-1]
        if last in _CLOSING or (last == ")" and url.count("(") < url.count(")")):
            url = url[:-1]
        else:
            return url
    return url
