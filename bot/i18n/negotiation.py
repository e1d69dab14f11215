"""From the language code of a Telegram app to a language of ours.

The codes are those that real apps have sent. Telegram calls this field an IETF tag, but `zh-hans-raw`, `ru_RU` and
country codes in place of languages occur.
"""

from __future__ import annotations

from bot.ids import Locale

_ALIASES = {
    "cn": Locale.ZH,
    "zho": Locale.ZH,
    "kz": Locale.KK,
    "kg": Locale.KY,
    "tj": Locale.TG,
    "prs": Locale.FA,
    "per": Locale.FA,
    "fas": Locale.FA,
    "ir": Locale.FA,
    "pk": Locale.UR,
    "in": Locale.HI,
    "by": Locale.BE,
}
_BY_CODE = {**_ALIASES, **{locale.value: locale for locale in Locale}}
_LONGEST_CODE = 35
"""BCP 47 asks for buffers of 35 characters; what is longer is no language code."""

_FALLBACKS = dict.fromkeys((Locale.KK, Locale.KY, Locale.TG, Locale.UZ, Locale.BE, Locale.MN), (Locale.RU, Locale.EN))


def negotiate(code: str | None) -> Locale | None:
    """The language for an app's `language_code`; None when it is missing or names no language of ours.

    Subtags are dropped from the right until something fits.
    """
    if not code or len(code) > _LONGEST_CODE:
        return None
    subtags = code.strip().lower().replace("_", "-").split("-")
    while subtags:
        locale = _BY_CODE.get("-".join(subtags))
        if locale is not None:
            return locale
        subtags.pop()
    return None


def fallbacks(locale: Locale) -> tuple[Locale, ...]:
    """The languages in which to look for a text, best first, the language itself included and English at the end."""
    chain = (locale, *_FALLBACKS.get(locale, (Locale.EN,)))
    return tuple(dict.fromkeys(chain))
