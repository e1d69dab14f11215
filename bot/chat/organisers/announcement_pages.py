"""What organisers see: an announcement and every part of it, the list, the calendar, and who organises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.announcements.checking import Problem
from bot.announcements.content import buttons_in, stale_locales
from bot.announcements.model import (
    Announcement,
    Audience,
    Correction,
    CorrectionState,
    DeliveryState,
    Lateness,
    MissingLanguage,
    Occurrence,
    OccurrenceState,
    Organiser,
    Policy,
    QuietHours,
    Role,
    Schedule,
    Stage,
    Standing,
    Terms,
    Timing,
)
from bot.announcements.schedule import Moment, Note, ScheduleError, preview
from bot.announcements.workflow import AudienceSize
from bot.chat.organisers.buttons import (
    ApprovalButton,
    ApprovalVerb,
    DraftButton,
    DraftEdit,
    DraftPage,
    DraftStep,
    DraftVerb,
    ItemButton,
    ItemVerb,
    RoleButton,
    RoleVerb,
)
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import texts
from bot.chat.text.keyboards import Key, Rows, column, grid
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import marked, topic_title
from bot.i18n.formats import format_duration, format_moment
from bot.i18n.translator import Translator
from bot.i18n.zones import COMMON_ZONES, city, country_name, country_of, zone_label
from bot.ids import Locale, NewsTopic, VisitorId

_MOMENTS_SHOWN = 4
_VALIDITIES = (None, *(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168)))
_BAR = 12
COUNTRIES = tuple(dict.fromkeys(country_of(zone) for zone in COMMON_ZONES))
"""Those of the zones that are offered to visitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An announcement as one organiser sees it now."""

    announcement: Announcement
    reach: AudienceSize
    now: datetime
    problems: tuple[Problem, ...] = ()
    is_author: bool = False
    is_owner: bool = False
    may_approve: bool = False
    star_price: float = 0.0

    @property
    def may_edit(self) -> bool:
        """Whether its parts can be changed."""
        return self.is_author and self.announcement.stage is Stage.DRAFT


def draft_key(view: View, label: str, verb: DraftVerb, argument: str = "") -> Key:
    """A button that changes a draft, or shows a part of it."""
    return DraftButton(view.announcement.announcement_id, verb, argument).key(label)


def item_key(label: str, verb: ItemVerb, argument: str = "", *, single_use: bool = False) -> Key:
    """A button of the list or of an announcement that is past its draft."""
    return ItemButton(verb, argument).key(label, single_use=single_use)


# ── The whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def overview_page(view: View, t: Translator, *, besides: Html = Html()) -> Reply:  # noqa: B008 - a frozen value
    """Everything about an announcement, and what can be done with it."""
    return Reply(paragraphs(overview(view, t), problem_lines(view.problems, t), besides), _overview_rows(view, t))


def overview(view: View, t: Translator) -> Html:
    """Everything about an announcement."""
    announcement = view.announcement
    returned = desk_texts.return_reason(t, announcement.return_reason) if announcement.return_reason else ""
    attachment = announcement.content.attachment
    told = (
        desk_texts.stage(t, announcement.stage),
        returned,
        texts.documents_menu(t, topic_title(t, announcement.topic)),
        desk_texts.draft_languages(t, _languages(announcement)),
        desk_texts.draft_attachment(t, attachment.filename) if attachment else "",
        *(desk_texts.link_line(t, label, url) for label, url in buttons_in(announcement.content, _shown_in(view, t))),
        *_audience_lines(announcement.audience, t),
        desk_texts.recipients(t, view.reach.total),
        desk_texts.without_text(t, view.reach.held) if view.reach.held else "",
        _others_line(announcement.terms, t),
        *_terms_lines(view, t),
        *schedule_lines(announcement.schedule, t, now=view.now),
        desk_texts.written_by(t, str(announcement.author)),
    )
    title = bold(said(desk_texts.draft_title(t, announcement.label), t.locale))
    return lines(title, *(said(line, t.locale) for line in told if line))


def _shown_in(view: View, t: Translator) -> Locale:
    """The language in which labels of buttons are shown: the reader's, where there is a text in it."""
    content = view.announcement.content
    return t.locale if content.texts.get(t.locale) else content.source


