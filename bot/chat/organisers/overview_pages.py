"""Everything about one announcement on a page, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.announcements.content import buttons_in, stale_locales
from bot.announcements.model import Announcement, Audience, MissingLanguage, Role, Stage, Terms
from bot.chat.organisers.buttons import ApprovalButton, ApprovalVerb, DraftPage, DraftStep, ItemVerb, item_key
from bot.chat.organisers.list_pages import list_key
from bot.chat.organisers.time_pages import schedule_lines, term_labels
from bot.chat.organisers.views import View, draft_key, draft_lines, problem_lines
from bot.chat.text import announcement_draft_texts, announcement_texts, correction_texts, texts
from bot.chat.text.keyboards import Key, Rows, grid
from bot.chat.text.rendering import Html, bold, lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import topic_title
from bot.i18n.translator import Translator
from bot.i18n.zones import country_name
from bot.ids import Locale, NewsTopic

_FIXED_WITH_A_LIST = (DraftPage.AUDIENCE, DraftPage.TOPIC)
"""Who is on a list gets it, whatever they subscribed to."""


def overview_page(view: View, t: Translator, *, besides: Html = Html()) -> Reply:  # noqa: B008 - a frozen value
    """Everything about an announcement, and what can be done with it."""
    troubles = lines(draft_lines(view.drafts, t), problem_lines(view.problems, t))
    return Reply(paragraphs(overview(view, t), troubles, besides), _overview_rows(view, t))


def overview(view: View, t: Translator) -> Html:
    """Everything about an announcement."""
    announcement = view.announcement
    returned = announcement_texts.return_reason(t, announcement.return_reason) if announcement.return_reason else ""
    attachment = announcement.content.attachment
    sentences = (
        announcement_texts.stage(t, announcement.stage),
        returned,
        "" if announcement.audience.told else texts.documents_menu(t, topic_title(t, announcement.topic)),
        announcement_texts.draft_languages(t, _languages(announcement)),
        announcement_texts.draft_attachment(t, attachment.filename) if attachment else "",
        *(
            announcement_texts.link_line(t, label, url)
            for label, url in buttons_in(announcement.content, _shown_in(view, t))
        ),
        *_audience_lines(announcement.audience, t),
        announcement_texts.recipients(t, view.audience_size.total),
        announcement_texts.without_text(t, view.audience_size.held) if view.audience_size.held else "",
        others_line(announcement.terms, t),
        *_terms_lines(view, t),
        *schedule_lines(announcement.schedule, t, now=view.now),
        announcement_texts.written_by(t, str(announcement.author)),
    )
    title = bold(said(announcement_texts.draft_title(t, announcement.label), t.locale))
    return lines(title, *(said(line, t.locale) for line in sentences if line))


def _shown_in(view: View, t: Translator) -> Locale:
    """The language in which labels of buttons are shown: the reader's, where there is a text in it."""
    content = view.announcement.content
    return t.locale if content.texts.get(t.locale) else content.source


def _audience_lines(audience: Audience, t: Translator) -> tuple[str, ...]:
    """Every filter that is set; of a list, what its people were told and how many they were."""
    if (told := audience.told) is not None:
        return (correction_texts.corrects(t, str(told.section)), correction_texts.were_told(t, told.people))
    languages = ", ".join(locale.endonym for locale in Locale if locale in audience.locales)
    topics = ", ".join(topic_title(t, topic) for topic in NewsTopic if topic in audience.topics)
    countries = ", ".join(country_name(code, t.locale) for code in sorted(audience.countries))
    roles = ", ".join(announcement_texts.role(t, role) for role in Role if role in audience.roles)
    chats, without = (", ".join(map(str, sorted(chosen))) for chosen in (audience.chats, audience.without))
    sentences = (
        (languages, announcement_texts.only_languages),
        (topics, texts.documents_menu),
        (countries, announcement_texts.only_countries),
        (roles, announcement_texts.only_roles),
        (chats, announcement_texts.besides),
        (without, announcement_texts.left_out),
    )
    return tuple(sentence(t, named) for named, sentence in sentences if named)


def others_line(terms: Terms, t: Translator) -> str:
    """What becomes of readers without a text in their language."""
    if terms.missing_language is MissingLanguage.HOLD or terms.fallback is None:
        return announcement_texts.others_get_nothing(t)
    return announcement_texts.others_get(t, terms.fallback)


