"""What a reply says and which buttons stand under it, from an `Answer`: no decisions about the question itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.answering.model import Answer, Citation, DocumentView, Offer, Outcome, Suggestion, TopicView, TurnRecord
from bot.chat.text import texts
from bot.chat.text.keyboards import Key, Rows, column, grid, pairs
from bot.chat.text.rendering import Html, blockquote, bold, italic, lines, link, paragraphs, quoted, said
from bot.chat_state.model import ButtonAction
from bot.i18n.bidi import isolate
from bot.i18n.translator import Translator
from bot.ids import ChatId, Locale, ReplyKind, SectionKey
from bot.visitors.model import Retention

T = TypeVar("T", bound=Hashable)

_SOURCES_SHOWN = 3
_OFFERS_SHOWN = 5
_LIST_MARKS = ("•", "- ", "– ", "* ")
_IN_THE_MENU = "menu"
"""The argument of a button that changes the menu it stands in; without it the menu comes as a new message."""
_MORE_QUOTED_FROM = 900
"""A section longer than this is folded: its beginning shows, a tap unfolds it."""

_MOST_SHOWN = 12_000
"""Characters of a section, about three messages: 20,000 words were thirty."""
_LONG_WORD = 100

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
}
_OPENINGS: dict[ReplyKind | None, Callable[[Translator], str]] = {
    ReplyKind.GREETING: texts.hello_and,
    ReplyKind.THANKS: texts.welcome_and,
}
_HEADINGS: dict[Outcome, Callable[[Translator], str]] = {
    Outcome.ANSWERED: texts.related_questions,
    Outcome.UNKNOWN: texts.nearest_topics,
    Outcome.COMPLAINT: texts.did_you_mean,
}
"""What stands above suggestions and offers."""
_FROM_KNOWLEDGE = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.CLARIFY, Outcome.UNKNOWN)
_OFFERS_SECTIONS = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.COMPLAINT)
_OFFERS_CONTACT = (Outcome.UNKNOWN, Outcome.ABOUT_BOT, Outcome.DECLINED_ADVICE)
_OFFERS_TOPICS = (
    Outcome.OFFERED,
    Outcome.UNKNOWN,
    Outcome.GREETING,
    Outcome.ABOUT_BOT,
    Outcome.COMPLAINT,
    Outcome.PERSON,
    Outcome.EMPTY,
    Outcome.DECLINED_POLITICS,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to be."""

    content: Html
    rows: Rows = ()


def answer_text(
    answer: Answer, t: Translator, *, contact: str = "", reading_in: float | None = None, has_news: bool = True
) -> Html:
    """The whole message for an answer in the language of `t`: without buttons it says all the same.

    `reading_in` is the share of the knowledge that is read while it is not whole: what is not there yet is not unknown.
    `has_news` tells whether this bot sends announcements.
    """
    if answer.outcome is Outcome.UNSUBSCRIBE:
        return _ways_to_stop(t, has_news=has_news)
    offers_contact = contact and answer.outcome in _OFFERS_CONTACT
    return paragraphs(
        said(_OPENINGS[answer.opening](t), t.locale) if answer.opening in _OPENINGS else Html(),
        _whom_to_ask(t, contact) if answer.outcome is Outcome.PERSON else Html(),
        _own_words(answer, t),
        quoted(_flow(answer.sentences, answer.written_in), answer.written_in),
        _footer(answer, t) if answer.sentences else Html(),
        said(texts.contact(t, contact), t.locale) if offers_contact else Html(),
        _reading_note(answer, t, reading_in),
        _heading_of_suggestions(answer, t),
    )


def _own_words(answer: Answer, t: Translator) -> Html:
    """The bot's own sentence; where the knowledge speaks, there is none."""
    sentence = _SENTENCES.get(answer.outcome)
    if sentence is not None and answer.outcome is not Outcome.UNKNOWN:
        return said(sentence(t), t.locale)
    return Html() if answer.sentences else said(texts.unknown(t), t.locale)


def _whom_to_ask(t: Translator, contact: str) -> Html:
    return said(texts.person_contact(t, contact) if contact else texts.person_without_contact(t), t.locale)


def _ways_to_stop(t: Translator, *, has_news: bool) -> Html:
    opening = texts.unsubscribe if has_news else texts.unsubscribe_without_news
    commands = (texts.stop_announcements, texts.privacy_delete) if has_news else (texts.privacy_delete,)
    return paragraphs(said(opening(t), t.locale), lines(*(said(command(t), t.locale) for command in commands)))


