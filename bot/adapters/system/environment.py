"""What a child process gets to know: enough to run, and no key."""

from __future__ import annotations

import os

_NAMES = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ANONYMIZED_TELEMETRY",
    "LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2", "PTB_TIMEDELTA",
})  # fmt: skip
_BEGINNINGS = ("LC_", "PYTHON", "MALLOC_", "COVERAGE_")


def short_environment() -> dict[str, str]:
    """Of this process's variables those that a child needs."""
    return {name: value for name, value in os.environ.items() if name in _NAMES or name.startswith(_BEGINNINGS)}


def forget_the_rest() -> None:
    """Keep no other variable, for a child that was started with all of them."""
    kept = short_environment()
    os.environ.clear()
    os.environ.update(kept)
