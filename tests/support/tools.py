"""Programs that tests run and pip does not bring: which are missing is said before the first test."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SEARCHED = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"))
"""Where programs lie: those from pip beside Python, nginx where Debian puts what belongs to root."""


def path_of(name: str) -> str | None:
    """The program's path; None if it is not installed."""
    return shutil.which(name, path=SEARCHED)


def _is_program(name: str) -> bool:
    return path_of(name) is not None


def _is_font(family: str) -> bool:
    if (program := path_of("fc-list")) is None:
        return False
    listed = subprocess.run([program], capture_output=True, text=True, check=False).stdout
    return family in listed


def _is_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


@dataclass(frozen=True, slots=True)
class Tool:
    """What a test needs; `source` says where it comes from."""

    name: str
    source: str
    is_there: Callable[[str], bool] = _is_program
    is_nightly: bool = False


_TOOLS = (
    Tool("chromium", "Debian: chromium"),
    Tool("msgfmt", "Debian: gettext"),
    Tool("Noto Nastaliq", "Debian: fontconfig fonts-noto-core fonts-noto-cjk", _is_font),
    Tool("gcc", "Debian: gcc"),
    Tool("docker-compose", "Debian: docker-compose", is_nightly=True),
    Tool("kustomize", "Debian: kustomize", is_nightly=True),
    Tool("nginx", "Debian: nginx-light", is_nightly=True),
    Tool("openssl", "Debian: openssl", is_nightly=True),
    Tool("promtool", "Debian: promtool", is_nightly=True),
    Tool("systemd-analyze", "Debian: systemd", is_nightly=True),
    Tool("torch", "pip install -e '.[train]'", _is_module, is_nightly=True),
)


def missing(*, nightly: bool) -> Iterator[str]:
    """Each tool that is not installed, with its source; `nightly` counts those of the nightly tests, too."""
    for tool in _TOOLS:
        if (nightly or not tool.is_nightly) and not tool.is_there(tool.name):
            yield f"{tool.name} ({tool.source})"
