"""What the sender of a file sees: what it becomes, on one page, and what may be chosen otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.staff.proposal_pages import found_in_check
from bot.chat.text import announcement_texts, staff_texts, texts
from bot.chat.text.keyboards import column, grid, pairs
from bot.chat.text.rendering import Html, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.proposals.model import FolderCheck, Proposal, ProposalId, Weight
from bot.proposals.sent_files import parts_of


def upload_page(proposal: Proposal, check: FolderCheck, t: Translator, *, remarks: Html | None = None) -> Reply:
    """Under which name it will be proposed, and what is wrong with it."""
    name, change = proposal.proposal_id, proposal.changes[0]
    locale, topic, slug = parts_of(change.file)
    exists = bool(change.made_from)
    content = paragraphs(
        bold(said(staff_texts.upload_title(t, proposal.label), t.locale)),
        lines(quoted(change.file, Locale.EN), said(staff_texts.upload_exists(t), t.locale) if exists else Html()),
        remarks or Html(),
        found_in_check(proposal, check, t),
    )
    choices = (
        staff_key(f"🌐 {locale.endonym}", StaffVerb.LANGUAGES, name),
        staff_key(f"📁 {texts.topic(t, topic)}", StaffVerb.TOPICS, name),
        staff_key(staff_texts.button_name(t, slug), StaffVerb.NAME, name),
    )
    if exists:  # whether its translations stay up to date is for people to say
        proposing = [staff_key(staff_texts.button_weight(t, one), StaffVerb.HAND_IN, name, one) for one in Weight]
    else:
        proposing = [staff_key(staff_texts.button_propose(t), StaffVerb.HAND_IN, name, Weight.OTHER_FACT)]
    others = (
        staff_key(staff_texts.button_whole_text(t), StaffVerb.TEXT, name),
        staff_key(announcement_texts.button_take_back(t), StaffVerb.TAKE_BACK, name),
    )
    return Reply(content, (*pairs(choices), *column(proposing), *pairs(others)))


def languages_page(name: ProposalId, t: Translator) -> Reply:
    """In which language it is."""
    keys = [staff_key(locale.endonym, StaffVerb.LANGUAGE, name, locale) for locale in Locale]
    back = (staff_key(texts.button_back(t), StaffVerb.UPLOAD, name),)
    return Reply(said(staff_texts.choose_language(t), t.locale), (*grid(keys, columns=3), back))


def topics_page(name: ProposalId, topics: Sequence[str], t: Translator) -> Reply:
    """In which folder it stands."""
    keys = [staff_key(texts.topic(t, topic), StaffVerb.TOPIC, name, topic) for topic in topics]
    back = (staff_key(texts.button_back(t), StaffVerb.UPLOAD, name),)
    return Reply(said(staff_texts.choose_topic(t), t.locale), (*pairs(keys), back))
