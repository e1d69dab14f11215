#!/usr/bin/env python3
"""Fail unless the SBOM names just the packages that the lock pins."""

import json
import re
import sys
from pathlib import Path

LOCK, SBOM = Path("config/requirements.lock"), Path("build/sbom.cdx.json")

if __name__ == "__main__":
    pinned = re.findall(r"^([a-z0-9._-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    named = [one["name"] for one in json.loads(SBOM.read_text(encoding="utf-8"))["components"]]
    if others := set(pinned) ^ set(named):
        sys.exit(f"{SBOM} and {LOCK} differ in {', '.join(sorted(others))}: run make sbom anew, then look at the lock")
