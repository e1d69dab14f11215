"""The handlers with the staff of the knowledge: proposals over a real folder and stores in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from telegram.request import RequestData

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.knowledge.text_files import TextFileConverter
from bot.announcements.model import Organiser, Role
from bot.answering.model import Answer, Citation, Outcome, TurnRecord
from bot.app.drafting import WaitingDrafts
from bot.chat.staff_context import AnsweredQuestion, StaffContext
from bot.chat_state.model import Button, ButtonAction
from bot.drafting.desk import DraftDesk
from bot.ids import ChatId, DocumentPath, Locale, SectionKey, VisitorId
from bot.ingestion.overview import SectionStatus
from bot.ingestion.validity import Expiry
from bot.proposals.approving import ProposalApprovals
from bot.proposals.model import FolderCheck
from bot.proposals.ports import DocumentConverter
from bot.proposals.rules import ProposalPorts
from bot.proposals.sent_files import SentFiles
from bot.proposals.service import Proposals
from bot.writing.sentences import split_sentences
from tests.support.chat_rig import BOT_ID, NOW, FakeAnswerer, message, person
from tests.support.news_rig import GroupTelegram, NewsRig
from tests.support.proposal_parts import EDITOR, OWNER, REVIEWER, ProposalParts, write_hall

HALL_KEY = SectionKey(DocumentPath("venue/hall.md"), "size")
TOLD = "The hall has 1,600 seats. It opens at 9:00."


class HallAnswerer(FakeAnswerer):
    """Tells the section on the hall's size."""

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        cited = Citation(
            key=key, title="Hall", heading="Size", publisher="", source_title="", url="", source_date=None,
            as_of=None, valid_until=None, locale=Locale.EN,
        )  # fmt: skip
        sentences = tuple(split_sentences(TOLD, Locale.EN))
        return Answer(Outcome.ANSWERED, locale, Locale.EN, sentences[:1], sentences[1:], citations=(cited,))


class FileTelegram(GroupTelegram):
    """Keeps files that can be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def _result(self, name: str, params: dict) -> object:
        if name == "getFile":
            content = self.files[params["file_id"]]
            unique = {"file_id": params["file_id"], "file_unique_id": params["file_id"], "file_size": len(content)}
            return unique | {"file_path": f"documents/{params['file_id']}"}
        return super()._result(name, params)

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: object, **more: object
    ) -> tuple[int, bytes]:
        if "/file/bot" in url:
            return 200, self.files[url.rsplit("/", 1)[1]]
        return await super().do_request(url, method, request_data, *timeouts, **more)


class StaffRig(NewsRig):
    """An owner, a reviewer and an editor over a folder with one document in three languages."""

    telegram: FileTelegram

    def __init__(self, folder: Path, *converters: DocumentConverter, **announcements: Any) -> None:
        super().__init__(**announcements)
        write_hall(folder)
        self.knowledge = ProposalParts(folder, self.parts.database)
        ports = ProposalPorts(
            proposals=self.knowledge.store,
            folder=self.knowledge.changeable,
            roles=self.parts.organisers,
            audit=self.parts.audit,
            transaction=self.parts.database.transaction,
        )
        self.staff = StaffContext(
            proposals=Proposals(ports),
            approvals=ProposalApprovals(ports),
            sent_files=SentFiles([TextFileConverter(), *converters]),
            expiring=self._expiring,
            drafts=DraftDesk(
                WaitingDrafts(folder, KnowledgeFiles(folder, identify=lambda *_: None).read),
                self.parts.organisers,
                self.parts.audit,
            ),
            sections=self._sections,
            answered=self._answered,
        )
        self._changes["staff"] = self.staff
        self.expiries: Sequence[Expiry] = ()
        self.sections: Sequence[SectionStatus] = ()
        self.answered: Sequence[AnsweredQuestion] = ()
        """Open questions that every proposal seems to answer."""
        self.told_by_pin: SectionKey | None = None
        """The pin by which what is replied to was told."""
        self.answerer = HallAnswerer()
        self.telegram = FileTelegram()

    async def _expiring(self, _today: date) -> Sequence[Expiry]:
        return self.expiries

    async def _sections(self, _now: datetime) -> Sequence[SectionStatus]:
        return self.sections

    async def _answered(self, _check: FolderCheck, _locale: Locale) -> Sequence[AnsweredQuestion]:
        return self.answered

    async def appoint(self) -> None:
        """An owner, a reviewer and an editor."""
        for visitor_id, role in ((OWNER, Role.OWNER), (REVIEWER, Role.REVIEWER), (EDITOR, Role.EDITOR)):
            await self.parts.organisers.grant(
                Organiser(visitor_id=visitor_id, role=role, granted_by=None, granted_at=NOW)
            )

    async def sends(self, who: int, name: str, content: bytes, *, size: int | None = None, **more: Any) -> str:
        """Somebody sends a file; returns the bot's last words to them."""
        self.telegram.files["F"] = content
        document: dict[str, object] = {"file_id": "F", "file_unique_id": "F", "file_name": name}
        document |= {"file_size": len(content) if size is None else size}
        await self.handle(message(None, user=person(who), at=self.now, document=document, **more))
        return self.last(who)

    async def replies(self, who: int, text: str, *, turn_id: str = "T1", locale: Locale = Locale.EN) -> str:
        """Somebody replies to an answer of the bot's that told the section on the hall's size."""
        await self.remember_turn(who, turn_id, locale)
        markup = {"inline_keyboard": [[{"text": "👍", "callback_data": f"helpful-{turn_id}"}]]}
        answer = {
            "message_id": 4,
            "date": int(NOW.timestamp()),
            "chat": {"id": who, "type": "private"},
            "from": {"id": BOT_ID, "is_bot": True, "first_name": "SCODA"},
            "text": TOLD,
            "reply_markup": markup,
        }
        return await self.says(who, text, reply_to_message=answer)

    async def remember_turn(self, who: int, turn_id: str, locale: Locale) -> None:
        keys = (HALL_KEY,) if self.told_by_pin is None else (HALL_KEY, self.told_by_pin)
        turn = TurnRecord(
            turn_id=turn_id, chat_id=ChatId(who), visitor_id=VisitorId(who), asked_at=NOW, question="How large?",
            locale=locale, outcome=Outcome.ANSWERED, score=0.9, keys=keys, took_ms=1.0,
        )  # fmt: skip
        self.state.turns[turn_id] = turn
        token = f"helpful-{turn_id}"
        button = Button(token, ChatId(who), None, ButtonAction.HELPFUL, turn_id, NOW.replace(year=2030))
        await self.app.buttons.issue([button])
