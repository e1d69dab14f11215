"""Messages in the visitor's language, read from the .po files at first use: nothing needs to be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import regex

from bot.i18n.bidi import isolate
from bot.i18n.catalog import po_path, read_catalog
from bot.i18n.formats import format_day, format_number, format_percent
from bot.i18n.negotiation import fallbacks
from bot.i18n.plurals import PLURALS
from bot.ids import Locale
from bot.writing.cleaning import clean

Messages = Mapping[tuple[str, str], tuple[str, ...]]
"""(context or empty, message id) → its forms."""

_PLACEHOLDER = regex.compile(r"\{([a-z_]+)\}")


class Translator:
    """Speaks one language; what its catalog lacks comes from the next language of the fallback chain."""

    def __init__(self, locale: Locale, messages: Messages, fallback: Translator | None = None) -> None:
        self.locale = locale
        self._messages = messages
        self._fallback = fallback

    def gettext(self, message: str) -> str:
        """The translation of `message`."""
        return self.pgettext("", message)

    def pgettext(self, context: str, message: str) -> str:
        """The translation of `message` in its context, such as "button"."""
        forms = self._messages.get((context, message))
        if forms:
            return forms[0]
        return self._fallback.pgettext(context, message) if self._fallback else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form that the language uses with `number`; the number itself is put in by `fill`."""
        forms = self._messages.get(("", singular))
        if forms:
            return forms[min(PLURALS[self.locale].index(number), len(forms) - 1)]
        if self._fallback:
            return self._fallback.ngettext(singular, plural, number)
        return (singular, plural)[PLURALS[Locale.EN].index(number)]

    def fill(self, template: str, **values: str) -> str:
        """`template` with the values in place of their names in braces, cleaned and kept in their own direction.

        A value is never read as a template; a name without a value stays as it is.
        """

        def value_of(match: regex.Match[str]) -> str:
            name = match.group(1)
            return isolate(clean(values[name]), self.locale) if name in values else match.group()

        return _PLACEHOLDER.sub(value_of, template)

    def percent(self, share: float) -> str:
        """A share, 0 to 1, in whole per cent as the language writes it."""
        return format_percent(share, self.locale)

    def date(self, day: date) -> str:
        """The date in words."""
        return format_day(day, self.locale)

    def number(self, number: float) -> str:
        """The number with the language's digits and separators."""
        return format_number(number, self.locale)


def catalogs_folder() -> Path:
    """Where the catalogs are: in the package when it was installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "locales"
    return installed if installed.is_dir() else package.with_name("locales")


class Catalogs:
    """The translators of all languages, each read once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or catalogs_folder()
        self._translators: dict[Locale, Translator] = {}

    def read(self) -> None:
        """Read all of them now, some 0.5 s of work, rather than each when its first speaker waits.

        Raises:
            ValueError: one exists and can't be read.
        """
        for locale in Locale:
            self.translator(locale)

    def translator(self, locale: Locale) -> Translator:
        """The translator for `locale`; a language without a catalog speaks the next of its fallback chain.

        Raises:
            ValueError: the catalog exists and can't be read.
        """
        known = self._translators.get(locale)
        if known is None:
            rest = fallbacks(locale)[1:]
            fallback = self.translator(rest[0]) if rest else None
            known = self._translators[locale] = Translator(locale, self._read(locale), fallback)
        return known

    def _read(self, locale: Locale) -> Messages:
        path = po_path(self._folder, locale)
        if locale is Locale.EN or not path.exists():
            return {}
        messages: dict[tuple[str, str], tuple[str, ...]] = {}
        for message in read_catalog(path, locale):
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if message.id and not message.fuzzy and all(forms):
                identifier = message.id[0] if isinstance(message.id, tuple | list) else message.id
                messages[message.context or "", str(identifier)] = tuple(map(str, forms))
        return messages
