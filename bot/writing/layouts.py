"""Messages typed while the keyboard was set to another layout («ghbdtn» for «привет»): what the same keys mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import regex

from bot.ids import Locale

_ENGLISH: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RUSSIAN: Final = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_LAYOUTS: Final[Mapping[Locale, tuple[str, str]]] = {
    Locale.RU: (_ENGLISH, _RUSSIAN),
    Locale.KY: (_ENGLISH, _RUSSIAN),
    Locale.KK: (_ENGLISH + "2345890-=", _RUSSIAN + "әіңғүұқөһ"),
    Locale.TG: (_ENGLISH + "-=", "ёйқукенгшҳзхъфҷвапролджэячсмитӣбюғӯ"),
    Locale.BE: (_ENGLISH, "ёйцукенгшўзх'фывапролджэячсмітьбю"),
    Locale.MN: (_ENGLISH[1:] + "/-=", "фцужэнгшүзкъйыбөахролдпячёсмитьвюещ"),
    Locale.FA: (_ENGLISH[1:-1] + "\\", "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدئوپ"),
    Locale.EN: (_RUSSIAN, _ENGLISH),
    Locale.UZ: (_RUSSIAN, _ENGLISH),
}
"""What was typed and what was meant, key by key. Who writes Latin letters is taken to have a Russian layout beside."""
_TABLES: Final = {locale: str.maketrans(*layout) for locale, layout in _LAYOUTS.items()}
_EVERYBODYS: Final = (Locale.RU, Locale.EN)
_NUMBER: Final = regex.compile(r"(\d{2,}|\b\d\b)")
"""Digits that are no letter of the Kazakh layout: several, or one that stands alone."""


def retypings(text: str, prior: Locale | None) -> Iterator[str]:
    """What the keys of `text` write in other layouts: in that of `prior`, the language expected, and the usual ones."""
    parts = _NUMBER.split(text.lower())
    for locale in dict.fromkeys((prior, *_EVERYBODYS)):
        if locale in _TABLES:
            yield "".join(part if part.isdigit() else part.translate(_TABLES[locale]) for part in parts)
