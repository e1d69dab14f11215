"""What may stand in a table of a file of announcements, and what it means."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.announcements.content import source_hash
from bot.announcements.drafting import Draft
from bot.announcements.model import (
    Attachment,
    Audience,
    Content,
    Lateness,
    LinkButton,
    MissingLanguage,
    Policy,
    QuietHours,
    Role,
    Schedule,
    Terms,
    Timing,
)
from bot.announcements.schedule import read_cron, resolve, zone_of
from bot.ids import ChatId, Locale, NewsTopic

_DURATION = re.compile(r"(?:(\d{1,4})d)? ?(?:(\d{1,4})h)? ?(?:(\d{1,5})m)?")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: str) -> str:
    if not text or not _DURATION.fullmatch(text) or not _length_of(text):
        raise ValueError("must be a length of time like 30m, 12h or 1d 12h")
    return text


def _length_of(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    assert found is not None
    days, hours, minutes = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


class _WrittenTerms(_Table):
    valid_for: Annotated[str, AfterValidator(_duration)] | None = None
    lateness: Lateness = Lateness.SEND_LATE
    policy: Policy = Policy.AT_MOST_ONCE
    quiet_hours: QuietHours = QuietHours.HOLD
    missing_language: MissingLanguage = MissingLanguage.HOLD
    fallback: Locale | None = None
    silent: bool = False
    paid: bool = False

    @model_validator(mode="after")
    def _fallback_is_used(self) -> _WrittenTerms:
        if (self.missing_language is MissingLanguage.FALLBACK) is (self.fallback is None):
            raise ValueError('missing_language = "fallback" and fallback = "…" belong together')
        return self


class _WrittenAudience(_Table):
    languages: frozenset[Locale] = frozenset()
    topics: frozenset[NewsTopic] = frozenset()
    countries: frozenset[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = frozenset()
    roles: frozenset[Role] = frozenset()
    chats: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()


class _WrittenButton(_Table):
    url: str
    labels: dict[Locale, str]


class _WrittenAttachment(_Table):
    kind: Literal["photo", "document"]
    file: Path


def _zone(name: str) -> str:
    zone_of(name)
    return name


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text or len(text) > 100:
        raise ValueError("must be one line of 1 to 100 characters")
    return text.strip()


class WrittenAnnouncement(_Table, ABC):
    """A table: what every kind of announcement says."""

    label: Annotated[str, AfterValidator(_one_line)]
    topic: NewsTopic
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    source: Locale | None = None
    texts: Annotated[dict[Locale, str], Field(min_length=1)]
    moments: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], datetime] = Field(default_factory=dict)
    terms: _WrittenTerms = _WrittenTerms()
    audience: _WrittenAudience = _WrittenAudience()
    buttons: tuple[_WrittenButton, ...] = ()
    attachment: _WrittenAttachment | None = None

    @property
    def first_language(self) -> Locale:
        """The one that the others count as translated from."""
        return self.source or next(iter(self.texts))

    @model_validator(mode="after")
    def _languages_fit(self) -> WrittenAnnouncement:
        if self.first_language not in self.texts:
            raise ValueError(f'source is "{self.first_language}", but [texts] has no such language')
        if self.terms.fallback is not None and self.terms.fallback not in self.texts:
            raise ValueError(f'fallback is "{self.terms.fallback}", but [texts] has no such language')
        return self

    @abstractmethod
    def schedule(self) -> Schedule:
        """When it goes out."""


def _cron(line: str) -> str:
    read_cron(line)
    return line


class WrittenRecurring(WrittenAnnouncement):
    """A table of the settings file."""

    cron: Annotated[str, AfterValidator(_cron)]
    until: date | None = None

    def schedule(self) -> Schedule:
        """Again and again."""
        return Schedule(timing=Timing.RECURRING, zone=self.zone, cron=self.cron, until=self.until)


class WrittenSingle(WrittenAnnouncement):
    """The table of a file for a command."""

    cron: Annotated[str, AfterValidator(_cron)] | None = None
    until: date | None = None
    at: datetime | None = None
    now: bool = False

    @model_validator(mode="after")
    def _is_due_in_one_way(self) -> WrittenSingle:
        if (self.cron is not None) + (self.at is not None) + self.now != 1:
            raise ValueError("say when in one way: cron, at, or now = true")
        return self

    def schedule(self) -> Schedule:
        """As it says."""
        if self.cron is not None:
            return Schedule(timing=Timing.RECURRING, zone=self.zone, cron=self.cron, until=self.until)
        if self.at is None:
            return Schedule(timing=Timing.NOW, zone=self.zone)
        local = self.at if self.at.tzinfo is None else self.at.astimezone(zone_of(self.zone))
        return Schedule(timing=Timing.ONCE, zone=self.zone, at=local.replace(tzinfo=None))


def draft_of_table(written: WrittenAnnouncement, attachment: Attachment | None) -> Draft:
    """The announcement that a table describes.

    Raises:
        ScheduleError: a moment can't be told in its zone.
    """
    zone = zone_of(written.zone)
    content = Content(
        source=written.first_language,
        texts={locale: text.strip() for locale, text in written.texts.items()},
        moments={
            name: moment if moment.tzinfo is not None else resolve(moment, zone).local
            for name, moment in written.moments.items()
        },
        attachment=attachment,
        buttons=tuple(LinkButton(button.labels, button.url) for button in written.buttons),
    )
    # Who writes all languages into one file keeps them in step: a translation there counts as made from its neighbour.
    made_from = {locale: source_hash(content) for locale in content.texts if locale is not content.source}
    return Draft(
        label=written.label,
        topic=written.topic,
        content=replace(content, made_from=made_from),
        audience=_audience(written.audience),
        schedule=written.schedule(),
        terms=_terms(written.terms),
    )


def _audience(written: _WrittenAudience) -> Audience:
    return Audience(
        locales=written.languages,
        topics=written.topics,
        countries=written.countries,
        roles=written.roles,
        chats=frozenset(map(ChatId, written.chats)),
        without=frozenset(map(ChatId, written.without)),
    )


def _terms(written: _WrittenTerms) -> Terms:
    return Terms(
        valid_for=None if written.valid_for is None else _length_of(written.valid_for),
        lateness=written.lateness,
        policy=written.policy,
        quiet_hours=written.quiet_hours,
        missing_language=written.missing_language,
        fallback=written.fallback,
        is_silent=written.silent,
        is_paid=written.paid,
    )
