"""Photos, documents and the like: from an upload or a file_id to the fields of a message."""

from __future__ import annotations

import mimetypes

from bot.sandbox.entities import formatted
from bot.sandbox.files import FileStore, StoredFile, picture_size
from bot.sandbox.limits import ALBUM_ITEMS, CAPTION_UNITS, PHOTO_BYTES, UPLOAD_BYTES, utf16_length
from bot.sandbox.targets import Call
from bot.sandbox.wire import ApiError, InputFile, Json, bad_request

_PLAIN_MIME = "application/octet-stream"
"""Bytes of unknown kind: https://www.rfc-editor.org/rfc/rfc2046#section-4.5.1."""
_ALBUM = frozenset({"photo", "video", "audio", "document"})
"""Kinds that an album may hold: https://core.telegram.org/bots/api#sendmediagroup."""


def media_content(call: Call, kind: str) -> Json:
    """The message field for the file in the parameter named like its kind.

    Raises:
        ApiError: 400 for a missing, wrong or too big file; 413 for more than 50 MB.
    """
    upload = call.params.upload(kind)
    if upload is None and not call.params.text(kind):
        raise bad_request(f"there is no {kind} in the request")
    stored = stored_upload(call.sandbox.files, kind, upload) if upload else _by_id(call, kind)
    return file_fields(stored)


def listed_media(call: Call) -> list[Json]:
    """The contents of an album, each with its caption.

    Raises:
        ApiError: 400 for an album of another size than 2 to 10, and as `media_content`.
    """
    items = call.params.items("media", what="media")
    if len(items) not in ALBUM_ITEMS:
        raise bad_request("album must contain from 2 to 10 media")
    return [_album_item(call, item) for item in items]


def _album_item(call: Call, item: object) -> Json:
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(item, dict) or kind not in _ALBUM:
        raise bad_request("can't parse InputMedia: type must be photo, video, audio or document")
    reference = str(item.get("media", ""))
    upload = call.params.attached(reference) if reference.startswith("attach://") else None
    stored = (
        stored_upload(call.sandbox.files, str(kind), upload)
        if upload
        else _known(call.sandbox.files, str(kind), reference)
    )
    return {**file_fields(stored), **caption_fields(item)}


def caption_fields(given: Json) -> Json:
    """Caption and entities of an item of a list (a part of an album, an inline result); nothing without a caption.

    Raises:
        ApiError: 400 for a caption that is too long or does not parse.
    """
    caption = formatted(str(given.get("caption", "")), str(given.get("parse_mode", "")), given.get("caption_entities"))
    if utf16_length(caption.text) > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    return {"caption": caption.text, "caption_entities": list(caption.entities)} if caption.text else {}


def stored_upload(files: FileStore, kind: str, upload: InputFile) -> StoredFile:
    """Keeps an upload, if Telegram would.

    Raises:
        ApiError: 400 or 413 for a file that is empty, too big, or no picture where one is wanted.
    """
    size = len(upload.content)
    if not size:
        raise bad_request("file must be non-empty")
    if size > UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        if size > PHOTO_BYTES:
            raise bad_request(
                f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
            )
        if picture_size(upload.content) is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
    return files.add(kind, upload)


def _by_id(call: Call, kind: str) -> StoredFile:
    return _known(call.sandbox.files, kind, call.params.text(kind))


def _known(files: FileStore, kind: str, reference: str) -> StoredFile:
    stored = files.get(reference)
    if stored is None:
        if reference.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored


def file_fields(stored: StoredFile) -> Json:
    """The message field of a kept file."""
    if stored.kind == "photo":
        return {"photo": _photo_sizes(stored)}
    described: Json = {**stored.ids, **_SHAPES.get(stored.kind, {})}
    if stored.kind in {"document", "video", "audio", "animation", "voice"}:
        described["mime_type"] = _mime_type(stored.upload)
    if stored.kind in {"document", "video", "audio", "animation"} and stored.upload.name:
        described["file_name"] = stored.upload.name
    if stored.kind == "animation":
        return {"animation": described, "document": {**stored.ids, "mime_type": described["mime_type"]}}
    return {stored.kind: described}


_SHAPES: dict[str, Json] = {
    "video": {"width": 640, "height": 360, "duration": 3},
    "animation": {"width": 640, "height": 360, "duration": 3},
    "audio": {"duration": 3},
    "voice": {"duration": 3},
    "sticker": {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "🙂",
    },
}
"""Fields that are required but that only a decoder could tell; made up (pixels, seconds)."""


def _photo_sizes(stored: StoredFile) -> list[Json]:
    width, height = picture_size(stored.upload.content) or (1, 1)
    return [{**stored.ids, "width": width, "height": height}]


def _mime_type(upload: InputFile) -> str:
    guessed, _ = mimetypes.guess_type(upload.name)
    return guessed or upload.mime_type or _PLAIN_MIME
