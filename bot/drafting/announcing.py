"""An announcement's other languages: the model translates line by line, code throws away what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.announcements.model import Content
from bot.announcements.ports import Composer
from bot.answering.ports import LanguageIdentifier
from bot.drafting.asking import ModelAsker
from bot.drafting.checking import SectionCheck
from bot.drafting.marks import MarkedText, marked, without_marks, without_signs
from bot.drafting.model import DraftRefusal, NameForms, Translation, WrittenTexts
from bot.drafting.prompts import announcing_messages, spelt
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Document, Section
from bot.writing.cleaning import clean, one_line

_TRIES = 2
"""How often a language is asked for. Chosen: what fails twice is a person's work."""
_LABEL_LIMIT = 300
"""Characters of a label that are looked at; how many it may have is the composer's to say."""


class AnnouncementDrafter:
    """Drafts the texts that an announcement lacks."""

    def __init__(self, asker: ModelAsker, identifier: LanguageIdentifier, composer: Composer) -> None:
        self._asker = asker
        self._identifier = identifier
        self._composer = composer

    async def names(self, content: Content) -> Sequence[NameForms]:
        """The names of the original in all languages, to be handed to `draft` for each."""
        return await self._asker.names(_document(content, marked(content.texts[content.source])))

    async def draft(self, content: Content, locale: Locale, names: Sequence[NameForms]) -> Translation | DraftRefusal:
        """The text and the labels of the buttons in `locale`, or why the last that came was thrown away."""
        refusal, why_again = DraftRefusal.NO_MODEL, ""
        for _ in range(_TRIES):
            found = await self._once(content, locale, names, why_again=why_again)
            if isinstance(found, Translation) or found is DraftRefusal.NO_MODEL:
                return found
            refusal, why_again = found, found.value
        return refusal

    async def _once(
        self, content: Content, locale: Locale, names: Sequence[NameForms], *, why_again: str
    ) -> Translation | DraftRefusal:
        source, canary = marked(content.texts[content.source]), self._asker.new_canary()
        document, labels = _document(content, source), _labels(content)
        (section,) = document.sections
        messages = announcing_messages(
            source.lines,
            labels,
            locale,
            names=spelt(document, section, locale, names),
            canary=canary,
            why_again=why_again,
        )
        found = await self._asker.ask(messages, WrittenTexts)
        if isinstance(found, DraftRefusal):
            return found
        check = SectionCheck(document, section, locale, names, self._identifier, canary)
        return self._checked(content, found, source, check)

    def _checked(
        self, content: Content, found: WrittenTexts, source: MarkedText, check: SectionCheck
    ) -> Translation | DraftRefusal:
        lines, labels = [clean(line).strip() for line in found.lines], _labels(content)
        text = source.restored(lines)
        if text is None or len(found.labels) != len(labels):
            return DraftRefusal.FORMATTING
        plain = without_signs("\n".join(map(without_marks, lines)), source.plain)
        if (refusal := check.text("", plain)) is not None:
            return refusal
        written = [one_line(clean(label), limit=_LABEL_LIMIT) for label in found.labels]
        for label, original in zip(written, labels, strict=True):
            if (refusal := check.label(label, original)) is not None:
                return refusal
        drafted = Translation(text, dict(zip(labels, written, strict=True)))
        return drafted if self._is_sendable(content, drafted, check.locale) else DraftRefusal.NOT_SENDABLE

    def _is_sendable(self, content: Content, drafted: Translation, locale: Locale) -> bool:
        wrong = [
            self._composer.check(drafted.text, locale=locale, moments=content.moments, attachment=content.attachment),
            *(
                self._composer.check_button(drafted.labels[label], button.url)
                for button in content.buttons
                if (label := button.labels.get(content.source, "")) in drafted.labels
            ),
        ]
        return not any(wrong)


def _labels(content: Content) -> list[str]:
    """The labels of the original, each once."""
    labels: Mapping[str, None] = dict.fromkeys(button.labels.get(content.source, "") for button in content.buttons)
    return [label for label in labels if label]


def _document(content: Content, source: MarkedText) -> Document:
    """The original as the checks of drafts read it: a document of one section without a heading."""
    section = Section("text", "", without_signs(source.plain, source.plain))
    return Document(DocumentPath("announcement"), content.source, "", "", (section,), "")
