"""All benches one after the other, each in a process of its own.

    python -m tests.bench [--quick] [--data DIR] [--knowledge DIR] [NAME …]

Names: first_minute, start, latency, sync, language, outside, unseen, leave_out, new_sections, check, embedding,
worst_message, announcement, office, gaps, seeing, throughput, repeated, store_size, intake.
The data folder is the one `scoda run` uses; where a bench needs the index, what is not built yet is built there first, with
a progress bar. The benches themselves work on copies.
"""

from __future__ import annotations

import subprocess
import sys
import time

from tests.support.workshop import Workshop, parser_of

BENCHES = {
    "first_minute": "The first minute of a fresh clone",
    "start": "Cold start",
    "latency": "From stored update to sendMessage",
    "sync": "Synchronisation",
    "language": "Language of a message",
    "outside": "Passages that nobody tuned for",
    "unseen": "Questions to which nothing was fitted",
    "leave_out": "Documents without their example questions",
    "new_sections": "What new sections cost the old questions",
    "check": "Check of a composed answer",
    "embedding": "Engines of the embedding model",
    "worst_message": "What the dearest messages cost",
    "announcement": "An announcement at the free rate, with visitors",
    "office": "Office files as Markdown",
    "gaps": "Lost questions put into gaps",
    "seeing": "What it costs to look on",
    "throughput": "A crowd at once, against embedding alone",
    "repeated": "What many ask, asked again",
    "store_size": "A search among 1,000 and 50,000 sections",
    "intake": "Updates taken in by webhook",
}
NEED_NO_INDEX = (
    "first_minute",
    "sync",
    "language",
    "outside",
    "embedding",
    "worst_message",
    "announcement",
    "office",
    "seeing",
    "store_size",
    "intake",
)
QUICK_SYNC = ("--files", "200")


def command(name: str, workshop: Workshop, *, quick: bool) -> list[str]:
    """How one bench is started."""
    line = [sys.executable, "-m", f"tests.bench.bench_{name}"]
    if name == "sync":
        return [*line, *(QUICK_SYNC if quick else ())]
    if name == "language":
        return line
    line += ["--quick"] if quick else []
    return line if name in NEED_NO_INDEX else [*line, *workshop.options]


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these benches")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHES):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    workshop = Workshop.of(given)
    if set(given.names or BENCHES) - set(NEED_NO_INDEX):
        workshop.make_ready()
    failed = []
    for name in given.names or BENCHES:
        print(f"\n=== {BENCHES[name]} (bench_{name}) ===", flush=True)
        started = time.perf_counter()
        if subprocess.run(command(name, workshop, quick=given.quick), check=False).returncode:
            failed.append(name)
        print(f"({time.perf_counter() - started:.0f} s)", flush=True)
    if failed:
        print(f"\nThese benches did not come to their end: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
