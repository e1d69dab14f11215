#!/usr/bin/env python3
"""Put the measured coverage into tests/README.md: `coverage report --format=total` says it on standard input."""

import re
import sys
from pathlib import Path

README = Path("tests/README.md")
SHOWN = re.compile(r"(?<=<!-- Written by `make coverage`. --> \*\*)\d+(?= %\*\*)")

if __name__ == "__main__":
    percent = str(int(sys.stdin.read()))
    readme = README.read_text(encoding="utf-8")
    if not SHOWN.search(readme):
        sys.exit(f"{README} has no place for the coverage of {percent} %")
    README.write_text(SHOWN.sub(percent, readme), encoding="utf-8")
