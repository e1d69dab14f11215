"""The parts of a draft: topic, languages, texts, audience, and the look at each language."""

from __future__ import annotations

from collections.abc import Mapping

from bot.announcements.content import lacking_locales, missing_locales, stale_locales
from bot.announcements.model import MissingLanguage
from bot.chat.organisers.buttons import DraftEdit, DraftPage, DraftStep
from bot.chat.organisers.overview_pages import compare_row, others_line
from bot.chat.organisers.views import View, draft_key, draft_lines, problem_lines, steps
from bot.chat.text import announcement_draft_texts, announcement_texts, texts
from bot.chat.text.keyboards import Key, column, grid
from bot.chat.text.rendering import Html, bold, lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import marked, topic_title
from bot.i18n.translator import Translator
from bot.i18n.zones import COMMON_ZONES, country_name, country_of
from bot.ids import Locale, NewsTopic

COUNTRIES = tuple(dict.fromkeys(country_of(zone) for zone in COMMON_ZONES))
"""Those of the zones that are offered to visitors."""

_DRAFTED = "🤖 "
"""Before a language whose text is a draft that nobody has read."""


def topic_page(view: View, t: Translator) -> Reply:
    """What it is about."""
    keys = [
        draft_key(view, marked(topic_title(t, topic), is_on=topic is view.announcement.topic), DraftEdit.TOPIC, topic)
        for topic in NewsTopic
    ]
    return Reply(said(announcement_texts.ask_topic(t), t.locale), column(keys))


def source_page(view: View, t: Translator) -> Reply:
    """The language that is written first."""
    source = view.announcement.content.source
    keys = [
        draft_key(view, marked(locale.endonym, is_on=locale is source), DraftStep.SOURCE, locale) for locale in Locale
    ]
    return Reply(said(announcement_texts.ask_source(t), t.locale), grid(keys, columns=3))


def texts_page(view: View, t: Translator) -> Reply:
    """Every language with the state of its text, and what becomes of those without one."""
    content, terms = view.announcement.content, view.announcement.terms
    keys = [_text_key(view, locale) for locale in Locale]
    holds = terms.missing_language is MissingLanguage.HOLD
    others = [draft_key(view, marked(announcement_texts.button_others_nothing(t), is_on=holds), DraftEdit.HOLD)]
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
    rest = others_line(terms, t)
    wrong = problem_lines((one for one in view.problems if one.where.startswith("text")), t)
    content_shown = paragraphs(
        said(announcement_texts.texts_title(t), t.locale), said(rest, t.locale), draft_lines(view.drafts, t), wrong
    )
    extra = []
    if view.has_model and content.source not in missing_locales(content) and lacking_locales(content):
        extra.append(draft_key(view, announcement_draft_texts.button_draft(t), DraftStep.DRAFT_OTHERS))
    if content.attachment is not None:
        extra.append(draft_key(view, announcement_texts.button_no_attachment(t), DraftEdit.DROP_ATTACHMENT))
    return Reply(
        content_shown,
        (
            *grid(keys, columns=3),
            *grid(others, columns=3),
            *column(extra),
            compare_row(view, t),
            steps(view, t, DraftPage.AUDIENCE),
        ),
    )


def _text_key(view: View, locale: Locale) -> Key:
    """The state of one language's text, and what a tap does: write it, or read its draft."""
    content = view.announcement.content
    if locale in view.unread:
        return draft_key(view, _DRAFTED + locale.endonym, DraftStep.COMPARE, locale)
    sign = "⚠️ " if locale in stale_locales(content) else "✅ " if content.texts.get(locale, "").strip() else ""
    return draft_key(view, sign + locale.endonym, DraftStep.WRITE, locale)


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
    roles = marked(announcement_texts.button_only_organisers(t), is_on=bool(view.announcement.audience.roles))
    more = (
        draft_key(view, announcement_texts.button_countries(t), DraftPage.COUNTRIES),
        draft_key(view, roles, DraftEdit.ROLES),
        draft_key(view, announcement_texts.button_chats(t), DraftPage.CHATS),
    )
    title = said(announcement_texts.audience_title(t), t.locale)
    return Reply(
        paragraphs(title, _size_lines(view, t)), (*grid(keys, columns=3), more, steps(view, t, DraftPage.TIME))
    )


def countries_page(view: View, t: Translator) -> Reply:
    """The countries of the visitors' time zones."""
    chosen = view.announcement.audience.countries
    keys = [
        draft_key(view, marked(country_name(code, t.locale), is_on=code in chosen), DraftEdit.COUNTRY, code)
        for code in COUNTRIES
    ]
    title = said(announcement_texts.countries_title(t), t.locale)
    back = (draft_key(view, texts.button_back(t), DraftPage.AUDIENCE),)
    return Reply(paragraphs(title, _size_lines(view, t)), (*grid(keys, columns=3), back))


def chats_page(view: View, t: Translator) -> Reply:
    """Groups and channels that get it besides, and who gets it in no case; a tap takes one off its list."""
    audience = view.announcement.audience
    keys = [draft_key(view, f"➕ {chat_id}", DraftEdit.BESIDES, str(chat_id)) for chat_id in sorted(audience.chats)]
    keys += [draft_key(view, f"🚫 {chat_id}", DraftEdit.WITHOUT, str(chat_id)) for chat_id in sorted(audience.without)]
    add = (
        draft_key(view, announcement_texts.button_add_chat(t), DraftStep.ADD_CHAT),
        draft_key(view, announcement_texts.button_leave_out(t), DraftStep.LEAVE_OUT),
    )
    title = said(announcement_texts.chats_title(t), t.locale)
    back = (draft_key(view, texts.button_back(t), DraftPage.AUDIENCE),)
    return Reply(paragraphs(title, _size_lines(view, t)), (*grid(keys, columns=2), add, back))


def preview_page(view: View, t: Translator) -> Reply:
    """A button for each language that has a text."""
    keys = [
        draft_key(view, locale.endonym, DraftStep.SHOW, locale)
        for locale in Locale
        if view.announcement.content.texts.get(locale, "").strip()
    ]
    keys += [draft_key(view, _DRAFTED + locale.endonym, DraftStep.COMPARE, locale) for locale in view.unread]
    overview_key = (draft_key(view, announcement_texts.button_overview(t), DraftPage.OVERVIEW),)
    wrong = problem_lines(view.problems, t)
    title = said(announcement_texts.preview_title(t), t.locale)
    return Reply(paragraphs(title, draft_lines(view.drafts, t), wrong), (*grid(keys, columns=3), overview_key))


def _size_lines(view: View, t: Translator) -> Html:
    held = (
        said(announcement_texts.without_text(t, view.audience_size.held), t.locale)
        if view.audience_size.held
        else Html()
    )
    return lines(bold(said(announcement_texts.recipients(t, view.audience_size.total), t.locale)), held)
