"""What operators run the bot with, as the tools that they use read it; and those tools."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.tools import path_of

CONFIG = Path(__file__).parents[2] / "config"
ROOT = CONFIG.parent
WEBHOOK_URL = "https://bot.example.org/telegram"

_TOOL_S = 60
"""Ends only a test that fails."""


def tool(name: str) -> str:
    """Its path; where it is not installed the test is skipped, and with TEST_REQUIRE_ALL=1 fails."""
    found = path_of(name)
    if found is None:
        pytest.skip(f"{name} is not installed: tests/support/tools.py says where it comes from")
    return found


def told(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a tool says, whether it is content or not."""
    environment = os.environ | variables
    return subprocess.run(
        command, capture_output=True, text=True, timeout=_TOOL_S, check=False, env=environment, cwd=ROOT
    )


def compose() -> dict[str, Any]:
    """The compose file as Docker Compose understands it: anchors, defaults and short forms are resolved."""
    command = (tool("docker-compose"), "-f", CONFIG / "compose.yaml", "config", "--format", "json")
    said = told(*command, SCODA_TELEGRAM_WEBHOOK_URL=WEBHOOK_URL)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def cluster() -> list[dict[str, Any]]:
    """The objects that `kubectl apply -k config/kubernetes` would make."""
    said = told(tool("kustomize"), "build", CONFIG / "kubernetes")
    assert (said.returncode, said.stderr) == (0, "")
    return [one for one in yaml.safe_load_all(said.stdout) if one]


def unit() -> list[tuple[str, str]]:
    """Every line `name=value` of the systemd unit, in order, with those that are commented out as offers."""
    text = (CONFIG / "scoda.service").read_text(encoding="utf-8")
    return re.findall(r"^#?([A-Za-z]+)=(.*)$", text, re.MULTILINE)


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Containerfile with its arguments on one line, in order."""
    text = (CONFIG / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^([A-Z]+) +(.*)$", text, re.MULTILINE)


def ignored(path: str) -> bool:
    """Whether the builder of an image never gets to see a file of the checkout, by `.dockerignore`.

    Of the lines that fit the file or a folder above it the last one counts: https://docs.docker.com/build/concepts/context/.
    """
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    folders = [path, *map(str, Path(path).parents)][:-1]
    is_ignored = False
    for line in lines:
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!")
            form = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            if any(re.fullmatch(form, one) for one in folders):
                is_ignored = not line.startswith("!")
    return is_ignored


def seconds(span: str) -> float:
    """`1m30s` as 90: the way in which compose and systemd write a span."""
    units = {"h": 3600, "m": 60, "min": 60, "s": 1, "": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)([a-z]*)", span))


def with_secrets(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same settings, and each file that one names lies in `folder` and holds what the bot takes."""
    held = {"database_url": "postgresql://scoda:pass-word@postgres/scoda"}
    changed = dict(variables)
    for name, path in variables.items():
        if name.endswith("_FILE"):
            file = folder / Path(path).name
            file.write_text(held.get(file.name, "7000001:secret"), encoding="utf-8")
            file.chmod(0o400)
            changed[name] = str(file)
    return changed
