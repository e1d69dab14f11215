"""Puts a wrong fact right: who was told it, what quotes it, and one announcement to exactly those people."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.commands import REFUSALS
from bot.announcements.content import edited_texts
from bot.announcements.drafting import LABEL_LIMIT, Draft, with_text
from bot.announcements.model import (
    Announcement,
    Audience,
    Content,
    DeliveryState,
    ListedRecipient,
    MissingLanguage,
    Occurrence,
    Stage,
    Terms,
    ToldFact,
)
from bot.announcements.ports import AnnouncementStore, Composer, Corrections, Outbox
from bot.announcements.workflow import ApprovalWorkflow
from bot.correcting.facts import wrong_fact
from bot.correcting.model import FoundFact, MadeCorrection, QuotingAnnouncement, Telling, Wanted, WrongFact
from bot.correcting.ports import FormerVersions, TellingStore, WordCorrection
from bot.correcting.quoting import words_quoted
from bot.correcting.tellings import people_told, with_announced
from bot.errors import CorrectionError
from bot.ids import ChatId, Locale, NewsTopic, VisitorId

_MANY = 10_000
"""Announcements, and firings of one: more than an organisation ever has, so none is overlooked. By reasoning."""
_GOT = frozenset({DeliveryState.SENT, DeliveryState.UNKNOWN})
"""Who may have it has been told."""
_SAYS_NOTHING = frozenset({Stage.DRAFT, Stage.WITHDRAWN})
"""Nobody has it yet, or it was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What is needed from outside. `keeps` is for how long questions are kept."""

    versions: FormerVersions
    tellings: TellingStore
    announcements: AnnouncementStore
    outbox: Outbox
    edits: Corrections
    composer: Composer
    workflow: ApprovalWorkflow
    word: WordCorrection
    keeps: timedelta


class CorrectionDesk:
    """Looks, and makes a correction. What it tells are numbers: nobody is named."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    async def look(self, wanted: Wanted, *, now: datetime) -> FoundFact:
        """What was wrong, who was told it, which announcements say it, and which corrections there are.

        Raises:
            CorrectionError: nothing that the section said is gone; the message says what to do.
        """
        parts = self._parts
        fact = wrong_fact(wanted, await parts.versions.history(), await parts.versions.copies_of(wanted.key.path))
        told = people_told(await parts.tellings.tellings(wanted.key, since=now - parts.keeps), fact, wanted)
        known = await parts.announcements.recent(limit=_MANY)
        found = [await self._quoting(one, fact) for one in known if one.audience.told is None]
        quoting = tuple(one for one in found if one is not None)
        if wanted.with_announcements:
            told = with_announced(told, [telling for one in quoting async for telling in self._got(one)])
        earlier = tuple(one for one in known if _corrects(one, fact))
        return FoundFact(wanted=wanted, fact=fact, told=told, quoting=quoting, earlier=earlier)

    async def correct(
        self, wanted: Wanted, texts: Mapping[Locale, str], *, actor: VisitorId, again: bool = False, now: datetime
    ) -> tuple[FoundFact, MadeCorrection]:
        """Hand in an announcement to exactly those who were told it; another one must approve it.

        `texts` take the place of what would be said by itself. Where there is a correction of it already nothing is
        made, unless it is wanted `again`.

        Raises:
            CorrectionError: nothing was wrong, nobody was told it, a text can't be sent, or `actor` may not.
        """
        found = await self.look(wanted, now=now)
        if found.earlier and not again:
            return found, MadeCorrection(await self._handed_in(found.earlier[0], actor=actor, now=now), is_new=False)
        if not found.told.people:
            raise CorrectionError(
                f"nobody was told it within the {self._parts.keeps.days} days for which questions are kept: there is "
                "nobody to write to"
            )
        draft = self._draft(found, {**self._parts.word(found.fact), **texts})
        made = await self._parts.workflow.create(
            draft,
            actor=actor,
            request_key=_request_key(found),
            now=now,
            people=await self._people(found),
        )
        return found, MadeCorrection(await self._handed_in(_done(made), actor=actor, now=now), is_new=True)

    async def _handed_in(self, known: Announcement, *, actor: VisitorId, now: datetime) -> Announcement:
        """A draft that nobody has sent back was left by a process that was killed before it could hand it in."""
        if known.stage is not Stage.DRAFT or known.return_reason or known.author != actor:
            return known
        submit = self._parts.workflow.submit
        return _done(await submit(known.announcement_id, actor=actor, version=known.version, now=now))

    def _draft(self, found: FoundFact, texts: Mapping[Locale, str]) -> Draft:
        written = {locale: text for locale, text in texts.items() if text.strip()}
        if not written:
            raise CorrectionError("there is no text in any language")
        source = Locale.EN if Locale.EN in written else next(iter(written))
        content = Content(source=source, texts={})
        for locale in (source, *(one for one in Locale if one in written and one is not source)):
            content = with_text(content, locale, written[locale])
        self._require_sendable(content)
        fact = ToldFact(found.fact.key, found.fact.marks, people=len(found.told.people))
        return Draft(
            label=_label(found.fact),
            topic=NewsTopic.SERVICE,
            content=content,
            audience=Audience(told=fact),
            terms=Terms(missing_language=MissingLanguage.FALLBACK, fallback=source),
        )

    def _require_sendable(self, content: Content) -> None:
        """Before anything is stored.

        Raises:
            CorrectionError: Telegram would not take a text; the message says which.
        """
        for locale, text in content.texts.items():
            if wrong := self._parts.composer.check(text, locale=locale, moments={}, attachment=None):
                raise CorrectionError(f"the text in {locale} can't be sent: {wrong}; write it with --text {locale}=…")

    async def _people(self, found: FoundFact) -> list[ListedRecipient]:
        """Each once, in the language in which they were answered last."""
        told = found.told.people
        languages = await self._parts.tellings.languages(list(told))
        return [
            ListedRecipient(ChatId(visitor_id), languages.get(visitor_id, telling.locale), telling.told_at)
            for visitor_id, telling in sorted(told.items())
        ]

    async def _quoting(self, announcement: Announcement, fact: WrongFact) -> QuotingAnnouncement | None:
        """As its copies read now: what was corrected since quotes nothing any more."""
        if announcement.stage in _SAYS_NOTHING:
            return None
        occurrences = await self._occurrences(announcement)
        texts = dict(announcement.content.texts)
        if occurrences:
            texts.update(edited_texts(await self._parts.edits.edits(occurrences[-1].occurrence_id)))
        quoted = {locale: words_quoted(text, locale, fact.copies) for locale, text in texts.items()}
        words = {locale: found for locale, found in quoted.items() if found}
        if not words:
            return None
        got = 0
        for occurrence in occurrences:
            standing = await self._parts.outbox.standing(occurrence.occurrence_id)
            got += sum(number for state, number in standing.counts.items() if state in _GOT)
        is_over = announcement.stage is Stage.STOPPED and not got
        return None if is_over else QuotingAnnouncement(announcement, words, got)

    async def _got(self, quoting: QuotingAnnouncement) -> AsyncIterator[Telling]:
        """The people who got it in a language in which it says what was wrong; groups and channels are no people."""
        for occurrence in await self._occurrences(quoting.announcement):
            async for row in self._parts.outbox.rows(occurrence.occurrence_id, states=_GOT):
                if row.chat_id > 0 and row.locale in quoting.words:
                    yield Telling(VisitorId(row.chat_id), row.locale, row.changed_at)

    async def _occurrences(self, announcement: Announcement) -> list[Occurrence]:
        return list(await self._parts.outbox.occurrences(of=announcement.announcement_id, limit=_MANY))


def _corrects(announcement: Announcement, fact: WrongFact) -> bool:
    """Whether it puts right a sentence of this fact, in whatever language."""
    told = announcement.audience.told
    return told is not None and told.section == fact.key and not set(told.marks).isdisjoint(fact.marks)


def _request_key(found: FoundFact) -> str:
    """The same for the same fact, as often as there were corrections of it: a second try makes no second one."""
    said = "\0".join((str(found.fact.key), *found.fact.marks, str(len(found.earlier))))
    return f"correction:{hashlib.sha256(said.encode()).hexdigest()}"


def _label(fact: WrongFact) -> str:
    """What organisers call it; the end of a long name tells more than its beginning."""
    return str(fact.key)[-LABEL_LIMIT:]


def _done(decision: Decision) -> Announcement:
    if decision.outcome is CommandOutcome.DONE and decision.announcement is not None:
        return decision.announcement
    wrong = [
        f"{one.where}: {one.detail or one.trouble.value}" for one in decision.problems if not one.trouble.is_warning
    ]
    raise CorrectionError("; ".join([REFUSALS[decision.outcome], *wrong]))