def _audience_lines(audience: Audience, t: Translator) -> tuple[str, ...]:
    """Every filter that is set."""
    languages = ", ".join(locale.endonym for locale in Locale if locale in audience.locales)
    topics = ", ".join(topic_title(t, topic) for topic in NewsTopic if topic in audience.topics)
    countries = ", ".join(country_name(code, t.locale) for code in sorted(audience.countries))
    roles = ", ".join(desk_texts.role(t, role) for role in Role if role in audience.roles)
    chats, without = (", ".join(map(str, sorted(chosen))) for chosen in (audience.chats, audience.without))
    told = (
        (languages, desk_texts.only_languages),
        (topics, texts.documents_menu),
        (countries, desk_texts.only_countries),
        (roles, desk_texts.only_roles),
        (chats, desk_texts.besides),
        (without, desk_texts.left_out),
    )
    return tuple(sentence(t, named) for named, sentence in told if named)


def _others_line(terms: Terms, t: Translator) -> str:
    """What becomes of readers without a text in their language."""
    if terms.missing_language is MissingLanguage.HOLD or terms.fallback is None:
        return desk_texts.others_get_nothing(t)
    return desk_texts.others_get(t, terms.fallback)


def _terms_lines(view: View, t: Translator) -> tuple[str, ...]:
    """The terms that differ from the usual ones, as the page of terms words them."""
    usual = dict(_term_labels(replace(view, announcement=replace(view.announcement, terms=Terms())), t))
    return tuple(label for name, label in _term_labels(view, t) if usual.get(name) != label)


def problem_lines(problems: Iterable[Problem], t: Translator) -> Html:
    """One line a problem."""
    return lines(
        *(
            said(
                desk_texts.trouble(t, one.trouble, one.locale.endonym if one.locale else "", one.detail),
                t.locale,
            )
            for one in problems
        )
    )


def schedule_lines(schedule: Schedule, t: Translator, *, now: datetime) -> tuple[str, ...]:
    """When it goes out: in the event's zone and in UTC, with what a change of the clocks does to it."""
    if schedule.timing is Timing.NOW:
        return (desk_texts.at_once(t),)
    try:
        moments = preview(schedule, _MOMENTS_SHOWN, after=now)
    except ScheduleError:
        return ()
    return tuple(line for moment in moments for line in _moment_lines(moment, schedule.zone, t))


def _moment_lines(moment: Moment, zone: str, t: Translator) -> tuple[str, ...]:
    local = f"{format_moment(moment.utc, ZoneInfo(zone), t.locale)} {city(zone, t.locale)}"
    line = desk_texts.moment_line(t, local, f"{moment.utc:%Y-%m-%d %H:%M} UTC")
    if moment.note is Note.GAP:
        return (line, desk_texts.gap_note(t))
    return (line, desk_texts.overlap_note(t)) if moment.note is Note.OVERLAP else (line,)


def _languages(announcement: Announcement) -> str:
    stale = stale_locales(announcement.content)
    written = [locale for locale in Locale if announcement.content.texts.get(locale, "").strip()]
    return ", ".join(f"{locale.endonym} ⚠️" if locale in stale else locale.endonym for locale in written) or "–"


def _overview_rows(view: View, t: Translator) -> Rows:
    preview_key = draft_key(view, desk_texts.button_preview(t), DraftPage.PREVIEW)
    emergency = [draft_key(view, desk_texts.button_emergency(t), DraftStep.EMERGENCY)] if view.is_owner else []
    if view.may_edit:
        parts = (
            (desk_texts.button_texts(t), DraftPage.TEXTS),
            (desk_texts.button_audience(t), DraftPage.AUDIENCE),
            (desk_texts.button_time(t), DraftPage.TIME),
            (desk_texts.button_terms(t), DraftPage.TERMS),
            (desk_texts.button_links(t), DraftStep.LINKS),
            (desk_texts.button_topic(t), DraftPage.TOPIC),
            (desk_texts.button_label(t), DraftStep.LABEL),
        )
        keys = [draft_key(view, label, verb) for label, verb in parts]
        return (
            *grid([*keys, preview_key], columns=2),
            (draft_key(view, desk_texts.button_submit(t), DraftStep.SUBMIT), *emergency),
        )
    if view.announcement.stage is Stage.SUBMITTED and view.is_author:
        return ((preview_key, draft_key(view, desk_texts.button_take_back(t), DraftStep.TAKE_BACK)), emergency)
    if view.announcement.stage is Stage.SUBMITTED and view.may_approve:
        return ((preview_key,), approval_row(view, t))
    return (*grid([preview_key, *_steering_keys(view, t)], columns=2), (_list_key(t),))


