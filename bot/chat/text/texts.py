# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence the bot says, in English, one function each.

The functions give plain text: HTML is made in `rendering`. Whole sentences are translated, never parts of them, and
values are put in after the translation. To reword something: change it here, run `python -m bot.i18n extract`, change
the catalogs below `locales/` and let `python -m bot.i18n check` name what is still missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.i18n.translator import Translator
from bot.ids import Locale, NewsTopic

# ── Welcome, language, help ──────────────────────────────────────────────────────────────────────────────────────────


def welcome(t: Translator) -> str:
    # Translators: "SCODA", "SCO Expo" and the alliance: use the names of the term base.
    return t.gettext(
        "Welcome! I answer visitors’ questions about the SCO Demonstration Area (SCODA) in Qingdao, "
        "the SCO International Investment and Trade Expo and the China-SCO Industrial Park Alliance."
    )


def how_to_ask(t: Translator) -> str:
    return t.gettext(
        "Just write your question in your own words. I reply briefly and name the source. "
        "You can also browse the topics with the button below."
    )


def how_to_change_language(t: Translator) -> str:
    # Translators: {command} is /language.
    return t.fill(t.gettext("To change the language, send {command}"), command="/language")


def choose_language(t: Translator) -> str:
    return t.gettext("Choose your language")


def language_chosen(t: Translator) -> str:
    # Translators: Say it in your own language, of your own language: "I will speak English with you".
    return t.gettext("Done: from now on I will speak English with you. You can still ask in any of my languages.")


def help_intro(t: Translator) -> str:
    return t.gettext(
        "Ask me about the demonstration area, its institute and platforms, freight trains and logistics, the expo, "
        "the forum, the park alliance, the venue, entry to China, payments or getting around."
    )


def help_commands(t: Translator) -> str:
    # Translators: A heading; a list of commands follows.
    return t.gettext("Commands")


def unknown_command(t: Translator) -> str:
    return t.gettext("I do not know this command.")


# ── Commands, as the apps list them (at most 256 characters, best below 40) ─────────────────────────────────────────


def command_start(t: Translator) -> str:
    return t.pgettext("command", "Start and choose a language")


def command_help(t: Translator) -> str:
    return t.pgettext("command", "What I can do")


def command_topics(t: Translator) -> str:
    return t.pgettext("command", "Browse the topics")


def command_language(t: Translator) -> str:
    return t.pgettext("command", "Change the language")


def command_ask(t: Translator) -> str:
    return t.pgettext("command", "Ask a question in a group")


def command_why(t: Translator) -> str:
    return t.pgettext("command", "What an answer is based on")


def command_news(t: Translator) -> str:
    return t.pgettext("command", "Recent announcements")


def command_settings(t: Translator) -> str:
    return t.pgettext("command", "Announcements, language, time zone")


def command_subscribe(t: Translator) -> str:
    return t.pgettext("command", "Announcements in a group or channel")


def command_privacy(t: Translator) -> str:
    return t.pgettext("command", "What is stored about you")


def command_mydata(t: Translator) -> str:
    return t.pgettext("command", "Get a copy of your data")


def command_deleteme(t: Translator) -> str:
    return t.pgettext("command", "Delete your data")


COMMANDS: tuple[tuple[str, Callable[[Translator], str]], ...] = (
    ("start", command_start),
    ("help", command_help),
    ("topics", command_topics),
    ("language", command_language),
    ("ask", command_ask),
    ("why", command_why),
    ("news", command_news),
    ("settings", command_settings),
    ("subscribe", command_subscribe),
    ("privacy", command_privacy),
    ("mydata", command_mydata),
    ("deleteme", command_deleteme),
)
"""Every command and its description, in the order in which the apps list them."""


def bot_description(t: Translator) -> str:
    # Translators: Shown in the empty chat before Start is pressed; at most 512 characters.
    return t.pgettext(
        "description",
        "I answer visitors’ questions about the SCO Demonstration Area (SCODA) in Qingdao, the SCO Expo and the "
        "China-SCO Industrial Park Alliance: briefly, with the source, in twelve languages.",
    )


def bot_short_description(t: Translator) -> str:
    # Translators: Shown on the bot's profile page; at most 120 characters.
    return t.pgettext("short description", "Answers about SCODA in Qingdao, the SCO Expo and the park alliance")


# ── Topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def topic_area(t: Translator) -> str:
    return t.pgettext("topic", "Demonstration area")


def topic_institute(t: Translator) -> str:
    return t.pgettext("topic", "Institute")


def topic_platforms(t: Translator) -> str:
    return t.pgettext("topic", "Service platforms")


def topic_industry(t: Translator) -> str:
    return t.pgettext("topic", "Industry")


def topic_logistics(t: Translator) -> str:
    return t.pgettext("topic", "Logistics and trains")


def topic_expo(t: Translator) -> str:
    return t.pgettext("topic", "The expo")


def topic_forum(t: Translator) -> str:
    return t.pgettext("topic", "Forums")


def topic_alliance(t: Translator) -> str:
    return t.pgettext("topic", "Park alliance")


def topic_venue(t: Translator) -> str:
    return t.pgettext("topic", "The venue")


def topic_service(t: Translator) -> str:
    # Translators: The topic of announcements about closures, changed hours and the like.
    return t.pgettext("topic", "Changes and closures")


def topic_sco(t: Translator) -> str:
    # Translators: The abbreviation of the Shanghai Cooperation Organization, or its short name.
    return t.pgettext("topic", "The SCO")


def topic_entry(t: Translator) -> str:
    return t.pgettext("topic", "Entry to China")


def topic_money(t: Translator) -> str:
    return t.pgettext("topic", "Payments")


def topic_transport(t: Translator) -> str:
    return t.pgettext("topic", "Getting around")


def topic_open(t: Translator) -> str:
    # Translators: The topic of questions to which no answer is known yet.
    return t.pgettext("topic", "Open questions")


_TOPICS: dict[str, Callable[[Translator], str]] = {
    "expo": topic_expo,
    "forum": topic_forum,
    "venue": topic_venue,
    "area": topic_area,
    "alliance": topic_alliance,
    "logistics": topic_logistics,
    "platforms": topic_platforms,
    "industry": topic_industry,
    "institute": topic_institute,
    "sco": topic_sco,
    "entry": topic_entry,
    "transport": topic_transport,
    "money": topic_money,
    "service": topic_service,
    "open": topic_open,
}
TOPIC_ORDER = tuple(_TOPICS)
"""As the menu shows them: the three subjects and where they meet, what belongs to them, the journey."""


def topic(t: Translator, name: str) -> str:
    """The topic's title; a topic that has no words here yet is shown by its folder's name."""
    words = _TOPICS.get(name)
    return words(t) if words else name.replace("_", " ").replace("-", " ").capitalize()


def topics_menu(t: Translator) -> str:
    return t.gettext("What would you like to read about?")


def no_topics(t: Translator) -> str:
    return t.gettext("There is nothing to read yet. Please come back later.")


def documents_menu(t: Translator, topic_title: str) -> str:
    # Translators: {topic} is a title; do not add case endings to it.
    return t.fill(t.gettext("Topic: {topic}"), topic=topic_title)


def document_count(t: Translator, count: int) -> str:
    # Translators: Below a topic's title.
    return t.fill(t.ngettext("{count} document", "{count} documents", count), count=t.number(count))


def sections_menu(t: Translator) -> str:
    return t.gettext("Choose a section:")


def empty_topic(t: Translator) -> str:
    return t.gettext("There is nothing to read on this topic at the moment.")


# ── Under an answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def source_line(t: Translator, publisher: str, published: date | None, as_of: date | None) -> str:
    """One line: who published it, when, and the date up to which it holds."""
    if published and as_of and as_of != published:
        template = t.gettext("Source: {publisher}, {date} · as of: {as_of}")
    elif published:
        template = t.gettext("Source: {publisher}, {date}")
    elif as_of:
        template = t.gettext("Source: {publisher} · as of: {as_of}")
    else:
        template = t.gettext("Source: {publisher}")
    dates = {name: t.date(day) for name, day in (("date", published), ("as_of", as_of)) if day}
    return t.fill(template, publisher=publisher, **dates)


def as_of_line(t: Translator, as_of: date) -> str:
    # Translators: The date up to which a text without a source is right.
    return t.fill(t.gettext("As of: {as_of}"), as_of=t.date(as_of))


def valid_until(t: Translator, day: date) -> str:
    return t.fill(t.gettext("Valid until: {date}"), date=t.date(day))


