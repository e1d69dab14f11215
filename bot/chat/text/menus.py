"""Pages to choose from: languages, topics with their documents and sections, the welcome and help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from bot.answering.model import Answer, DocumentView, TopicView
from bot.chat.text import texts
from bot.chat.text.answers import question_key
from bot.chat.text.keyboards import Key, Rows, column, grid, pairs
from bot.chat.text.rendering import Html, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.text.sections import section_text
from bot.chat_state.model import ButtonAction
from bot.i18n.bidi import isolate
from bot.i18n.translator import Translator
from bot.ids import Locale

_IN_THE_MENU = "menu"
"""The argument of a button that changes the menu it stands in; without it the menu comes as a new message."""


def topics_menu(topics: Sequence[TopicView], t: Translator) -> Reply:
    """The topics to browse."""
    if not topics:
        return Reply(said(texts.no_topics(t), t.locale))
    names = sorted((view.topic for view in topics), key=_place_of_topic)
    keys = [Key(texts.topic(t, name), ButtonAction.TOPIC, name) for name in names]
    return Reply(bold(said(texts.topics_menu(t), t.locale)), pairs(keys))


def _place_of_topic(name: str) -> tuple[int, str]:
    """For sorting: the topics that `texts` knows in its order, then the others by name."""
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


def section_page(section: Answer, t: Translator, *, near: date | None, topic: str, path: str) -> Reply:
    """A whole section as a page of the topics menu."""
    if topic:
        back = Key(texts.button_back(t), ButtonAction.DOCUMENT, f"{topic}\n{path}")
    else:
        back = Key(texts.button_topics(t), ButtonAction.TOPICS)
    return Reply(section_text(section, t, near=near), ((back,),))


def language_picker(t: Translator, *, current: Locale | None, payload: str = "") -> Reply:
    """All languages by their own names, the current one marked; the same order for everybody."""
    return Reply(bold(said(texts.choose_language(t), t.locale)), _language_rows(current, payload))


def welcome_reply(t: Translator, *, current: Locale | None, payload: str, chosen: bool = False) -> Reply:
    """The welcome: with what is asked most, and at first with the languages below it."""
    welcome, how_to_ask = said(texts.welcome(t), t.locale), said(texts.how_to_ask(t), t.locale)
    if chosen:
        menu = ((Key(texts.button_topics(t), ButtonAction.TOPICS), Key(texts.button_help(t), ButtonAction.HELP)),)
        way_back = said(texts.how_to_change_language(t), t.locale)
        text = paragraphs(said(texts.language_chosen(t), t.locale), welcome, how_to_ask, way_back)
        return Reply(text, (*_first_questions(t), *menu))
    topics = ((Key(texts.button_topics(t), ButtonAction.TOPICS),),)
    question = bold(said(texts.choose_language(t), t.locale))
    return Reply(
        paragraphs(welcome, question, how_to_ask), (*_first_questions(t), *topics, *_language_rows(current, payload))
    )


def _first_questions(t: Translator) -> Rows:
    return grid([question_key(question(t), t.locale) for question in texts.FIRST_QUESTIONS], columns=2)


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


def help_reply(t: Translator, *, opening: Callable[[Translator], str] | None = None) -> Reply:
    """The page of /help: what can be asked, and every command, after `opening` if there is one."""
    commands = [said(command_line(name, sentence(t), t), t.locale) for name, sentence in texts.COMMANDS]
    content = paragraphs(
        said(opening(t), t.locale) if opening else Html(),
        said(texts.about_bot(t), t.locale),
        said(texts.help_intro(t), t.locale),
        lines(bold(said(texts.help_commands(t), t.locale)), *commands),
    )
    keys = (Key(texts.button_topics(t), ButtonAction.TOPICS), Key(texts.button_language(t), ButtonAction.LANGUAGE))
    return Reply(content, (keys,))


def command_line(name: str, description: str, t: Translator) -> str:
    """A command with what it does; in a right-to-left line it stands at the end, so that nothing turns round."""
    if t.locale.is_rtl:
        return f"{description}: {isolate(f'/{name}', t.locale)}"
    return f"/{name} – {description}"