def approval_row(view: View, t: Translator) -> Sequence[Key]:
    """Approve or return the version that is shown."""
    seen = (view.announcement.announcement_id, view.announcement.version)
    return (
        ApprovalButton(ApprovalVerb.APPROVE, *seen).key(desk_texts.button_approve(t)),
        ApprovalButton(ApprovalVerb.RETURN, *seen).key(desk_texts.button_return(t)),
    )


def _steering_keys(view: View, t: Translator) -> list[Key]:
    announcement = view.announcement
    stage, name = announcement.stage, announcement.announcement_id
    was_live = stage in (Stage.APPROVED, Stage.PAUSED, Stage.STOPPED, Stage.FINISHED)
    offered = (
        (stage is Stage.APPROVED, desk_texts.button_pause(t), ItemVerb.PAUSE),
        (stage in (Stage.PAUSED, Stage.APPROVED) and view.may_approve, desk_texts.button_resume(t), ItemVerb.RESUME),
        (stage in (Stage.PAUSED, Stage.APPROVED), desk_texts.button_stop(t), ItemVerb.STOP),
        (was_live and view.may_approve, desk_texts.button_correct(t), ItemVerb.CORRECT),
        (was_live and view.may_approve, desk_texts.button_withdraw(t), ItemVerb.WITHDRAW),
        (True, desk_texts.button_duplicate(t), ItemVerb.DUPLICATE),
        (stage not in (Stage.DRAFT, Stage.SUBMITTED), desk_texts.button_report(t), ItemVerb.REPORT),
    )
    return [item_key(label, verb, name) for is_offered, label, verb in offered if is_offered]


# ── Parts of a draft ─────────────────────────────────────────────────────────────────────────────────────────────────


def topic_page(view: View, t: Translator) -> Reply:
    """What it is about."""
    keys = [
        draft_key(view, marked(topic_title(t, topic), is_on=topic is view.announcement.topic), DraftEdit.TOPIC, topic)
        for topic in NewsTopic
    ]
    return Reply(said(desk_texts.ask_topic(t), t.locale), column(keys))


def source_page(view: View, t: Translator) -> Reply:
    """The language that is written first."""
    source = view.announcement.content.source
    keys = [
        draft_key(view, marked(locale.endonym, is_on=locale is source), DraftStep.SOURCE, locale) for locale in Locale
    ]
    return Reply(said(desk_texts.ask_source(t), t.locale), grid(keys, columns=3))


def texts_page(view: View, t: Translator) -> Reply:
    """Every language with the state of its text, and what becomes of those without one."""
    content, terms = view.announcement.content, view.announcement.terms
    stale = stale_locales(content)
    keys = []
    for locale in Locale:
        sign = "⚠️ " if locale in stale else "✅ " if content.texts.get(locale, "").strip() else ""
        keys.append(draft_key(view, sign + locale.endonym, DraftStep.WRITE, locale))
    holds = terms.missing_language is MissingLanguage.HOLD
    others = [draft_key(view, marked(desk_texts.button_others_nothing(t), is_on=holds), DraftEdit.HOLD)]
    others += [
        draft_key(
            view,
            marked(f"→ {locale.endonym}", is_on=not holds and locale is terms.fallback),
            DraftEdit.FALLBACK,
            locale,
        )
        for locale in Locale
        if content.texts.get(locale, "").strip()
    ]
    rest = _others_line(terms, t)
    wrong = problem_lines((one for one in view.problems if one.where.startswith("text")), t)
    content_shown = paragraphs(said(desk_texts.texts_title(t), t.locale), said(rest, t.locale), wrong)
    extra = []
    if content.attachment is not None:
        extra.append(draft_key(view, desk_texts.button_no_attachment(t), DraftEdit.DROP_ATTACHMENT))
    return Reply(
        content_shown, (*grid(keys, columns=3), *grid(others, columns=3), extra, _steps(view, t, DraftPage.AUDIENCE))
    )