def written_in(t: Translator, language: Locale) -> str:
    # Translators: {language} is a language's own name, such as «Русский»; do not add endings to it.
    return t.fill(
        t.gettext("There is no translation into your language yet. Language of the text: {language}"),
        language=language.endonym,
    )


def worded_by_model(t: Translator) -> str:
    # Translators: Small print under an answer; the titles of the texts follow on the next lines.
    return t.gettext("Worded by a language model and checked against:")


def related_questions(t: Translator) -> str:
    # Translators: A heading above buttons.
    return t.gettext("You may also want to ask:")


def source_details(t: Translator) -> str:
    # Translators: A heading; the sources follow.
    return t.gettext("Sources")


def source_document(t: Translator, title: str) -> str:
    # Translators: {title} is the title of one of the bot's own documents.
    return t.fill(t.gettext("Document: {title}"), title=title)


def source_section(t: Translator, heading: str) -> str:
    return t.fill(t.gettext("Section: {heading}"), heading=heading)


def no_source(t: Translator) -> str:
    return t.gettext("No source is stored for this answer.")


def no_longer_valid(t: Translator) -> str:
    return t.gettext("This text is no longer valid or was removed. Please ask your question again.")


def why_title(t: Translator) -> str:
    # Translators: A heading; the passages follow, word for word.
    return t.gettext("What this answer is based on")


def why_quoted(t: Translator) -> str:
    return t.gettext("The sentences of the answer are quoted from these passages.")


def why_composed(t: Translator) -> str:
    return t.gettext(
        "The answer was worded by a language model from these passages, and a program checked every sentence against "
        "them."
    )


def why_file(t: Translator, file: str) -> str:
    return t.fill(t.gettext("File: {file}"), file=file)


def why_version(t: Translator, number: int) -> str:
    # Translators: {number} counts the versions of the bot's collection of texts.
    return t.fill(t.gettext("Version of the collection: {number}"), number=t.number(number))


def why_changed(t: Translator, then: int) -> str:
    # Translators: {number} is the older version, from which the answer was given.
    return t.fill(
        t.gettext("The answer was given from version {number}. The passages are shown as they read today."),
        number=t.number(then),
    )


def why_no_passages(t: Translator) -> str:
    return t.gettext("That reply is not based on any passage: I knew no answer, or none was needed.")


def why_nothing(t: Translator) -> str:
    # Translators: {command} is /why.
    return t.fill(
        t.gettext("I have no answer to explain. Ask a question first, or reply to one of my answers with {command}"),
        command="/why",
    )


# ── What becomes of a question ───────────────────────────────────────────────────────────────────────────────────────


def unknown(t: Translator) -> str:
    return t.gettext(
        "I am sorry, I do not know the answer to that, and I do not want to guess. Please use other "
        "words or ask more precisely."
    )


def nearest_topics(t: Translator) -> str:
    # Translators: Above buttons.
    return t.gettext("These may be close to what you are looking for:")


def contact(t: Translator, contact_line: str) -> str:
    # Translators: {contact} is an address or a telephone number.
    return t.fill(t.gettext("You can also ask here: {contact}"), contact=contact_line)


def clarify(t: Translator) -> str:
    # Translators: Above buttons with two or more readings of a question.
    return t.gettext("Which of these do you mean?")


def declined_politics(t: Translator) -> str:
    return t.gettext(
        "I do not comment on political questions, whichever country they concern. I am happy to help "
        "with the demonstration area, the expo, the park alliance and your visit."
    )


def declined_advice(t: Translator) -> str:
    return t.gettext(
        "I cannot give medical, legal or investment advice. Please ask a qualified specialist. I am "
        "happy to help with questions about the area, the expo and your visit."
    )


def declined_harm(t: Translator) -> str:
    return t.gettext("I cannot help with that. If somebody is in danger, please call the local emergency services.")


def offered(t: Translator) -> str:
    # Translators: Above buttons with the titles of texts.
    return t.gettext(
        "I am not sure that I have the answer to this. It may be in one of these texts; if not, please ask in other "
        "words."
    )


def did_you_mean(t: Translator) -> str:
    # Translators: Above buttons with questions or titles of texts.
    return t.gettext("Did you mean one of these?")


def hello_and(t: Translator) -> str:
    # Translators: Before the answer to a message that greets and asks; as short as can be.
    return t.pgettext("before an answer", "Hello!")


