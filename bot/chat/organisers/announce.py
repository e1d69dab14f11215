"""/announce: an organiser composes an announcement step by step, and hands it in."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import regex

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.content import trial_message
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    AttachmentKind,
    Content,
    LinkButton,
    MissingLanguage,
    Role,
    Schedule,
    SendOutcome,
    Timing,
)
from bot.announcements.organisers import ANY_ROLE, MAY_APPROVE, MAY_WRITE
from bot.announcements.schedule import ScheduleError, read_cron, resolve
from bot.announcements.workflow import AudienceSize, Draft
from bot.chat.context import UpdateContext
from bot.chat.organisers.announcement_pages import (
    View,
    audience_page,
    changed_terms,
    chats_page,
    countries_page,
    draft_key,
    event_zones_page,
    overview_page,
    preview_page,
    problem_lines,
    source_page,
    terms_page,
    texts_page,
    time_page,
    topic_page,
)
from bot.chat.organisers.prompts import PendingPrompt, PromptKind
from bot.chat.organisers.rights import admitted, may_press
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import texts
from bot.chat.text.rendering import Html, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news import chat_called
from bot.chat.wire.composer import HtmlComposer
from bot.chat_state.model import Button
from bot.i18n.translator import Translator
from bot.i18n.zones import city, find_zone
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.writing.cleaning import clean, one_line

DraftChange = Callable[[Draft], Draft]
Page = Callable[[UpdateContext, View], Awaitable[Reply]]

_LABEL_LIMIT = 60
_MOMENT = regex.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T,]+(\d{1,2})[:.](\d{2})")
_NAMED_MOMENT = regex.compile(r"(?<!\{)\{([A-Za-z][A-Za-z0-9_]{0,31})\}(?!\})")
_MOST_BUTTONS = 8
_CRON_LIMIT = 200
_CHAT_NUMBER = regex.compile(r"-?[0-9]{1,15}")
_YEARS = range(2000, 2200)
"""Others are slips of the pen, and time zones fail at the ends of the calendar."""
_COUNT = regex.compile(r"\s*\d[\d\s.,'’٬،]*")
EVERYBODY = frozenset(Role)


async def announce(context: UpdateContext) -> None:
    """Begin a new announcement."""
    if await admitted(context, MAY_WRITE, "announce"):
        await ask(context, PendingPrompt(PromptKind.LABEL), said(desk_texts.ask_label(context.t), context.locale))


async def ask(context: UpdateContext, asked: PendingPrompt, question: Html | Reply) -> None:
    """Ask something; the next message of this person is the answer."""
    await context.say(question)
    remember(context, asked)


def remember(context: UpdateContext, asked: PendingPrompt) -> None:
    """Take the next message of this person as the answer."""
    visitor_id, now = context.visitor_id, context.now
    if visitor_id is not None:
        context.later(lambda: context.announcements.dialogues.save(asked.dialogue(visitor_id, now=now)))


def answered(context: UpdateContext) -> None:
    """Nothing is asked any more."""
    visitor_id = context.visitor_id
    if visitor_id is not None:
        context.later(lambda: context.announcements.dialogues.clear(visitor_id))


async def view_of(context: UpdateContext, announcement: Announcement) -> View:
    """The announcement as this person sees it now."""
    announcements, reader = context.announcements, _person(context)
    roles = await announcements.organisers.roles(reader)
    return View(
        announcement=announcement,
        reach=await announcements.workflow.reach(announcement),
        now=context.now,
        problems=await announcements.workflow.check(announcement, now=context.now),
        is_author=announcement.author == reader,
        is_owner=Role.OWNER in roles,
        may_approve=bool(roles & MAY_APPROVE),
        star_price=announcements.star_price,
    )


# ── Buttons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def press(context: UpdateContext, button: Button) -> None:
    """A button of a draft: look at a part of it, change it, or be asked for it."""
    if not await may_press(context, ANY_ROLE, "announcement_edited"):
        return
    name, _blank, wish = button.argument.partition(" ")
    announcement = await context.announcements.workflow.find(AnnouncementId(name))
    if announcement is None:
        await context.show(_refusal(context, Decision(verdict=CommandOutcome.NOT_FOUND)))
        return
    verb, _blank, argument = wish.partition(" ")
    if verb in _PAGES and not argument:
        answered(context)
        await context.show(await _PAGES[verb](context, await view_of(context, announcement)))
    elif verb in _CHANGES:
        change, page = _CHANGES[verb]
        await _change(context, announcement, change(argument), page=page, is_new=False)
    elif verb in _WISHES:
        await _WISHES[verb](context, announcement, argument)


async def _change(
    context: UpdateContext, announcement: Announcement, change: DraftChange, *, page: str, is_new: bool
) -> Announcement | None:
    """Change a draft and show a page of it, in place of the old one or as a new message; None when it is refused."""
    decision = await context.announcements.workflow.edit(
        announcement.announcement_id, change, actor=_person(context), version=announcement.version, now=context.now
    )
    show = context.say if is_new else context.show
    if not decision.is_done or decision.announcement is None:
        await show(_refusal(context, decision))
        return None
    if page:
        await show(await _PAGES[page](context, await view_of(context, decision.announcement)))
    return decision.announcement


def _refusal(context: UpdateContext, decision: Decision) -> Reply:
    t = context.t
    told = said(desk_texts.verdict(t, decision.verdict), t.locale)
    return Reply(told + Html("\n") + problem_lines(decision.problems, t) if decision.problems else told)


async def _audience(context: UpdateContext, view: View) -> Reply:
    announcement = view.announcement
    wide = replace(announcement, audience=replace(announcement.audience, locales=frozenset()))
    everybody: AudienceSize = await context.announcements.workflow.reach(wide)
    return audience_page(view, context.t, everybody=everybody.by_locale)


async def _after_topic(context: UpdateContext, view: View) -> Reply:
    """At first the language is chosen next; later a topic is only changed."""
    return (overview_page if view.announcement.content.texts else source_page)(view, context.t)


def _drawn(page: Callable[[View, Translator], Reply]) -> Page:
    """A page that shows what its reader sees anyway, and looks nothing up."""

    async def show(context: UpdateContext, view: View) -> Reply:
        return page(view, context.t)

    return show


_PAGES: dict[str, Page] = {
    "overview": _drawn(overview_page),
    "texts": _drawn(texts_page),
    "topic": _drawn(topic_page),
    "source": _drawn(source_page),
    "audience": _audience,
    "countries": _drawn(countries_page),
    "chats": _drawn(chats_page),
    "after_topic": _after_topic,
    "time": _drawn(time_page),
    "terms": _drawn(terms_page),
    "preview": _drawn(preview_page),
}


def _set_topic(argument: str) -> DraftChange:
    return lambda draft: replace(draft, topic=NewsTopic(argument))


def _toggle_locale(argument: str) -> DraftChange:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, locales=draft.audience.locales ^ {Locale(argument)})
    )


def _toggle_country(argument: str) -> DraftChange:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, countries=draft.audience.countries ^ {argument})
    )


def _toggle_besides(argument: str) -> DraftChange:
    chat = frozenset({ChatId(int(argument))})
    return lambda draft: replace(draft, audience=replace(draft.audience, chats=draft.audience.chats ^ chat))


def _toggle_without(argument: str) -> DraftChange:
    chat = frozenset({ChatId(int(argument))})
    return lambda draft: replace(draft, audience=replace(draft.audience, without=draft.audience.without ^ chat))


def _toggle_roles(_argument: str) -> DraftChange:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, roles=frozenset() if draft.audience.roles else EVERYBODY)
    )


def _hold(_argument: str) -> DraftChange:
    return lambda draft: replace(
        draft, terms=replace(draft.terms, missing_language=MissingLanguage.HOLD, fallback=None)
    )


def _fall_back(argument: str) -> DraftChange:
    return lambda draft: replace(
        draft, terms=replace(draft.terms, missing_language=MissingLanguage.FALLBACK, fallback=Locale(argument))
    )


def _set_now(_argument: str) -> DraftChange:
    return lambda draft: replace(draft, schedule=Schedule(timing=Timing.NOW, zone=draft.schedule.zone))


def _set_zone(argument: str) -> DraftChange:
    return lambda draft: replace(draft, schedule=replace(draft.schedule, zone=argument))


def _set_term(argument: str) -> DraftChange:
    return lambda draft: replace(draft, terms=changed_terms(draft.terms, argument))


def _drop_text(argument: str) -> DraftChange:
    def change(draft: Draft) -> Draft:
        kept = {locale: text for locale, text in draft.content.texts.items() if locale != argument}
        return replace(draft, content=replace(draft.content, texts=kept))

    return change


def _drop_attachment(_argument: str) -> DraftChange:
    return lambda draft: replace(draft, content=replace(draft.content, attachment=None))


def _drop_links(_argument: str) -> DraftChange:
    return lambda draft: replace(draft, content=replace(draft.content, buttons=()))


_CHANGES: dict[str, tuple[Callable[[str], DraftChange], str]] = {
    "topic": (_set_topic, "after_topic"),
    "locale": (_toggle_locale, "audience"),
    "country": (_toggle_country, "countries"),
    "roles": (_toggle_roles, "audience"),
    "besides": (_toggle_besides, "chats"),
    "without": (_toggle_without, "chats"),
    "hold": (_hold, "texts"),
    "fall": (_fall_back, "texts"),
    "now": (_set_now, "time"),
    "zone": (_set_zone, "time"),
    "term": (_set_term, "terms"),
    "drop": (_drop_text, "texts"),
    "no_attachment": (_drop_attachment, "texts"),
    "no_links": (_drop_links, "overview"),
}
"""What a press changes in a draft, and the page that shows it."""


async def _ask_source(context: UpdateContext, announcement: Announcement, argument: str) -> None:
    """The source language was picked: keep it and ask for its text."""
    locale = Locale(argument)
    changed = await _change(
        context,
        announcement,
        lambda draft: replace(draft, content=replace(draft.content, source=locale)),
        page="",
        is_new=False,
    )
    if changed is not None:
        await _ask_text(context, changed, argument)


async def _ask_text(context: UpdateContext, announcement: Announcement, argument: str) -> None:
    locale = Locale(argument)
    view = await view_of(context, announcement)
    keys = [draft_key(view, desk_texts.button_texts(context.t), "texts")]
    if announcement.content.texts.get(locale):
        keys.append(draft_key(view, texts.button_delete(context.t), f"drop {locale}"))
    question = Reply(said(desk_texts.ask_text(context.t, locale), context.locale), (keys,))
    await ask(context, PendingPrompt(PromptKind.TEXT, announcement.announcement_id, locale.value), question)


async def _ask_once(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    where = city(announcement.schedule.zone, context.locale)
    question = said(desk_texts.ask_once(context.t, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.ONCE, announcement.announcement_id), question)


async def _ask_cron(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    where = city(announcement.schedule.zone, context.locale)
    question = said(desk_texts.ask_cron(context.t, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.CRON, announcement.announcement_id), question)


async def _ask_zone(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    remember(context, PendingPrompt(PromptKind.ZONE, announcement.announcement_id))
    await context.show(event_zones_page(await view_of(context, announcement), context.t))


async def _ask_label(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    asked = PendingPrompt(PromptKind.LABEL, announcement.announcement_id)
    await ask(context, asked, said(desk_texts.ask_new_label(context.t), context.locale))


async def _ask_besides(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    asked = PendingPrompt(PromptKind.BESIDES, announcement.announcement_id)
    await ask(context, asked, said(desk_texts.ask_chat(context.t), context.locale))


async def _ask_without(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    asked = PendingPrompt(PromptKind.WITHOUT, announcement.announcement_id)
    await ask(context, asked, said(desk_texts.ask_left_out(context.t), context.locale))


async def _ask_links(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    view = await view_of(context, announcement)
    keys = [draft_key(view, desk_texts.button_overview(context.t), "overview")]
    if announcement.content.buttons:
        keys.append(draft_key(view, desk_texts.button_no_links(context.t), "no_links"))
    question = Reply(said(desk_texts.links_title(context.t), context.locale), (keys,))
    await ask(context, PendingPrompt(PromptKind.LINKS, announcement.announcement_id), question)


async def show_copy(context: UpdateContext, announcement: Announcement, argument: str) -> None:
    """Send the announcement in one language to the person alone, just as its readers will get it."""
    locale = Locale(argument)
    if not announcement.content.texts.get(locale):
        return
    known = await context.announcements.subscriptions.find(context.chat_id)
    zone = known.zone if known and known.zone else announcement.schedule.zone
    outgoing = trial_message(announcement, chat_id=ChatId(context.chat_id), locale=locale, zone=zone)
    receipt = await context.announcement_sender.deliver(replace(outgoing, is_paid=False))
    if receipt.fate is not SendOutcome.SENT:
        reason = receipt.reason or receipt.fate.value
        await context.say(said(desk_texts.trial_failed(context.t, reason), context.locale))


async def _submit(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    announcements, person = context.announcements, _person(context)
    decision = await announcements.workflow.submit(
        announcement.announcement_id, actor=person, version=announcement.version, now=context.now
    )
    if not decision.is_done or decision.announcement is None:
        await context.show(_refusal_with_way_back(context, announcement, decision))
        return
    others = {one.visitor_id for one in await announcements.organisers.all() if one.role in MAY_APPROVE} - {person}
    sentence = desk_texts.submitted if others else desk_texts.nobody_approves
    told = said(sentence(context.t), context.locale)
    await context.show(overview_page(await view_of(context, decision.announcement), context.t, besides=told))


def _refusal_with_way_back(context: UpdateContext, announcement: Announcement, decision: Decision) -> Reply:
    refusal = _refusal(context, decision)
    nobody = AudienceSize(by_locale={}, held=0, by_fallback=0)
    view = View(announcement=announcement, reach=nobody, now=context.now)
    return replace(refusal, rows=((draft_key(view, desk_texts.button_overview(context.t), "overview"),),))


async def _take_back(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    decision = await context.announcements.workflow.take_back(
        announcement.announcement_id, actor=_person(context), version=announcement.version, now=context.now
    )
    if not decision.is_done or decision.announcement is None:
        await context.show(_refusal(context, decision))
        return
    await context.show(overview_page(await view_of(context, decision.announcement), context.t))


async def _ask_emergency(context: UpdateContext, announcement: Announcement, _argument: str) -> None:
    view = await view_of(context, announcement)
    if not (view.is_owner and view.is_author):
        await context.show(_refusal(context, Decision(verdict=CommandOutcome.NOT_ALLOWED)))
        return
    asked = PendingPrompt(PromptKind.EMERGENCY, announcement.announcement_id, str(announcement.version))
    await ask(context, asked, said(desk_texts.ask_emergency(context.t), context.locale))


_WISHES: dict[str, Callable[[UpdateContext, Announcement, str], Awaitable[None]]] = {
    "source": _ask_source,
    "write": _ask_text,
    "once": _ask_once,
    "repeatedly": _ask_cron,
    "zones": _ask_zone,
    "links": _ask_links,
    "label": _ask_label,
    "add_chat": _ask_besides,
    "leave_out": _ask_without,
    "show": show_copy,
    "submit": _submit,
    "take_back": _take_back,
    "emergency": _ask_emergency,
}


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def answer_label(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The name among organisers: the draft comes into being with it, or gets another one."""
    label = one_line(text, limit=_LABEL_LIMIT)
    if not label:
        await context.say(said(desk_texts.ask_label(context.t), context.locale))
    elif asked.subject:
        await _rename(context, asked, label)
    else:
        await _begin(context, label)


