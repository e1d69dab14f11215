"""Visitors: what follows from what is kept about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.ids import Locale, VisitorId
from bot.visitors.model import Visitor

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
STRANGER = Visitor(VisitorId(42), NOW, NOW)


def test_the_language_of_the_app_counts_until_one_is_chosen():
    assert STRANGER.preferred is None
    known = replace(STRANGER, app_locale=Locale.RU)
    assert known.preferred is Locale.RU
    assert replace(known, chosen=Locale.TG).preferred is Locale.TG