def welcome_and(t: Translator) -> str:
    # Translators: Before the answer to a message that gives thanks and asks; as short as can be.
    return t.pgettext("before an answer", "You are welcome!")


def greeting(t: Translator) -> str:
    return t.gettext("Hello! What would you like to know about the area, the expo or your visit?")


def thanks(t: Translator) -> str:
    return t.gettext("You are welcome. If you have another question, just write it.")


def farewell(t: Translator) -> str:
    return t.gettext("Goodbye, and have a pleasant visit!")


def about_bot(t: Translator) -> str:
    return t.gettext(
        "I am a bot, not a person. I look up your question in a collection of checked texts and show the sentences "
        "that answer it, with their source and date. If I do not know something, I say so."
    )


def praise(t: Translator) -> str:
    # Translators: To somebody who likes the bot or its answer.
    return t.gettext("Thank you, I am pleased to hear that!")


def all_right(t: Translator) -> str:
    # Translators: To somebody who wrote "OK", "I see" or the like.
    return t.gettext("All right. Ask whenever you like.")


def complaint(t: Translator) -> str:
    # Translators: To somebody who is not content with an answer.
    return t.gettext("I am sorry that I was of no help. Please try other words, or have a look at the topics.")


def person_contact(t: Translator, contact_line: str) -> str:
    # Translators: {contact} is an address or a telephone number.
    return t.fill(t.gettext("I am a bot. You can reach a person here: {contact}"), contact=contact_line)


def person_without_contact(t: Translator) -> str:
    return t.gettext(
        "I am a bot, and I have no contact details of a person that I could pass on to you. Below my answers the "
        "sources are named, among them the organisers’ own sites: there you can find out whom to ask."
    )


def person_meanwhile(t: Translator) -> str:
    # Translators: After the advice on how to reach a person.
    return t.gettext("Meanwhile I am happy to help: write your question, or browse the topics.")


def unsubscribe(t: Translator) -> str:
    return t.gettext(
        "I send announcements only to those who want them. You can stop them at any time, also with the button below "
        "each announcement."
    )


def unsubscribe_without_news(t: Translator) -> str:
    return t.gettext("I do not send announcements: I only reply when you write to me.")


def stop_announcements(t: Translator) -> str:
    # Translators: {command} is /settings.
    return t.fill(t.gettext("To stop announcements or choose other topics, send {command}"), command="/settings")


def emergency(t: Translator) -> str:
    # Translators: {police}, {ambulance} and {fire} are telephone numbers. To somebody who may need help at once: calm,
    # warm and plain.
    return t.fill(
        t.gettext(
            "If you or somebody near you is in danger, please call for help now. In China: police {police}, ambulance "
            "{ambulance}, fire brigade {fire}. You are not alone: talk to somebody near you or to the staff of the "
            "venue."
        ),
        police="110",
        ambulance="120",
        fire="119",
    )


def empty_message(t: Translator) -> str:
    return t.gettext("Please write your question in words.")


def ask_when_and_where(t: Translator) -> str:
    return t.pgettext("first question", "When and where?")


def ask_how_to_get_there(t: Translator) -> str:
    return t.pgettext("first question", "How do I get there?")


def ask_need_a_visa(t: Translator) -> str:
    return t.pgettext("first question", "Do I need a visa?")


def ask_how_to_exhibit(t: Translator) -> str:
    return t.pgettext("first question", "How can I exhibit?")


def ask_what_is_the_area(t: Translator) -> str:
    return t.pgettext("first question", "What is SCODA?")


def ask_what_is_the_alliance(t: Translator) -> str:
    return t.pgettext("first question", "What is the park alliance?")


FIRST_QUESTIONS = (
    ask_when_and_where,
    ask_how_to_get_there,
    ask_need_a_visa,
    ask_how_to_exhibit,
    ask_what_is_the_area,
    ask_what_is_the_alliance,
)
"""What visitors ask most, as they would type it: each stands on a button and is asked when that is pressed."""


def not_understood(t: Translator) -> str:
    return t.gettext(
        "I did not understand the message. Please ask a question about SCODA, the SCO Expo or the park alliance."
    )


def text_only(t: Translator) -> str:
    return t.gettext("I can only read text. Please write your question in words.")


def voice_not_heard(t: Translator) -> str:
    return t.gettext(
        "Thank you for the voice message! I cannot listen to it: I only read what is written. Please write your "
        "question in words."
    )


