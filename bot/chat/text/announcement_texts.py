# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence that organisers read, in English, one function each; the rules are those of `texts`."""

from __future__ import annotations

from collections.abc import Callable

from bot.announcements.actions import CommandOutcome
from bot.announcements.checking import Trouble
from bot.announcements.model import ChangeRequestKind, DeliveryState, OccurrenceState, Role, Stage
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.reports.report_picture import CopyOutcome

Sentence = Callable[[Translator], str]

# ── What stands, and who ─────────────────────────────────────────────────────────────────────────────────────────────


def stage(t: Translator, value: Stage) -> str:
    return {
        Stage.DRAFT: t.pgettext("stage", "Draft"),
        Stage.SUBMITTED: t.pgettext("stage", "Awaiting approval"),
        Stage.APPROVED: t.pgettext("stage", "Approved"),
        Stage.PAUSED: t.pgettext("stage", "Paused"),
        Stage.STOPPED: t.pgettext("stage", "Stopped"),
        Stage.FINISHED: t.pgettext("stage", "Finished"),
        Stage.WITHDRAWN: t.pgettext("stage", "Withdrawn"),
    }[value]


def occurrence_state(t: Translator, value: OccurrenceState) -> str:
    return {
        OccurrenceState.PLANNING: t.pgettext("stage", "Being prepared"),
        OccurrenceState.RUNNING: t.pgettext("stage", "Going out"),
        OccurrenceState.PAUSED: t.pgettext("stage", "Paused"),
        OccurrenceState.STOPPED: t.pgettext("stage", "Stopped"),
        OccurrenceState.FINISHED: t.pgettext("stage", "Finished"),
        OccurrenceState.MISSED: t.pgettext("stage", "Missed"),
        OccurrenceState.AWAITING_CONFIRMATION: t.pgettext("stage", "Awaiting your decision"),
    }[value]


def delivery_state(t: Translator, value: DeliveryState, number: int) -> str:
    """How many copies stand there."""
    template = {
        DeliveryState.PLANNED: t.gettext("To be sent: {number}"),
        DeliveryState.SENDING: t.gettext("Being sent: {number}"),
        DeliveryState.SENT: t.gettext("Sent: {number}"),
        DeliveryState.FAILED: t.gettext("Failed: {number}"),
        DeliveryState.IN_DOUBT: t.gettext("In doubt: {number}"),
        DeliveryState.UNKNOWN: t.gettext("Delivery unknown: {number}"),
        DeliveryState.SKIPPED: t.gettext("Unsubscribed in the meantime: {number}"),
        DeliveryState.HELD: t.gettext("No text in their language: {number}"),
        DeliveryState.EXPIRED: t.gettext("Too late: {number}"),
        DeliveryState.CANCELLED: t.gettext("Cancelled: {number}"),
    }[value]
    return t.fill(template, number=t.number(number))


def report_outcome(t: Translator, value: CopyOutcome, number: int) -> str:
    """How many copies the report's picture shows in this colour."""
    template = {
        CopyOutcome.SENT: t.gettext("Sent: {number}"),
        # Translators: {number} recipients have blocked the bot, or their account or group is gone.
        CopyOutcome.BLOCKED: t.gettext("Blocked the bot or no longer there: {number}"),
        CopyOutcome.FAILED: t.gettext("Failed: {number}"),
        CopyOutcome.IN_DOUBT: t.gettext("Delivery unknown: {number}"),
        # Translators: Recipients who were left out: unsubscribed, no text in their language, too late, cancelled.
        CopyOutcome.NOT_SENT: t.gettext("Left out: {number}"),
        CopyOutcome.WAITING: t.gettext("To be sent: {number}"),
    }[value]
    return f"{value.square} {t.fill(template, number=t.number(number))}"


def role(t: Translator, value: Role) -> str:
    return {
        Role.OWNER: t.pgettext("role", "Owner"),
        Role.APPROVER: t.pgettext("role", "Approver"),
        Role.AUTHOR: t.pgettext("role", "Author"),
        Role.REVIEWER: t.pgettext("role", "Reviewer of the knowledge"),
        Role.EDITOR: t.pgettext("role", "Editor of the knowledge"),
    }[value]


# ── What became of a command ──────────────────────────────────────────────────────────────────────────────────────────


