"""What stands in the message that answers a question, and which buttons stand under it.

Nothing is decided here about the question: the outcome of the `Answer` says which sentence of the bot's own, which
heading and which buttons belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from bot.answering.model import Answer, Offer, Outcome, Suggestion
from bot.chat.text import gap_texts, pin_texts, relay_texts, texts
from bot.chat.text.foreign import FROM_THE_RIGHT, SPEAKS
from bot.chat.text.keyboards import Key, Rows, column
from bot.chat.text.rendering import Html, blockquote, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.text.sections import FOLDED_FROM, SOURCES_SHOWN, near_end, running_text, source_footer
from bot.chat_state.model import ButtonAction
from bot.i18n.translator import Translator
from bot.ids import ChatId, Locale, ReplyKind, SectionKey

_OFFERS_SHOWN = 5
"""Buttons: as many as can be read at a glance below a message on a small phone. Chosen by reasoning, not measured."""

_SENTENCES: dict[Outcome, Callable[[Translator], str]] = {
    Outcome.OFFERED: texts.offered,
    Outcome.CLARIFY: texts.clarify,
    Outcome.UNKNOWN: texts.unknown,
    Outcome.DECLINED_POLITICS: texts.declined_politics,
    Outcome.DECLINED_ADVICE: texts.declined_advice,
    Outcome.DECLINED_HARM: texts.declined_harm,
    Outcome.GREETING: texts.greeting,
    Outcome.THANKS: texts.thanks,
    Outcome.FAREWELL: texts.farewell,
    Outcome.ABOUT_BOT: texts.about_bot,
    Outcome.PRAISE: texts.praise,
    Outcome.OK: texts.all_right,
    Outcome.COMPLAINT: texts.complaint,
    Outcome.PERSON: texts.person_meanwhile,
    Outcome.EMERGENCY: texts.emergency,
    Outcome.EMPTY: texts.empty_message,
    Outcome.NOT_UNDERSTOOD: texts.not_understood,
}
"""What the bot says in its own words."""
_OPENINGS: dict[ReplyKind | None, Callable[[Translator], str]] = {
    ReplyKind.GREETING: texts.hello_and,
    ReplyKind.THANKS: texts.welcome_and,
}
"""The word that goes before an answer when the question came with a greeting or thanks."""
_HEADINGS: dict[Outcome, Callable[[Translator], str]] = {
    Outcome.ANSWERED: texts.related_questions,
    Outcome.UNKNOWN: texts.nearest_topics,
    Outcome.COMPLAINT: texts.did_you_mean,
}
"""What stands above suggestions and offers."""
_FROM_KNOWLEDGE = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.CLARIFY, Outcome.UNKNOWN)
"""Outcomes that may change once all of the knowledge is read."""
_OFFERS_SECTIONS = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.COMPLAINT)
_OFFERS_CONTACT = (Outcome.UNKNOWN, Outcome.ABOUT_BOT, Outcome.DECLINED_ADVICE)
_OFFERS_PEOPLE = (Outcome.UNKNOWN, Outcome.PERSON)
_OFFERS_TOPICS = (
    Outcome.OFFERED,
    Outcome.UNKNOWN,
    Outcome.GREETING,
    Outcome.ABOUT_BOT,
    Outcome.COMPLAINT,
    Outcome.PERSON,
    Outcome.EMPTY,
    Outcome.NOT_UNDERSTOOD,
    Outcome.DECLINED_POLITICS,
)


def answer_text(
    answer: Answer,
    t: Translator,
    *,
    near: date | None,
    contact: str = "",
    reading_in: float | None = None,
    has_news: bool = True,
    has_relay: bool = False,
) -> Html:
    """The whole message for an answer in the language of `t`: without buttons it says all the same.

    `reading_in` is the share of the knowledge that is read while it is not whole: what is not there yet is not unknown.
    `has_news` tells whether this bot sends announcements, `has_relay` whether people answer here too. Up to the day
    `near` an end is said in a line of its own.
    """
    if answer.outcome is Outcome.UNSUBSCRIBE:
        return _ways_to_stop(t, has_news=has_news)
    offers_contact = contact and answer.outcome in _OFFERS_CONTACT
    return paragraphs(
        _which_languages(answer),
        said(_OPENINGS[answer.opening](t), t.locale) if answer.opening in _OPENINGS else Html(),
        _whom_to_ask(t, contact, has_relay=has_relay) if answer.outcome is Outcome.PERSON else Html(),
        _own_words(answer, t),
        _pin_mark(answer, t),
        _told(answer),
        near_end(answer, t, near=near) if answer.sentences else Html(),
        source_footer(answer, t, near=near) if answer.sentences else Html(),
        said(texts.contact(t, contact), t.locale) if offers_contact else Html(),
        _reading_note(answer, t, reading_in),
        _heading_of_suggestions(answer, t),
        _second(answer, t, near=near),
    )


def _which_languages(answer: Answer) -> Html:
    """To who writes in another language than the twelve, in that."""
    line = SPEAKS.get(answer.foreign, "")
    return said(line, Locale.FA if answer.foreign in FROM_THE_RIGHT else Locale.EN) if line else Html()


def _second(answer: Answer, t: Translator, *, near: date | None) -> Html:
    """What the other of two questions in the message is answered with, and its source."""
    if answer.second is None:
        return Html()
    other = answer.second
    footer = source_footer(other, t, near=near) if other.citations else Html()
    return paragraphs(_own_words(other, t), _told(other), footer)


def _pin_mark(answer: Answer, t: Translator) -> Html:
    """Who chose the answer, and when: above it, since it is told before all that the knowledge says."""
    if answer.pinned is None:
        return Html()
    mark, day = pin_texts.answer_by_staff(t), answer.pinned.chosen_on
    return italic(said(f"{mark} · {t.date(day)}" if day else mark, t.locale))


def _told(answer: Answer) -> Html:
    """The sentences as running text; a pinned one is told whole, so a long one is folded."""
    text = running_text(answer.sentences, answer.written_in)
    told = quoted(text, answer.written_in)
    return blockquote(told, expandable=True) if answer.pinned is not None and len(text) > FOLDED_FROM else told


def _own_words(answer: Answer, t: Translator) -> Html:
    """The bot's own sentence; where the knowledge speaks, there is none."""
    if answer.sentences:
        return Html()
    sentence = _SENTENCES.get(answer.outcome, texts.unknown)
    return said(sentence(t), t.locale)


