"""What new sections cost the old questions: the calibration cases asked of the knowledge with and without them.

    python -m tests.bench.bench_new_sections [--quick] [--added DIR]... [--sections N] [--data DIR] [--knowledge DIR]

The new sections are plain files that staff may add tomorrow: those of the training set, or of any folders of the form
`<language>/<topic>/<document>.md`, and at most so many sections of each. Both times the folder is built and asked the same.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.answering.evaluation import Case, CaseResult, evaluate, read_cases
from bot.answering.model import Outcome
from bot.app.core import open_core
from tests.golden import TODAY
from tests.support.workshop import ROOT, Workshop, parser_of, print_table

CASES = ROOT / "tests/sets/calibration"
ADDED = ROOT / "tests/sets/training/plain/knowledge"
SECTIONS = 50
_SECTION = re.compile(r"^## ", re.MULTILINE)


def add(knowledge: Path, added: Path, *, sections: int) -> int:
    """Put whole files of `added` into the knowledge until there are that many sections; returns how many there are."""
    count = 0
    for file in sorted(added.glob("*/*/*.md")):
        if count >= sections:
            break
        text = file.read_text(encoding="utf-8")
        target = knowledge / file.relative_to(added)
        target = target.with_name(f"new-{added.parent.name}-{target.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        count += len(_SECTION.findall(text))
    return count


async def asked(workshop: Workshop, cases: Sequence[Case]) -> list[CaseResult]:
    """What becomes of each case."""
    async with open_core(workshop.settings) as core:
        await core.sync()
        return await evaluate(cases, core.extractive, today=TODAY, say=lambda answer: " ".join(answer.sentences))


def figures(results: Sequence[CaseResult]) -> tuple[float, ...]:
    """Right and the right section first; without an answer refused, and told something all the same: in hundredths."""
    answerable = [one for one in results if one.case.is_answerable]
    others = [one for one in results if not one.case.is_answerable]
    rows = (
        [one.is_right for one in answerable],
        [one.rank == 1 for one in answerable],
        [one.is_right for one in others],
        [one.answer.outcome is Outcome.ANSWERED for one in others],
    )
    return tuple(100 * sum(row) / max(len(row), 1) for row in rows)


async def bench(workshop: Workshop, cases: Sequence[Case], added: Sequence[Path], sections: int) -> None:
    before = await asked(workshop, cases)
    rows = [("without", 0, *figures(before))]
    for folder in added:
        with tempfile.TemporaryDirectory(prefix="scoda-bench-") as work:
            more = Workshop(Path(work) / "knowledge", Path(work) / "data")
            shutil.copytree(workshop.knowledge, more.knowledge)
            shutil.copytree(workshop.data, more.data)
            count = add(more.knowledge, folder, sections=sections)
            after = await asked(more, cases)
        rows.append((f"with {folder.parent.name}", count, *figures(after)))
        lost = [a.case.case_id for a, b in zip(before, after, strict=True) if a.is_right and not b.is_right]
        won = sum(b.is_right and not a.is_right for a, b in zip(before, after, strict=True))
        print(f"{folder.parent.name}: {len(lost)} lost, {won} won: {' '.join(lost)}", flush=True)
    asked_for = sum(case.is_answerable for case in cases)
    print(f"{asked_for} questions with an answer, {len(cases) - asked_for} without, hundredths:")
    print_table(("", "sections", "right", "right first", "refused rightly", "told wrongly"), rows)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--added", type=Path, action="append", help="a folder of plain files; may be given repeatedly")
    parser.add_argument("--sections", type=int, default=SECTIONS)
    given = parser.parse_args()
    lines = [line for file in sorted(CASES.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    cases = list(read_cases(lines))[:: 8 if given.quick else 1]
    with Workshop.of(given).copied() as workshop:
        asyncio.run(bench(workshop, cases, given.added or [ADDED], given.sections))


if __name__ == "__main__":
    main()