def command_outcome(t: Translator, value: CommandOutcome) -> str:
    return {
        CommandOutcome.DONE: t.gettext("Done."),
        CommandOutcome.NOT_ALLOWED: not_allowed(t),
        CommandOutcome.NOT_FOUND: t.gettext("There is no such announcement."),
        CommandOutcome.OWN_WORK: t.gettext("Somebody else must approve what you have written."),
        CommandOutcome.WRONG_STAGE: t.gettext("This is not possible at the present stage."),
        CommandOutcome.CHANGED_MEANWHILE: t.gettext(
            "It has been changed in the meantime. Please look and decide again."
        ),
        CommandOutcome.WRONG_COUNT: t.gettext("That is not the number of copies. Nothing was changed."),
        CommandOutcome.HAS_PROBLEMS: t.gettext("Something must be put right first:"),
    }[value]


def command_too_old(t: Translator) -> str:
    return t.gettext(
        "Your message is more than five minutes old and was not carried out. Send it again if you still want it."
    )


# ── What is wrong or worth a look ────────────────────────────────────────────────────────────────────────────────────


def trouble(t: Translator, value: Trouble, language: str, detail: str) -> str:
    """One problem; `language` is empty where none is concerned, `detail` a few English words."""
    template = {
        Trouble.NO_LABEL: t.gettext("❗ The name is missing."),
        Trouble.NO_TEXT: t.gettext("❗ The text is missing: {language}"),
        Trouble.BAD_TEXT: t.gettext("❗ Telegram will not take this text: {language} ({detail})"),
        Trouble.STALE_TRANSLATION: t.gettext("⚠️ The first text has changed since this translation: {language}"),
        Trouble.MISSING_LANGUAGE: t.gettext("⚠️ There is no text in this language: {language}"),
        Trouble.UNREAD_DRAFT: t.gettext("🤖 Nobody has read this draft yet: {language}"),
        Trouble.BAD_FALLBACK: t.gettext("❗ The text chosen for all other languages does not exist."),
        Trouble.BAD_SCHEDULE: t.gettext("❗ The time cannot be read: {detail}"),
        Trouble.IN_THE_PAST: t.gettext("❗ The time has passed."),
        Trouble.BAD_VALIDITY: t.gettext("❗ It must stay valid for some time after it goes out."),
        Trouble.BAD_BUTTON: t.gettext("❗ A button is wrong: {detail}"),
        Trouble.BAD_ATTACHMENT: t.gettext("❗ The picture or file is wrong: {detail}"),
        Trouble.NOBODY: t.gettext("⚠️ Nobody would get it at present."),
    }[value]
    return t.fill(template, language=language, detail=detail)


# ── Composing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_label(t: Translator) -> str:
    # Translators: {command} is /cancel.
    return t.fill(
        t.gettext(
            "A new announcement. What should organisers call it? Send one line; visitors do not see it. "
            "To cancel, send {command}"
        ),
        command="/cancel",
    )


def ask_new_label(t: Translator) -> str:
    return t.gettext("What should organisers call it instead? Send one line; visitors do not see it.")


def ask_topic(t: Translator) -> str:
    return t.gettext("What is it about? Everyone subscribed to this topic gets it.")


def ask_source(t: Translator) -> str:
    return t.gettext("In which language is the first text?")


def ask_text(t: Translator, language: Locale) -> str:
    # Translators: {language} is a language's own name; do not add endings to it. {example} is «{start}».
    return t.fill(
        t.gettext(
            "Send the text. Language: {language}. Formatting is kept, and a picture or a file may go "
            "with it. For a time that everybody should see in their own time zone, write a name in "
            "braces: {example}"
        ),
        language=language.endonym,
        example="{start}",
    )


def ask_moment(t: Translator, name: str, zone: str) -> str:
    # Translators: {name} is a word that the author has put in braces, {zone} a city.
    return t.fill(
        t.gettext("When is “{name}”? Send the date and time in {zone}, for example: {example}"),
        name=name,
        zone=zone,
        example=_EXAMPLE_MOMENT,
    )


def bad_moment(t: Translator) -> str:
    return t.fill(t.gettext("I cannot read this date and time. Send it like this: {example}"), example=_EXAMPLE_MOMENT)


