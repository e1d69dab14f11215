"""An announcement's text as its readers get it, and whether it can be sent at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.announcements.model import Attachment
from bot.chat.text.keyboards import LABEL_LIMIT
from bot.chat.text.markup import MarkupError, Rendered, refuse_controls, render
from bot.chat.text.rendering import MESSAGE_LIMIT, safe_url
from bot.i18n.formats import format_moment
from bot.ids import Locale
from bot.writing.cleaning import one_line

CAPTION_LIMIT = 1024
"""UTF-16 units of a picture's or document's visible text: https://core.telegram.org/bots/api#sendphoto."""
HOME = ZoneInfo("Asia/Shanghai")
"""The zone of the event, for readers whose own is not known."""
_LONGEST_ZONES = tuple(
    ZoneInfo(name) for name in ("Asia/Shanghai", "Pacific/Chatham", "Pacific/Marquesas", "America/St_Johns")
)
"""Far to both sides, so that the day may change, and with minutes in their distance from UTC."""


class HtmlComposer:
    """Implements `bot.announcements.ports.Composer`."""

    def check(
        self, text: str, *, locale: Locale, moments: Mapping[str, datetime], attachment: Attachment | None
    ) -> str:
        """See `bot.announcements.ports.Composer.check`."""
        limit = text_limit(has_attachment=attachment is not None)
        try:
            refuse_controls(text)
            length = max(
                self.preview(text, locale=locale, zone=zone, moments=moments).length for zone in _LONGEST_ZONES
            )
        except MarkupError as error:
            return str(error)
        if not length:
            return "the text is empty"
        return f"too long: {length:,} of {limit:,} characters" if length > limit else ""

    def check_button(self, label: str, url: str) -> str:
        """Empty when a button that opens an address is fine, else what is wrong with it."""
        if not one_line(label, limit=LABEL_LIMIT):
            return "the button has no label"
        if len(label) > LABEL_LIMIT:
            return f"the label is too long: {len(label)} of {LABEL_LIMIT} characters"
        if safe_url(url) is None:
            return f"bad address {url!r}: http:// or https:// with a plain host name, and no invitation to a chat"
        return ""

    def preview(self, text: str, *, locale: Locale, zone: ZoneInfo = HOME, moments: Mapping[str, datetime]) -> Rendered:
        """The text as a reader in the zone gets it.

        Raises:
            MarkupError: it can't be sent as it is.
        """
        naive = next((name for name, moment in moments.items() if moment.utcoffset() is None), None)
        if naive is not None:
            raise MarkupError(f"the moment {{{naive}}} has no time zone")
        values = {name: format_moment(moment, zone, locale) for name, moment in moments.items()}
        return render(text, locale=locale, values=values)


def text_limit(*, has_attachment: bool) -> int:
    """UTF-16 units that the visible text may have: of a message, or of what stands under an attachment."""
    return CAPTION_LIMIT if has_attachment else MESSAGE_LIMIT
