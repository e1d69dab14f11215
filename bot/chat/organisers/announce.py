"""/announce: an organiser composes an announcement step by step, and hands it in."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import regex

from bot.announcements.actions import Decision, Verdict
from bot.announcements.content import trial_parcel
from bot.announcements.desk import Draft, Reach
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    AttachmentKind,
    Content,
    Fate,
    LinkButton,
    MissingLanguage,
    Role,
    Schedule,
    Timing,
)
from bot.announcements.organisers import ANY_ROLE, MAY_APPROVE, MAY_WRITE
from bot.announcements.schedule import ScheduleError, read_cron, resolve
from bot.chat.context import Visit
from bot.chat.organisers.desk_pages import (
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
from bot.chat.organisers.prompts import Asked, Step
from bot.chat.organisers.rights import admitted, may_press
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import texts
from bot.chat.text.rendering import Html, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news import chat_called
from bot.chat.wire.courier import HtmlComposer
from bot.chat_state.model import Button
from bot.i18n.translator import Translator
from bot.i18n.zones import city, find_zone
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.writing.cleaning import clean, one_line

Change = Callable[[Draft], Draft]
Page = Callable[[Visit, View], Awaitable[Reply]]

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


async def announce(visit: Visit) -> None:
    """Begin a new announcement."""
    if await admitted(visit, MAY_WRITE, "announce"):
        await ask(visit, Asked(Step.LABEL), said(desk_texts.ask_label(visit.t), visit.locale))


async def ask(visit: Visit, asked: Asked, question: Html | Reply) -> None:
    """Ask something; the next message of this person is the answer."""
    await visit.say(question)
    remember(visit, asked)


def remember(visit: Visit, asked: Asked) -> None:
    """Take the next message of this person as the answer."""
    visitor_id, now = visit.visitor_id, visit.now
    if visitor_id is not None:
        visit.later(lambda: visit.newsroom.dialogues.save(asked.dialogue(visitor_id, now=now)))


def answered(visit: Visit) -> None:
    """Nothing is asked any more."""
    visitor_id = visit.visitor_id
    if visitor_id is not None:
        visit.later(lambda: visit.newsroom.dialogues.clear(visitor_id))


async def view_of(visit: Visit, announcement: Announcement) -> View:
    """The announcement as this person sees it now."""
    newsroom, reader = visit.newsroom, _person(visit)
    roles = await newsroom.organisers.roles(reader)
    return View(
        announcement=announcement,
        reach=await newsroom.desk.reach(announcement),
        now=visit.now,
        problems=await newsroom.desk.check(announcement, now=visit.now),
        is_author=announcement.author == reader,
        is_owner=Role.OWNER in roles,
        may_approve=bool(roles & MAY_APPROVE),
        star_price=newsroom.star_price,
    )


# ── Buttons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def press(visit: Visit, button: Button) -> None:
    """A button of a draft: look at a part of it, change it, or be asked for it."""
    if not await may_press(visit, ANY_ROLE, "announcement_edited"):
        return
    name, _blank, wish = button.argument.partition(" ")
    announcement = await visit.newsroom.desk.find(AnnouncementId(name))
    if announcement is None:
        await visit.show(_refusal(visit, Decision(verdict=Verdict.NOT_FOUND)))
        return
    verb, _blank, argument = wish.partition(" ")
    if verb in _PAGES and not argument:
        answered(visit)
        await visit.show(await _PAGES[verb](visit, await view_of(visit, announcement)))
    elif verb in _CHANGES:
        change, page = _CHANGES[verb]
        await _change(visit, announcement, change(argument), page=page, is_new=False)
    elif verb in _WISHES:
        await _WISHES[verb](visit, announcement, argument)


async def _change(
    visit: Visit, announcement: Announcement, change: Change, *, page: str, is_new: bool
) -> Announcement | None:
    """Change a draft and show a page of it, in place of the old one or as a new message; None when it is refused."""
    decision = await visit.newsroom.desk.edit(
        announcement.announcement_id, change, actor=_person(visit), version=announcement.version, now=visit.now
    )
    show = visit.say if is_new else visit.show
    if not decision.is_done or decision.announcement is None:
        await show(_refusal(visit, decision))
        return None
    if page:
        await show(await _PAGES[page](visit, await view_of(visit, decision.announcement)))
    return decision.announcement


def _refusal(visit: Visit, decision: Decision) -> Reply:
    t = visit.t
    told = said(desk_texts.verdict(t, decision.verdict), t.locale)
    return Reply(told + Html("\n") + problem_lines(decision.problems, t) if decision.problems else told)


async def _audience(visit: Visit, view: View) -> Reply:
    announcement = view.announcement
    wide = replace(announcement, audience=replace(announcement.audience, locales=frozenset()))
    everybody: Reach = await visit.newsroom.desk.reach(wide)
    return audience_page(view, visit.t, everybody=everybody.by_locale)


async def _after_topic(visit: Visit, view: View) -> Reply:
    """At first the language is chosen next; later a topic is only changed."""
    return (overview_page if view.announcement.content.texts else source_page)(view, visit.t)


def _drawn(page: Callable[[View, Translator], Reply]) -> Page:
    """A page that shows what its reader sees anyway, and looks nothing up."""

    async def show(visit: Visit, view: View) -> Reply:
        return page(view, visit.t)

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


def _set_topic(argument: str) -> Change:
    return lambda draft: replace(draft, topic=NewsTopic(argument))


def _toggle_locale(argument: str) -> Change:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, locales=draft.audience.locales ^ {Locale(argument)})
    )


def _toggle_country(argument: str) -> Change:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, countries=draft.audience.countries ^ {argument})
    )


def _toggle_besides(argument: str) -> Change:
    chat = frozenset({ChatId(int(argument))})
    return lambda draft: replace(draft, audience=replace(draft.audience, chats=draft.audience.chats ^ chat))


def _toggle_without(argument: str) -> Change:
    chat = frozenset({ChatId(int(argument))})
    return lambda draft: replace(draft, audience=replace(draft.audience, without=draft.audience.without ^ chat))


def _toggle_roles(_argument: str) -> Change:
    return lambda draft: replace(
        draft, audience=replace(draft.audience, roles=frozenset() if draft.audience.roles else EVERYBODY)
    )


def _hold(_argument: str) -> Change:
    return lambda draft: replace(
        draft, terms=replace(draft.terms, missing_language=MissingLanguage.HOLD, fallback=None)
    )


def _fall_back(argument: str) -> Change:
    return lambda draft: replace(
        draft, terms=replace(draft.terms, missing_language=MissingLanguage.FALLBACK, fallback=Locale(argument))
    )


def _set_now(_argument: str) -> Change:
    return lambda draft: replace(draft, schedule=Schedule(timing=Timing.NOW, zone=draft.schedule.zone))


def _set_zone(argument: str) -> Change:
    return lambda draft: replace(draft, schedule=replace(draft.schedule, zone=argument))


def _set_term(argument: str) -> Change:
    return lambda draft: replace(draft, terms=changed_terms(draft.terms, argument))


def _drop_text(argument: str) -> Change:
    def change(draft: Draft) -> Draft:
        kept = {locale: text for locale, text in draft.content.texts.items() if locale != argument}
        return replace(draft, content=replace(draft.content, texts=kept))

    return change


def _drop_attachment(_argument: str) -> Change:
    return lambda draft: replace(draft, content=replace(draft.content, attachment=None))


def _drop_links(_argument: str) -> Change:
    return lambda draft: replace(draft, content=replace(draft.content, buttons=()))


_CHANGES: dict[str, tuple[Callable[[str], Change], str]] = {
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


async def _ask_source(visit: Visit, announcement: Announcement, argument: str) -> None:
    """The source language was picked: keep it and ask for its text."""
    locale = Locale(argument)
    changed = await _change(
        visit,
        announcement,
        lambda draft: replace(draft, content=replace(draft.content, source=locale)),
        page="",
        is_new=False,
    )
    if changed is not None:
        await _ask_text(visit, changed, argument)


async def _ask_text(visit: Visit, announcement: Announcement, argument: str) -> None:
    locale = Locale(argument)
    view = await view_of(visit, announcement)
    keys = [draft_key(view, desk_texts.button_texts(visit.t), "texts")]
    if announcement.content.texts.get(locale):
        keys.append(draft_key(view, texts.button_delete(visit.t), f"drop {locale}"))
    question = Reply(said(desk_texts.ask_text(visit.t, locale), visit.locale), (keys,))
    await ask(visit, Asked(Step.TEXT, announcement.announcement_id, locale.value), question)


async def _ask_once(visit: Visit, announcement: Announcement, _argument: str) -> None:
    where = city(announcement.schedule.zone, visit.locale)
    question = said(desk_texts.ask_once(visit.t, where), visit.locale)
    await ask(visit, Asked(Step.ONCE, announcement.announcement_id), question)


async def _ask_cron(visit: Visit, announcement: Announcement, _argument: str) -> None:
    where = city(announcement.schedule.zone, visit.locale)
    question = said(desk_texts.ask_cron(visit.t, where), visit.locale)
    await ask(visit, Asked(Step.CRON, announcement.announcement_id), question)


async def _ask_zone(visit: Visit, announcement: Announcement, _argument: str) -> None:
    remember(visit, Asked(Step.ZONE, announcement.announcement_id))
    await visit.show(event_zones_page(await view_of(visit, announcement), visit.t))


async def _ask_label(visit: Visit, announcement: Announcement, _argument: str) -> None:
    asked = Asked(Step.LABEL, announcement.announcement_id)
    await ask(visit, asked, said(desk_texts.ask_new_label(visit.t), visit.locale))


async def _ask_besides(visit: Visit, announcement: Announcement, _argument: str) -> None:
    asked = Asked(Step.BESIDES, announcement.announcement_id)
    await ask(visit, asked, said(desk_texts.ask_chat(visit.t), visit.locale))


async def _ask_without(visit: Visit, announcement: Announcement, _argument: str) -> None:
    asked = Asked(Step.WITHOUT, announcement.announcement_id)
    await ask(visit, asked, said(desk_texts.ask_left_out(visit.t), visit.locale))


async def _ask_links(visit: Visit, announcement: Announcement, _argument: str) -> None:
    view = await view_of(visit, announcement)
    keys = [draft_key(view, desk_texts.button_overview(visit.t), "overview")]
    if announcement.content.buttons:
        keys.append(draft_key(view, desk_texts.button_no_links(visit.t), "no_links"))
    question = Reply(said(desk_texts.links_title(visit.t), visit.locale), (keys,))
    await ask(visit, Asked(Step.LINKS, announcement.announcement_id), question)


async def show_copy(visit: Visit, announcement: Announcement, argument: str) -> None:
    """Send the announcement in one language to the person alone, just as its readers will get it."""
    locale = Locale(argument)
    if not announcement.content.texts.get(locale):
        return
    known = await visit.newsroom.subscriptions.find(visit.chat_id)
    zone = known.zone if known and known.zone else announcement.schedule.zone
    parcel = trial_parcel(announcement, chat_id=ChatId(visit.chat_id), locale=locale, zone=zone)
    receipt = await visit.courier.deliver(replace(parcel, is_paid=False))
    if receipt.fate is not Fate.SENT:
        reason = receipt.reason or receipt.fate.value
        await visit.say(said(desk_texts.trial_failed(visit.t, reason), visit.locale))


async def _submit(visit: Visit, announcement: Announcement, _argument: str) -> None:
    newsroom, person = visit.newsroom, _person(visit)
    decision = await newsroom.desk.submit(
        announcement.announcement_id, actor=person, version=announcement.version, now=visit.now
    )
    if not decision.is_done or decision.announcement is None:
        await visit.show(_refusal_with_way_back(visit, announcement, decision))
        return
    others = {one.visitor_id for one in await newsroom.organisers.all() if one.role in MAY_APPROVE} - {person}
    sentence = desk_texts.submitted if others else desk_texts.nobody_approves
    told = said(sentence(visit.t), visit.locale)
    await visit.show(overview_page(await view_of(visit, decision.announcement), visit.t, besides=told))


def _refusal_with_way_back(visit: Visit, announcement: Announcement, decision: Decision) -> Reply:
    refusal = _refusal(visit, decision)
    nobody = Reach(by_locale={}, held=0, by_fallback=0)
    view = View(announcement=announcement, reach=nobody, now=visit.now)
    return replace(refusal, rows=((draft_key(view, desk_texts.button_overview(visit.t), "overview"),),))


async def _take_back(visit: Visit, announcement: Announcement, _argument: str) -> None:
    decision = await visit.newsroom.desk.take_back(
        announcement.announcement_id, actor=_person(visit), version=announcement.version, now=visit.now
    )
    if not decision.is_done or decision.announcement is None:
        await visit.show(_refusal(visit, decision))
        return
    await visit.show(overview_page(await view_of(visit, decision.announcement), visit.t))


async def _ask_emergency(visit: Visit, announcement: Announcement, _argument: str) -> None:
    view = await view_of(visit, announcement)
    if not (view.is_owner and view.is_author):
        await visit.show(_refusal(visit, Decision(verdict=Verdict.NOT_ALLOWED)))
        return
    asked = Asked(Step.EMERGENCY, announcement.announcement_id, str(announcement.version))
    await ask(visit, asked, said(desk_texts.ask_emergency(visit.t), visit.locale))


_WISHES: dict[str, Callable[[Visit, Announcement, str], Awaitable[None]]] = {
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


async def answer_label(visit: Visit, asked: Asked, text: str) -> None:
    """The name among organisers: the draft comes into being with it, or gets another one."""
    label = one_line(text, limit=_LABEL_LIMIT)
    if not label:
        await visit.say(said(desk_texts.ask_label(visit.t), visit.locale))
    elif asked.subject:
        await _rename(visit, asked, label)
    else:
        await _begin(visit, label)


async def _rename(visit: Visit, asked: Asked, label: str) -> None:
    announcement = await _draft(visit, asked)
    if announcement is not None:
        answered(visit)
        await _change(visit, announcement, lambda draft: replace(draft, label=label), page="overview", is_new=True)


async def _begin(visit: Visit, label: str) -> None:
    draft = Draft(label=label, topic=NewsTopic.EXPO, content=Content(source=visit.locale, texts={}))
    decision = await visit.newsroom.desk.create(
        draft, actor=_person(visit), request_key=f"update-{visit.update.update_id}", now=visit.now
    )
    answered(visit)
    if decision.announcement is None:
        await visit.say(_refusal(visit, decision))
        return
    await visit.say(topic_page(await view_of(visit, decision.announcement), visit.t))


async def answer_text(visit: Visit, asked: Asked, _text: str) -> None:
    """A text in one language, with its formatting, and what is attached to it."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    locale, text, attachment = Locale(asked.argument), formatted(visit), _attachment(visit)
    if not text and attachment is None:
        await visit.say(said(desk_texts.ask_text(visit.t, locale), visit.locale))
        return
    if attachment is not None:
        announcement = await _change(
            visit,
            announcement,
            lambda draft: replace(draft, content=replace(draft.content, attachment=attachment)),
            page="",
            is_new=True,
        )
    if announcement is None or not text:
        return
    decision = await visit.newsroom.desk.set_text(
        announcement.announcement_id,
        (locale, text),
        actor=_person(visit),
        version=announcement.version,
        now=visit.now,
    )
    if not decision.is_done or decision.announcement is None:
        await visit.say(_refusal(visit, decision))
        return
    await _ask_moments_or_show(visit, decision.announcement)