def audience_page(view: View, t: Translator, *, everybody: Mapping[Locale, int]) -> Reply:
    """The languages with the number of their readers now; `everybody` counts them without the choice of languages."""
    chosen = view.announcement.audience.locales
    keys = [
        draft_key(
            view,
            marked(f"{locale.endonym} {t.number(everybody.get(locale, 0))}", is_on=locale in chosen),
            DraftEdit.LOCALE,
            locale,
        )
        for locale in Locale
    ]
    roles = marked(desk_texts.button_only_organisers(t), is_on=bool(view.announcement.audience.roles))
    more = (
        draft_key(view, desk_texts.button_countries(t), DraftPage.COUNTRIES),
        draft_key(view, roles, DraftEdit.ROLES),
        draft_key(view, desk_texts.button_chats(t), DraftPage.CHATS),
    )
    title = said(desk_texts.audience_title(t), t.locale)
    return Reply(
        paragraphs(title, _reach_lines(view, t)), (*grid(keys, columns=3), more, _steps(view, t, DraftPage.TIME))
    )


def countries_page(view: View, t: Translator) -> Reply:
    """The countries of the visitors' time zones."""
    chosen = view.announcement.audience.countries
    keys = [
        draft_key(view, marked(country_name(code, t.locale), is_on=code in chosen), DraftEdit.COUNTRY, code)
        for code in COUNTRIES
    ]
    title = said(desk_texts.countries_title(t), t.locale)
    back = (draft_key(view, texts.button_back(t), DraftPage.AUDIENCE),)
    return Reply(paragraphs(title, _reach_lines(view, t)), (*grid(keys, columns=3), back))


def chats_page(view: View, t: Translator) -> Reply:
    """Groups and channels that get it besides, and who gets it in no case; a tap takes one off its list."""
    audience = view.announcement.audience
    keys = [draft_key(view, f"➕ {chat_id}", DraftEdit.BESIDES, str(chat_id)) for chat_id in sorted(audience.chats)]
    keys += [draft_key(view, f"🚫 {chat_id}", DraftEdit.WITHOUT, str(chat_id)) for chat_id in sorted(audience.without)]
    add = (
        draft_key(view, desk_texts.button_add_chat(t), DraftStep.ADD_CHAT),
        draft_key(view, desk_texts.button_leave_out(t), DraftStep.LEAVE_OUT),
    )
    title = said(desk_texts.chats_title(t), t.locale)
    back = (draft_key(view, texts.button_back(t), DraftPage.AUDIENCE),)
    return Reply(paragraphs(title, _reach_lines(view, t)), (*grid(keys, columns=2), add, back))


def time_page(view: View, t: Translator) -> Reply:
    """When it goes out."""
    schedule = view.announcement.schedule
    choices = (
        (Timing.NOW, desk_texts.button_now(t), DraftEdit.NOW),
        (Timing.ONCE, desk_texts.button_once(t), DraftStep.ONCE),
        (Timing.RECURRING, desk_texts.button_repeatedly(t), DraftStep.REPEATEDLY),
    )
    keys = [draft_key(view, marked(label, is_on=timing is schedule.timing), verb) for timing, label, verb in choices]
    keys.append(draft_key(view, texts.button_zone(t), DraftStep.ZONES))
    wrong = problem_lines((one for one in view.problems if one.where == "schedule"), t)
    zone = desk_texts.event_zone(t, zone_label(schedule.zone, t.locale, view.now))
    told = (desk_texts.schedule_title(t), zone, *schedule_lines(schedule, t, now=view.now))
    content = lines(*(said(line, t.locale) for line in told))
    return Reply(paragraphs(content, wrong), (*grid(keys, columns=2), _steps(view, t, DraftPage.TERMS)))


def event_zones_page(view: View, t: Translator) -> Reply:
    """The time zone of the event."""
    keys = [
        draft_key(
            view,
            marked(zone_label(zone, t.locale, view.now), is_on=zone == view.announcement.schedule.zone),
            DraftEdit.ZONE,
            zone,
        )
        for zone in COMMON_ZONES
    ]
    back = (draft_key(view, texts.button_back(t), DraftPage.TIME),)
    return Reply(said(texts.zone_question(t), t.locale), (*grid(keys, columns=2), back))


def terms_page(view: View, t: Translator) -> Reply:
    """Each term as a button that changes it."""
    keys = [draft_key(view, label, DraftEdit.TERM, name) for name, label in _term_labels(view, t)]
    return Reply(said(desk_texts.terms_title(t), t.locale), (*column(keys), _steps(view, t, DraftPage.PREVIEW)))


