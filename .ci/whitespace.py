#!/usr/bin/env python3
"""Blanks at the end of a line, and files without a line end at their own: names them, or with --fix mends them."""

import re
import subprocess
import sys
from pathlib import Path

LIST_TEXTS = ["git", "grep", "--cached", "-Ilz", ""]
TABLES = {".tsv"}
"""A tab at the end of a line is an empty field there."""


def main(*, mend: bool) -> str | None:
    """Tell what was found, a file a line, or None where all is well."""
    listed = subprocess.run(LIST_TEXTS, capture_output=True, text=True, check=False).stdout  # noqa: S603 - no input in it
    files = [Path(name) for name in listed.split("\0") if Path(name).is_file()]
    untidy = {file: tidied for file in files if (tidied := tidy(file)) != file.read_bytes()}
    if not mend:
        return "\n".join(f"{file}: a blank before a line end, or no line end (make fix)" for file in untidy) or None
    for file, tidied in untidy.items():
        file.write_bytes(tidied)
    return None


def tidy(file: Path) -> bytes:
    """The content of `file` as it should be."""
    content = file.read_bytes()
    if file.suffix not in TABLES:
        content = re.sub(rb"[ \t]+$", b"", content, flags=re.MULTILINE)
    return content if content.endswith(b"\n") or not content else content + b"\n"


if __name__ == "__main__":
    sys.exit(main(mend="--fix" in sys.argv))
