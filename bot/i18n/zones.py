"""Time zones as people choose them: by a button, by the name of a city in any of the languages, or by IANA name."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

import regex
from babel import Locale as BabelLocale
from babel.core import get_global

from bot.i18n.formats import utc_offset
from bot.ids import Locale
from bot.writing.digits import PERSIAN_DIGITS

EVENT_ZONE = "Asia/Shanghai"
"""The venues' time; China has one time all year."""

COMMON_ZONES: tuple[str, ...] = (
    "Asia/Shanghai", "Europe/Moscow", "Asia/Almaty", "Asia/Bishkek", "Asia/Dushanbe", "Asia/Tashkent",
    "Asia/Tehran", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Europe/Minsk", "Asia/Ulaanbaatar",
    "Asia/Yekaterinburg", "Asia/Novosibirsk", "Asia/Vladivostok", "Europe/London",
)  # fmt: skip
"""Offered as buttons: the capitals of the twelve languages' countries and what else many visitors need."""

_HOME = {
    Locale.EN: "Europe/London",
    Locale.ZH: "Asia/Shanghai",
    Locale.RU: "Europe/Moscow",
    Locale.KK: "Asia/Almaty",
    Locale.KY: "Asia/Bishkek",
    Locale.TG: "Asia/Dushanbe",
    Locale.UZ: "Asia/Tashkent",
    Locale.FA: "Asia/Tehran",
    Locale.UR: "Asia/Karachi",
    Locale.HI: "Asia/Kolkata",
    Locale.BE: "Europe/Minsk",
    Locale.MN: "Asia/Ulaanbaatar",
}
_OLD_NAMES = {"Asia/Kolkata": "Asia/Calcutta", "Asia/Kathmandu": "Asia/Katmandu", "Asia/Yangon": "Asia/Rangoon"}
"""CLDR keeps the translations of these under the names of before 1993–2016."""
_MORE_CITIES = {
    "astana": "Asia/Almaty", "астана": "Asia/Almaty", "osh": "Asia/Bishkek", "ош": "Asia/Bishkek",
    "beijing": "Asia/Shanghai", "北京": "Asia/Shanghai", "пекин": "Asia/Shanghai", "qingdao": "Asia/Shanghai",
    "青岛": "Asia/Shanghai", "циндао": "Asia/Shanghai", "delhi": "Asia/Kolkata", "new delhi": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata", "दिल्ली": "Asia/Kolkata", "नई दिल्ली": "Asia/Kolkata", "मुंबई": "Asia/Kolkata",
    "islamabad": "Asia/Karachi", "lahore": "Asia/Karachi", "اسلام آباد": "Asia/Karachi", "لاہور": "Asia/Karachi",
    "saint petersburg": "Europe/Moscow", "санкт-петербург": "Europe/Moscow", "kazan": "Europe/Moscow",
    "казань": "Europe/Moscow", "mashhad": "Asia/Tehran", "مشهد": "Asia/Tehran", "khujand": "Asia/Dushanbe",
    "хуҷанд": "Asia/Dushanbe", "худжанд": "Asia/Dushanbe",
}  # fmt: skip
"""Large cities that name no zone."""
_NOT_TYPED = regex.compile(r"[\p{Mn}\p{Cf}'’ʻʼ`]")


def home_zone(locale: Locale) -> str:
    """The zone that most speakers of a language live in: the first that is offered."""
    return _HOME[locale]


def find_zone(text: str) -> str | None:
    """The zone that somebody means by an IANA name or by a city's name in one of the languages; None for neither."""
    key = _key(text)
    return _zones_by_name().get(key) if key else None


def city(zone: str, locale: Locale) -> str:
    """The city that stands for a zone, in a language where CLDR knows it."""
    names = BabelLocale(locale.value).time_zones
    found = names.get(zone, {}).get("city") or names.get(_OLD_NAMES.get(zone, ""), {}).get("city")
    return cast("str", found) if found else zone.rpartition("/")[2].replace("_", " ")


def offset(zone: str, moment: datetime) -> str:
    """`UTC+5:30`: the zone's distance from UTC at a moment."""
    return utc_offset(moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta())


def zone_label(zone: str, locale: Locale, moment: datetime) -> str:
    """`Tashkent (UTC+5)`."""
    return f"{city(zone, locale)} ({offset(zone, moment)})"


def clock(at: time, locale: Locale) -> str:
    """A time of the day: 24 hours in every language, as `formats.format_moment` writes it."""
    text = f"{at:%H:%M}"
    return text.translate(PERSIAN_DIGITS) if locale is Locale.FA else text


def country_of(zone: str) -> str:
    """The ISO 3166 code of the country that a zone belongs to; empty when there is none."""
    code = get_global("zone_territories").get(zone, "")
    return cast("str", code) if len(code) == 2 else ""


def country_name(code: str, locale: Locale) -> str:
    """A country's name in a language; its code where CLDR has none."""
    return cast("str", BabelLocale(locale.value).territories.get(code, code))


@cache
def _zones_by_name() -> dict[str, str]:
    names = {_key(name): zone for name, zone in _MORE_CITIES.items()}
    known = available_timezones()
    by_old_name = {old: new for new, old in _OLD_NAMES.items()}
    for locale in Locale:
        for zone, words in BabelLocale(locale.value).time_zones.items():
            present = by_old_name.get(zone, zone)
            if present in known and words.get("city"):
                names.setdefault(_key(words["city"]), present)
    for zone in sorted(known):
        if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/")):
            names.setdefault(_key(zone.rpartition("/")[2].replace("_", " ")), zone)
            names[_key(zone)] = zone
    return names


def _key(text: str) -> str:
    return " ".join(_NOT_TYPED.sub("", text).casefold().split())
