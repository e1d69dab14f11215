"""Questions to which nothing was fitted: how many are answered and refused rightly, by language.

    python -m tests.bench.bench_unseen [--quick] [--write] [--data DIR] [--knowledge DIR]

See `tests.golden`: only the figures are to be read, or the sets are no longer unseen. The first and the second set ask the
knowledge; the «hard» ones of the first hold typing mistakes, other scripts, capitals and long preambles. The plain set asks
files without front matter or example questions, which are read in beside the knowledge; the drafted set asks the same of these
files with translations, questions and near misses, written by somebody who never saw what is asked. Milliseconds are those of one
question after the other on all cores. With --write (`make figures`) the counts go to tests/sets/unseen/figures.json and into
README.md.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.knowledge.draft_folder import DraftFolder
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.answering.evaluation import Case, CaseResult, Tally, evaluate, tallies, tally
from bot.app.core import open_core
from bot.ingestion.model import DRAFTS_FOLDER
from bot.ingestion.translations import copies_of
from bot.reports.evaluation_tables import tables_of
from tests.golden import KNOWLEDGE, TODAY, UNSEEN_PLAIN
from tests.support.unseen_figures import (
    FILE,
    README,
    Figures,
    counted,
    fingerprint,
    knowledge_cases,
    message_cases,
    plain_cases,
    put_into,
    written,
)
from tests.support.workshop import ROOT, Workshop, parser_of, print_table, spread

EACH_QUICK = 8
_HARD = re.compile(r"[a-z]{2}-h\d")


async def asked(workshop: Workshop, cases: Sequence[Case]) -> list[CaseResult]:
    """What becomes of the cases."""
    async with open_core(workshop.settings) as core:
        await core.make_answerable()
        return await evaluate(cases, core.extractive, today=TODAY, say=lambda answer: " ".join(answer.sentences))


def rows_of(results: Sequence[CaseResult]) -> list[Tally]:
    """By language, then all, the hard ones and the conversations."""
    rows = tallies(results)
    hard = [one for one in results if _HARD.match(one.case.case_id)]
    going_on = [one for one in results if one.case.is_follow_up]
    return rows + [tally(found, name) for name, found in (("hard", hard), ("going on", going_on)) if found]


@contextmanager
def with_plain_files(workshop: Workshop, *, drafted: bool = False) -> Iterator[Workshop]:
    """The same data folder, and a copy of the knowledge with the plain files, and with their drafts approved."""
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
        knowledge = Path(folder) / "knowledge"
        shutil.copytree(workshop.knowledge, knowledge)
        shutil.copytree(UNSEEN_PLAIN / "knowledge", knowledge, dirs_exist_ok=True)
        if drafted:
            shutil.copytree(UNSEEN_PLAIN / "drafts", knowledge / DRAFTS_FOLDER)
            approve_all(knowledge)
        yield Workshop(knowledge, workshop.data)


def approve_all(knowledge: Path) -> None:
    """Put every draft of a folder in its place; what approves nothing is a fault of the set."""
    reading = asyncio.run(KnowledgeFiles(knowledge, identify=lambda _text: None).read())
    folder, copies = DraftFolder(knowledge), {group[0].path: group for group in copies_of(reading.documents)}
    for draft in reading.drafts:
        folder.adopt(draft, copies[draft.path])


def bench(workshop: Workshop, *, each: int | None) -> dict[str, list[CaseResult]]:
    """What becomes of each set, by its name."""
    found = {}
    for name, cases in knowledge_cases().items():
        found[name] = asyncio.run(asked(workshop, spread(cases, each) if each else cases))
        print_rows(name, found[name])
    cases = message_cases()
    found["messages"] = asyncio.run(asked(workshop, spread(cases, each) if each else cases))
    print_rows("messages", found["messages"])
    cases = plain_cases()
    with with_plain_files(workshop) as beside:
        found["plain"] = asyncio.run(asked(beside, spread(cases, each) if each else cases))
    print_rows("plain", found["plain"])
    with with_plain_files(workshop, drafted=True) as beside:
        found["drafted"] = asyncio.run(asked(beside, spread(cases, each) if each else cases))
    print_rows("drafted", found["drafted"])
    return found


def print_rows(name: str, results: Sequence[CaseResult]) -> None:
    """The figures of one set."""
    print(f"the {name} set: {len(results)} questions")
    rows = rows_of(results)
    for table in tables_of(tallies(results)):
        print(f" {table.title}")
        print_table(table.headings, [table.cells(row) for row in rows])
    print(flush=True)


def write(figures: Figures) -> None:
    """Keep the figures, and show them in README."""
    FILE.write_text(written(figures), encoding="utf-8")
    README.write_text(put_into(README.read_text(encoding="utf-8"), figures), encoding="utf-8")
    print(f"written: {FILE.relative_to(ROOT)}, {README.relative_to(ROOT)}")


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures of all questions into README")
    given = parser.parse_args()
    if given.write and (given.quick or given.knowledge.resolve() != KNOWLEDGE.resolve()):
        parser.error("--write asks all questions of the knowledge that is published: leave out --quick and --knowledge")
    with Workshop.of(given).copied() as workshop:
        present = fingerprint()
        results = bench(workshop, each=EACH_QUICK if given.quick else None)
        if given.write:
            write(counted(results, measured_at=datetime.now(UTC).date(), measured_on=present))


if __name__ == "__main__":
    main()