def _term_labels(view: View, t: Translator) -> list[tuple[str, str]]:
    """Each term's name and how it stands."""
    terms = view.announcement.terms
    stars = round(view.reach.total * view.star_price)
    is_sent, is_once = terms.lateness is Lateness.SEND_LATE, terms.policy is Policy.AT_MOST_ONCE
    holds = terms.quiet_hours is QuietHours.HOLD
    labels = [
        ("valid", _validity(terms, t)),
        ("late", desk_texts.late_is_sent(t) if is_sent else desk_texts.late_is_missed(t)),
        ("quiet", desk_texts.quiet_hours_hold(t) if holds else desk_texts.quiet_hours_override(t)),
        ("sound", desk_texts.without_sound(t) if terms.is_silent else desk_texts.with_sound(t)),
        ("doubt", desk_texts.doubt_once(t) if is_once else desk_texts.doubt_twice(t)),
    ]
    if view.star_price or terms.is_paid:
        labels.append(("pace", desk_texts.paid_pace(t, stars) if terms.is_paid else desk_texts.normal_pace(t)))
    return labels


def changed_terms(terms: Terms, name: str) -> Terms:
    """The terms after a tap on one of them."""
    if name == "valid":
        place = _VALIDITIES.index(terms.valid_for) if terms.valid_for in _VALIDITIES else -1
        return replace(terms, valid_for=_VALIDITIES[(place + 1) % len(_VALIDITIES)])
    if name == "late":
        is_sent = terms.lateness is Lateness.SEND_LATE
        return replace(terms, lateness=Lateness.MARK_MISSED if is_sent else Lateness.SEND_LATE)
    if name == "quiet":
        holds = terms.quiet_hours is QuietHours.HOLD
        return replace(terms, quiet_hours=QuietHours.OVERRIDE if holds else QuietHours.HOLD)
    if name == "sound":
        return replace(terms, is_silent=not terms.is_silent)
    if name == "doubt":
        is_once = terms.policy is Policy.AT_MOST_ONCE
        return replace(terms, policy=Policy.AT_LEAST_ONCE if is_once else Policy.AT_MOST_ONCE)
    return replace(terms, is_paid=not terms.is_paid)


def preview_page(view: View, t: Translator) -> Reply:
    """A button for each language that has a text."""
    keys = [
        draft_key(view, locale.endonym, DraftStep.SHOW, locale)
        for locale in Locale
        if view.announcement.content.texts.get(locale, "").strip()
    ]
    overview_key = (draft_key(view, desk_texts.button_overview(t), DraftPage.OVERVIEW),)
    wrong = problem_lines(view.problems, t)
    title = said(desk_texts.preview_title(t), t.locale)
    return Reply(paragraphs(title, wrong), (*grid(keys, columns=3), overview_key))


def _validity(terms: Terms, t: Translator) -> str:
    if terms.valid_for is None:
        return desk_texts.valid_for_ever(t)
    return desk_texts.valid_for(t, format_duration(terms.valid_for, t.locale))


def _reach_lines(view: View, t: Translator) -> Html:
    held = said(desk_texts.without_text(t, view.reach.held), t.locale) if view.reach.held else Html()
    return lines(bold(said(desk_texts.recipients(t, view.reach.total), t.locale)), held)


def _steps(view: View, t: Translator, following: DraftPage) -> Sequence[Key]:
    return (
        draft_key(view, desk_texts.button_overview(t), DraftPage.OVERVIEW),
        draft_key(view, desk_texts.button_next(t), following),
    )


# ── The list, the calendar, and what went out ────────────────────────────────────────────────────────────────────────


def list_page(announcements: Sequence[Announcement], t: Translator) -> Reply:
    """The newest first."""
    if not announcements:
        return Reply(said(desk_texts.list_empty(t), t.locale))
    keys = [
        item_key(f"{desk_texts.stage(t, one.stage)} · {one.label}", ItemVerb.ITEM, one.announcement_id)
        for one in announcements
    ]
    calendar = (item_key(desk_texts.button_calendar(t), ItemVerb.CALENDAR),)
    return Reply(bold(said(desk_texts.list_title(t), t.locale)), (*column(keys), calendar))


def calendar_page(firings: Sequence[tuple[Moment, Announcement]], t: Translator) -> Reply:
    """What goes out soon."""
    rows = ((_list_key(t),),)
    if not firings:
        return Reply(said(desk_texts.calendar_empty(t), t.locale), rows)
    told = [
        lines(
            *(said(line, t.locale) for line in _moment_lines(moment, one.schedule.zone, t)),
            italic(quoted(one.label, one.content.source)),
        )
        for moment, one in firings
    ]
    return Reply(paragraphs(bold(said(desk_texts.calendar_title(t), t.locale)), *told), rows)


