"""What a document lacks: languages, and questions below its sections."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bot.drafting.service import DraftWish
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Document, Readership
from bot.ingestion.translations import copies_of

_ENOUGH_QUESTIONS = 6
"""Questions of a section in a language from which none are drafted: measured, with six of each kind in every language
78 instead of 10 % of the questions on plain files were told from the right section."""


def wishes_for(
    copies: Sequence[Document], locales: Collection[Locale], *, drafted: Collection[Locale]
) -> list[DraftWish]:
    """What is wished for of a document, the reference copy first; nothing in languages that have a draft already."""
    return [wish for locale in Locale if locale in locales and locale not in drafted for wish in _wish(copies, locale)]


def documents_meant(documents: Sequence[Document], name: str) -> list[list[Document]]:
    """The documents that may be drafted, all copies of each, by the name of a file, a document or a folder, or `.`.

    Raises:
        KnowledgeError: the name means none.
    """
    public = [one for one in documents if one.audience is Readership.PUBLIC and one.answerable and one.reply is None]
    with_text = [one for one in public if one.tells is None]
    found = [copies for copies in copies_of(with_text) if any(_is_meant(copy, name) for copy in copies)]
    if not found:
        raise KnowledgeError(
            f"{name} is no document of this folder that visitors are told from: name a file like ru/logistics/x.md, "
            "a folder, or . for everything (`scoda knowledge check` tells whether it can be read)"
        )
    return found


def _wish(copies: Sequence[Document], locale: Locale) -> Iterator[DraftWish]:
    own = next((copy for copy in copies if copy.locale is locale), None)
    if own is None:
        yield DraftWish(copies[0], locale, only_questions=False)
    elif any(len(section.questions) < _ENOUGH_QUESTIONS or not section.near_misses for section in own.sections):
        yield DraftWish(own, locale, only_questions=True)


def _is_meant(copy: Document, name: str) -> bool:
    whole: tuple[str, DocumentPath] = (copy.file, copy.path)
    return name == "." or any(one == name or one.startswith(name + "/") for one in whole)
