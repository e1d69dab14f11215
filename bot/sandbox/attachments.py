"""What a person attaches: a place, a picture, a file, a voice note …; small but real contents."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import struct
import zlib

from bot.sandbox.entities import formatted
from bot.sandbox.files import FileStore, picture_size
from bot.sandbox.limits import DOWNLOAD_BYTES, PHOTO_BYTES
from bot.sandbox.media import file_fields
from bot.sandbox.person import PersonError
from bot.sandbox.wire import InputFile, Json
from bot.sandbox.world import Persona

_FILES = {
    "photo": ("photo.png", "image/png"),
    "document": ("notes.txt", "text/plain"),
    "voice": ("voice.ogg", "audio/ogg"),
    "sticker": ("sticker.webp", "image/webp"),
    "video": ("video.mp4", "video/mp4"),
}
"""By kind, the file name and MIME type of an order that names none; made up."""
_JIAOZHOU = {"latitude": 36.264, "longitude": 120.033}
"""Degrees: where a persona is that sends its place, in Jiaozhou, Qingdao."""
_TEXT = b"A few lines that a visitor might attach.\n"
"""The content of a document whose order brings none."""
_KINDS = (*_FILES, "location", "contact", "dice", "poll")
"""What can be attached: files, and what is not a file."""
_MIME_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,64}", re.ASCII)
"""Type and subtype of at most 64 characters, as https://www.rfc-editor.org/rfc/rfc6838#section-4.2 recommends.

A type with a line break must never get into a header.
"""
ORDER_FIELDS = ("kind", "caption", "file_name", "mime_type", "content_base64", *_JIAOZHOU)
"""What an order may say."""


def attachment(files: FileStore, persona: Persona, order: Json) -> Json:
    """The message fields of an attachment; `content_base64` may bring a file's real bytes.

    Raises:
        PersonError: for an unknown kind or bytes that are not what they should be.
    """
    kind = str(order.get("kind", ""))
    if kind not in _KINDS:
        raise PersonError(f"kind must be one of {', '.join(_KINDS)}, not {kind!r}")
    content = _file(files, kind, order) if kind in _FILES else _other(kind, persona, order)
    caption = formatted(str(order.get("caption") or ""))
    if caption.text and kind in {"photo", "document", "video", "voice"}:
        content["caption"] = caption.text
        if caption.entities:
            content["caption_entities"] = list(caption.entities)
    return content


def _file(files: FileStore, kind: str, order: Json) -> Json:
    name, mime_type = _FILES[kind]
    name = str(order.get("file_name") or name)
    mime_type = str(order.get("mime_type") or mime_type)
    if _MIME_TYPE.fullmatch(mime_type) is None:
        raise PersonError(f"mime_type must have the form application/pdf, not {mime_type[:80]!r}")
    content = _given_bytes(order) or (_TEXT if kind == "document" else small_png())
    most = PHOTO_BYTES if kind == "photo" else DOWNLOAD_BYTES
    if len(content) > most:
        raise PersonError(f"a {kind} has at most {most} bytes here, not {len(content)}", 413)
    if kind == "photo" and picture_size(content) is None:
        raise PersonError("content_base64 of a photo must be a PNG, JPEG, GIF or WebP picture")
    return file_fields(files.add(kind, InputFile(name, mime_type, content)))


def _given_bytes(order: Json) -> bytes:
    try:
        return base64.b64decode(str(order.get("content_base64") or ""), validate=True)
    except binascii.Error as error:
        raise PersonError(f"content_base64 is not base64: {error}") from error


def _other(kind: str, persona: Persona, order: Json) -> Json:
    if kind == "location":
        return {"location": {name: float(order.get(name, value)) for name, value in _JIAOZHOU.items()}}
    if kind == "contact":
        contact = {"phone_number": "+8613800000000", "first_name": persona.first_name, "user_id": persona.id}
        return {"contact": contact}
    if kind == "dice":
        return {"dice": {"emoji": "🎲", "value": 1 + secrets.randbelow(6)}}
    options = [{"text": text, "voter_count": 0, "persistent_id": text} for text in ("1", "2")]
    return {
        "poll": {
            "id": secrets.token_hex(8),
            "question": str(order.get("caption") or "?"),
            "options": options,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    }


def small_png(width: int = 64, height: int = 40) -> bytes:
    """A plain picture in two tones."""
    rows = b"".join(
        b"\0" + b"".join(bytes((70, 120, 200 if y < height // 2 else 140)) for _ in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
