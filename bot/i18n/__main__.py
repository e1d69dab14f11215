"""`python -m bot.i18n extract|check`: for whoever rewords or translates."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.i18n.catalog import TEMPLATE, check, extract, template_text
from bot.vocabulary import Locale

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Write the template, or name every fault of the catalogs; returns the exit code."""
    folder = _ROOT / "locales"
    template = extract(_ROOT / "bot" / "chat")
    if arguments == ["extract"]:
        (folder / TEMPLATE).write_text(template_text(template), encoding="utf-8")
        return 0
    if arguments == ["check"]:
        faults = check(folder, template, [locale for locale in Locale if locale is not Locale.EN])
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        return 1 if faults else 0
    sys.stderr.write("usage: python -m bot.i18n extract|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
