"""Lines of a CSV file that any spreadsheet opens as what it is."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from bot.writing.cleaning import clean

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms that East Asian spreadsheets read alike."""


def cell(text: str) -> str:
    """Text for a spreadsheet: no control characters, and nothing that it would take for a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    safe = " ".join(clean(text).split())
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) or safe.startswith(_FORMULA_STARTS) else safe


def line_of(values: Sequence[str]) -> str:
    """One line, quoted where needed (https://www.rfc-editor.org/rfc/rfc4180)."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()
