"""What the page watches without a body in JSON: the stream of events, and the bytes of files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.sandbox.control.json_routes import JsonResponse
from bot.sandbox.engine import SandboxEngine

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Kinds that the page shows; anything else is only downloaded, since it might be a page of its own."""


class Watching:
    """The answers of `/events` and `/files/{file_id}`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    async def events(self, request: Request) -> Response:
        """Server-sent events of `persona` (several with commas; none means all chats)."""
        try:
            named = request.query_params.get("persona", "").split(",")
            personas = frozenset(int(number) for number in named if number)
            last = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
            after = int(last) if last else None
        except ValueError:
            return JsonResponse({"error": "persona and Last-Event-ID are whole numbers"}, 400)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = self._sandbox.events.stream(personas, after)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def file(self, request: Request) -> Response:
        """The bytes of a file, for the page; only pictures are shown in place."""
        stored = self._sandbox.files.get(request.path_params["file_id"])
        if stored is None:
            return JsonResponse({"error": "there is no such file in this run of the sandbox"}, 404)
        is_picture = stored.upload.mime_type in _PICTURES
        return Response(
            stored.upload.content,
            media_type=stored.upload.mime_type if is_picture else "application/octet-stream",
            headers={} if is_picture else {"Content-Disposition": "attachment"},
        )
