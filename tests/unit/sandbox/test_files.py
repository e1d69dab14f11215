import struct

from bot.sandbox.attachments import small_png
from bot.sandbox.files import FileStore, picture_size
from bot.sandbox.wire import InputFile

JPEG = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + bytes(14) + b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 30, 50, 3)


def test_pictures_tell_their_size():
    assert picture_size(small_png(20, 10)) == (20, 10)
    assert picture_size(b"GIF89a" + struct.pack("<HH", 7, 8)) == (7, 8)
    assert picture_size(JPEG) == (50, 30)
    assert picture_size(b"RIFF\0\0\0\0WEBPVP8 ") == (512, 512)


def test_what_is_no_picture_has_no_size():
    for content in (b"", b"text", b"\xff\xd8\xff", JPEG[:20], b"\x89PNG\r\n\x1a\n"):
        assert picture_size(content) is None


def test_newer_files_push_out_the_oldest():
    files = FileStore(kept_bytes=10)
    first = files.add("document", InputFile("a.txt", "text/plain", b"123456"))
    second = files.add("document", InputFile("b.txt", "text/plain", b"123456"))
    assert files.get(first.file_id) is None
    assert files.at(first.path) is None
    assert files.at(second.path) is second


def test_a_file_is_stored_under_a_path_of_our_own():
    files = FileStore()
    for name in ("../../etc/passwd", "C:\\x", "CON", "a" * 300, "\u202egpj.exe", "a\0b", "a."):
        path = files.add("document", InputFile(name, "", b"x")).path
        assert path.startswith("documents/file_")
        assert path.isascii()
        assert len(path) < 330
