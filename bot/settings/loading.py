"""Reads the settings from their file and the environment, and refuses what would be unsafe."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bot.errors import SettingsError
from bot.operations.addresses import is_private
from bot.settings import Settings, password_in
from bot.settings.secret_files import SUFFIX, secrets_of, variables_of_secrets

DEFAULT_FILE = Path("config/bot.toml")
"""Where settings are read from; the defaults hold if it is missing."""

_ADDRESSES = (
    ("telegram", "base_url"),
    ("telegram", "webhook_url"),
    ("embedding", "base_url"),
    ("model", "base_url"),
    ("store", "chroma_url"),
)
"""Where a token, a key or a visitor's question goes."""


def load_settings(file: Path = DEFAULT_FILE, *, knowledge: Path | None = None, data: Path | None = None) -> Settings:
    """Read the file and the environment; `knowledge` and `data` from the command line win over both.

    Raises:
        SettingsError: a setting is unknown or wrong; the message names it and says why.
    """
    _refuse_unknown_variables()
    try:
        settings = Settings(**_read(file))  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        raise SettingsError(_explain(error, file)) from error
    _refuse_open_addresses(settings)
    if knowledge is not None:
        settings = settings.model_copy(
            update={"knowledge": settings.knowledge.model_copy(update={"folder": knowledge})}
        )
    if data is not None:
        settings = settings.model_copy(update={"store": settings.store.model_copy(update={"data": data})})
    return settings


def forget_variables() -> None:
    """Take the settings out of the environment once they are read: what is started later inherits no token."""
    for name in [name for name in os.environ if name.startswith("SCODA_")]:
        del os.environ[name]


def _refuse_open_addresses(settings: Settings) -> None:
    """On the way to another network a token, a key and visitors' questions would be read by whoever carries them."""
    if settings.network.open_addresses:
        return
    for table, name in _ADDRESSES:
        address = urlsplit(getattr(getattr(settings, table), name))
        host = address.hostname or ""
        if not host or is_private(host):
            continue
        way_out = (
            "use an address of this machine or of your own network, or allow it with [network] open_addresses = true "
            "(SCODA_NETWORK_OPEN_ADDRESSES=true)"
        )
        place = f"setting [{table}] {name} (SCODA_{table.upper()}_{name.upper()}) leads to {host}"
        if address.scheme == "http":
            raise SettingsError(
                f"{place} by plain http, which everybody on the way can read: use https://, or {way_out}"
            )
        if name == "chroma_url":
            raise SettingsError(f"{place}: a Chroma server has no password of its own; {way_out}")


def _read(file: Path) -> dict[str, object]:
    if not file.exists():
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}; correct the file or remove it to use the defaults") from error
    _refuse_readable_secrets(file, tables)
    backup = tables.get("backup")
    if isinstance(backup, dict) and backup.get("passphrase"):
        raise SettingsError(
            f"{file} holds the passphrase of the backups: take it out, and set SCODA_BACKUP_PASSPHRASE or [backup] "
            "key_file"
        )
    return tables


def _refuse_readable_secrets(file: Path, tables: Mapping[str, object]) -> None:
    """A secret in a file that everybody on the machine can read is no secret."""
    if not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return
    for place, variable in _secrets_among(tables):
        raise SettingsError(
            f"{file} holds the secret {place} and others on this machine can read it: "
            f"run `chmod 600 {file}`, or set {variable} instead"
        )


def secrets_in_file(file: Path) -> list[tuple[str, str]]:
    """Which secrets stand in a settings file, as `[table] name`, each with the variable that belongs in its place.

    Raises:
        SettingsError: it can't be read, or others can.
    """
    return list(_secrets_among(_read(file)))


def _secrets_among(tables: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Secrets, and addresses with a password in them."""
    for table, values in tables.items():
        for name, value in values.items() if isinstance(values, dict) else ():
            if value and (name in _secrets_of(table) or (isinstance(value, str) and password_in(value))):
                yield f"[{table}] {name}", f"SCODA_{table.upper()}_{name.upper()}"


def _secrets_of(table: str) -> list[str]:
    field = Settings.model_fields.get(table)
    return secrets_of(field.annotation) if field else []


def _explain(error: ValidationError, file: Path) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        place = [str(part) for part in fault["loc"]]
        name = f"[{place[0]}] {'.'.join(place[1:])}".strip()
        variable = "SCODA_" + "_".join(place).upper()
        lines.append(
            f"setting {name}: {fault['msg'].removeprefix('Value error, ')} (set it in {file} or as {variable})"
        )
    return "\n".join(lines)


def _refuse_unknown_variables() -> None:
    known = {
        f"SCODA_{table}_{name}".upper()
        for table, field in Settings.model_fields.items()
        for name in _fields_of(field.annotation)
    } | {variable + SUFFIX for variable in variables_of_secrets(Settings)}
    unknown = sorted(name for name in os.environ if name.startswith("SCODA_") and name not in known)
    if unknown:
        raise SettingsError(
            f"unknown environment variable {', '.join(unknown)}: every setting is listed in config/bot.toml "
            "and named SCODA_<TABLE>_<NAME>; that of a secret with _FILE at its end names a file that holds it"
        )


def _fields_of(table: object) -> Iterable[str]:
    return table.model_fields if isinstance(table, type) and issubclass(table, BaseModel) else ()
