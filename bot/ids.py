"""The words that all parts share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

ChatId = NewType("ChatId", int)
"""A Telegram chat: positive for a person, negative for a group."""

VisitorId = NewType("VisitorId", int)
"""A Telegram user id."""

DocumentPath = NewType("DocumentPath", str)
"""A knowledge file below its locale's folder, without the locale: `logistics/trains.md`."""


class Locale(StrEnum):
    """A language the bot speaks, by its ISO 639-1 code."""

    EN = "en"
    ZH = "zh"
    RU = "ru"
    KK = "kk"
    KY = "ky"
    TG = "tg"
    UZ = "uz"
    FA = "fa"
    UR = "ur"
    HI = "hi"
    BE = "be"
    MN = "mn"

    @property
    def endonym(self) -> str:
        """The language's name in itself, as it stands on a button."""
        return _ENDONYMS[self]

    @property
    def is_rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self in (Locale.FA, Locale.UR)


_ENDONYMS = {
    Locale.EN: "English",
    Locale.ZH: "简体中文",
    Locale.RU: "Русский",
    Locale.KK: "Қазақша",
    Locale.KY: "Кыргызча",
    Locale.TG: "Тоҷикӣ",
    Locale.UZ: "Oʻzbekcha",
    Locale.FA: "فارسی",
    Locale.UR: "اردو",
    Locale.HI: "हिन्दी",
    Locale.BE: "Беларуская",
    Locale.MN: "Монгол",
}


class ReplyKind(StrEnum):
    """Kinds of messages that no fact answers, as `reply:` in the front matter of their labelled examples names them."""

    GREETING = "greeting"
    THANKS = "thanks"
    PRAISE = "praise"
    """Compliments, delight, laughter."""
    OK = "ok"
    """Understood, never mind, no need any more."""
    FAREWELL = "farewell"
    ABOUT_BOT = "about_bot"
    COMPLAINT = "complaint"
    PERSON = "person"
    """A wish for a human being."""
    UNSUBSCRIBE = "unsubscribe"
    """Stop writing to me, delete my data."""
    EMERGENCY = "emergency"
    """Somebody speaks of hurting themselves, or of an emergency now."""
    POLITICS = "politics"
    ADVICE = "advice"
    """Personal medical, legal or investment advice."""
    HARM = "harm"
    UNCLEAR = "unclear"
    """Noise: letters that nobody means anything by."""


class NewsTopic(StrEnum):
    """What an announcement is about; visitors subscribe by these."""

    EXPO = "expo"
    FORUM = "forum"
    AREA = "area"
    LOGISTICS = "logistics"
    ALLIANCE = "alliance"
    SERVICE = "service"
    """How the bot itself, the venue or a service works or does not: closures, changed hours."""


NEAR_MISS_MARK = "!"
"""Ends the path of what stands in the index beside a document for what is asked close by; no file is named so."""


@dataclass(frozen=True, slots=True)
class SectionKey:
    """A section of the knowledge in whatever language: the same key names the section and its translations."""

    path: DocumentPath
    section_id: str

    @property
    def is_near_miss(self) -> bool:
        """Whether it holds what is asked close by a section and not answered there."""
        return self.path.endswith(NEAR_MISS_MARK)

    def __str__(self) -> str:
        return f"{self.path}#{self.section_id}"

    @classmethod
    def parse(cls, text: str) -> SectionKey:
        """Read what `str()` of a key wrote.

        Raises:
            ValueError: `text` has no `#`.
        """
        path, separator, section_id = text.rpartition("#")
        if not separator:
            raise ValueError(f"{text!r} is no section key: it needs the form path#section")
        return cls(DocumentPath(path), section_id)