def texts_title(t: Translator) -> str:
    return t.gettext("Texts: tap a language to write in it. ⚠️ means that the first text has changed since.")


def others_get_nothing(t: Translator) -> str:
    return t.gettext("Readers of the other languages get nothing.")


def others_get(t: Translator, language: Locale) -> str:
    return t.fill(t.gettext("Readers of the other languages get this text: {language}"), language=language.endonym)


def audience_title(t: Translator) -> str:
    return t.gettext("Who gets it: tap to choose. If you choose nothing, everyone subscribed to the topic gets it.")


def recipients(t: Translator, count: int) -> str:
    return t.fill(t.ngettext("{count} recipient", "{count} recipients", count), count=t.number(count))


def without_text(t: Translator, count: int) -> str:
    return t.fill(t.gettext("Of these, without a text in their language: {count}"), count=t.number(count))


def countries_title(t: Translator) -> str:
    return t.gettext("Countries: those who chose a time zone there.")


def chats_title(t: Translator) -> str:
    # Translators: {command} is /subscribe.
    return t.fill(
        t.gettext(
            "➕ These groups and channels get it in addition to the chosen readers, if their "
            "administrators have sent {command} there. 🚫 These never get it. Tap one to take it off the "
            "list."
        ),
        command="/subscribe",
    )


def ask_chat(t: Translator) -> str:
    # Translators: {example} is «@channel».
    return t.fill(
        t.gettext("Send the group or channel: its name, for example {example}, or its ID."), example="@channel"
    )


def ask_left_out(t: Translator) -> str:
    # Translators: {example} is «@channel».
    return t.fill(
        t.gettext("Who should not get it? Send a name, for example {example}, or the ID of a person or chat."),
        example="@channel",
    )


def only_languages(t: Translator, languages: str) -> str:
    # Translators: {languages} are languages’ own names; do not add endings to them.
    return t.fill(t.gettext("Only readers of these languages: {languages}"), languages=languages)


def only_countries(t: Translator, countries: str) -> str:
    return t.fill(t.gettext("Only these countries: {countries}"), countries=countries)


def only_roles(t: Translator, roles: str) -> str:
    # Translators: {roles} are names of roles, such as “Owner, Author”.
    return t.fill(t.gettext("Only organisers with these roles: {roles}"), roles=roles)


def besides(t: Translator, chats: str) -> str:
    # Translators: {chats} are numbers of groups and channels.
    return t.fill(t.gettext("➕ Also these groups and channels: {chats}"), chats=chats)


def left_out(t: Translator, chats: str) -> str:
    # Translators: {chats} are numbers of people, groups and channels.
    return t.fill(t.gettext("🚫 Never: {chats}"), chats=chats)


def link_line(t: Translator, label: str, url: str) -> str:
    # Translators: A button below the announcement and the address that it opens.
    return t.fill(t.gettext("Button “{label}”: {address}"), label=label, address=url)


def schedule_title(t: Translator) -> str:
    return t.gettext("When does it go out?")


def at_once(t: Translator) -> str:
    return t.gettext("At once, as soon as it is approved")


def moment_line(t: Translator, local: str, utc: str) -> str:
    # Translators: The same moment twice: in the event’s time zone and in UTC.
    return t.fill(t.gettext("{local} = {utc}"), local=local, utc=utc)


def gap_note(t: Translator) -> str:
    return t.gettext("The clocks skip this time on that day: it goes out right after.")


def overlap_note(t: Translator) -> str:
    return t.gettext("This time occurs twice on that day: it goes out the first time.")


def event_zone(t: Translator, zone: str) -> str:
    return t.fill(t.gettext("Time zone of the event: {zone}"), zone=zone)


def ask_once(t: Translator, zone: str) -> str:
    return t.fill(
        t.gettext("Send the date and time in {zone}, for example: {example}"),
        zone=zone,
        example=_EXAMPLE_MOMENT,
    )


def ask_cron(t: Translator, zone: str) -> str:
    # Translators: {example} is «0 9 * * mon», {until} a date.
    return t.fill(
        t.gettext(
            "Send minute, hour, day, month and weekday in {zone}, for example for every Monday at "
            "nine: {example}. The last day may follow: {until}"
        ),
        zone=zone,
        example="0 9 * * mon",
        until="2026-12-31",
    )


