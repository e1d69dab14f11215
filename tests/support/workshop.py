"""What the benches share: their options, a copy of the built index to work on, and how figures are printed."""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.answering.evaluation import Case, read_cases
from bot.ids import Locale
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.golden import GOLDEN
from tests.support.sandbox_keys import SANDBOX_TOKEN

ROOT = Path(__file__).parents[2]


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that most benches have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="fewer questions and runs")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="where the index is (or will be) built")
    parser.add_argument("--knowledge", type=Path, default=ROOT / "knowledge")
    return parser


@dataclass(frozen=True, slots=True)
class Workshop:
    """The knowledge, and the data folder whose index is measured."""

    knowledge: Path
    data: Path

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """As the options say."""
        return cls(given.knowledge.resolve(), given.data.resolve())

    @property
    def options(self) -> list[str]:
        """The options, for a bench or for `scoda`."""
        return ["--knowledge", str(self.knowledge), "--data", str(self.data)]

    @property
    def settings(self) -> Settings:
        """Everything else at its default."""
        return Settings(knowledge=KnowledgeSettings(folder=self.knowledge), store=StoreSettings(data=self.data))

    def scoda(self, *arguments: str) -> list[str]:
        """The command line of the program for these folders."""
        return [sys.executable, "-m", "bot", *self.options, *arguments]

    def make_ready(self) -> None:
        """Build the index if it is not there or out of date: the first question does that, with a progress bar."""
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "SCODA_TELEGRAM_TOKEN": SANDBOX_TOKEN}  # the state of a bot, not of the sandbox
        subprocess.run(
            self.scoda("ask", "hello"), cwd=self.data, env=environment, stdout=subprocess.DEVNULL, check=True
        )

    @contextmanager
    def copied(self) -> Iterator[Workshop]:
        """The same with a data folder of one's own, for as long as it lasts."""
        self.make_ready()
        with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
            copy = Path(folder)
            shutil.copytree(self.data / "index", copy / "index")
            shutil.copy(self.data / "knowledge.stamp", copy)
            with (
                closing(sqlite3.connect(self.data / "state.sqlite3")) as source,
                closing(sqlite3.connect(copy / "state.sqlite3")) as target,
            ):
                source.backup(target)
            yield Workshop(self.knowledge, copy)


def golden(*, answerable_only: bool = False) -> list[Case]:
    """The golden questions of one turn, language by language."""
    files = [GOLDEN / f"{locale}.jsonl" for locale in Locale]
    cases = [case for file in files for case in read_cases(file.read_text(encoding="utf-8").splitlines())]
    return [case for case in cases if len(case.turns) == 1 and (case.is_answerable or not answerable_only)]


def spread(cases: Iterable[Case], per_locale: int) -> list[Case]:
    """The first `per_locale` cases of each language, the languages taking turns."""
    by_locale: dict[Locale | None, list[Case]] = {}
    for case in cases:
        by_locale.setdefault(case.locale, []).append(case)
    rows = [found[:per_locale] for found in by_locale.values()]
    return [row[place] for place in range(per_locale) for row in rows if place < len(row)]


def one_core() -> None:
    """From now on this process runs on the last core alone (where the system can be told so)."""
    cores = _cores()
    if cores:
        os.sched_setaffinity(0, {max(cores)})


def other_cores() -> None:
    """From now on this process leaves the last core to the one that is measured."""
    cores = _cores()
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {max(cores)})


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def p95(values: Sequence[float]) -> float:
    """Nineteen of twenty are no greater."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def described(milliseconds: Sequence[float]) -> str:
    """Median and 95th percentile."""
    return f"median {statistics.median(milliseconds):.1f} ms, p95 {p95(milliseconds):.1f} ms"


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as they must be, all but the first to the right."""
    lines = [list(headings), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (f"{cell:>{width}}" if column else f"{cell:<{width}}"
                 for column, (cell, width) in enumerate(zip(line, widths, strict=True)))  # fmt: skip
        print("  " + "  ".join(cells).rstrip())


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
