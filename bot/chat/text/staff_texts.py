# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence that the staff of the knowledge read, in English, one function each; the rules are `texts`'."""

from __future__ import annotations

from collections.abc import Callable

from bot.chat.text.pin_texts import command_pin
from bot.i18n.translator import Translator
from bot.proposals.model import ProposalKind, ProposalState, UnreadableFile, Weight
from bot.proposals.rules import ProposalOutcome

Sentence = Callable[[Translator], str]

# ── What stands ──────────────────────────────────────────────────────────────────────────────────────────────────────


def kind(t: Translator, value: ProposalKind) -> str:
    return {
        ProposalKind.UPLOAD: t.pgettext("proposal", "A file"),
        ProposalKind.FIX: t.pgettext("proposal", "A sentence put right"),
        ProposalKind.DRAFT: t.pgettext("proposal", "A draft"),
        ProposalKind.PIN: t.pgettext("proposal", "A pinned answer"),
        ProposalKind.ANSWERED: t.pgettext("proposal", "An open question that is answered now"),
    }[value]


def state(t: Translator, value: ProposalState) -> str:
    return {
        ProposalState.PREPARING: t.pgettext("proposal", "Not handed in yet"),
        ProposalState.WAITING: t.pgettext("proposal", "Waiting for a second person"),
        ProposalState.APPROVING: t.pgettext("proposal", "Approved, being written"),
        ProposalState.APPROVED: t.pgettext("proposal", "Approved"),
        ProposalState.RETURNED: t.pgettext("proposal", "Returned"),
        ProposalState.WITHDRAWN: t.pgettext("proposal", "Taken back"),
        ProposalState.STALE: t.pgettext("proposal", "Out of date: the file has changed"),
    }[value]


def proposal_outcome(t: Translator, value: ProposalOutcome) -> str:
    return {
        ProposalOutcome.DONE: t.pgettext("proposal", "Done."),
        ProposalOutcome.NOT_ALLOWED: t.pgettext("proposal", "Your role does not allow this."),
        ProposalOutcome.NOT_FOUND: t.gettext("There is no such proposal."),
        ProposalOutcome.OWN_WORK: t.gettext("Somebody else must approve what you have proposed."),
        ProposalOutcome.DECIDED: t.gettext("This proposal has been decided or taken back already."),
        ProposalOutcome.SEEN_ANOTHER: t.gettext("The proposal has changed in the meantime. Please look again."),
        ProposalOutcome.CHANGED_MEANWHILE: t.gettext(
            "The file has changed in the meantime. Nothing was written. This is the difference now:"
        ),
        ProposalOutcome.HAS_FAULTS: t.gettext("It cannot be approved like this. See what must be put right."),
        ProposalOutcome.CANNOT_WRITE: t.gettext(
            "Approved, but the folder cannot be written at the moment. The bot will try again."
        ),
        ProposalOutcome.BAD_FILE: t.gettext("This cannot be proposed: it changes nothing, or the file name is wrong."),
    }[value]


def proposed_by(t: Translator, person: str) -> str:
    # Translators: {person} is a number, Telegram's id of somebody.
    return t.fill(t.gettext("Proposed by {person}"), person=person)


def nobody_known(t: Translator) -> str:
    return t.pgettext("proposal", "somebody who was forgotten")


# ── /staff ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def staff_title(t: Translator) -> str:
    return t.gettext("What you can do for the knowledge")


def can_send(t: Translator, kinds: str) -> str:
    # Translators: {kinds} are the endings of file names: md, txt, docx.
    return t.fill(t.gettext("📄 Send a file ({kinds}): it becomes a proposal."), kinds=kinds)


def can_fix(t: Translator) -> str:
    # Translators: {command} is /fix.
    return t.fill(t.gettext("✏️ Reply to an answer of the bot with {command} and the right sentence."), command="/fix")


def can_review(t: Translator) -> str:
    # Translators: {command} is /proposals.
    return t.fill(t.gettext("✅ See, approve or return what others propose: {command}"), command="/proposals")


def two_people(t: Translator) -> str:
    return t.gettext("Visitors are told nothing new before a second person has approved it.")


# ── Proposals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def proposals_title(t: Translator) -> str:
    return t.gettext("Proposals")


def no_proposals(t: Translator) -> str:
    return t.gettext("No proposal is waiting.")


def faults_title(t: Translator) -> str:
    return t.gettext("❗ Must be put right first")


def warnings_title(t: Translator) -> str:
    return t.gettext("⚠️ Please look at this")


def answers_title(t: Translator) -> str:
    return t.gettext("❓ This seems to answer what visitors are told is not known")


def button_answered(t: Translator, question: str) -> str:
    # Translators: {question} is the heading of an open question: Parking.
    return t.fill(t.gettext("Answered: {question}"), question=question)


def instructions_title(t: Translator) -> str:
    return t.gettext("🤖 Reads like an order to a machine")


def links_title(t: Translator) -> str:
    return t.gettext("🔗 Links")


def differences_title(t: Translator) -> str:
    return t.gettext("What changes")


def no_differences(t: Translator) -> str:
    return t.gettext("Nothing that visitors read changes.")


def more_lines(t: Translator, count: int) -> str:
    return t.fill(t.ngettext("… and {number} more", "… and {number} more", count), number=t.number(count))


def file_is_removed(t: Translator) -> str:
    return t.gettext("This file is removed.")


def returned_because(t: Translator, reason: str) -> str:
    return t.fill(t.gettext("Returned: {reason}"), reason=reason)


def handed_in(t: Translator) -> str:
    return t.gettext("Handed in. A second person has been asked to approve it.")