def cannot_read(t: Translator, detail: str) -> str:
    # Translators: {detail} is an English technical explanation.
    return t.fill(t.gettext("I cannot read this: {detail}"), detail=detail)


def terms_title(t: Translator) -> str:
    return t.gettext("How should it be sent? Tap to change.")


def valid_for(t: Translator, duration: str) -> str:
    return t.fill(t.gettext("⏳ Valid for: {duration}"), duration=duration)


def valid_for_ever(t: Translator) -> str:
    return t.gettext("⏳ No expiry")


def late_is_sent(t: Translator) -> str:
    # Translators: When the bot was down at the due time.
    return t.gettext("⏰ If late: send anyway")


def late_is_missed(t: Translator) -> str:
    return t.gettext("⏰ If late: do not send")


def quiet_hours_hold(t: Translator) -> str:
    return t.gettext("🌙 Quiet hours: wait")


def quiet_hours_override(t: Translator) -> str:
    return t.gettext("🌙 Quiet hours: send anyway")


def with_sound(t: Translator) -> str:
    return t.gettext("🔔 With sound")


def without_sound(t: Translator) -> str:
    return t.gettext("🔕 Without sound")


def doubt_once(t: Translator) -> str:
    # Translators: What to do when nobody knows whether a copy arrived.
    return t.gettext("❓ In doubt: no second copy")


def doubt_twice(t: Translator) -> str:
    return t.gettext("❓ In doubt: a second copy, marked as such")


def normal_pace(t: Translator) -> str:
    return t.gettext("🐢 Normal pace, free")


def paid_pace(t: Translator, stars: int) -> str:
    # Translators: {stars} is a number of Telegram Stars, the currency inside Telegram.
    return t.fill(t.gettext("🚀 Fast, costs {stars} Stars at most"), stars=t.number(stars))


def links_title(t: Translator) -> str:
    return t.fill(
        t.gettext(
            "Send a button below the text: the label on the first line, the address on the last. Lines between may "
            "give the label in other languages, for example: {example}"
        ),
        example="ru: Программа",
    )


def draft_title(t: Translator, label: str) -> str:
    return t.fill(t.gettext("Announcement: {label}"), label=label)


def draft_languages(t: Translator, languages: str) -> str:
    return t.fill(t.gettext("Texts: {languages}"), languages=languages)


def draft_attachment(t: Translator, name: str) -> str:
    return t.fill(t.gettext("Picture or file: {name}"), name=name)


def written_by(t: Translator, author: str) -> str:
    # Translators: {author} is a number.
    return t.fill(t.gettext("Written by: {author}"), author=author)


def preview_title(t: Translator) -> str:
    return t.gettext("Tap a language: you get the announcement just as its readers will see it.")


def trial_failed(t: Translator, detail: str) -> str:
    return t.fill(t.gettext("The test copy could not be sent: {detail}"), detail=detail)


# ── Approval ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def submitted(t: Translator) -> str:
    return t.gettext("Submitted. Those who may approve it have been told.")


def nobody_approves(t: Translator) -> str:
    # Translators: {command} is /organisers.
    return t.fill(
        t.gettext("There is nobody else yet who may approve it. An owner can invite somebody: {command}"),
        command="/organisers",
    )


def approval_wanted(t: Translator) -> str:
    return t.gettext("Please check this announcement and approve or return it.")


def ask_count(t: Translator) -> str:
    return t.gettext("This reaches many people. To approve it, send the number of recipients.")


def ask_emergency(t: Translator) -> str:
    return t.gettext(
        "Nobody else will check this announcement, and all organisers will be told. To send it anyway, "
        "send the number of recipients."
    )


def wrong_count(t: Translator) -> str:
    return t.gettext("That is not the number of recipients. Nothing was approved.")


def ask_reason(t: Translator) -> str:
    return t.gettext("Why are you returning it? Send the reason; its author will read it.")


def return_reason(t: Translator, reason: str) -> str:
    return t.fill(t.gettext("Returned: {reason}"), reason=reason)


# ── What organisers are told ─────────────────────────────────────────────────────────────────────────────────────────


def told_approved(t: Translator, label: str, actor: str) -> str:
    # Translators: {actor} is a number that stands for a person.
    return t.fill(t.gettext("✅ Approved by {actor}: {label}"), label=label, actor=actor)