async def answer_moment(visit: Visit, asked: Asked, text: str) -> None:
    """The moment that a name in braces stands for."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    wall = read_wall_time(text)
    if wall is None:
        await visit.say(said(desk_texts.bad_moment(visit.t), visit.locale))
        return
    moment = resolve(wall, ZoneInfo(announcement.schedule.zone)).utc
    changed = await _change(
        visit,
        announcement,
        lambda draft: replace(
            draft, content=replace(draft.content, moments={**draft.content.moments, asked.argument: moment})
        ),
        page="",
        is_new=True,
    )
    if changed is not None:
        await _ask_moments_or_show(visit, changed)


async def answer_once(visit: Visit, asked: Asked, text: str) -> None:
    """The date and time at which it goes out."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    wall = read_wall_time(text)
    if wall is None:
        await visit.say(said(desk_texts.bad_moment(visit.t), visit.locale))
        return
    schedule = Schedule(timing=Timing.ONCE, zone=announcement.schedule.zone, at=wall)
    await _schedule(visit, announcement, schedule)


async def answer_cron(visit: Visit, asked: Asked, text: str) -> None:
    """The five fields of a recurring one, and its last day."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    fields = _in_ascii_digits(one_line(text, limit=_CRON_LIMIT)).split()
    try:
        until = date.fromisoformat(fields[5]) if len(fields) == 6 else None
        cron = " ".join(fields[:5] if until else fields)
        read_cron(cron)
    except (ScheduleError, ValueError) as error:
        await visit.say(said(desk_texts.cannot_read(visit.t, str(error)), visit.locale))
        return
    schedule = Schedule(timing=Timing.RECURRING, zone=announcement.schedule.zone, cron=cron, until=until)
    await _schedule(visit, announcement, schedule)


async def answer_zone(visit: Visit, asked: Asked, text: str) -> None:
    """The event's time zone, by a city's name."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    zone = find_zone(text)
    if zone is None:
        await visit.say(said(texts.zone_unknown(visit.t), visit.locale))
        return
    await _schedule(visit, announcement, replace(announcement.schedule, zone=zone))


