"""Memory that is free again, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys

_M_ARENA_MAX = -8
"""The number of this parameter in glibc's `malloc.h`."""
_ARENAS = 2
"""One for the loop and one for all others; how much it saves stands at `keep_memory_together`."""


def keep_memory_together() -> bool:
    """Let all threads share two arenas of the C library's memory: call it before any thread begins.

    Each thread has one of its own otherwise, and keeps what it freed: 50 MB after the bundled collection was read.
    Returns whether the library knows of arenas; only glibc does.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, _ARENAS) == 1


def give_back_memory() -> None:
    """Give back what a large piece of work has left free; blocks for some milliseconds.

    The C library keeps what threads have freed for itself: 120 MB after the bundled collection was read.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)