def told_emergency(t: Translator, label: str, actor: str) -> str:
    return t.fill(
        t.gettext("🚨 {actor} has sent this without a second person’s approval: {label}"), label=label, actor=actor
    )


def told_agreed(t: Translator, label: str, actor: str) -> str:
    # Translators: {label} says what was asked for, {actor} is a number that stands for a person.
    return t.fill(t.gettext("✅ {actor} has approved this change: {label}"), label=label, actor=actor)


def told_agreed_alone(t: Translator, label: str, actor: str) -> str:
    # Translators: {label} says what was done, {actor} is a number that stands for a person.
    return t.fill(
        t.gettext("🚨 {actor} has done this without a second person’s approval: {label}"), label=label, actor=actor
    )


def told_refused(t: Translator, label: str, actor: str) -> str:
    # Translators: {label} says what was asked for, {actor} is a number that stands for a person.
    return t.fill(t.gettext("🚫 Refused by {actor}: {label}"), label=label, actor=actor)


def told_withdrawn(t: Translator, label: str, actor: str) -> str:
    return t.fill(t.gettext("🗑 {actor} is withdrawing this announcement: {label}"), label=label, actor=actor)


def told_confirmed(t: Translator, label: str, actor: str) -> str:
    return t.fill(t.gettext("{actor} has decided after the restore: {label}"), label=label, actor=actor)


def told_started(t: Translator, label: str) -> str:
    return t.fill(t.gettext("📣 Going out now: {label}"), label=label)


def told_finished(t: Translator, label: str) -> str:
    return t.fill(t.gettext("🏁 Finished: {label}"), label=label)


def told_paused(t: Translator, label: str, detail: str) -> str:
    # Translators: {detail} is a short technical reason.
    return t.fill(t.gettext("⏸ The bot has paused this announcement ({detail}): {label}"), label=label, detail=detail)


def told_missed(t: Translator, label: str) -> str:
    return t.fill(t.gettext("⚠️ Its time passed while the bot was down, so it was not sent: {label}"), label=label)


def told_late(t: Translator, label: str) -> str:
    return t.fill(t.gettext("⏰ It goes out late, because the bot was down when it was due: {label}"), label=label)


def told_restored(t: Translator, label: str) -> str:
    return t.fill(
        t.gettext(
            "⚠️ The database was restored from a backup, and this may have been sent already. "
            "Nothing goes out until you decide: {label}"
        ),
        label=label,
    )


def told_database_restored(t: Translator) -> str:
    # Translators: {command} is /announcements.
    return t.fill(
        t.gettext(
            "⚠️ The database was restored from a backup. Nothing goes out until you have decided about what was under "
            "way: {command}"
        ),
        command="/announcements",
    )


def told_other(t: Translator, event: str, detail: str) -> str:
    # Translators: {event} is an English technical name of what happened.
    return t.fill(t.gettext("⚠️ {event}: {detail}"), event=event, detail=detail)


# ── The list, and one announcement ───────────────────────────────────────────────────────────────────────────────────


def list_title(t: Translator) -> str:
    return t.gettext("Announcements, the newest first")


def list_empty(t: Translator) -> str:
    # Translators: {command} is /announce.
    return t.fill(t.gettext("There are no announcements yet. To write one, send {command}"), command="/announce")


def calendar_title(t: Translator) -> str:
    return t.gettext("The next 14 days")


def calendar_empty(t: Translator) -> str:
    return t.gettext("Nothing goes out in the next 14 days.")


def stop_question(t: Translator) -> str:
    return t.gettext("Stop it for good? What has not been sent yet will not be sent.")


def withdraw_question(t: Translator) -> str:
    return t.gettext(
        "Withdraw it? It stops, and what was delivered is deleted; Telegram allows that for 48 hours only."
    )


def correct_question(t: Translator) -> str:
    return t.gettext("In which language should the delivered text be replaced?")


def ask_correction(t: Translator, language: Locale) -> str:
    return t.fill(
        t.gettext("Send the new text; it takes the place of the delivered one. Language: {language}"),
        language=language.endonym,
    )


def still_going_out(t: Translator) -> str:
    return t.gettext("Copies are still going out, with the old text. Stop it first, or wait until it has finished.")