def standing_lines(standing: Standing, t: Translator) -> Html:
    """How many copies stand where, with a bar, and what is going on."""
    occurrence, counts = standing.occurrence, standing.counts
    final = sum(number for state, number in counts.items() if state.is_final)
    filled = _BAR * final // occurrence.audience if occurrence.audience else 0
    bar = Html("▓" * filled + "░" * (_BAR - filled)) if occurrence.audience else Html()
    told = (
        desk_texts.occurrence_state(t, occurrence.state),
        desk_texts.progress(t, final, occurrence.audience),
        *(desk_texts.delivery_state(t, state, counts[state]) for state in DeliveryState if counts.get(state)),
    )
    return lines(bar, *(said(line, t.locale) for line in told))


def repeat_lines(standing: Standing, t: Translator) -> Html:
    """The same of the copies that were sent once more to those in doubt."""
    return lines(said(desk_texts.repeat_title(t), t.locale), standing_lines(standing, t))


def confirmation_rows(occurrence: Occurrence, t: Translator) -> Rows:
    """After a restore: send the rest, or let it be."""
    if occurrence.state is not OccurrenceState.AWAITING_CONFIRMATION:
        return ()
    return (
        (
            item_key(desk_texts.button_send_rest(t), ItemVerb.SEND_REST, occurrence.occurrence_id, single_use=True),
            item_key(desk_texts.button_leave_rest(t), ItemVerb.LEAVE_REST, occurrence.occurrence_id, single_use=True),
        ),
    )


def confirm_page(question: str, verb: ItemVerb, announcement_id: str, t: Translator) -> Reply:
    """Asks before what can't be undone."""
    yes = item_key(desk_texts.button_confirm(t), verb, announcement_id, single_use=True)
    no = item_key(texts.button_cancel(t), ItemVerb.ITEM, announcement_id)
    return Reply(said(question, t.locale), ((yes, no),))


def correction_lines(correction: Correction, t: Translator) -> Html:
    """How far a correction has come."""
    counts = correction.counts
    failed = counts.get(CorrectionState.FAILED, 0) + counts.get(CorrectionState.TOO_OLD, 0)
    done, waiting = counts.get(CorrectionState.DONE, 0), counts.get(CorrectionState.PLANNED, 0)
    return said(desk_texts.correction_counts(t, done, failed, waiting), t.locale)


def _list_key(t: Translator) -> Key:
    return item_key(texts.button_back(t), ItemVerb.LIST)


# ── Who organises ────────────────────────────────────────────────────────────────────────────────────────────────────


def organisers_page(organisers: Sequence[Organiser], t: Translator, *, reader: VisitorId, is_owner: bool) -> Reply:
    """Everybody with a role; owners may take roles away and invite."""
    keys = []
    for one in organisers:
        person = f"{one.visitor_id} {desk_texts.yourself(t)}" if one.visitor_id == reader else str(one.visitor_id)
        label = f"{person} · {desk_texts.role(t, one.role)}"
        keys.append(RoleButton(RoleVerb.REMOVE, f"{one.visitor_id} {one.role}").key(label))
    invite = [RoleButton(RoleVerb.INVITE).key(desk_texts.button_invite(t))] if is_owner else []
    return Reply(said(desk_texts.organisers_title(t), t.locale), (*column(keys), invite))


def invite_page(t: Translator) -> Reply:
    """Which role an invitation gives."""
    keys = [RoleButton(RoleVerb.LINK, role).key(desk_texts.role(t, role), single_use=True) for role in Role]
    back = (RoleButton(RoleVerb.LIST).key(texts.button_back(t)),)
    return Reply(said(desk_texts.invite_question(t), t.locale), (keys, back))


def remove_page(visitor_id: VisitorId, role: Role, t: Translator) -> Reply:
    """Asks before a role is taken away."""
    question = desk_texts.remove_question(t, str(visitor_id), desk_texts.role(t, role))
    removed = RoleButton(RoleVerb.REMOVED, f"{visitor_id} {role}")
    yes = removed.key(desk_texts.button_confirm(t), single_use=True)
    no = RoleButton(RoleVerb.LIST).key(texts.button_cancel(t))
    return Reply(said(question, t.locale), ((yes, no),))
