"""`scoda knowledge status --sections`: a line a section, the ones that need a person first."""

from __future__ import annotations

import asyncio

from bot.adapters.system.clock import utc_now
from bot.app.core import open_core
from bot.app.overview import sections_of
from bot.calibrating.held_out import held_out
from bot.cli.console import err, out
from bot.cli.printing import Values, print_json
from bot.ids import Locale
from bot.ingestion.overview import SectionStatus
from bot.settings import Settings

_NAMED = ("ends", "stale", "missing", "few_questions", "drafts")
"""What is said of a section only where there is something to say."""


def print_sections(settings: Settings, *, asks: bool, as_json: bool) -> None:
    """Print them; with `asks` their own questions are held out and asked first, which takes minutes."""
    rows = asyncio.run(_rows(settings, asks=asks))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(_line(row), markup=False, highlight=False, soft_wrap=True)


async def _rows(settings: Settings, *, asks: bool) -> list[Values]:
    now = utc_now()
    sure = await held_out(settings, today=now.date(), say=err.print) if asks else {}
    async with open_core(settings, may_read_only=True) as core:
        statuses = await sections_of(core, now, sure=sure)
    locales = sorted({locale for one in statuses for locale in one.locales})
    return [_row(one, locales) for one in statuses]


def _row(one: SectionStatus, locales: list[Locale]) -> Values:
    return {
        "section": str(one.key),
        "sure": f"{one.sure[0]} of {one.sure[1]}" if one.sure else "",
        "languages": len(one.locales),
        "missing": ", ".join(one.missing(locales)),
        "stale": ", ".join(one.stale),
        "questions": one.questions,
        "few_questions": ", ".join(one.poor),
        "drafts": one.drafts,
        "ends": one.ends_on.isoformat() if one.ends_on else "",
        "told": one.told,
    }


def _line(row: Values) -> str:
    """All that is worth a word, in one line."""
    said = [f"{row['languages']} languages, {row['questions']} questions, told {row['told']} times"]
    if row["sure"]:
        said.insert(0, f"sure of {row['sure']}")
    said += [f"{name.replace('_', ' ')}: {row[name]}" for name in _NAMED if row[name]]
    return f"{row['section']}: {'; '.join(said)}"
