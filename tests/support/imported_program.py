"""What the process imports that the tests' processes of the program fork from: all that the program does at its start."""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before anything is imported that reads them
    os.environ.setdefault(_name, "1")

from bot.adapters.system.memory import keep_memory_together  # noqa: E402 - as above

keep_memory_together()

import bot.app.run  # noqa: E402 - as above
import bot.cli.main  # noqa: E402, F401 - as above
