from __future__ import annotations

import gzip
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.archive import archive as archive_module
from bot.adapters.archive import sealing
from bot.adapters.archive.archive import is_sealed, parts_of, sha256_of, verified, writing
from bot.adapters.archive.manifest import ArchivedTable, ArchiveManifest, to_json
from bot.errors import BackupError

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
SECRET = "correct horse battery"
HALLS = b'["one"]\n["two"]\n'
KEY = b"\x00\x01key"
MANIFEST = ArchiveManifest(
    program="1.0.0",
    schema="0014",
    engine="sqlite",
    taken_at=NOW,
    tables={"halls": ArchivedTable((("name", "text"),), 2)},
)


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_COST", 16)


def written(file: Path, passphrase: str = "", manifest: ArchiveManifest = MANIFEST) -> ArchiveManifest:
    with file.open("wb") as opened, writing(opened, passphrase) as archive:
        archive.add("tables/halls/000001.jsonl", HALLS, rows=2)
        archive.add("files/some.key", KEY)
        return archive.finish(manifest)


@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_what_was_written_is_read_again(tmp_path, passphrase):
    file = tmp_path / "a"
    manifest = written(file, passphrase)
    assert verified(file, passphrase) == manifest
    assert [(part.name, content) for part, content in parts_of(file, passphrase, manifest)] == [
        ("tables/halls/000001.jsonl", HALLS),
        ("files/some.key", KEY),
    ]
    assert is_sealed(file) is bool(passphrase)
    assert (HALLS in gzip.decompress(file.read_bytes())) if not passphrase else HALLS not in file.read_bytes()


def test_O05_what_could_not_be_read_again_is_not_written_and_its_table_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "_LARGEST_PART", len(HALLS) - 1)
    with pytest.raises(BackupError, match="a row of the table halls takes 0 MiB"):
        written(tmp_path / "a")
    monkeypatch.setattr(archive_module, "_LARGEST_PART", len(HALLS))
    written(tmp_path / "b")


def test_a_plain_one_can_be_looked_into_by_any_tar(tmp_path):
    written(tmp_path / "a")
    with tarfile.open(tmp_path / "a") as tar:
        assert tar.getnames() == ["tables/halls/000001.jsonl", "files/some.key", "manifest.json"]


def test_a_sealed_one_asks_for_its_passphrase(tmp_path):
    written(tmp_path / "a", SECRET)
    with pytest.raises(BackupError, match="it is encrypted: give its passphrase in SCODA_BACKUP_PASSPHRASE"):
        verified(tmp_path / "a", "")
    with pytest.raises(BackupError, match="the passphrase is not the one"):
        verified(tmp_path / "a", SECRET + "!")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b", b"SCODA-SEALED-1\n", b"SCODA-SEALED-1\n{}\n"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BackupError, match="can't be used"):
        verified(tmp_path / "a", SECRET)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(BackupError, match="No such file"):
        verified(tmp_path / "none", "")


@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_S05_cut_anywhere_it_is_refused(tmp_path, passphrase):
    written(tmp_path / "a", passphrase)
    made = (tmp_path / "a").read_bytes()
    for length in (len(made) - 1, len(made) - 9, len(made) // 2, 200):
        (tmp_path / "a").write_bytes(made[:length])
        with pytest.raises(BackupError, match="take another backup"):
            verified(tmp_path / "a", passphrase)


def tampered(file: Path, *parts: tuple[str, bytes]) -> Path:
    """A plain archive of these parts, well made as far as tar and gzip go."""
    with gzip.open(file, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for name, content in parts:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


def test_S05_a_part_that_was_changed_left_out_added_or_put_behind_is_refused(tmp_path):
    manifest = to_json(written(tmp_path / "a"))
    halls, key, told = ("tables/halls/000001.jsonl", HALLS), ("files/some.key", KEY), ("manifest.json", manifest)
    assert verified(tampered(tmp_path / "b", halls, key, told), "")
    wrong = {
        "not as the manifest says": (("tables/halls/000001.jsonl", HALLS.replace(b"two", b"six")), key, told),
        "its manifest names": (halls, told),
        "it holds 3 parts": (halls, key, ("files/other.key", KEY), told),
        "behind its manifest": (halls, told, key),
        "manifest is missing": (halls, key),
        "can't be read": (halls, key, ("manifest.json", b"{}")),
    }
    for reason, parts in wrong.items():
        with pytest.raises(BackupError, match=reason):
            verified(tampered(tmp_path / "b", *parts), "")


def test_S05_what_changes_between_the_check_and_the_reading_is_refused(tmp_path):
    manifest = written(tmp_path / "a")
    other = ("tables/halls/000001.jsonl", b'["three"]\n["four"]\n')
    tampered(tmp_path / "a", other, ("files/some.key", KEY), ("manifest.json", to_json(manifest)))
    with pytest.raises(BackupError, match="has changed since it was checked"):
        list(parts_of(tmp_path / "a", "", manifest))


def test_S05_a_link_is_no_part(tmp_path):
    with gzip.open(tmp_path / "a", "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        member = tarfile.TarInfo("files/some.key")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(BackupError, match="is no part of a backup"):
        verified(tmp_path / "a", "")


def test_other_numbers_of_rows_than_told_are_refused(tmp_path):
    told = ArchiveManifest(
        program="1.0.0", schema="0014", engine="sqlite", taken_at=NOW, tables={"halls": ArchivedTable((), 3)}
    )
    written(tmp_path / "a", manifest=told)
    with pytest.raises(BackupError, match="other numbers of rows than its manifest says: halls"):
        verified(tmp_path / "a", "")


def test_a_newer_format_is_left_to_a_newer_program(tmp_path):
    newer = ArchiveManifest(format=2, program="9.0.0", schema="9999", engine="sqlite", taken_at=NOW, tables={})
    written(tmp_path / "a", manifest=newer)
    with pytest.raises(BackupError, match="it is of format 2, and this program reads 1: use a newer one"):
        verified(tmp_path / "a", "")


def test_the_sum_is_of_the_whole_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
