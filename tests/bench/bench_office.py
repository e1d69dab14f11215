"""How long office files take to become Markdown, each in a child process as the bot does it.

python -m tests.bench.bench_office [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from itertools import cycle, islice

import psutil

from bot.adapters.office.converting import OfficeConverter
from bot.adapters.office.outcome import Converted
from tests.support.office_files import PdfPage, docx, paragraph, pdf, sheet, table, xlsx

_PAGES = 30
_LINES = 44
_TEXT = "The expo opens its gates at nine and trains leave the terminal for Almaty and Minsk on every day"
_ROWS = [["Train", "To", "Departs"], *([f"X{number}", "Almaty", "09:00"] for number in range(6))]


def line(number: int) -> str:
    """Some 80 characters, another one each time."""
    return " ".join(islice(cycle(_TEXT.split()), number % 7, number % 7 + 16))


def page(number: int) -> PdfPage:
    """Text as densely as in print, with a table below it."""
    drawn = PdfPage().text(60, 800, f"Chapter {number}", 16)
    for place in range(_LINES):
        drawn.text(60, 775 - 13 * place, line(number + place), 10)
    return drawn.table(60, 190, _ROWS)


def files(pages: int) -> Iterator[tuple[str, bytes]]:
    """A name with what it says, and the bytes."""
    yield f"PDF, {pages} pages with a table each", pdf(*map(page, range(pages)))
    words = [paragraph(line(number)) for number in range(_LINES * pages)]
    yield f"DOCX, {pages} pages", docx(*words, *(table(_ROWS) for _ in range(pages)))
    yield f"XLSX, {pages * 50} rows", xlsx({"Trains": sheet([_ROWS[0], *_ROWS[1:2] * 50 * pages])})


async def run(pages: int) -> None:
    """Print a line a file."""
    converter, process = OfficeConverter(), psutil.Process()
    for name, content in files(pages):
        before, started = process.memory_info().rss, time.perf_counter()
        outcome = await converter.convert(content, name)
        took, grown = time.perf_counter() - started, process.memory_info().rss - before
        told = f"{len(outcome.markdown):,} characters" if isinstance(outcome, Converted) else str(outcome)
        print(f"{name} ({len(content):,} bytes): {took:.1f} s, {told}; the parent grew by {grown / 2**20:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pages")
    asyncio.run(run(_PAGES // 10 if parser.parse_args().quick else _PAGES))
