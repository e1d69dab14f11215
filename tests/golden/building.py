"""The index of the real knowledge, built by the program itself while other tests run: that takes minutes."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.e2e.processes import Place, environment

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
_LIMIT_S = 40 * 60


class Build:
    """`scoda knowledge sync` into a folder of its own, giving way to whatever else wants the processor."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="golden-")
        self.data = Path(self._home.name) / "data"
        self._said = (Path(self._home.name) / "said").open("w+", encoding="utf-8")
        place = Place(Path(self._home.name), KNOWLEDGE, self.data)
        self._process = subprocess.Popen(
            ["nice", "-n", "10", *place.command("knowledge", "sync")],
            cwd=place.home,
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> Path:
        """The data folder, once the index is complete."""
        code = self._process.wait(_LIMIT_S)
        self._said.seek(0)
        assert code == 0, self._said.read()[-2000:]
        return self.data

    def close(self) -> None:
        """End it, if it still runs, and remove what it built."""
        self._process.terminate()
        self._process.wait(60)
        self._said.close()
        self._home.cleanup()