def _whom_to_ask(t: Translator, contact: str, *, has_relay: bool) -> Html:
    if has_relay:
        besides = texts.contact(t, contact) if contact else ""
        return lines(said(relay_texts.person_by_button(t), t.locale), said(besides, t.locale))
    return said(texts.person_contact(t, contact) if contact else texts.person_without_contact(t), t.locale)


def _ways_to_stop(t: Translator, *, has_news: bool) -> Html:
    opening = texts.unsubscribe if has_news else texts.unsubscribe_without_news
    commands = (texts.stop_announcements, texts.privacy_delete) if has_news else (texts.privacy_delete,)
    return paragraphs(said(opening(t), t.locale), lines(*(said(command(t), t.locale) for command in commands)))


def _reading_note(answer: Answer, t: Translator, reading_in: float | None) -> Html:
    if reading_in is None or answer.outcome not in _FROM_KNOWLEDGE:
        return Html()
    return italic(said(texts.still_reading(t, reading_in), t.locale))


def _heading_of_suggestions(answer: Answer, t: Translator) -> Html:
    heading = _HEADINGS.get(answer.outcome)
    if heading is None or not (answer.suggestions or offers_shown(answer)):
        return Html()
    return said(heading(t), t.locale)


def draft_text(sentences: Sequence[str], locale: Locale) -> Html:
    """As much of an answer as there is, without what stands below it."""
    return quoted(running_text(sentences, locale), locale)


