"""Memory that is free again, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back_memory() -> None:
    """Give back what a large piece of work has left free; blocks for some milliseconds.

    The C library keeps what threads have freed for itself: 120 MB after the bundled collection was read.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)
