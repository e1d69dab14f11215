"""Plural rules of the twelve languages, as gettext writes them (CLDR 48.2, with two exceptions).

Whole numbers only. Babel's own rule for Persian has one form; CLDR has two, «one» being 0 and 1. CLDR has no rule for
Tajik: the noun stays singular after a numeral, so one form serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ids import Locale


@dataclass(frozen=True, slots=True)
class PluralRule:
    """How many forms a language has, gettext's expression for it, and the same as a function."""

    nplurals: int
    expression: str
    index: Callable[[int], int]

    @property
    def header(self) -> str:
        """The value of a catalog's Plural-Forms."""
        return f"nplurals={self.nplurals}; plural={self.expression};"


def _slavic(n: int) -> int:
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else 2


_ONE = PluralRule(2, "(n != 1)", lambda n: int(n != 1))
_ZERO_AND_ONE = PluralRule(2, "(n > 1)", lambda n: int(n > 1))
_NONE = PluralRule(1, "0", lambda _n: 0)
_SLAVIC = PluralRule(3, "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)", _slavic)

PLURALS: dict[Locale, PluralRule] = {
    Locale.EN: _ONE,
    Locale.ZH: _NONE,
    Locale.RU: _SLAVIC,
    Locale.KK: _ONE,
    Locale.KY: _ONE,
    Locale.TG: _NONE,
    Locale.UZ: _ONE,
    Locale.FA: _ZERO_AND_ONE,
    Locale.UR: _ONE,
    Locale.HI: _ZERO_AND_ONE,
    Locale.BE: _SLAVIC,
    Locale.MN: _ONE,
}
