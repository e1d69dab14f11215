"""Odd values: what somebody may type, and what a broken or hostile program may send in place of a value."""

from __future__ import annotations

from random import Random

CANARY = "qzxv"
"""Begins every text and name that is made; in a log it would be a visitor's words in clear."""

_PIECES = (
    "Where is the expo?", "/start", "/announce", "/mydata", "/deleteme", "/settings", "/news", "@scoda_test_bot", "ask-",
    "Где находится зона?", "示范区在哪里？", "نمایشگاه کجاست؟", "नमस्ते", "\u202e", "\u2066", "\u200d", "\u0000", "\ud83d", "\ufffe",
    "<b>x</b>", "&amp;", "<a href='tg://user?id=1'>", "javascript:alert(1)", "https://t.me/+AAAA", "{0}", "%s", "${x}",
    "{__class__}", "'; DROP TABLE visitors; --", "../../etc/passwd", "=cmd|'/c calc'!A1", "1e999", "NaN", "٣٤٥", "½",
    "ﷺ", "🏳️‍🌈", "👨‍👩‍👧‍👦", "a\u0301\u0302\u0303\u0304", "\U000e0041", "\x1b[31m", "\r\n", "\u2028", "ji", "паспорт 1234567",
    "+86 532 1234 5678", "a.", "_", "*", "`", "```", "[x](y)", "|", "~~~", "---", ">>>", "?", "？", "؟", "।", "…",
)  # fmt: skip


def text(random: Random, longest: int = 4096) -> str:
    """A text with the canary in it, mostly short, now and then as long as Telegram lets it be."""
    kind = random.random()
    if kind < 0.05:
        return random.choice(_PIECES)
    if kind < 0.9:
        words = [random.choice(_PIECES) for _ in range(random.randint(1, 6))]
        return " ".join([CANARY, *words])[:longest]
    if kind < 0.95:
        return (CANARY + random.choice(_PIECES) * longest)[:longest]
    low, high = random.choice(
        [(0x20, 0x7F), (0x400, 0x4FF), (0x600, 0x6FF), (0x900, 0x97F), (0x3000, 0x9FFF), (1, 0x10FFFF)]
    )
    return CANARY + "".join(chr(random.randint(low, high)) for _ in range(random.randint(1, longest // 4)))


def number(random: Random) -> int:
    """An integer: small, or at an edge of what computers hold."""
    edges = (0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**52, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30)
    return random.choice(edges) if random.random() < 0.2 else random.randint(-1000, 10**6)


def anything(random: Random, depth: int = 0) -> object:
    """Any JSON."""
    kind = random.randrange(7 if depth < 3 else 5)
    match kind:
        case 0:
            return None
        case 1:
            return random.random() < 0.5
        case 2:
            return number(random)
        case 3:
            return random.choice([0.5, -1e308, 1e-300])
        case 4:
            return text(random, 64)
        case 5:
            return [anything(random, depth + 1) for _ in range(random.randint(0, 3))]
        case _:
            return {text(random, 16): anything(random, depth + 1) for _ in range(random.randint(0, 3))}
