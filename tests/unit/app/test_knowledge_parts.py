"""The parts that read the knowledge, by the settings."""

from __future__ import annotations

from bot.app.knowledge_parts import identify_locale
from bot.ids import Locale


async def test_the_language_of_a_file_outside_the_language_folders_is_told_from_its_text():
    identify = identify_locale()
    assert identify("В 2025 году демонстрационная зона отправила и приняла рекордное число поездов.") is Locale.RU