def audio_not_heard(t: Translator) -> str:
    return t.gettext(
        "Thank you for the recording! I cannot listen to it: I only read what is written. Please write your question "
        "in words."
    )


def photo_not_seen(t: Translator) -> str:
    return t.gettext(
        "Thank you for the picture! I cannot see it: I only read what is written. Please write your question in words; "
        "you can also write it below a picture."
    )


def video_not_seen(t: Translator) -> str:
    return t.gettext(
        "Thank you for the video! I cannot watch it: I only read what is written. Please write your question in words."
    )


def video_message_not_seen(t: Translator) -> str:
    # Translators: A video message is the round one that is recorded in the chat.
    return t.gettext(
        "Thank you for the video message! I cannot watch it: I only read what is written. Please write your question "
        "in words."
    )


def animation_not_seen(t: Translator) -> str:
    # Translators: A moving picture (GIF).
    return t.gettext(
        "Thank you for the animation! I cannot watch it: I only read what is written. Please write your question in "
        "words."
    )


def sticker_not_understood(t: Translator) -> str:
    return t.gettext(
        "A nice sticker! I only understand what is written, though. Please write in words what you would like to know."
    )


def file_not_opened(t: Translator) -> str:
    return t.gettext(
        "Thank you for the file! I cannot open it: I only read what is written in the chat. Please write your question "
        "in words."
    )


def location_not_seen(t: Translator) -> str:
    return t.gettext(
        "Thank you for the location! I cannot look at maps: I only read what is written. Please write the name of the "
        "place and your question in words."
    )


def contact_not_called(t: Translator) -> str:
    return t.gettext(
        "Thank you for the contact! I cannot call or write to anybody: I only read what is written. Please write your "
        "question in words."
    )


def poll_not_answered(t: Translator) -> str:
    return t.gettext(
        "I cannot take part in polls: I only read what is written. If you have a question, please write it in words."
    )


def ask_needs_question(t: Translator) -> str:
    # Translators: {example} is a command followed by a question.
    return t.fill(
        t.gettext("Write your question after the command, for example: {example}"),
        example=f"/ask {example_question(t)}",
    )


def example_question(t: Translator) -> str:
    # Translators: An example of a visitor's question.
    return t.gettext("Where is the expo held?")


# ── Trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def busy(t: Translator) -> str:
    return t.gettext(
        "A great many people are asking questions at the moment. Please send yours again in a few minutes."
    )


def in_line(t: Translator) -> str:
    # Translators: Sent when an answer takes longer than ten seconds, because many ask at once.
    return t.gettext(
        "Many people are asking at the moment. Your question is in line and the answer will come here: "
        "there is no need to send it again."
    )


def still_reading(t: Translator, share: float) -> str:
    # Translators: Shown while the bot reads its documents for the first time, after an answer or in place of one.
    message = t.gettext("I am still reading my documents: {percent} so far. Soon I will know more.")
    return t.fill(message, percent=t.percent(share))


def too_many_questions(t: Translator) -> str:
    return t.gettext("That was a lot of questions at once. Please wait a minute before you ask again.")


def too_many_today(t: Translator) -> str:
    return t.gettext(
        "You have asked a great many questions today. Please come back tomorrow: then I will gladly go on."
    )


def apology(t: Translator) -> str:
    return t.gettext("I am sorry, something went wrong on my side. Please send your question again.")


def late_apology(t: Translator) -> str:
    return t.gettext("I am sorry, I was not available when you wrote to me. Please send your question again.")


def button_expired(t: Translator) -> str:
    # Translators: A short notice at the top of the screen; at most 200 characters.
    return t.gettext("This button no longer works. Please send your question or command again.")


def feedback_thanks(t: Translator) -> str:
    # Translators: A short notice at the top of the screen; at most 200 characters.
    return t.gettext("Thank you for your feedback.")


# ── Announcements, as visitors see them ──────────────────────────────────────────────────────────────────────────────


def consent_question(t: Translator) -> str:
    return t.gettext(
        "Would you like announcements about the expo, the forums and the area, in your language? You "
        "choose the topics and can unsubscribe at any time with one tap."
    )


def consent_given(t: Translator) -> str:
    # Translators: {command} is /settings.
    return t.fill(
        t.gettext("Announcements are switched on. To choose topics, time zone and quiet hours, send {command}"),
        command="/settings",
    )


