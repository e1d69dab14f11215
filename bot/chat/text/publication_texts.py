"""What owners read of the publishing of the knowledge."""

from __future__ import annotations

from bot.i18n.translator import Translator


def told_held(t: Translator, reason: str) -> str:
    """To owners, once for each change that is held."""
    # Translators: {reason} is an English sentence with names of files, {command} is scoda knowledge publish --anyway.
    return t.fill(
        t.gettext(
            "⚠️ A change of the knowledge is held back; the knowledge from before answers on.\n{reason}\n"
            "If the change is right: {command}"
        ),
        reason=reason,
        command="scoda knowledge publish --anyway",
    )