async def _rename(context: UpdateContext, asked: PendingPrompt, label: str) -> None:
    announcement = await _draft(context, asked)
    if announcement is not None:
        answered(context)
        await _change(context, announcement, lambda draft: replace(draft, label=label), page="overview", is_new=True)


async def _begin(context: UpdateContext, label: str) -> None:
    draft = Draft(label=label, topic=NewsTopic.EXPO, content=Content(source=context.locale, texts={}))
    decision = await context.announcements.workflow.create(
        draft, actor=_person(context), request_key=f"update-{context.update.update_id}", now=context.now
    )
    answered(context)
    if decision.announcement is None:
        await context.say(_refusal(context, decision))
        return
    await context.say(topic_page(await view_of(context, decision.announcement), context.t))


async def answer_text(context: UpdateContext, asked: PendingPrompt, _text: str) -> None:
    """A text in one language, with its formatting, and what is attached to it."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    locale, text, attachment = Locale(asked.argument), formatted(context), _attachment(context)
    if not text and attachment is None:
        await context.say(said(desk_texts.ask_text(context.t, locale), context.locale))
        return
    if attachment is not None:
        announcement = await _change(
            context,
            announcement,
            lambda draft: replace(draft, content=replace(draft.content, attachment=attachment)),
            page="",
            is_new=True,
        )
    if announcement is None or not text:
        return
    decision = await context.announcements.workflow.set_text(
        announcement.announcement_id,
        (locale, text),
        actor=_person(context),
        version=announcement.version,
        now=context.now,
    )
    if not decision.is_done or decision.announcement is None:
        await context.say(_refusal(context, decision))
        return
    await _ask_moments_or_show(context, decision.announcement)


async def answer_moment(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The moment that a name in braces stands for."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    wall = read_wall_time(text)
    if wall is None:
        await context.say(said(desk_texts.bad_moment(context.t), context.locale))
        return
    moment = resolve(wall, ZoneInfo(announcement.schedule.zone)).utc
    changed = await _change(
        context,
        announcement,
        lambda draft: replace(
            draft, content=replace(draft.content, moments={**draft.content.moments, asked.argument: moment})
        ),
        page="",
        is_new=True,
    )
    if changed is not None:
        await _ask_moments_or_show(context, changed)


async def answer_once(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The date and time at which it goes out."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    wall = read_wall_time(text)
    if wall is None:
        await context.say(said(desk_texts.bad_moment(context.t), context.locale))
        return
    schedule = Schedule(timing=Timing.ONCE, zone=announcement.schedule.zone, at=wall)
    await _schedule(context, announcement, schedule)


async def answer_cron(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The five fields of a recurring one, and its last day."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    fields = _in_ascii_digits(one_line(text, limit=_CRON_LIMIT)).split()
    try:
        until = date.fromisoformat(fields[5]) if len(fields) == 6 else None
        cron = " ".join(fields[:5] if until else fields)
        read_cron(cron)
    except (ScheduleError, ValueError) as error:
        await context.say(said(desk_texts.cannot_read(context.t, str(error)), context.locale))
        return
    schedule = Schedule(timing=Timing.RECURRING, zone=announcement.schedule.zone, cron=cron, until=until)
    await _schedule(context, announcement, schedule)


async def answer_zone(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The event's time zone, by a city's name."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    zone = find_zone(text)
    if zone is None:
        await context.say(said(texts.zone_unknown(context.t), context.locale))
        return
    await _schedule(context, announcement, replace(announcement.schedule, zone=zone))


async def answer_links(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """A button below the text: a label, perhaps in several languages, and an address."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    button = read_link(text, announcement.content.source)
    if button is None:
        await context.say(said(desk_texts.links_title(context.t), context.locale))
        return
    checks = (HtmlComposer().check_button(label, button.url) for label in button.labels.values())
    if wrong := next(filter(None, checks), ""):
        await context.say(said(desk_texts.cannot_read(context.t, wrong), context.locale))
        return
    answered(context)
    await _change(
        context,
        announcement,
        lambda draft: replace(
            draft, content=replace(draft.content, buttons=(*draft.content.buttons, button)[-_MOST_BUTTONS:])
        ),
        page="overview",
        is_new=True,
    )


