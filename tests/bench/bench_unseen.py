"""Questions to which nothing was fitted: how many are answered and refused rightly, by language.

    python -m tests.bench.bench_unseen [--quick] [--data DIR] [--knowledge DIR]

See `tests.golden`: only the figures are to be read, or the sets are no longer unseen. The first and the second set ask the
knowledge; the «hard» ones of the first hold typing mistakes, other scripts, capitals and long preambles. The plain set asks
files without front matter or example questions, which are read in beside the knowledge. Milliseconds are those of one
question after the other on all cores.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.answering.evaluation import Case, Result, Tally, evaluate, read_cases, tallies, tally
from bot.app import open_core
from bot.ops.evaluation_tables import tables_of
from bot.vocabulary import Locale
from tests.bench.workshop import Workshop, parser_of, print_table, spread
from tests.golden import TODAY, UNSEEN, UNSEEN_PLAIN, UNSEEN_SECOND

EACH_QUICK = 8
_HARD = re.compile(r"[a-z]{2}-h\d")


async def asked(workshop: Workshop, cases: Sequence[Case]) -> list[Result]:
    """What becomes of the cases."""
    async with open_core(workshop.settings) as core:
        await core.make_answerable()
        return await evaluate(cases, core.extractive, today=TODAY, say=lambda answer: " ".join(answer.sentences))


def rows_of(results: Sequence[Result]) -> list[Tally]:
    """By language, then all, the hard ones and the conversations."""
    rows = tallies(results)
    hard = [one for one in results if _HARD.match(one.case.case_id)]
    going_on = [one for one in results if one.case.is_follow_up]
    return rows + [tally(found, name) for name, found in (("hard", hard), ("going on", going_on)) if found]


@contextmanager
def with_plain_files(workshop: Workshop) -> Iterator[Workshop]:
    """The same data folder, and a copy of the knowledge with the plain files in it."""
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
        knowledge = Path(folder) / "knowledge"
        shutil.copytree(workshop.knowledge, knowledge)
        shutil.copytree(UNSEEN_PLAIN / "knowledge", knowledge, dirs_exist_ok=True)
        yield Workshop(knowledge, workshop.data)


def cases_of(*files: Path) -> list[Case]:
    """The cases of these files."""
    return [case for file in files for case in read_cases(file.read_text(encoding="utf-8").splitlines())]


def bench(workshop: Workshop, *, each: int | None) -> None:
    for name, folder in (("first", UNSEEN), ("second", UNSEEN_SECOND)):
        cases = cases_of(*(folder / f"{locale}.jsonl" for locale in Locale))
        print_rows(name, asyncio.run(asked(workshop, spread(cases, each) if each else cases)))
    cases = cases_of(UNSEEN_PLAIN / "questions.jsonl")
    with with_plain_files(workshop) as beside:
        print_rows("plain", asyncio.run(asked(beside, spread(cases, each) if each else cases)))


def print_rows(name: str, results: Sequence[Result]) -> None:
    """The figures of one set."""
    print(f"the {name} set: {len(results)} questions")
    rows = rows_of(results)
    for table in tables_of(tallies(results)):
        print(f" {table.title}")
        print_table(table.headings, [table.cells(row) for row in rows])


def main() -> None:
    given = parser_of(__doc__).parse_args()
    with Workshop.of(given).copied() as workshop:
        bench(workshop, each=EACH_QUICK if given.quick else None)


if __name__ == "__main__":
    main()