def _reading_note(answer: Answer, t: Translator, reading_in: float | None) -> Html:
    if reading_in is None or answer.outcome not in _FROM_KNOWLEDGE:
        return Html()
    return italic(said(texts.still_reading(t, reading_in), t.locale))


def draft_text(sentences: Sequence[str], locale: Locale) -> Html:
    """As much of an answer as there is, without what stands below it."""
    return quoted(_flow(sentences, locale), locale)


def reply_to_question(
    answer: Answer,
    t: Translator,
    *,
    contact: str,
    turn_id: str,
    reading_in: float | None = None,
    news_of: ChatId | None = None,
) -> Reply:
    """The message and its buttons: more, source, opinion, related questions, sections on offer, and what is next.

    `news_of` is the chat whose announcements may be stopped; None where the bot sends none.
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
    rows.extend(column([suggestion_key(suggestion, t.locale) for suggestion in answer.suggestions]))
    rows.extend(column([_offer_key(offer, t) for offer in offers_shown(answer)]))
    rows.extend(_ways_on(answer, t, news_of))
    text = answer_text(answer, t, contact=contact, reading_in=reading_in, has_news=news_of is not None)
    return Reply(text, rows)


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


def _offer_key(offer: Offer, t: Translator) -> Key:
    return Key(offer_label(offer, t), ButtonAction.OFFER, f"{t.locale}\n{offer.key}")


def _ways_on(answer: Answer, t: Translator, news_of: ChatId | None) -> Rows:
    """What may be done next, whatever was answered."""
    topics = Key(texts.button_topics(t), ButtonAction.TOPICS)
    if answer.outcome is Outcome.ABOUT_BOT:
        return ((topics, Key(texts.button_help(t), ButtonAction.HELP)),)
    if answer.outcome is Outcome.UNSUBSCRIBE:
        stop = Key(texts.button_stop_all(t), ButtonAction.SETTINGS, f"{news_of} off")
        delete = Key(texts.button_delete_my_data(t), ButtonAction.DELETE_QUESTION)
        return column([stop, delete] if news_of is not None else [delete])
    return ((topics,),) if answer.outcome in _OFFERS_TOPICS else ()


def suggestion_key(suggestion: Suggestion, locale: Locale) -> Key:
    """A button that asks the suggested question."""
    return Key(suggestion.text, ButtonAction.ASK, f"{locale}\n{suggestion.key}\n{suggestion.text}")


def section_text(answer: Answer, t: Translator) -> Html:
    """A whole section with its title and source; of one as long as a book the beginning."""
    body = _shown(_flow((*answer.sentences, *answer.rest), answer.written_in))
    text = quoted(body, answer.written_in)
    if len(body) > _MORE_QUOTED_FROM:
        text = blockquote(text, expandable=True)
    heading = next(iter(answer.citations), None)
    return paragraphs(
        bold(quoted(heading.heading or heading.title, heading.locale)) if heading else Html(), text, _footer(answer, t)
    )


def why_page(turn: TurnRecord, sections: Sequence[Answer], t: Translator) -> Html:
    """The passages behind an answer as they stand, with their files and dates."""
    now = max(section.knowledge_version for section in sections)
    how = texts.why_composed if turn.composed else texts.why_quoted
    return paragraphs(
        bold(said(texts.why_title(t), t.locale)),
        said(how(t), t.locale),
        *(_passage(section, t) for section in sections),
        said(texts.why_version(t, now), t.locale) if now else Html(),
        said(texts.why_changed(t, turn.knowledge_version), t.locale) if 0 < turn.knowledge_version < now else Html(),
    )


def _passage(section: Answer, t: Translator) -> Html:
    citation = section.citations[0]
    file = f"{citation.locale}/{citation.key}"
    return paragraphs(
        bold(quoted(citation.heading or citation.title, citation.locale)),
        blockquote(quoted(_shown(_flow(section.sentences, section.written_in)), section.written_in), expandable=True),
        lines(
            said(texts.why_file(t, file), t.locale),
            _source(citation, t),
            said(texts.valid_until(t, citation.valid_until), t.locale) if citation.valid_until else Html(),
        ),
    )


def source_details(answers: Sequence[Answer], t: Translator) -> Html:
    """Everything known about the sources of these sections."""
    citations = _distinct([citation for answer in answers for citation in answer.citations])
    if not citations:
        return said(texts.no_source(t), t.locale)
    return paragraphs(bold(said(texts.source_details(t), t.locale)), *(_details(citation, t) for citation in citations))


def topics_menu(topics: Sequence[TopicView], t: Translator) -> Reply:
    """The topics to browse."""
    if not topics:
        return Reply(said(texts.no_topics(t), t.locale))
    names = sorted((view.topic for view in topics), key=_place_of_topic)
    keys = [Key(texts.topic(t, name), ButtonAction.TOPIC, name) for name in names]
    return Reply(bold(said(texts.topics_menu(t), t.locale)), pairs(keys))


def _place_of_topic(name: str) -> tuple[int, str]:
    """Those that have no words here come last."""
    order = texts.TOPIC_ORDER
    return (order.index(name) if name in order else len(order), name)


def documents_menu(topic: str, documents: Sequence[DocumentView], t: Translator) -> Reply:
    """The documents of a topic."""
    back = (Key(texts.button_back(t), ButtonAction.TOPICS, _IN_THE_MENU),)
    if not documents:
        return Reply(said(texts.empty_topic(t), t.locale), (back,))
    title = bold(said(texts.documents_menu(t, texts.topic(t, topic)), t.locale))
    count = said(texts.document_count(t, len(documents)), t.locale)
    keys = [Key(document.title, ButtonAction.DOCUMENT, f"{topic}\n{document.path}") for document in documents]
    return Reply(lines(title, count), (*column(keys), back))


def sections_menu(document: DocumentView, t: Translator) -> Reply:
    """The sections of a document."""
    keys = [
        Key(section.text or document.title, ButtonAction.SECTION, f"{document.topic}\n{section.key}")
        for section in document.sections
    ]
    title = bold(quoted(document.title, document.locale))
    prompt = said(texts.sections_menu(t), t.locale)
    back = (Key(texts.button_back(t), ButtonAction.TOPIC, document.topic),)
    return Reply(lines(title, prompt), (*column(keys), back))


def section_page(section: Answer, t: Translator, *, topic: str, path: str) -> Reply:
    """A whole section as a page of the topics menu."""
    if topic:
        back = Key(texts.button_back(t), ButtonAction.DOCUMENT, f"{topic}\n{path}")
    else:
        back = Key(texts.button_topics(t), ButtonAction.TOPICS)
    return Reply(section_text(section, t), ((back,),))


def language_picker(t: Translator, *, current: Locale | None, payload: str = "") -> Reply:
    """All languages by their own names, the current one marked; the same order for everybody."""
    return Reply(bold(said(texts.choose_language(t), t.locale)), _language_rows(current, payload))


def welcome_reply(t: Translator, *, current: Locale | None, payload: str, chosen: bool = False) -> Reply:
    """What the bot is and how to use it: at first with the languages, once one is `chosen` with the topics."""
    greeting = paragraphs(
        said(texts.language_chosen(t), t.locale) if chosen else Html(),
        said(texts.welcome(t), t.locale),
        said(texts.how_to_ask(t), t.locale),
    )
    if chosen:
        menu = ((Key(texts.button_topics(t), ButtonAction.TOPICS), Key(texts.button_help(t), ButtonAction.HELP)),)
        return Reply(paragraphs(greeting, said(texts.how_to_change_language(t), t.locale)), menu)
    topics = ((Key(texts.button_topics(t), ButtonAction.TOPICS),),)
    question = bold(said(texts.choose_language(t), t.locale))
    return Reply(paragraphs(greeting, question), (*_language_rows(current, payload), *topics))


def help_reply(t: Translator, *, opening: Callable[[Translator], str] | None = None) -> Reply:
    """What can be asked, and every command."""
    commands = [said(_command_line(name, sentence(t), t), t.locale) for name, sentence in texts.COMMANDS]
    content = paragraphs(
        said(opening(t), t.locale) if opening else Html(),
        said(texts.about_bot(t), t.locale),
        said(texts.help_intro(t), t.locale),
        lines(bold(said(texts.help_commands(t), t.locale)), *commands),
    )
    keys = (Key(texts.button_topics(t), ButtonAction.TOPICS), Key(texts.button_language(t), ButtonAction.LANGUAGE))
    return Reply(content, (keys,))


def privacy_page(t: Translator, *, kept: Retention, contact: str, model_host: str = "", search_host: str = "") -> Html:
    """What is kept, for how long and what for, who reads along where answers are worded elsewhere, how to delete it."""
    terms = (
        texts.privacy_visitor_term(t, kept.visitors_days),
        texts.privacy_deliveries_term(t, kept.deliveries_days),
        texts.privacy_organisers(t, kept.audit_days),
        texts.privacy_tombstone(t, kept.tombstones_days),
    )
    purpose = _purpose(t, model_host, search_host)
    stored = (texts.privacy_stored(t, kept.questions_days), texts.privacy_masked(t))
    operator = texts.privacy_operator(t, contact) if contact else ""
    commands = (texts.privacy_copy(t), texts.privacy_delete(t))
    groups = (stored, (texts.privacy_announcements(t),), terms, (purpose,), (operator,), commands)
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


def _language_rows(current: Locale | None, payload: str) -> Rows:
    keys = [
        Key(
            f"✅ {locale.endonym}" if locale is current else locale.endonym,
            ButtonAction.LANGUAGE,
            f"{locale}\n{payload}",
        )
        for locale in Locale
    ]
    return grid(keys, columns=3)


def _command_line(name: str, description: str, t: Translator) -> str:
    """In a right-to-left line the command stands at the end, so that the line does not turn round."""
    if t.locale.is_rtl:
        return f"{description}: {isolate(f'/{name}', t.locale)}"
    return f"/{name} – {description}"


def _answer_keys(answer: Answer, t: Translator) -> Sequence[Key]:
    keys = _distinct([citation.key for citation in answer.citations])[:_SOURCES_SHOWN]
    argument = "\n".join((t.locale.value, *map(str, keys)))
    more = [Key(texts.button_more(t), ButtonAction.MORE, argument)] if answer.rest and keys else []
    source = [Key(texts.button_source(t), ButtonAction.SOURCE, argument)] if keys else []
    return (*more, *source)


def _footer(answer: Answer, t: Translator) -> Html:
    """Title, source and dates, in small print."""
    shown = answer.citations[:_SOURCES_SHOWN]
    titles = [
        Html("📄 ") + quoted(title, locale)
        for title, locale in _distinct([(c.title, c.locale) for c in shown])
        if title
    ]
    sources = _distinct([_source(citation, t) for citation in shown])
    ends = [said(texts.valid_until(t, day), t.locale) for day in _distinct([c.valid_until for c in shown]) if day]
    foreign = [said(texts.written_in(t, answer.written_in), t.locale)] if answer.written_in != t.locale else []
    worded = [said(texts.worded_by_model(t), t.locale)] if answer.composed and titles else []
    return italic(lines(*foreign, *worded, *titles, *sources, *ends))


def _source(citation: Citation, t: Translator) -> Html:
    if not citation.publisher:
        return said(texts.as_of_line(t, citation.as_of), t.locale) if citation.as_of else Html()
    line = texts.source_line(t, citation.publisher, citation.source_date, citation.as_of)
    return link(said(line, t.locale), citation.url)


def _details(citation: Citation, t: Translator) -> Html:
    shown_url = quoted(citation.url, Locale.EN) if citation.url else Html()
    return lines(
        said(texts.source_document(t, citation.title), t.locale) if citation.title else Html(),
        said(texts.source_section(t, citation.heading), t.locale) if citation.heading else Html(),
        _source(citation, t),
        italic(quoted(citation.source_title, citation.locale)),
        link(shown_url, citation.url),
    )


def _heading_of_suggestions(answer: Answer, t: Translator) -> Html:
    heading = _HEADINGS.get(answer.outcome)
    if heading is None or not (answer.suggestions or offers_shown(answer)):
        return Html()
    return said(heading(t), t.locale)


def _flow(sentences: Sequence[str], locale: Locale) -> str:
    """The sentences as running text: list items on their own lines, no blanks between Chinese sentences."""
    blank = "" if locale is Locale.ZH else " "
    text = ""
    for sentence in sentences:
        separator = "\n" if sentence.startswith(_LIST_MARKS) else blank
        text += separator + sentence if text else sentence
    return text


def _shown(text: str) -> str:
    """As much of a section as is shown, to the end of a word where there are any."""
    if len(text) <= _MOST_SHOWN:
        return text
    blank = text.rfind(" ", _MOST_SHOWN - _LONG_WORD, _MOST_SHOWN)
    return f"{text[: blank if blank > 0 else _MOST_SHOWN]} …"


def _distinct(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))


def section_keys(argument: str) -> tuple[Locale, tuple[SectionKey, ...]]:
    """Read the argument of a «more» or «source» button."""
    locale, *keys = argument.split("\n")
    return Locale(locale), tuple(SectionKey.parse(key) for key in keys)
