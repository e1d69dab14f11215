"""`scoda announce …`: announcements by command, for those who prefer it to the chat.

Looking needs no running bot. An order goes to the bot that holds the database, or is carried out here when none does:
one process writes, and the same services with the same rights decide as in the chat.
"""

from __future__ import annotations

import typer

from bot.cli import announce_drafting as drafting
from bot.cli import announce_looking as looking
from bot.cli import announce_ordering as ordering

announce = typer.Typer(
    help="Announcements: look at them, hand them in, approve and steer them.\n\n"
    "Whoever orders something names themselves with --as, by the numeric Telegram id to which a role belongs "
    "(organisers.owners in the settings, or invited in the chat). A running bot carries it out within a second.",
    no_args_is_help=True,
)
for _name, _command in (
    ("list", looking.list_command),
    ("show", looking.show),
    ("preview", looking.preview_command),
    ("report", looking.report),
    ("schedule", ordering.schedule),
    ("draft", drafting.draft),
    ("approve", ordering.approve),
    ("test", ordering.trial),
    ("pause", ordering.pause),
    ("resume", ordering.resume),
    ("stop", ordering.stop),
    ("withdraw", ordering.withdraw),
    ("correct", ordering.correct),
    ("put-back", ordering.put_back),
    ("resend", ordering.resend),
    ("agree", ordering.agree),
    ("refuse", ordering.refuse),
    ("word", ordering.word),
):
    announce.command(_name)(_command)
