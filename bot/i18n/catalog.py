"""The catalogs: the template is made from the sources, and every translation is checked against it.

After a change of a sentence `python -m bot.i18n extract` writes the template and `python -m bot.i18n update` brings the
catalogs into its order; `python -m bot.i18n check` says before a commit what still has to be translated.
"""

from __future__ import annotations

import shutil
import string
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import regex
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError, read_po, write_po

from bot.i18n.plurals import PLURALS
from bot.ids import Locale
from bot.writing.utf16 import utf16_length

TEMPLATE = "bot.pot"
LENGTH_LIMITS = {
    "button": 24,
    "topic": 32,
    "command": 64,
    "description": 512,
    "short description": 120,
    "inline": 60,
    "chart": 34,
}
"""The longest text of each context, in UTF-16 units: what fits a two-column keyboard, one column, a picture, or
Telegram takes."""

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_MARKUP = regex.compile(r"</?[a-zA-Z][^>]*>|&[a-zA-Z#0-9]+;")
_DIRECTION_MARKS = regex.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class CatalogFault:
    """One thing wrong with a catalog, for its translator."""

    file: str
    message: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message!r}: {self.reason}"


def po_path(folder: Path, locale: Locale) -> Path:
    """Where the translations into `locale` lie."""
    return folder / locale / "LC_MESSAGES" / "bot.po"


def extract(source: Path) -> Catalog:
    """Every message of the Python files under `source`, in the order of the code, without the places they come from."""
    catalog = Catalog(project="scoda-bot", charset="utf-8", fuzzy=False)
    found = extract_from_dir(
        source, [("**.py", "python")], keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for _file, _line, message, comments, context in found:
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def template_text(catalog: Catalog) -> str:
    """The template as a file: the same sources give the same text, so it carries no date and no name."""
    return _file_text(catalog)


def updated_text(template: Catalog, catalog: Catalog, locale: Locale) -> str:
    """A catalog as a file, in the template's order: what is new stands there untranslated, what is gone is left out."""
    updated = Catalog(charset="utf-8", fuzzy=False)
    updated.mime_headers = [("Plural-Forms", PLURALS[locale].header)]
    for message in template:
        if message.id:
            known = catalog.get(message.id, message.context)
            updated.add(
                message.id, known.string if known else "", auto_comments=message.auto_comments, context=message.context
            )
    return _file_text(updated, f"Language: {locale.value}", f"Plural-Forms: {PLURALS[locale].header}")


def _file_text(catalog: Catalog, *headers: str) -> str:
    lines = [
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: scoda-bot\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        *(f'"{header}\\n"' for header in headers),
        "",
        "",
    ]
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True, no_location=True)
    return "\n".join(lines) + body.getvalue().decode("utf-8").lstrip("\n")


def read_catalog(path: Path, locale: Locale) -> Catalog:
    """Read a .po file.

    Raises:
        ValueError: the file is no valid .po file; the message names it and the line.
    """
    try:
        with path.open("rb") as file:
            return read_po(file, locale=None, domain="bot", charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{path}: can't read the {locale} catalog: {error}") from error


def check(folder: Path, template: Catalog, locales: Iterable[Locale]) -> list[CatalogFault]:
    """Everything that is wrong with the catalogs of `locales`; empty when they may be released."""
    return [fault for locale in locales for fault in _check_locale(folder, template, locale)]


def _check_locale(folder: Path, template: Catalog, locale: Locale) -> Iterator[CatalogFault]:
    path = po_path(folder, locale)
    name = path.relative_to(folder).as_posix()
    if not path.exists():
        yield CatalogFault(name, "", "the file is missing: copy bot.pot there and translate it")
        return
    try:
        catalog = read_catalog(path, locale)
    except ValueError as error:
        yield CatalogFault(name, "", str(error))
        return
    for message in template:
        if message.id:
            yield from _check_message(name, message, catalog.get(message.id, message.context), locale)
    for message in catalog:
        if message.id and template.get(message.id, message.context) is None:
            yield CatalogFault(name, _first(message.id), "is not in the sources any more: remove it")
    yield from _check_with_msgfmt(path, name)


def _check_message(name: str, source: Message, message: Message | None, locale: Locale) -> Iterator[CatalogFault]:
    label = _first(source.id)
    if message is None:
        yield CatalogFault(name, label, "is missing: add it from bot.pot")
        return
    if message.fuzzy:
        yield CatalogFault(name, label, "is marked fuzzy: check it and remove the mark")
    forms = _forms(message.string)
    expected = PLURALS[locale].nplurals if isinstance(source.id, tuple | list) else 1
    if len(forms) != expected or not all(form.strip() for form in forms):
        yield CatalogFault(name, label, f"needs {expected} translated form(s)")
        return
    for form in forms:
        for reason in _faults_of_form(source, form):
            yield CatalogFault(name, label, reason)


def _faults_of_form(source: Message, form: str) -> Iterator[str]:
    wanted = {placeholder for text in _forms(source.id) for placeholder in placeholders(text)}
    try:
        found = placeholders(form)
    except ValueError as error:
        yield f"has an unbalanced brace: {error}"
        return
    if found != wanted:
        yield f"needs the placeholders {sorted(wanted)} and has {sorted(found)}"
    if _MARKUP.search(form):
        yield "holds HTML: messages are plain text"
    if _DIRECTION_MARKS.search(form):
        yield "holds direction marks: the program sets them"
    limit = LENGTH_LIMITS.get(source.context or "")
    if limit is not None and utf16_length(form) > limit:
        yield f"is {utf16_length(form)} long, at most {limit} fit"


def _check_with_msgfmt(path: Path, name: str) -> Iterator[CatalogFault]:
    """What gettext itself says, where it is installed (it is in CI)."""
    program = shutil.which("msgfmt")
    if program is None:
        return
    result = subprocess.run(  # noqa: S603 - the program is msgfmt, the path our own
        [program, "--check-format", "--check-domain", "-o", "/dev/null", str(path)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    if result.returncode:
        yield CatalogFault(name, "", f"msgfmt refuses it: {result.stderr.strip()}")


def placeholders(text: str) -> set[str]:
    """The names in braces.

    Raises:
        ValueError: a brace has no partner.
    """
    return {field for _text, field, _spec, _conversion in string.Formatter().parse(text) if field is not None}


def _forms(text: object) -> tuple[str, ...]:
    if isinstance(text, tuple | list):
        return tuple(map(str, text))
    return (text,) if isinstance(text, str) else ()


def _first(message_id: object) -> str:
    return _forms(message_id)[0] if _forms(message_id) else ""
