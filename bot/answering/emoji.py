"""What a message of emoji alone says: they are a language of their own, the same in all twelve."""

from __future__ import annotations

import regex

from bot.ids import ReplyKind

_KINDS = (
    (ReplyKind.EMERGENCY, "🆘🚑🚨🚒"),
    (ReplyKind.COMPLAINT, "👎😠😡🤬😤🤦🙄😒😞😢😭💔🤮💩❌"),
    (ReplyKind.THANKS, "🙏💐🌹🌷🌸🤲🙇"),
    (ReplyKind.PRAISE, "❤🧡💛💚💙💜🖤🤍🤎♥💕💖💗😍🥰😘🤩👏🙌🎉🔥⭐🌟🏆💯🫶"),
    (ReplyKind.GREETING, "👋🖖"),
)
"""The gravest first: «😂👎» is no laugh."""
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|[\u2600-\u27bf]")


def kind_of_emoji(text: str) -> ReplyKind | None:
    """The kind of message that a text without a word is; any other emoji is a nod. None where there is none."""
    found = set(_EMOJI.findall(text))
    if not found:
        return None
    return next((kind for kind, emoji in _KINDS if found & set(emoji)), ReplyKind.OK)
