"""When a change of the folder is not published by itself.

A folder that was unmounted or half copied looks like one from which most was deleted. So a change that takes away more
than a fifth of the sections, of all or of one language, waits for a person's word; whoever really wants it says so
once. Two sections may always go: of seven they are more than a fifth, and to delete a small file is an everyday edit
all the same, while a folder that vanishes takes more with it. A section that was only moved, to another file or under
another id, is not taken away: its text is still there.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.ids import Locale
from bot.ingestion.model import Document, DocumentUse, Held
from bot.ingestion.pins import lost_targets

_SHARE = 5
"""One part in so many may go without a word: a fifth, as the product promises."""
_FEW = 2
"""Sections that may go whatever their share is: by reasoning, as said above."""
_EMPTY = (
    "the knowledge folder holds no readable document: look whether it is the right one, or what is wrong with its "
    "files (scoda knowledge check)"
)
_NAMED = 3
"""Files that a reason names: by reasoning, enough to know which folder is meant."""


def digest_of(documents: Iterable[Document]) -> str:
    """Names what stands in the folder, whatever is announced beside it."""
    names = sorted(f"{document.file} {document.content_hash}" for document in documents if document.is_file)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def held_for_removal(before: Sequence[Document], after: Sequence[Document]) -> Held | None:
    """The change if it takes so much away, or what a pin tells, that a person must say so."""
    reasons = removal_reasons(before, after)
    return Held(digest_of(after), tuple(reasons)) if reasons else None


def removal_reasons(before: Sequence[Document], after: Sequence[Document]) -> list[str]:
    """Why the change waits, a sentence each; none where it does not."""
    if not any(document.is_file for document in after) and any(document.is_file for document in before):
        return [_EMPTY]
    return [*_much_removed(before, after), *lost_targets(before, after)]


def _much_removed(before: Sequence[Document], after: Sequence[Document]) -> list[str]:
    had, gone, files = _removed(before, after)
    named = _named(files)
    reasons = [
        f"it would remove {gone[locale]} of {had[locale]} sections in {locale.endonym} ({locale}): {named}"
        for locale in sorted(gone)
        if _is_much(gone[locale], had[locale])
    ]
    if not reasons and _is_much(gone.total(), had.total()):
        return [f"it would remove {gone.total()} of {had.total()} sections: {named}"]
    return reasons


def _is_much(gone: int, had: int) -> bool:
    return gone > _FEW and gone * _SHARE > had


def _removed(
    before: Sequence[Document], after: Sequence[Document]
) -> tuple[Counter[Locale], Counter[Locale], list[str]]:
    """Sections that there were and that go, by language, and the files from which they go."""
    hashes = {document.file: document.content_hash for document in before}
    changed = [document for document in after if document.content_hash != hashes.get(document.file)]
    same = {document.file for document in after} - {document.file for document in changed}
    keys = {(document.locale, document.key_of(section)) for document in changed for section in document.sections}
    told = [document for document in before if document.is_file and document.use is DocumentUse.TOLD]
    had: Counter[Locale] = Counter()
    for document in told:
        had[document.locale] += len(document.sections)
    missing = [
        (document, section)
        for document in told
        if document.file not in same
        for section in document.sections
        if (document.locale, document.key_of(section)) not in keys
    ]
    after_told = after if missing else ()
    texts = {(document.locale, section.text) for document in after_told for section in document.sections}
    gone = [document for document, section in missing if (document.locale, section.text) not in texts]
    return had, Counter(document.locale for document in gone), list(dict.fromkeys(document.file for document in gone))


def _named(files: Sequence[str]) -> str:
    more = len(files) - _NAMED
    return ", ".join(files[:_NAMED]) + (f" and {more} more" if more > 0 else "")
