"""Secrets in files, as systemd, containers and clusters hand them out: SCODA_TELEGRAM_TOKEN_FILE names one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource

from bot.errors import SettingsError

SUFFIX = "_FILE"
"""What the name of a secret's variable ends in where it names a file."""
_MOST_BYTES = 64 * 1024
"""Chosen: no token, key or address with a password is as long, and a wrong path may lead to a file without end."""
MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where, as Linux tells it."""
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


class VariablesAndFiles(EnvSettingsSource):
    """The environment, in which what a file holds stands in place of the variable that names the file."""

    def __init__(self, settings: type[BaseSettings]) -> None:
        """Read the variables and the files.

        Raises:
            SettingsError: a file can't be read, holds nothing, or others can read it; or a secret comes in two ways.
        """
        super().__init__(settings)
        self.env_vars = {**self.env_vars}
        for variable in variables_of_secrets(settings):
            path = self.env_vars.pop(f"{variable}{SUFFIX}".lower(), None)
            if not path:
                continue
            if self.env_vars.get(variable.lower()):
                raise SettingsError(f"{variable} and {variable}{SUFFIX} are both set: remove one of them")
            self.env_vars[variable.lower()] = secret_in(Path(path), variable + SUFFIX)


def variables_of_secrets(settings: type[BaseSettings]) -> list[str]:
    """`SCODA_TELEGRAM_TOKEN` and the like."""
    return [
        f"SCODA_{table}_{name}".upper()
        for table, field in settings.model_fields.items()
        for name in secrets_of(field.annotation)
    ]


def secrets_of(table: object) -> list[str]:
    """The names of a table's settings that are secret."""
    if not (isinstance(table, type) and issubclass(table, BaseModel)):
        return []
    return [name for name, field in table.model_fields.items() if field.annotation is SecretStr]


def secret_in(file: Path, setting: str) -> str:
    """What the file that a variable or setting names holds, without blanks around it.

    Raises:
        SettingsError: it can't be read, holds nothing, or others can read it.
    """
    try:
        with file.open("rb") as opened:
            if _is_open_to_others(file, os.fstat(opened.fileno()).st_mode):
                raise SettingsError(
                    f"others on this machine can read the secret in {file}: run `chmod 400 {file}` (in a cluster: "
                    f"defaultMode 0440), or name another file in {setting}"
                )
            held = opened.read(_MOST_BYTES + 1)
        secret = held.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{setting} names {file}, which can't be read: {reason}") from error
    if not secret or len(held) > _MOST_BYTES:
        fault = "more than any secret" if secret else "nothing"
        raise SettingsError(f"{setting} names {file}, which holds {fault}: put the secret alone into it")
    return secret


def _is_open_to_others(file: Path, mode: int) -> bool:
    """Whether somebody else may read it.

    On a mount that is held in memory and read only, as systemd and clusters make one for each service, a group has
    nobody else in it: it is how the service itself gets to its file.
    """
    if mode & stat.S_IROTH:
        return True
    return bool(mode & stat.S_IRGRP) and not _is_handed_out(file)


def _is_handed_out(file: Path) -> bool:
    """Whether the mount that it lies on is in memory and read only: `man 5 proc_pid_mountinfo` tells the form."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        return False
    real, depth, is_so = file.resolve(), 0, False
    for mount in mounts:
        fields, _, kind = mount.partition(" - ")
        _id, _parent, _device, _root, place, options, *_ = fields.split(" ")
        folder = Path(place.replace(r"\040", " "))
        if real.is_relative_to(folder) and len(folder.parts) >= depth:  # of several at one place the last one counts
            depth = len(folder.parts)
            is_so = kind.split(" ")[0] in _IN_MEMORY and "ro" in options.split(",")
    return is_so