async def answer_links(visit: Visit, asked: Asked, text: str) -> None:
    """A button below the text: a label, perhaps in several languages, and an address."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    button = read_link(text, announcement.content.source)
    if button is None:
        await visit.say(said(desk_texts.links_title(visit.t), visit.locale))
        return
    checks = (HtmlComposer().check_button(label, button.url) for label in button.labels.values())
    if wrong := next(filter(None, checks), ""):
        await visit.say(said(desk_texts.cannot_read(visit.t, wrong), visit.locale))
        return
    answered(visit)
    await _change(
        visit,
        announcement,
        lambda draft: replace(
            draft, content=replace(draft.content, buttons=(*draft.content.buttons, button)[-_MOST_BUTTONS:])
        ),
        page="overview",
        is_new=True,
    )


async def answer_besides(visit: Visit, asked: Asked, text: str) -> None:
    """A group or channel that gets it besides."""
    chat_id = await chat_called(visit, _in_ascii_digits(one_line(text, limit=_LABEL_LIMIT)))
    await _add_chat(visit, asked, chat_id, is_left_out=False)


async def answer_without(visit: Visit, asked: Asked, text: str) -> None:
    """A person, group or channel that gets it in no case."""
    name = _in_ascii_digits(one_line(text, limit=_LABEL_LIMIT))
    chat_id = ChatId(int(name)) if _CHAT_NUMBER.fullmatch(name) else await chat_called(visit, name)
    await _add_chat(visit, asked, chat_id, is_left_out=True)


async def _add_chat(visit: Visit, asked: Asked, chat_id: ChatId | None, *, is_left_out: bool) -> None:
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    if chat_id is None:
        await visit.say(visit.text(texts.chat_unknown))
        return

    def added(draft: Draft) -> Draft:
        audience, one = draft.audience, frozenset({chat_id})
        if is_left_out:
            return replace(
                draft, audience=replace(audience, without=audience.without | one, chats=audience.chats - one)
            )
        return replace(draft, audience=replace(audience, chats=audience.chats | one, without=audience.without - one))

    answered(visit)
    await _change(visit, announcement, added, page="chats", is_new=True)


async def answer_emergency(visit: Visit, asked: Asked, text: str) -> None:
    """The number of recipients, typed by an owner who sends without a second person."""
    announcement = await _draft(visit, asked)
    if announcement is None:
        return
    answered(visit)
    if not await is_count(visit, announcement, text):
        await visit.say(said(desk_texts.wrong_count(visit.t), visit.locale))
        return
    decision = await visit.newsroom.desk.approve_in_emergency(
        announcement.announcement_id, actor=_person(visit), version=int(asked.argument), now=visit.now
    )
    await say_decision(visit, decision)


async def say_decision(visit: Visit, decision: Decision) -> None:
    """What became of a wish, with the announcement as it stands."""
    announcement = decision.announcement
    if announcement is None or not decision.is_done:
        await visit.say(_refusal(visit, decision))
        return
    await visit.say(overview_page(await view_of(visit, announcement), visit.t))


async def is_count(visit: Visit, announcement: Announcement, text: str) -> bool:
    """Whether somebody typed the number of recipients, in the digits of any language."""
    reach = await visit.newsroom.desk.reach(announcement)
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
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


async def _schedule(visit: Visit, announcement: Announcement, schedule: Schedule) -> None:
    answered(visit)
    await _change(visit, announcement, lambda draft: replace(draft, schedule=schedule), page="time", is_new=True)


async def _ask_moments_or_show(visit: Visit, announcement: Announcement) -> None:
    """Ask for the moments that the texts name and nobody has told yet; then show the texts."""
    named = dict.fromkeys(name for text in announcement.content.texts.values() for name in _NAMED_MOMENT.findall(text))
    unknown = next((name for name in named if name not in announcement.content.moments), None)
    if unknown is None:
        answered(visit)
        await visit.say(texts_page(await view_of(visit, announcement), visit.t))
        return
    where = city(announcement.schedule.zone, visit.locale)
    question = said(desk_texts.ask_moment(visit.t, unknown, where), visit.locale)
    await ask(visit, Asked(Step.MOMENT, announcement.announcement_id, unknown), question)


async def _draft(visit: Visit, asked: Asked) -> Announcement | None:
    found = await visit.newsroom.desk.find(AnnouncementId(asked.subject))
    if found is None:
        answered(visit)
        await visit.say(_refusal(visit, Decision(verdict=Verdict.NOT_FOUND)))
    return found


def formatted(visit: Visit) -> str:
    """What was written, in Telegram's HTML; in plain when half characters make its formatting unreadable."""
    message = visit.message
    raw = (message.text or message.caption or "") if message is not None else ""
    if message is None or not clean(raw).strip():
        return ""
    try:
        return message.text_html if message.text is not None else message.caption_html
    except UnicodeEncodeError:
        return quoted(raw, Locale.EN).source


def _attachment(visit: Visit) -> Attachment | None:
    """What was sent with it; it lies at Telegram already and goes by its id from then on."""
    message = visit.message
    if message is None:
        return None
    if message.photo:
        return Attachment(AttachmentKind.PHOTO, "photo.jpg", file_id=message.photo[-1].file_id)
    if message.document is not None:
        name = one_line(message.document.file_name or "file", limit=_LABEL_LIMIT)
        return Attachment(AttachmentKind.DOCUMENT, name, file_id=message.document.file_id)
    return None


def _person(visit: Visit) -> VisitorId:
    assert visit.visitor_id is not None  # who is nobody is not admitted
    return visit.visitor_id
