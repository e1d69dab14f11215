"""What /privacy tells and what /deleteme asks."""

from __future__ import annotations

from bot.chat.text import correction_texts, gap_texts, relay_texts, texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import Html, bold, lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import ButtonAction
from bot.i18n.translator import Translator
from bot.visitors.model import Retention


def privacy_page(
    t: Translator,
    *,
    kept: Retention,
    contact: str,
    model_host: str = "",
    search_host: str = "",
    has_relay: bool = False,
    has_wishes: bool = False,
) -> Html:
    """The page of /privacy: stored data, terms, purpose, who sees questions, and how to have all deleted."""
    terms = (
        texts.privacy_visitor_term(t, kept.visitors_days),
        texts.privacy_deliveries_term(t, kept.deliveries_days),
        texts.privacy_organisers(t, kept.audit_days),
        texts.privacy_tombstone(t, kept.tombstones_days),
    )
    purpose = _purpose(t, model_host, search_host)
    stored = (texts.privacy_stored(t, kept.questions_days), texts.privacy_masked(t))
    wishes = (gap_texts.privacy(t, kept.questions_days),) if has_wishes else ()
    operator = texts.privacy_operator(t, contact) if contact else ""
    commands = (texts.privacy_copy(t), texts.privacy_delete(t))
    people = (relay_texts.privacy(t, kept.questions_days),) if has_relay else ()
    if has_relay and model_host:
        people = (*people, relay_texts.privacy_translated(t, model_host))
    news = (texts.privacy_announcements(t), correction_texts.privacy_corrections(t))
    groups = ((*stored, *wishes), news, people, terms, (purpose,), (operator,), commands)
    title = bold(said(texts.privacy_title(t), t.locale))
    return paragraphs(title, *(lines(*(said(one, t.locale) for one in group if one)) for group in groups))


def _purpose(t: Translator, model_host: str, search_host: str) -> str:
    if model_host:
        hosts = dict.fromkeys((model_host, search_host or model_host))
        return texts.privacy_purpose_with_model(t, ", ".join(hosts))
    return texts.privacy_purpose_with_search(t, search_host) if search_host else texts.privacy_purpose(t)


def delete_question(t: Translator) -> Reply:
    """Asks before everything about a visitor is deleted."""
    keys = (
        Key(texts.button_delete(t), ButtonAction.DELETE_ME, single_use=True),
        Key(texts.button_cancel(t), ButtonAction.CANCEL, single_use=True),
    )
    return Reply(said(texts.deleteme_question(t), t.locale), (keys,))
