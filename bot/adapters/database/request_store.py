"""Changes of what was delivered that wait for a second person, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import occurrences, requests
from bot.announcements.model import AnnouncementId, ChangeRequest, ChangeRequestKind, ChangeRequestState, OccurrenceId
from bot.ids import Locale, VisitorId


class SqlRequests:
    """Implements `bot.announcements.ports.Requests`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, request: ChangeRequest) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                requests.insert().values(
                    request_id=request.request_id,
                    occurrence_id=request.occurrence_id,
                    kind=request.kind.value,
                    texts=_json(request.texts),
                    replaces=_json(request.replaces),
                    copies=request.copies,
                    asked_by=request.asked_by,
                    asked_at=request.asked_at,
                    state=request.state.value,
                )
            )

    async def find(self, request_id: str) -> ChangeRequest | None:
        """See the port."""
        query = select(requests).where(requests.c.request_id == request_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _request(row)

    async def waiting(self, announcement_id: AnnouncementId) -> Sequence[ChangeRequest]:
        """See the port."""
        query = (
            select(requests)
            .join(occurrences, occurrences.c.occurrence_id == requests.c.occurrence_id)
            .where(occurrences.c.announcement_id == announcement_id, requests.c.state == ChangeRequestState.OPEN.value)
            .order_by(requests.c.asked_at, requests.c.request_id)
        )
        async with self._database.reading() as connection:
            return [_request(row) for row in (await connection.execute(query)).mappings()]

    async def decide(self, request: ChangeRequest) -> bool:
        """See the port."""
        deciding = (
            update(requests)
            .where(requests.c.request_id == request.request_id, requests.c.state == ChangeRequestState.OPEN.value)
            .values(state=request.state.value, decided_by=request.decided_by, decided_at=request.decided_at)
        )
        async with self._database.writing() as connection:
            return (await connection.execute(deciding)).rowcount == 1


def _json(texts: Mapping[Locale, str]) -> str:
    return json.dumps(dict(texts), ensure_ascii=False)


def _texts(stored: str) -> Mapping[Locale, str]:
    return {Locale(locale): text for locale, text in json.loads(stored).items()}


def _request(row: RowMapping) -> ChangeRequest:
    return ChangeRequest(
        request_id=row["request_id"],
        occurrence_id=OccurrenceId(row["occurrence_id"]),
        kind=ChangeRequestKind(row["kind"]),
        texts=_texts(row["texts"]),
        replaces=_texts(row["replaces"]),
        copies=row["copies"],
        asked_by=VisitorId(row["asked_by"]),
        asked_at=row["asked_at"],
        state=ChangeRequestState(row["state"]),
        decided_by=None if row["decided_by"] is None else VisitorId(row["decided_by"]),
        decided_at=row["decided_at"],
    )
