"""What the staff see of proposals: the list, one with all that it changes, and its text as it will be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from bot.chat.staff.buttons import StaffButton, StaffVerb, staff_key
from bot.chat.staff_context import AnsweredQuestion
from bot.chat.text import announcement_texts, draft_texts, pin_texts, staff_texts, texts
from bot.chat.text.keyboards import Key, Rows, column, pairs
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.errors import Fault
from bot.i18n.translator import Translator
from bot.ids import Locale, VisitorId
from bot.ingestion.model import Document
from bot.proposals.differences import LineChange, changes_between, readable_lines
from bot.proposals.marking import MarkKind, marks_of
from bot.proposals.model import OF_ONE_PLACE, FolderCheck, Proposal, ProposalState
from bot.proposals.rules import OPEN_STATES, cautions, objections

_MOST_LINES = 60
"""Of one kind that are shown, about four screens of a phone; the rest is counted (by reasoning)."""
_MOST_CHARACTERS = 8000
"""Of one kind that are shown, about two messages; one line always is (by reasoning)."""
_LONGEST_LINE = 1500
"""Characters of a line that are shown: a sentence is seldom a tenth of it (by reasoning)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A proposal with what its reader may do about it."""

    proposal: Proposal
    check: FolderCheck
    reader: VisitorId
    may_review: bool
    is_alone: bool = False
    """Nobody else may decide, so they may approve their own."""
    answered: Sequence[AnsweredQuestion] = ()
    """Open questions that it seems to answer."""

    @property
    def is_own(self) -> bool:
        """Whether the reader has proposed it."""
        return self.proposal.proposed_by == self.reader


def staff_page(endings: Sequence[str], t: Translator) -> Reply:
    """What a member of the staff can do."""
    sentences = (
        staff_texts.can_send(t, ", ".join(endings)),
        staff_texts.can_fix(t),
        pin_texts.can_pin(t),
        staff_texts.can_review(t),
        staff_texts.two_people(t),
        draft_texts.where(t),
    )
    title = bold(said(staff_texts.staff_title(t), t.locale))
    return Reply(paragraphs(title, *(said(sentence, t.locale) for sentence in sentences)))


def list_page(proposals: Sequence[Proposal], answered: Sequence[AnsweredQuestion], t: Translator) -> Reply:
    """What waits, the oldest first, and the open questions that it seems to answer."""
    if not proposals:
        return Reply(said(staff_texts.no_proposals(t), t.locale))
    keys = [staff_key(f"{_sign(one)} {one.label}", StaffVerb.ITEM, one.proposal_id) for one in proposals]
    title = bold(said(staff_texts.proposals_title(t), t.locale))
    return Reply(paragraphs(title, _answered(answered, t)), column(keys))


def item_page(view: ProposalView, t: Translator) -> Reply:
    """All that an approver should know, and what they may do."""
    proposal, check = view.proposal, view.check
    if proposal.state not in OPEN_STATES:  # what it changed is no difference any more
        return Reply(_head(proposal, t), _rows(view, t))
    return Reply(
        paragraphs(
            _head(proposal, t),
            found_in_check(proposal, check, t),
            _answered(view.answered, t),
            _differences(proposal, check, t),
        ),
        _rows(view, t),
    )


def found_in_check(proposal: Proposal, check: FolderCheck, t: Translator) -> Html:
    """What forbids the approval, and what should be looked at."""
    return paragraphs(
        _faults(staff_texts.faults_title, objections(proposal, check), t),
        _faults(staff_texts.warnings_title, cautions(proposal, check), t),
        _marks(MarkKind.INSTRUCTION, staff_texts.instructions_title, check, t),
        _marks(MarkKind.LINK, staff_texts.links_title, check, t),
    )


def text_pages(proposal: Proposal, check: FolderCheck, t: Translator) -> Html:
    """Each changed file exactly as it will be read."""
    read = {document.file: document for document in check.after}
    parts = []
    for change in proposal.changes:
        document = read.get(change.file)
        body = lines(*(quoted(line, document.locale) for line in readable_lines(document))) if document else Html()
        if change.text is None:
            body = said(staff_texts.file_is_removed(t), t.locale)
        elif document is None:  # it has faults, or is none that is read
            body = quoted(change.text, Locale.EN)
        parts.append(paragraphs(bold(quoted(change.file, Locale.EN)), body))
    return paragraphs(*parts)


def _sign(proposal: Proposal) -> str:
    return {ProposalState.WAITING: "⏳", ProposalState.STALE: "🔄"}.get(proposal.state, "✅")


def _head(proposal: Proposal, t: Translator) -> Html:
    person = str(proposal.proposed_by) if proposal.proposed_by > 0 else staff_texts.nobody_known(t)
    return lines(
        bold(quoted(proposal.label, t.locale)),
        said(f"{staff_texts.kind(t, proposal.kind)} · {staff_texts.button_weight(t, proposal.weight)}", t.locale),
        *(quoted(file, Locale.EN) for file in sorted(proposal.files)),
        said(staff_texts.proposed_by(t, person), t.locale),
        italic(said(staff_texts.state(t, proposal.state), t.locale)),
        said(staff_texts.returned_because(t, proposal.reason), t.locale) if proposal.reason else Html(),
    )


def _faults(title: Callable[[Translator], str], faults: Iterable[Fault], t: Translator) -> Html:
    return _listed(title(t), [quoted(_short(f"• {fault}"), Locale.EN) for fault in faults], t)


def _answered(answered: Sequence[AnsweredQuestion], t: Translator) -> Html:
    headings = dict.fromkeys(one.heading for one in answered)
    return _listed(staff_texts.answers_title(t), [quoted(f"• {heading}", t.locale) for heading in headings], t)


def _marks(kind: MarkKind, title: Callable[[Translator], str], check: FolderCheck, t: Translator) -> Html:
    """In what is new: what was approved before is not marked again."""
    found = [
        (mark.shown, after.locale)
        for before, after in _pairs(check)
        if after is not None
        for mark in marks_of(change.after for change in changes_between(before, after) if change.after)
        if mark.kind is kind
    ]
    return _listed(title(t), [quoted(_short(f"• {shown}"), locale) for shown, locale in found], t)


def _differences(proposal: Proposal, check: FolderCheck, t: Translator) -> Html:
    shown: list[Html] = []
    for before, after in _pairs(check):
        document = after or before
        if document is not None:
            shown.extend(_changed(change, document.locale) for change in changes_between(before, after))
    if any(change.text is None for change in proposal.changes):
        shown.append(said(staff_texts.file_is_removed(t), t.locale))
    if not shown and check.faults:
        return Html()
    return _listed(staff_texts.differences_title(t), shown or [said(staff_texts.no_differences(t), t.locale)], t)


def _pairs(check: FolderCheck) -> Iterator[tuple[Document | None, Document | None]]:
    """Each changed document as it is and as it becomes."""
    before = {document.file: document for document in check.before}
    after = {document.file: document for document in check.after}
    for file in dict.fromkeys((*after, *before)):
        yield before.get(file), after.get(file)


def _changed(change: LineChange, locale: Locale) -> Html:
    before, after = quoted(_short(change.before), locale), quoted(_short(change.after), locale)
    if not before:
        return Html("➕ ") + after
    if not after:
        return Html("➖ ") + before
    return lines(Html("➖ ") + before, Html("✏️ ") + after)


def _listed(title: str, shown: Sequence[Html], t: Translator) -> Html:
    if not shown:
        return Html()
    ends = accumulate(len(one.source) for one in shown)
    fitting = max(1, sum(end <= _MOST_CHARACTERS for end in islice(ends, _MOST_LINES)))
    left = len(shown) - fitting
    more = said(staff_texts.more_lines(t, left), t.locale) if left > 0 else Html()
    return lines(bold(said(title, t.locale)), *shown[:fitting], more)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _rows(view: ProposalView, t: Translator) -> Rows:
    proposal, name = view.proposal, view.proposal.proposal_id
    seen = proposal.version
    keys: list[Key] = [staff_key(staff_texts.button_whole_text(t), StaffVerb.TEXT, name)]
    is_waiting = proposal.state is ProposalState.WAITING
    if is_waiting and view.may_review and (not view.is_own or view.is_alone):
        if not objections(proposal, view.check):
            keys.append(staff_key(announcement_texts.button_approve(t), StaffVerb.APPROVE, name, seen))
        keys.append(staff_key(announcement_texts.button_return(t), StaffVerb.RETURN, name, seen))
    if view.is_own and proposal.state in {ProposalState.WAITING, ProposalState.STALE}:
        keys.append(staff_key(announcement_texts.button_take_back(t), StaffVerb.TAKE_BACK, name))
    if proposal.state is ProposalState.STALE and proposal.kind not in OF_ONE_PLACE:
        keys.append(staff_key(staff_texts.button_propose_again(t), StaffVerb.RENEW, name))
    closing = [_answered_key(one, t) for one in view.answered]
    return (*pairs(keys), *column(closing), (staff_key(texts.button_back(t), StaffVerb.LIST),))


def _answered_key(answered: AnsweredQuestion, t: Translator) -> Key:
    argument = f"{answered.file}#{answered.section_id} {answered.by}"
    return StaffButton(StaffVerb.ANSWERED, argument).key(staff_texts.button_answered(t, answered.heading))
