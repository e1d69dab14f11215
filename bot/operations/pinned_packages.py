"""Whether the packages that are installed are those that the lock file pins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

_ENTRY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;)?", re.MULTILINE)
"""Name, version, and whether the entry is for some machines only."""


def mismatches(lock: str, installed: Mapping[str, str]) -> list[str]:
    """What differs, a few words each: another version, or a package that every machine needs and that is not there."""
    versions: dict[str, set[str]] = defaultdict(set)
    needed: set[str] = set()
    for name, version, is_for_some in _ENTRY.findall(lock):
        versions[_plain(name)].add(version)
        if not is_for_some:
            needed.add(_plain(name))
    found = []
    for name, pinned in sorted(versions.items()):
        version = installed.get(name)
        if version is None and name in needed:
            found.append(f"{name} is missing ({' or '.join(sorted(pinned))} is pinned)")
        elif version is not None and version not in pinned:
            found.append(f"{name} is {version} ({' or '.join(sorted(pinned))} is pinned)")
    return found


def installed_packages() -> dict[str, str]:
    """The version of every package of this Python, by its plain name."""
    return {_plain(found.name): found.version for found in metadata.distributions() if found.name}


def lock_files(folder: Path) -> dict[Path, str]:
    """What the lock files of the program, and of who works on it, say; none beside a wheel."""
    files = (folder / "requirements.lock", folder / "requirements-dev.lock")
    return {file: file.read_text(encoding="utf-8") for file in files if file.is_file()}


def _plain(name: str) -> str:
    """As packages are compared: https://peps.python.org/pep-0503/."""
    return re.sub(r"[-_.]+", "-", name).lower()