def consent_declined(t: Translator) -> str:
    # Translators: {command} is /settings.
    return t.fill(
        t.gettext("All right, I will not send you any announcements. If you change your mind, send {command}"),
        command="/settings",
    )


def consent_postponed(t: Translator) -> str:
    return t.gettext("All right, I will ask you again another time.")


def settings_title(t: Translator) -> str:
    return t.gettext("Settings")


def news_are_on(t: Translator) -> str:
    return t.gettext("Announcements: on")


def news_are_off(t: Translator) -> str:
    return t.gettext("Announcements: off")


def settings_topics(t: Translator, topics: str) -> str:
    # Translators: {topics} is a list of topics' names.
    return t.fill(t.gettext("Announcement topics: {topics}"), topics=topics)


def settings_language(t: Translator, language: Locale) -> str:
    # Translators: {language} is a language's own name, such as «Русский»; do not add endings to it.
    return t.fill(t.gettext("Language: {language}"), language=language.endonym)


def settings_zone(t: Translator, zone: str) -> str:
    # Translators: {zone} is a city with its distance from UTC.
    return t.fill(t.gettext("Time zone: {zone}"), zone=zone)


def settings_no_zone(t: Translator) -> str:
    return t.gettext("Time zone: not chosen yet; times are shown in Qingdao time")


def settings_quiet(t: Translator, start: str, end: str) -> str:
    # Translators: {start} and {end} are times of the day.
    return t.fill(t.gettext("Quiet hours: from {start} to {end}"), start=start, end=end)


def settings_no_quiet(t: Translator) -> str:
    return t.gettext("Quiet hours: none")


def topics_question(t: Translator) -> str:
    # Translators: Above buttons with topics.
    return t.gettext("Which announcements would you like? Tap a topic to switch it on or off.")


def zone_question(t: Translator) -> str:
    # Translators: Above buttons with cities.
    return t.gettext("Choose the time zone, or write the name of a city.")


def zone_unknown(t: Translator) -> str:
    # Translators: {example} is a technical name such as Asia/Tashkent.
    return t.fill(
        t.gettext("I cannot find this place. Write the name of a large city nearby, or a name such as {example}"),
        example="Asia/Tashkent",
    )


def quiet_question(t: Translator) -> str:
    # Translators: Above buttons with hours.
    return t.gettext("When should I stay silent? Announcements will wait until those hours are over.")


def quiet_hours(t: Translator, start: str, end: str) -> str:
    # Translators: On a button; {start} and {end} are times of the day.
    return t.fill(t.gettext("{start} – {end}"), start=start, end=end)


def button_stop_topic(t: Translator, news_topic: NewsTopic) -> str:
    # Translators: A button below an announcement: no more announcements about this topic. Short.
    return t.fill(t.gettext("🔕 No more: {topic}"), topic=topic(t, news_topic.value))


def unsubscribed_topic(t: Translator, topic_title: str) -> str:
    # Translators: A short notice at the top of the screen; at most 200 characters. {command} is /settings.
    return t.fill(
        t.gettext("You will get no more announcements about this topic: {topic}. To change that, send {command}"),
        topic=topic_title,
        command="/settings",
    )


def unsubscribed_all(t: Translator) -> str:
    # Translators: A short notice at the top of the screen; at most 200 characters. {command} is /settings.
    return t.fill(t.gettext("You will get no more announcements. To change that, send {command}"), command="/settings")


def announcement_may_repeat(t: Translator) -> str:
    # Translators: Above an announcement that somebody may get a second time.
    return t.gettext("You may have received this message already.")


def news_title(t: Translator) -> str:
    # Translators: A heading; announcements follow.
    return t.gettext("Recent announcements")


def news_empty(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "There were no announcements for you in the last {days} day.",
            "There were no announcements for you in the last {days} days.",
            days,
        ),
        days=t.number(days),
    )


def news_switch_on(t: Translator) -> str:
    # Translators: {command} is /settings.
    return t.fill(t.gettext("To switch announcements on, send {command}"), command="/settings")


def only_administrators(t: Translator) -> str:
    return t.gettext(
        "Only an administrator can change the announcements here, and only under their own name, not as the group."
    )