def handed_in_alone(t: Translator) -> str:
    # Translators: {command} is /proposals.
    return t.fill(
        t.gettext("Handed in. Nobody else can approve it, so you may do it yourself: {command}"), command="/proposals"
    )


def told_waiting(t: Translator, label: str) -> str:
    return t.fill(t.gettext("A change of the knowledge is waiting for you: “{label}”"), label=label)


def told_approved(t: Translator, label: str) -> str:
    return t.fill(t.gettext("Your proposal “{label}” was approved. The bot answers from it shortly."), label=label)


def told_returned(t: Translator, label: str, reason: str) -> str:
    return t.fill(t.gettext("Your proposal “{label}” was returned: {reason}"), label=label, reason=reason)


def told_stale(t: Translator, label: str) -> str:
    return t.fill(
        t.gettext("Your proposal “{label}” is out of date: another change of the same file came first."), label=label
    )


# ── /fix ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def fix_how(t: Translator) -> str:
    # Translators: {command} is /fix.
    return t.fill(
        t.gettext("Reply to an answer that quotes the knowledge with {command} and one or several plain sentences."),
        command="/fix",
    )


def fix_not_possible(t: Translator) -> str:
    return t.gettext("This sentence cannot be replaced by itself. Please send the whole file instead.")


def fix_title(t: Translator) -> str:
    return t.gettext("Put this sentence right")


def fix_weight_question(t: Translator) -> str:
    return t.gettext("What kind of change is it? After another fact, the translations are out of date.")


def fix_others(t: Translator) -> str:
    return t.gettext("Or do you mean another sentence? Choose it below.")


# ── Sent files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def upload_title(t: Translator, label: str) -> str:
    return t.fill(t.gettext("Propose “{label}” for the knowledge"), label=label)


def upload_exists(t: Translator) -> str:
    return t.gettext("This file exists and would be replaced.")


def upload_too_large(t: Translator, most: int) -> str:
    # Translators: {number} is a number of kilobytes.
    return t.fill(t.gettext("The file is too large: at most {number} kB can be read."), number=t.number(most // 1000))


def upload_kinds(t: Translator, kinds: str) -> str:
    return t.fill(t.gettext("Files of this kind cannot be read. You can send: {kinds}"), kinds=kinds)


def upload_refused(t: Translator, reason: str) -> str:
    # Translators: {reason} is a sentence in English.
    return t.fill(t.gettext("The file cannot be read: {reason}"), reason=reason)


def upload_unreadable(t: Translator, kind: UnreadableFile) -> str:
    return {
        UnreadableFile.PASSWORD: t.gettext("The file is protected by a password. Send a copy without one."),
        UnreadableFile.MACROS: t.gettext("The file holds macros. Save it without them and send it again."),
        UnreadableFile.OLD_FORMAT: t.gettext("The file is in an old format of Office. Save it as DOCX, XLSX or PPTX."),
        UnreadableFile.UNKNOWN_KIND: t.gettext("The file holds something else than its name says."),
        UnreadableFile.UNKNOWN_ENCODING: t.gettext("The letters of this text cannot be read. Save it as UTF-8."),
        UnreadableFile.SCANNED: t.gettext("The file holds pictures of text. Send what they were made from."),
        UnreadableFile.NO_TEXT: t.gettext("The file holds no text."),
        UnreadableFile.TOO_LARGE: t.gettext("The file holds too much. Divide it and send the parts."),
        UnreadableFile.DAMAGED: t.gettext("The file is damaged. Open it, save it again and send that."),
    }[kind]


def upload_not_fetched(t: Translator) -> str:
    return t.gettext("The file could not be fetched from Telegram. Please send it again.")


def upload_gone(t: Translator) -> str:
    return t.gettext("This file has been proposed or taken back already. Send it again to change it.")


def choose_language(t: Translator) -> str:
    return t.gettext("In which language is the file?")


def choose_topic(t: Translator) -> str:
    return t.gettext("What is the file about?")


def ask_name(t: Translator) -> str:
    return t.gettext("What should the file be called? Send a short name in Latin letters.")


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def command_staff(t: Translator) -> str:
    return t.pgettext("command", "What you can do for the knowledge")


def command_proposals(t: Translator) -> str:
    return t.pgettext("command", "See and approve proposals")


def command_fix(t: Translator) -> str:
    return t.pgettext("command", "Put an answer right")


def command_gaps(t: Translator) -> str:
    return t.pgettext("command", "What visitors asked in vain")


COMMANDS: tuple[tuple[str, Sentence], ...] = (
    ("staff", command_staff),
    ("proposals", command_proposals),
    ("fix", command_fix),
    ("pin", command_pin),
    ("gaps", command_gaps),
)
"""What Telegram lists to the staff."""

# ── Buttons: at most 24 characters in every language, the sign included ─────────────────────────────────────────────


def button_weight(t: Translator, value: Weight) -> str:
    return {
        Weight.TYPING_ERROR: t.pgettext("button", "🔤 Typing error"),
        Weight.CLARIFICATION: t.pgettext("button", "💬 Clarification"),
        Weight.OTHER_FACT: t.pgettext("button", "❗ Another fact"),
    }[value]


def button_look(t: Translator) -> str:
    return t.pgettext("button", "👀 Look")


def button_whole_text(t: Translator) -> str:
    return t.pgettext("button", "📖 The whole text")


def button_propose(t: Translator) -> str:
    return t.pgettext("button", "📨 Propose")


def button_propose_again(t: Translator) -> str:
    return t.pgettext("button", "🔄 Propose again")


def button_name(t: Translator, value: str) -> str:
    return t.fill(t.pgettext("button", "Name: {value}"), value=value)