def _terms_lines(view: View, t: Translator) -> tuple[str, ...]:
    """The terms that differ from the usual ones, as the page of terms words them."""
    usual = dict(term_labels(replace(view, announcement=replace(view.announcement, terms=Terms())), t))
    return tuple(label for name, label in term_labels(view, t) if usual.get(name) != label)


def _languages(announcement: Announcement) -> str:
    stale = stale_locales(announcement.content)
    written = [locale for locale in Locale if announcement.content.texts.get(locale, "").strip()]
    return ", ".join(f"{locale.endonym} ⚠️" if locale in stale else locale.endonym for locale in written) or "–"


def _overview_rows(view: View, t: Translator) -> Rows:
    preview_key = draft_key(view, announcement_texts.button_preview(t), DraftPage.PREVIEW)
    emergency = [draft_key(view, announcement_texts.button_emergency(t), DraftStep.EMERGENCY)] if view.is_owner else []
    if view.may_edit:
        parts = (
            (announcement_texts.button_texts(t), DraftPage.TEXTS),
            (announcement_texts.button_audience(t), DraftPage.AUDIENCE),
            (announcement_texts.button_time(t), DraftPage.TIME),
            (announcement_texts.button_terms(t), DraftPage.TERMS),
            (announcement_texts.button_links(t), DraftStep.LINKS),
            (announcement_texts.button_topic(t), DraftPage.TOPIC),
            (announcement_texts.button_label(t), DraftStep.LABEL),
        )
        fixed = _FIXED_WITH_A_LIST if view.announcement.audience.told else ()
        keys = [draft_key(view, label, verb) for label, verb in parts if verb not in fixed]
        return (
            *grid([*keys, preview_key], columns=2),
            compare_row(view, t),
            (draft_key(view, announcement_texts.button_submit(t), DraftStep.SUBMIT), *emergency),
        )
    if view.announcement.stage is Stage.SUBMITTED and view.is_author:
        take_back = draft_key(view, announcement_texts.button_take_back(t), DraftStep.TAKE_BACK)
        return ((preview_key, take_back), compare_row(view, t), emergency)
    if view.announcement.stage is Stage.SUBMITTED and view.may_approve:
        return ((preview_key,), compare_row(view, t), approval_row(view, t))
    return (*grid([preview_key, *_steering_keys(view, t)], columns=2), (list_key(t),))


def compare_row(view: View, t: Translator) -> Sequence[Key]:
    """The way to drafts that nobody has read, where there are any."""
    return [draft_key(view, announcement_draft_texts.button_compare(t), DraftStep.COMPARE)] if view.unread else []


def approval_row(view: View, t: Translator) -> Sequence[Key]:
    """Approve or return the version that is shown."""
    seen = (view.announcement.announcement_id, view.announcement.version)
    return (
        ApprovalButton(ApprovalVerb.APPROVE, *seen).key(announcement_texts.button_approve(t)),
        ApprovalButton(ApprovalVerb.RETURN, *seen).key(announcement_texts.button_return(t)),
    )


def _steering_keys(view: View, t: Translator) -> list[Key]:
    announcement = view.announcement
    stage, name = announcement.stage, announcement.announcement_id
    was_live = stage in (Stage.APPROVED, Stage.PAUSED, Stage.STOPPED, Stage.FINISHED)
    offered = (
        (stage is Stage.APPROVED, announcement_texts.button_pause(t), ItemVerb.PAUSE),
        (
            stage in (Stage.PAUSED, Stage.APPROVED) and view.may_approve,
            announcement_texts.button_resume(t),
            ItemVerb.RESUME,
        ),
        (stage in (Stage.PAUSED, Stage.APPROVED), announcement_texts.button_stop(t), ItemVerb.STOP),
        (was_live and view.may_approve, announcement_texts.button_correct(t), ItemVerb.CORRECT),
        (was_live and view.may_approve, announcement_texts.button_withdraw(t), ItemVerb.WITHDRAW),
        (True, announcement_texts.button_duplicate(t), ItemVerb.DUPLICATE),
        (stage not in (Stage.DRAFT, Stage.SUBMITTED), announcement_texts.button_report(t), ItemVerb.REPORT),
    )
    return [item_key(label, verb, name) for is_offered, label, verb in offered if is_offered]