def ask_copies(t: Translator, count: int) -> str:
    return t.fill(
        t.gettext(
            "Copies concerned: {count}. Somebody else must approve this. To ask for it, send the number of copies."
        ),
        count=t.number(count),
    )


def request_made(t: Translator) -> str:
    return t.gettext("You have asked for this. Nothing changes until somebody else has approved it.")


def request_title(t: Translator, kind: ChangeRequestKind, label: str) -> str:
    # Translators: {label} is an announcement’s name.
    template = {
        ChangeRequestKind.CORRECT: t.gettext("Replace what was delivered: {label}"),
        ChangeRequestKind.PUT_BACK: t.gettext("Put the earlier text back: {label}"),
        ChangeRequestKind.RESEND: t.gettext("Send once more to those in doubt: {label}"),
    }[kind]
    return t.fill(template, label=label)


def resend_offer(t: Translator, count: int) -> str:
    return t.fill(
        t.gettext(
            "Nobody knows whether these copies arrived: {count}. Their recipients can be sent one more, "
            "which says that it may be a repetition."
        ),
        count=t.number(count),
    )


def repeat_title(t: Translator) -> str:
    # Translators: Numbers follow.
    return t.gettext("Sent once more to those in doubt:")


def request_wanted(t: Translator) -> str:
    return t.gettext("Please check this change and approve or refuse it.")


def asked_for_by(t: Translator, person: str) -> str:
    # Translators: {person} is a number.
    return t.fill(t.gettext("Asked for by: {person}"), person=person)


def copies_concerned(t: Translator, count: int) -> str:
    return t.fill(t.gettext("Copies concerned: {count}"), count=t.number(count))


def text_now(t: Translator, language: Locale) -> str:
    # Translators: A text follows. {language} is a language’s own name; do not add endings to it.
    return t.fill(t.gettext("Text now ({language}):"), language=language.endonym)


def text_then(t: Translator, language: Locale) -> str:
    # Translators: A text follows. {language} is a language’s own name; do not add endings to it.
    return t.fill(t.gettext("New text ({language}):"), language=language.endonym)


def ask_agreement(t: Translator, count: int) -> str:
    return t.fill(
        t.gettext(
            "Copies concerned: {count}. It is done as soon as you approve. To approve it, send the number of copies."
        ),
        count=t.number(count),
    )


def ask_lone_agreement(t: Translator, count: int) -> str:
    return t.fill(
        t.gettext(
            "Copies concerned: {count}. Nobody else will check this, and all organisers will be told. To do it anyway, "
            "send the number of copies."
        ),
        count=t.number(count),
    )


def request_refused(t: Translator) -> str:
    return t.gettext("Refused. Nothing was changed.")


def correction_counts(t: Translator, done: int, failed: int, waiting: int) -> str:
    return t.fill(
        t.gettext("Corrections done: {done}, not possible: {failed}, still to do: {waiting}"),
        done=t.number(done),
        failed=t.number(failed),
        waiting=t.number(waiting),
    )


def progress(t: Translator, done: int, total: int) -> str:
    # Translators: Below a bar that grows.
    return t.fill(t.gettext("{done} of {total}"), done=t.number(done), total=t.number(total))


def report_title(t: Translator, label: str) -> str:
    return t.fill(t.gettext("Report: {label}"), label=label)


def report_failures(t: Translator) -> str:
    return t.gettext("What failed or is in doubt, and why: numbers only.")


def nothing_sent_yet(t: Translator) -> str:
    return t.gettext("None of it has been sent yet.")


# ── Organisers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def organisers_title(t: Translator) -> str:
    return t.gettext("Organisers: tap a role to remove it.")


def yourself(t: Translator) -> str:
    # Translators: After one’s own number in a list of people.
    return t.gettext("(you)")


def invite_question(t: Translator) -> str:
    return t.gettext("Which role should the invitation give?")


def invitation(t: Translator, role_name: str, link: str) -> str:
    # Translators: {link} is an address, {role} a role’s name.
    return t.fill(
        t.gettext(
            "Role: {role}. Send this link to one person. It works once, for two days, and I ask you who has opened it "
            "before they get the role: {link}"
        ),
        role=role_name,
        link=link,
    )