def reply_to_question(
    answer: Answer,
    t: Translator,
    *,
    text: Html,
    turn_id: str,
    news_of: ChatId | None = None,
    may_wait: bool = False,
    has_relay: bool = False,
) -> Reply:
    """The message and its buttons: more, source, opinion, related questions, sections on offer, and what is next.

    `text` is its `answer_text`. `news_of` is the chat whose announcements may be stopped; None where the bot sends
    none. With `may_wait` who gets no answer may wish to be told once there is one, with `has_relay` ask people; below
    offers both come after «none of these».
    """
    rows: list[Sequence[Key]] = []
    if answer.outcome is Outcome.ANSWERED:
        rows.append(_answer_keys(answer, t))
        rows.append(
            (
                Key(texts.button_helpful(t), ButtonAction.HELPFUL, turn_id),
                Key(texts.button_unhelpful(t), ButtonAction.UNHELPFUL, turn_id),
            )
        )
    rows.extend(column([suggestion_key(suggestion, t.locale, turn_id) for suggestion in answer.suggestions]))
    rows.extend(column([_offer_key(offer, t, turn_id) for offer in offers_shown(answer)]))
    if answer.outcome is Outcome.OFFERED and (may_wait or has_relay):
        none = Key(texts.button_none_of_these(t), ButtonAction.NONE_OF_THESE, f"{t.locale} {turn_id}")
        rows.append((none,))
    if may_wait and answer.outcome is Outcome.UNKNOWN:
        rows.append((Key(gap_texts.button_tell_me(t), ButtonAction.TELL_ME, turn_id),))
    if has_relay and answer.outcome in _OFFERS_PEOPLE:
        rows.append((Key(relay_texts.button_ask_person(t), ButtonAction.ASK_PERSON, turn_id),))
    rows.extend(_ways_on(answer, t, news_of))
    return Reply(text, rows)


def _answer_keys(answer: Answer, t: Translator) -> Sequence[Key]:
    keys = list(dict.fromkeys(citation.key for citation in answer.citations))[:SOURCES_SHOWN]
    argument = "\n".join((t.locale.value, *map(str, keys)))
    more = [Key(texts.button_more(t), ButtonAction.MORE, argument)] if answer.rest and keys else []
    source = [Key(texts.button_source(t), ButtonAction.SOURCE, argument)] if keys else []
    return (*more, *source)


def section_keys(argument: str) -> tuple[Locale, tuple[SectionKey, ...]]:
    """Read the argument of a «more», «source» or offer's button."""
    head, *keys = argument.split("\n")
    return Locale(head.partition(" ")[0]), tuple(SectionKey.parse(key) for key in keys)


def turn_of(argument: str) -> str:
    """The turn below which an offer or a related question stood; empty in buttons that name none."""
    return argument.partition("\n")[0].partition(" ")[2]


def offers_shown(answer: Answer) -> Sequence[Offer]:
    """The sections that the message shows as buttons, best first; one that a suggestion stands for is not repeated."""
    if answer.outcome not in _OFFERS_SECTIONS:
        return ()
    suggested = {suggestion.key for suggestion in answer.suggestions}
    return [offer for offer in answer.offers if offer.key not in suggested][:_OFFERS_SHOWN]


def offer_label(offer: Offer, t: Translator) -> str:
    """The title; in front of one in another language than the visitor's, that language's name."""
    title = offer.title or texts.topic(t, offer.key.path.partition("/")[0])
    return title if offer.locale is t.locale else f"{offer.locale.endonym} · {title}"


def _offer_key(offer: Offer, t: Translator, turn_id: str) -> Key:
    return Key(offer_label(offer, t), ButtonAction.OFFER, f"{t.locale} {turn_id}\n{offer.key}")


def suggestion_key(suggestion: Suggestion, locale: Locale, turn_id: str = "") -> Key:
    """A button that asks the suggested question."""
    head = f"{locale} {turn_id}".rstrip()
    return Key(suggestion.label or suggestion.text, ButtonAction.ASK, f"{head}\n{suggestion.key}\n{suggestion.text}")


def question_key(question: str, locale: Locale) -> Key:
    """A button that asks a question, no section standing behind it."""
    return Key(question, ButtonAction.ASK, f"{locale}\n\n{question}")


def _ways_on(answer: Answer, t: Translator, news_of: ChatId | None) -> Rows:
    """The last rows: topics, help, or the ways to stop announcements."""
    topics = Key(texts.button_topics(t), ButtonAction.TOPICS)
    if answer.outcome is Outcome.ABOUT_BOT:
        return ((topics, Key(texts.button_help(t), ButtonAction.HELP)),)
    if answer.outcome is Outcome.UNSUBSCRIBE:
        stop = Key(texts.button_stop_all(t), ButtonAction.SETTINGS, f"{news_of} off")
        delete = Key(texts.button_delete_my_data(t), ButtonAction.DELETE_QUESTION)
        return column([stop, delete] if news_of is not None else [delete])
    return ((topics,),) if answer.outcome in _OFFERS_TOPICS else ()