async def answer_besides(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """A group or channel that gets it besides."""
    chat_id = await chat_called(context, _in_ascii_digits(one_line(text, limit=_LABEL_LIMIT)))
    await _add_chat(context, asked, chat_id, is_left_out=False)


async def answer_without(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """A person, group or channel that gets it in no case."""
    name = _in_ascii_digits(one_line(text, limit=_LABEL_LIMIT))
    chat_id = ChatId(int(name)) if _CHAT_NUMBER.fullmatch(name) else await chat_called(context, name)
    await _add_chat(context, asked, chat_id, is_left_out=True)


async def _add_chat(context: UpdateContext, asked: PendingPrompt, chat_id: ChatId | None, *, is_left_out: bool) -> None:
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    if chat_id is None:
        await context.say(context.text(texts.chat_unknown))
        return

    def added(draft: Draft) -> Draft:
        audience, one = draft.audience, frozenset({chat_id})
        if is_left_out:
            return replace(
                draft, audience=replace(audience, without=audience.without | one, chats=audience.chats - one)
            )
        return replace(draft, audience=replace(audience, chats=audience.chats | one, without=audience.without - one))

    answered(context)
    await _change(context, announcement, added, page="chats", is_new=True)


async def answer_emergency(context: UpdateContext, asked: PendingPrompt, text: str) -> None:
    """The number of recipients, typed by an owner who sends without a second person."""
    announcement = await _draft(context, asked)
    if announcement is None:
        return
    answered(context)
    if not await is_count(context, announcement, text):
        await context.say(said(desk_texts.wrong_count(context.t), context.locale))
        return
    decision = await context.announcements.workflow.approve_in_emergency(
        announcement.announcement_id, actor=_person(context), version=int(asked.argument), now=context.now
    )
    await say_decision(context, decision)


async def say_decision(context: UpdateContext, decision: Decision) -> None:
    """What became of a wish, with the announcement as it stands."""
    announcement = decision.announcement
    if announcement is None or not decision.is_done:
        await context.say(_refusal(context, decision))
        return
    await context.say(overview_page(await view_of(context, announcement), context.t))


async def is_count(context: UpdateContext, announcement: Announcement, text: str) -> bool:
    """Whether somebody typed the number of recipients, in the digits of any language."""
    reach = await context.announcements.workflow.reach(announcement)
    return read_count(text) == reach.total


def read_count(text: str) -> int | None:
    """A number and nothing else, in the digits of any language, its thousands set apart or not."""
    if not _COUNT.fullmatch(text) or len(text) > _LABEL_LIMIT:
        return None
    return int("".join(character for character in text if character.isdecimal()))


def read_wall_time(text: str) -> datetime | None:
    """`2026-06-15 09:30`, in the digits of any language; wall time without a zone."""
    found = _MOMENT.search(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups())
    if year not in _YEARS:
        return None
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the schedule's zone gives it its meaning
    except ValueError:
        return None


def read_link(text: str, source: Locale) -> LinkButton | None:
    """A button from its lines: label, labels in other languages, address."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if len(rows) < 2:
        return None
    labels = {source: rows[0]}
    for row in rows[1:-1]:
        code, colon, label = row.partition(":")
        if not colon or code.strip().lower() not in list(Locale):
            return None
        labels[Locale(code.strip().lower())] = label.strip()
    return LinkButton(labels=labels, url=rows[-1])


def _in_ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(rendered)) if rendered.isdecimal() else rendered for rendered in text)


async def _schedule(context: UpdateContext, announcement: Announcement, schedule: Schedule) -> None:
    answered(context)
    await _change(context, announcement, lambda draft: replace(draft, schedule=schedule), page="time", is_new=True)


async def _ask_moments_or_show(context: UpdateContext, announcement: Announcement) -> None:
    """Ask for the moments that the texts name and nobody has told yet; then show the texts."""
    named = dict.fromkeys(name for text in announcement.content.texts.values() for name in _NAMED_MOMENT.findall(text))
    unknown = next((name for name in named if name not in announcement.content.moments), None)
    if unknown is None:
        answered(context)
        await context.say(texts_page(await view_of(context, announcement), context.t))
        return
    where = city(announcement.schedule.zone, context.locale)
    question = said(desk_texts.ask_moment(context.t, unknown, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.MOMENT, announcement.announcement_id, unknown), question)


async def _draft(context: UpdateContext, asked: PendingPrompt) -> Announcement | None:
    found = await context.announcements.workflow.find(AnnouncementId(asked.subject))
    if found is None:
        answered(context)
        await context.say(_refusal(context, Decision(verdict=CommandOutcome.NOT_FOUND)))
    return found


def formatted(context: UpdateContext) -> str:
    """What was written, in Telegram's HTML; in plain when half characters make its formatting unreadable."""
    message = context.message
    raw = (message.text or message.caption or "") if message is not None else ""
    if message is None or not clean(raw).strip():
        return ""
    try:
        return message.text_html if message.text is not None else message.caption_html
    except UnicodeEncodeError:
        return quoted(raw, Locale.EN).source


def _attachment(context: UpdateContext) -> Attachment | None:
    """What was sent with it; it lies at Telegram already and goes by its id from then on."""
    message = context.message
    if message is None:
        return None
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, "photo.jpg", file_id=message.photo[-1].file_id)
    if message.document is not None:
        name = one_line(message.document.file_name or "file", limit=_LABEL_LIMIT)
        return Attachment(AttachmentKind.DOCUMENT, name, file_id=message.document.file_id)
    return None


def _person(context: UpdateContext) -> VisitorId:
    assert context.visitor_id is not None  # who is nobody is not admitted
    return context.visitor_id
