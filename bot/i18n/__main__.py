"""`python -m bot.i18n extract|update|check`: for whoever rewords or translates."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.i18n.catalog import TEMPLATE, check, extract, po_path, read_catalog, template_text, updated_text
from bot.ids import Locale

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Write the template, bring the catalogs into its order, or name their every fault; returns the exit code."""
    folder = _ROOT / "locales"
    template = extract(_ROOT / "bot" / "chat")
    translated = [locale for locale in Locale if locale is not Locale.EN]
    if arguments == ["extract"]:
        (folder / TEMPLATE).write_text(template_text(template), encoding="utf-8")
        return 0
    if arguments == ["update"]:
        for locale in translated:
            path = po_path(folder, locale)
            path.write_text(updated_text(template, read_catalog(path, locale), locale), encoding="utf-8")
        return 0
    if arguments == ["check"]:
        faults = check(folder, template, translated)
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        return 1 if faults else 0
    sys.stderr.write("usage: python -m bot.i18n extract|update|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