def subscribe_help(t: Translator, channel: str) -> str:
    # Translators: {command} is /subscribe, {example} the same with a channel’s name.
    return t.fill(
        t.gettext(
            "For announcements in a group, add me to it and send {command} there. For a channel, make me its "
            "administrator and send me here: {example}"
        ),
        command="/subscribe",
        example=f"/subscribe {channel}",
    )


def chat_unknown(t: Translator) -> str:
    return t.gettext("I cannot find this chat, or I am not a member of it.")


def chat_not_yours(t: Translator) -> str:
    return t.gettext("I can do this only for a chat that I am a member of and you administer under your own name.")


def cancelled(t: Translator) -> str:
    return t.gettext("Cancelled.")


def nothing_to_cancel(t: Translator) -> str:
    return t.gettext("There is nothing to cancel.")


# ── Privacy ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def privacy_title(t: Translator) -> str:
    return t.gettext("Privacy")


def privacy_stored(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "What is stored: your numeric Telegram ID, your language, when you first and last wrote, "
            "and your questions for {days} day. Your name, phone number and photo are not stored.",
            "What is stored: your numeric Telegram ID, your language, when you first and last wrote, "
            "and your questions for {days} days. Your name, phone number and photo are not stored.",
            days,
        ),
        days=t.number(days),
    )


def privacy_purpose(t: Translator) -> str:
    return t.gettext(
        "Purpose: to answer in your language, to understand follow-up questions and to find out what is "
        "missing in the collection. Nothing is sold or passed on, and you get no advertising."
    )


def privacy_purpose_with_model(t: Translator, host: str) -> str:
    # Translators: {host} is the internet address of a company that runs a language model.
    return t.fill(
        t.gettext(
            "Purpose: to answer in your language, to understand follow-up questions and to find out "
            "what is missing in the collection. Your questions are sent to a language model at {host}, "
            "which words the answers: without your name or ID, and with telephone, card and passport "
            "numbers masked. Nothing else is passed on, nothing is sold, and you get no advertising."
        ),
        host=host,
    )


def privacy_purpose_with_search(t: Translator, host: str) -> str:
    # Translators: {host} is the internet address of a company that runs a language model.
    return t.fill(
        t.gettext(
            "Purpose: to answer in your language, to understand follow-up questions and to find out "
            "what is missing in the collection. Your questions are sent to a language model at {host}, "
            "which compares them with the texts: without your name or ID, and with telephone, card and passport "
            "numbers masked. Nothing else is passed on, nothing is sold, and you get no advertising."
        ),
        host=host,
    )


def privacy_announcements(t: Translator) -> str:
    return t.gettext(
        "If you ask for announcements, these are stored as well: your topics, your time zone, your quiet hours, and "
        "which announcements were sent to you."
    )


def privacy_masked(t: Translator) -> str:
    return t.gettext(
        "Telephone, card and passport numbers and e-mail addresses in your questions are masked before they are stored."
    )


def privacy_visitor_term(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "Your ID and your language are deleted once you have not written for {days} day, unless you receive "
            "announcements.",
            "Your ID and your language are deleted once you have not written for {days} days, unless you "
            "receive announcements.",
            days,
        ),
        days=t.number(days),
    )


def privacy_deliveries_term(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "The list of announcements sent to you is deleted after {days} day.",
            "The list of announcements sent to you is deleted after {days} days.",
            days,
        ),
        days=t.number(days),
    )


def privacy_organisers(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "What organisers do is noted with their ID for {days} day. Whoever is no organiser and tries their "
            "commands is only counted, without ID.",
            "What organisers do is noted with their ID for {days} days. Whoever is no organiser and tries their "
            "commands is only counted, without ID.",
            days,
        ),
        days=t.number(days),
    )


def privacy_tombstone(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "After a deletion a number made from your ID with a secret key is kept for {days} day, so that your data "
            "do not come back with a backup.",
            "After a deletion a number made from your ID with a secret key is kept for {days} days, so that your data "
            "do not come back with a backup.",
            days,
        ),
        days=t.number(days),
    )


def privacy_operator(t: Translator, contact_line: str) -> str:
    # Translators: {contact} is an address, a name or a telephone number.
    return t.fill(t.gettext("Operator of this bot and contact for questions about it: {contact}"), contact=contact_line)


def privacy_copy(t: Translator) -> str:
    # Translators: {command} is /mydata.
    return t.fill(t.gettext("To get a copy of your data, send {command}"), command="/mydata")


