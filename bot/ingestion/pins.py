"""What is wrong with pins: one tells a section that is not there, or two answer the same question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.errors import Fault
from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, Readership
from bot.writing.folding import words


def pins_without_target(documents: Sequence[Document]) -> list[Fault]:
    """A fault for each pin that tells a section which stands in no language."""
    told = set(_told(documents))
    return [_gone(pin, told) for pin in documents if pin.tells is not None and pin.tells not in told]


def pins_asked_alike(documents: Iterable[Document]) -> Iterator[Fault]:
    """A warning for each pin with a question that another pin in its language has: which of them wins is chance."""
    asked: dict[tuple[Locale, str], Document] = {}
    for pin in sorted((one for one in documents if one.is_pin), key=lambda one: one.file):
        for section in pin.sections:
            for question in section.questions:
                first = asked.setdefault((pin.locale, " ".join(words(question))), pin)
                if first is not pin:
                    reason = f"answers «{question}», as the pin {first.file} does: keep the question in one of them"
                    yield Fault(pin.file, section.line, reason)


def lost_targets(before: Sequence[Document], after: Sequence[Document]) -> list[str]:
    """For each pin whose section a change takes away a sentence that says so."""
    pins = {pin.path: pin.tells for pin in after if pin.tells is not None}
    gone = set(_told(before)) - set(_told(after)) if pins else set()
    lost = {path: tells for path, tells in pins.items() if tells in gone}
    return [f"it would remove {tells}, which the pin {path} tells: change the pin, too" for path, tells in lost.items()]


def _told(documents: Iterable[Document]) -> Iterator[SectionKey]:
    for one in documents:
        if one.audience is Readership.PUBLIC and one.answerable and one.reply is None and not one.is_pin:
            yield from (one.key_of(section) for section in one.sections)


def _gone(pin: Document, told: Iterable[SectionKey]) -> Fault:
    others = sorted(key.section_id for key in told if pin.tells is not None and key.path == pin.tells.path)
    known = f"it has {', '.join(others)}" if others else "there is no such document"
    return Fault(pin.file, 1, f"tells {pin.tells}, which nobody can be told ({known}): name a section or unpin it")