def invitation_opened(t: Translator, role_name: str) -> str:
    return t.fill(
        t.gettext("Thank you. Role: {role}. Whoever invited you must confirm that it is you; I will tell you then."),
        role=role_name,
    )


def ask_candidate(t: Translator, name: str, person: str, role_name: str) -> str:
    # Translators: {name} is what somebody calls themselves, {person} their number.
    return t.fill(
        t.gettext(
            "{name} (number {person}) has opened your invitation. Role: {role}. Is this the person you meant? They get "
            "the role only if you confirm it within two days."
        ),
        name=name,
        person=person,
        role=role_name,
    )


def told_candidate(t: Translator, name: str, person: str, role_name: str) -> str:
    # Translators: {name} is what somebody calls themselves, {person} their number.
    return t.fill(
        t.gettext(
            "{name} (number {person}) has opened another owner’s invitation. Role: {role}. They get the role only if "
            "that owner confirms it."
        ),
        name=name,
        person=person,
        role=role_name,
    )


def candidate_confirmed(t: Translator, person: str, role_name: str, actor: str) -> str:
    # Translators: {person} and {actor} are numbers that stand for people.
    return t.fill(
        t.gettext("✅ {actor} has confirmed a new organiser: {person}. Role: {role}."),
        person=person,
        role=role_name,
        actor=actor,
    )


def candidate_refused(t: Translator, person: str, role_name: str, actor: str) -> str:
    # Translators: {person} and {actor} are numbers that stand for people.
    return t.fill(
        t.gettext("🚫 {actor} has refused an invitation. Number: {person}. Role: {role}."),
        person=person,
        role=role_name,
        actor=actor,
    )


def invitation_over(t: Translator) -> str:
    return t.gettext("This invitation is no longer open.")


def remove_question(t: Translator, person: str, role_name: str) -> str:
    # Translators: {person} is a number.
    return t.fill(t.gettext("Take this role away from {person}: {role}?"), person=person, role=role_name)


def not_allowed(t: Translator) -> str:
    return t.gettext("You are not allowed to do this.")


def last_owner(t: Translator) -> str:
    return t.gettext("The last owner must remain.")


def last_owner_stays(t: Translator) -> str:
    # Translators: To the last owner, who wants to delete their data. {organisers} and {deleteme} are commands.
    return t.fill(
        t.gettext(
            "You are the last owner, so nothing was deleted. First invite another owner with {organisers}; once they "
            "have accepted, send {deleteme} again."
        ),
        organisers="/organisers",
        deleteme="/deleteme",
    )


def role_not_there(t: Translator) -> str:
    return t.gettext("They do not have this role.")


def role_given(t: Translator, role_name: str) -> str:
    # Translators: {announce} and {announcements} are commands.
    return t.fill(
        t.gettext(
            "You are an organiser now. Role: {role}. To write an announcement, send {announce}; to see all, send "
            "{announcements}"
        ),
        role=role_name,
        announce="/announce",
        announcements="/announcements",
    )


# ── Commands of organisers, shown to them alone ─────────────────────────────────────────────────────────────────────


def command_announce(t: Translator) -> str:
    return t.pgettext("command", "Write an announcement")


def command_announcements(t: Translator) -> str:
    return t.pgettext("command", "All announcements and reports")


def command_organisers(t: Translator) -> str:
    return t.pgettext("command", "Organisers and roles")


def command_cancel(t: Translator) -> str:
    return t.pgettext("command", "Cancel what you are doing")


COMMANDS: tuple[tuple[str, Sentence], ...] = (
    ("announce", command_announce),
    ("announcements", command_announcements),
)
"""What Telegram lists to organisers."""
ROLE_COMMANDS: tuple[tuple[str, Sentence], ...] = (
    ("organisers", command_organisers),
    ("cancel", command_cancel),
)

# ── Buttons: at most 24 characters in every language, the sign included ─────────────────────────────────────────────


def button_next(t: Translator) -> str:
    # Translators: In Persian and Urdu the arrow is ⬅️.
    return t.pgettext("button", "Next ➡️")


def button_overview(t: Translator) -> str:
    return t.pgettext("button", "📋 Overview")


def button_label(t: Translator) -> str:
    return t.pgettext("button", "🏷 Name")


def button_topic(t: Translator) -> str:
    return t.pgettext("button", "📌 Topic")


