from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.adapters.archive import sealing
from bot.adapters.archive.sealing import MAGIC, SealedReader, SealingWriter
from bot.errors import BackupError

SECRET = "correct horse battery"
FRAME = 65_536
CONTENT = bytes(range(256)) * 700
"""Two whole frames and a piece of a third."""


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_COST", 16)


def sealed(file: Path, content: bytes = CONTENT) -> bytes:
    with file.open("wb") as opened, SealingWriter(opened, SECRET) as writer:
        for start in range(0, len(content), 10_000):
            writer.write(content[start : start + 10_000])
    return file.read_bytes()


def read(file: Path, secret: str = SECRET) -> bytes:
    with file.open("rb") as opened:
        return io.BufferedReader(SealedReader(opened, secret)).read()


@pytest.mark.parametrize("length", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME])
def test_what_was_sealed_is_read_again(tmp_path, length):
    content = CONTENT[:length]
    made = sealed(tmp_path / "a", content)
    assert read(tmp_path / "a") == content
    assert made.startswith(MAGIC)
    assert length < 20 or content[:20] not in made


def test_another_passphrase_is_told_as_such(tmp_path):
    sealed(tmp_path / "a")
    with pytest.raises(BackupError, match="the passphrase is not the one"):
        read(tmp_path / "a", "correct horse batterie")


def test_the_same_content_never_makes_the_same_bytes(tmp_path):
    assert sealed(tmp_path / "a") != sealed(tmp_path / "b")


def frames_of(made: bytes) -> tuple[bytes, list[bytes]]:
    """The header and each frame with its length."""
    at = made.index(b"\n", len(MAGIC)) + 1
    header, frames = made[:at], []
    while at < len(made):
        length = 4 + int.from_bytes(made[at : at + 4], "big")
        frames.append(made[at : at + length])
        at += length
    return header, frames


def test_S05_cut_off_moved_doubled_or_lengthened_it_is_not_read(tmp_path):
    header, frames = frames_of(sealed(tmp_path / "a"))
    assert len(frames) == 3
    one, two, last = frames
    wrong = {
        "without its last frame": [one, two],
        "with its first frame alone": [one],
        "with no frame": [],
        "with two frames exchanged": [two, one, last],
        "with a frame twice": [one, two, two, last],
        "with more behind it": [one, two, last, last],
        "with a byte behind it": [one, two, last, b"\n"],
        "cut in a frame": [one, two[:-1]],
        "cut in a length": [one, two, last[:2]],
    }
    for what, parts in wrong.items():
        (tmp_path / "a").write_bytes(header + b"".join(parts))
        with pytest.raises(ValueError, match=r"cut off|damaged|changed"):
            read(tmp_path / "a")
        assert what


def test_S05_no_byte_can_be_changed_unseen(tmp_path):
    made = sealed(tmp_path / "a", b"a few words")
    header, _ = frames_of(made)
    for place in (len(MAGIC) + 12, len(header) - 8, len(header) + 3, len(header) + 6, len(made) - 1):
        (tmp_path / "a").write_bytes(made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :])
        with pytest.raises((ValueError, BackupError)):
            read(tmp_path / "a")


@pytest.mark.parametrize(("number", "value"), [("n", 2**30), ("n", 0), ("p", 1000), ("r", 2**20)])
def test_a_forged_header_takes_no_endless_memory_or_time(tmp_path, number, value):
    made = sealed(tmp_path / "a", b"")
    usual = {"n": 16, "r": 8, "p": 2}[number]
    (tmp_path / "a").write_bytes(made.replace(f'"{number}": {usual}'.encode(), f'"{number}": {value}'.encode()))
    with pytest.raises(ValueError, match="memory or time"):
        read(tmp_path / "a")