def privacy_delete(t: Translator) -> str:
    # Translators: {command} is /deleteme.
    return t.fill(t.gettext("To delete your data at once, send {command}"), command="/deleteme")


def mydata_caption(t: Translator) -> str:
    return t.gettext("This file holds everything that is stored about you.")


def mydata_again(t: Translator, minutes: int) -> str:
    return t.fill(
        t.ngettext(
            "You have received your data within the last hour. You can get them again in {minutes} minute.",
            "You have received your data within the last hour. You can get them again in {minutes} minutes.",
            minutes,
        ),
        minutes=t.number(minutes),
    )


def private_chat_only(t: Translator) -> str:
    return t.gettext("For your privacy this works only in a private chat with me.")


def deleteme_question(t: Translator) -> str:
    return t.gettext(
        "Delete everything that is stored about you: your language, your questions and your feedback? "
        "This cannot be undone."
    )


def deleteme_done(t: Translator) -> str:
    return t.gettext(
        "Everything that was stored about you has been deleted. If you write to me again, we will start afresh."
    )


def deleteme_cancelled(t: Translator) -> str:
    return t.gettext("Nothing was deleted.")


# ── Groups and inline mode ───────────────────────────────────────────────────────────────────────────────────────────


def group_hello(t: Translator, username: str) -> str:
    # Translators: {mention} is the bot's @username, {command} is /ask.
    return t.fill(
        t.gettext(
            "Hello! I answer questions about SCODA, the SCO Expo and the park alliance. In this group I read only "
            "messages that mention {mention}, reply to me or begin with {command}"
        ),
        mention=f"@{username}",
        command="/ask",
    )


def inline_hint(t: Translator) -> str:
    # Translators: A line above the results while somebody types after the bot's name; at most 60 characters.
    return t.pgettext("inline", "Type a question about SCODA or the expo")


def inline_nothing(t: Translator) -> str:
    # Translators: As above, when nothing was found; at most 60 characters.
    return t.pgettext("inline", "Nothing found. Ask me in a private chat")


# ── Buttons: at most 24 characters in every language, the sign included ─────────────────────────────────────────────


def button_none_of_these(t: Translator) -> str:
    # Translators: Below sections to choose from.
    return t.pgettext("button", "🚫 None of these")


def button_more(t: Translator) -> str:
    return t.pgettext("button", "📄 More")


def button_source(t: Translator) -> str:
    return t.pgettext("button", "🔗 Source")


def button_back(t: Translator) -> str:
    # Translators: In Persian and Urdu the arrow is ➡️.
    return t.pgettext("button", "⬅️ Back")


def button_topics(t: Translator) -> str:
    return t.pgettext("button", "📚 Topics")


def button_language(t: Translator) -> str:
    return t.pgettext("button", "🌐 Language")


def button_help(t: Translator) -> str:
    return t.pgettext("button", "❓ Help")


def button_delete(t: Translator) -> str:
    return t.pgettext("button", "🗑 Delete")


def button_delete_my_data(t: Translator) -> str:
    return t.pgettext("button", "🗑 Delete my data")


def button_cancel(t: Translator) -> str:
    return t.pgettext("button", "Cancel")


def button_yes(t: Translator) -> str:
    return t.pgettext("button", "Yes, please")


def button_no(t: Translator) -> str:
    return t.pgettext("button", "No, thanks")


def button_later(t: Translator) -> str:
    return t.pgettext("button", "Later")


def button_switch_on(t: Translator) -> str:
    return t.pgettext("button", "🔔 Switch on")


def button_switch_off(t: Translator) -> str:
    return t.pgettext("button", "🔕 Switch off")


def button_zone(t: Translator) -> str:
    return t.pgettext("button", "🕒 Time zone")


def button_quiet(t: Translator) -> str:
    return t.pgettext("button", "🌙 Quiet hours")


def button_stop_all(t: Translator) -> str:
    # Translators: Below an announcement: no more announcements at all.
    return t.pgettext("button", "🔕 Unsubscribe")


def button_no_quiet(t: Translator) -> str:
    return t.pgettext("button", "No quiet hours")


def button_helpful(t: Translator) -> str:  # noqa: ARG001 - a sign needs no translation, and every button has this form
    return "👍"


def button_unhelpful(t: Translator) -> str:  # noqa: ARG001 - as above
    return "👎"