def button_texts(t: Translator) -> str:
    return t.pgettext("button", "✏️ Texts")


def button_audience(t: Translator) -> str:
    return t.pgettext("button", "👥 Recipients")


def button_countries(t: Translator) -> str:
    return t.pgettext("button", "🌍 Countries")


def button_chats(t: Translator) -> str:
    return t.pgettext("button", "➕🚫 Groups")


def button_add_chat(t: Translator) -> str:
    return t.pgettext("button", "➕ Group or channel")


def button_leave_out(t: Translator) -> str:
    return t.pgettext("button", "🚫 Leave out")


def button_only_organisers(t: Translator) -> str:
    return t.pgettext("button", "Only organisers")


def button_time(t: Translator) -> str:
    return t.pgettext("button", "📅 Time")


def button_now(t: Translator) -> str:
    return t.pgettext("button", "At once")


def button_once(t: Translator) -> str:
    return t.pgettext("button", "Date and time")


def button_repeatedly(t: Translator) -> str:
    return t.pgettext("button", "Repeatedly")


def button_terms(t: Translator) -> str:
    return t.pgettext("button", "⚙️ Options")


def button_links(t: Translator) -> str:
    return t.pgettext("button", "🔗 Buttons")


def button_no_links(t: Translator) -> str:
    return t.pgettext("button", "No buttons")


def button_no_attachment(t: Translator) -> str:
    return t.pgettext("button", "No attachment")


def button_preview(t: Translator) -> str:
    return t.pgettext("button", "👁 Preview")


def button_submit(t: Translator) -> str:
    return t.pgettext("button", "📨 Submit")


def button_take_back(t: Translator) -> str:
    return t.pgettext("button", "↩️ Take back")


def button_emergency(t: Translator) -> str:
    return t.pgettext("button", "🚨 Emergency")


def button_others_nothing(t: Translator) -> str:
    # Translators: On a button: readers without a text in their language get nothing.
    return t.pgettext("button", "Others: nothing")


def button_approve(t: Translator) -> str:
    return t.pgettext("button", "✅ Approve")


def button_return(t: Translator) -> str:
    return t.pgettext("button", "↩️ Return")


def button_pause(t: Translator) -> str:
    return t.pgettext("button", "⏸ Pause")


def button_resume(t: Translator) -> str:
    return t.pgettext("button", "▶️ Resume")


def button_stop(t: Translator) -> str:
    return t.pgettext("button", "⏹ Stop")


def button_correct(t: Translator) -> str:
    return t.pgettext("button", "✏️ Correct")


def button_put_back(t: Translator) -> str:
    # Translators: On a button: put the text that stood before a correction back.
    return t.pgettext("button", "⏪ Earlier text")


def button_resend(t: Translator) -> str:
    # Translators: On a button: one more copy to those of whom nobody knows whether they got theirs.
    return t.pgettext("button", "🔁 Send once more")


def button_request(t: Translator) -> str:
    # Translators: On a button: a change of what was delivered that waits for a second person.
    return t.pgettext("button", "⏳ Requested change")


def button_refuse(t: Translator) -> str:
    return t.pgettext("button", "🚫 Refuse")


def button_withdraw(t: Translator) -> str:
    return t.pgettext("button", "🗑 Withdraw")


def button_duplicate(t: Translator) -> str:
    return t.pgettext("button", "📑 Duplicate")


def button_report(t: Translator) -> str:
    return t.pgettext("button", "📊 Report")


def button_calendar(t: Translator) -> str:
    return t.pgettext("button", "📅 Calendar")


def button_send_rest(t: Translator) -> str:
    return t.pgettext("button", "Send the rest")


def button_leave_rest(t: Translator) -> str:
    return t.pgettext("button", "Do not send")


def button_confirm(t: Translator) -> str:
    return t.pgettext("button", "Yes")


def button_confirm_person(t: Translator) -> str:
    # Translators: On a button: yes, this is the person whom I have invited.
    return t.pgettext("button", "✅ Confirm")


def button_take_role(t: Translator) -> str:
    return t.pgettext("button", "Take the role away")


def button_invite(t: Translator) -> str:
    return t.pgettext("button", "➕ Invite")


_EXAMPLE_MOMENT = "2026-06-15 09:30"
