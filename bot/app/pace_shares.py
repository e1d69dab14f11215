"""Telegram's limit over all chats, shared out to several processes: replies first, and a tenth for announcements."""

from __future__ import annotations

from collections.abc import Mapping

from bot.adapters.database.replica_store import Report

_LEAST_SHARE = 3
"""One part of so many is spread evenly, whoever asks for more: the next visitor is answered at once. By reasoning."""
_OWN_SHARE = 10
"""One place of so many is the announcements', as in one process."""


def shares(total: int, reports: Mapping[str, Report]) -> dict[str, int]:
    """How many of `total` messages a second each replica may send; all that report get the same from this."""
    if not reports:
        return {}
    least = max(total // (_LEAST_SHARE * len(reports)), 1)
    goals = dict.fromkeys(sorted(reports), least)
    left = max(total - least * len(reports), 0)
    replies = {name: max(reports[name].replies - least, 0) for name in goals}
    copies = {name: reports[name].copies for name in goals}
    for_replies = min(left - (total // _OWN_SHARE if any(copies.values()) else 0), sum(replies.values()))
    for wanted, places in ((replies, max(for_replies, 0)), (copies, left - max(for_replies, 0))):
        for name, more in _spread(places, wanted).items():
            goals[name] += more
    return goals


def _spread(places: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """In proportion to what is wanted; evenly where nothing is. What can't be divided goes to the first."""
    weights = wanted if any(wanted.values()) else dict.fromkeys(wanted, 1)
    whole = sum(weights.values())
    parts = {name: places * weight // whole for name, weight in weights.items()}
    for name in sorted(weights, key=lambda name: (-(places * weights[name] % whole), name))[
        : places - sum(parts.values())
    ]:
        parts[name] += 1
    return parts
