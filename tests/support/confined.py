"""Runs a command that can change nothing but some folders and can make no memory executable, without being root.

    python -m tests.support.confined FOLDER … -- COMMAND …

Landlock (Linux 5.13 or later) forbids what a read-only root does and says so where it is tried, in the process and all
that it starts; the kernel's PR_SET_MDWE (6.3 or later) is what systemd's MemoryDenyWriteExecute= sets.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, the same on every processor."""
_VERSION = 1
_BENEATH_A_PATH = 1
_CHANGES = sum(1 << bit for bit in (1, *range(4, 13)))
"""Writing a file, removing and making one of any kind: LANDLOCK_ACCESS_FS_* of the first version."""
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
"""Of the second and the third version."""
_NO_NEW_PRIVILEGES, _SET_MDWE = 38, 65
_DEVICES = (Path("/dev/null"), Path("/dev/shm"))
"""What a container has of its own, too."""
_LIBC = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Which Landlock the kernel has; 0 for none."""
    return max(_LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION), 0)


def confine(writable: Iterable[Path]) -> None:
    """From now on this process changes files below these paths alone.

    Raises:
        OSError: the kernel can't do it.
    """
    handled = _CHANGES | (_MOVE if version() >= 2 else 0) | (_TRUNCATE if version() >= 3 else 0)
    attributes = struct.pack("=Q", handled)
    rules = _done(_LIBC.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for path in (*writable, *(one for one in _DEVICES if one.exists())):
        opened = os.open(path, os.O_PATH)
        allowed = handled if path.is_dir() else handled & (1 << 1 | _TRUNCATE)
        _done(_LIBC.syscall(_ADD_RULE, rules, _BENEATH_A_PATH, struct.pack("=Qi", allowed, opened), 0))
        os.close(opened)
    _done(_LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _done(_LIBC.prctl(_SET_MDWE, 1, 0, 0, 0))
    _done(_LIBC.syscall(_RESTRICT_SELF, rules, 0))


def _done(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    _split = sys.argv.index("--")
    confine([Path(one) for one in sys.argv[1:_split]])
    os.execvp(sys.argv[_split + 1], sys.argv[_split + 1 :])
