from __future__ import annotations

import ctypes
import subprocess
import sys

from bot.adapters.system.memory import give_back_memory, keep_memory_together


def test_the_library_takes_the_limit_where_it_knows_of_arenas() -> None:
    knows = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")
    code = "from bot.adapters.system.memory import keep_memory_together as keep; print(keep())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(knows)


def test_other_systems_are_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_memory_together()
    give_back_memory()
