"""Rights, space, open files, clock, time zones and packages, each provoked on this machine."""

from __future__ import annotations

import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.database.locks import LOCK_FILE
from bot.adapters.system.clock import utc_now
from bot.app.doctor.machine_checks import (
    ClockWatch,
    look_at_disk,
    look_at_open_files,
    look_at_rights,
    look_at_versions,
    look_at_zones,
)
from bot.operations.examining import Severity
from bot.operations.open_files import OpenFiles, open_files_of_holder

MEGABYTE = 2**20
NOON = datetime(2031, 3, 1, 12, tzinfo=UTC)


def _severities(found) -> list[int]:
    return [int(one.severity) for one in found]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    folder.chmod(0o700)
    return folder


# ── rights ──


def test_a_private_folder_and_one_that_is_not_there_yet_are_fine(data):
    assert _severities(look_at_rights(data)) == [0]
    assert _severities(look_at_rights(data / "later")) == [0]
    assert not (data / "later").exists()


def test_a_folder_that_others_can_enter_is_told_with_the_command_that_closes_it(data):
    data.chmod(0o755)
    [told] = look_at_rights(data)
    assert told.severity is Severity.WARNING
    assert "0755" in told.what
    assert told.advice == f"run `chmod -R go= {data}`"


@pytest.mark.parametrize("name", ["log_ids.key", "forgotten.key"])
def test_a_key_that_others_can_read_is_an_error(data, name):
    (data / name).write_bytes(b"k" * 32)
    (data / name).chmod(0o600)
    assert _severities(look_at_rights(data)) == [0]
    (data / name).chmod(0o640)
    [told] = look_at_rights(data)
    assert (told.severity, told.where) == (Severity.ERROR, str(data / name))


def test_a_folder_of_another_user_and_one_that_can_t_be_written_are_told(data, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: data.stat().st_uid + 1)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert _severities(look_at_rights(data)) == [2, 1]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "data").write_text("", encoding="utf-8")
    assert _severities(look_at_rights(tmp_path / "data")) == [2]


# ── space ──


@pytest.fixture
def index(data: Path) -> Path:
    """Version 7 of 6 MB with its store of 4 MB, and a smaller one from before."""
    for name, size in (("gen-6/a", 3), ("gen-7/en/b", 6), ("store-7/chroma/c", 4)):
        file = data / "index" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"\0" * size * MEGABYTE)
    return data


@pytest.mark.parametrize(("free_mb", "severity"), [(5000, 0), (221, 0), (219, 1), (111, 1), (109, 2), (0, 2)])
def test_two_versions_of_the_index_must_fit_on_the_disk(index, free_mb, severity):
    [told] = look_at_disk(index, lambda _folder: free_mb * MEGABYTE)
    assert told.severity == severity
    assert "takes 10 MB" in told.what
    assert bool(told.advice) == bool(severity)


def test_the_space_is_that_of_the_disk_on_which_the_folder_will_be(tmp_path):
    asked = []
    look_at_disk(tmp_path / "not" / "there", lambda folder: asked.append(folder) or 10**12)
    assert asked == [tmp_path]
    assert _severities(look_at_disk(tmp_path)) in ([0], [1], [2])


# ── open files ──


@pytest.mark.parametrize(("hard", "severity"), [(resource.RLIM_INFINITY, 0), (4096, 0), (4095, 1), (256, 1), (255, 2)])
def test_how_many_files_may_be_open_is_told(monkeypatch, hard, severity):
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (200, hard))
    [told] = look_at_open_files()
    assert told.severity == severity
    assert ("LimitNOFILE" in told.advice) == bool(severity)


@pytest.mark.parametrize(("count", "severity"), [(30, 0), (819, 0), (820, 2), (1024, 2)])
def test_how_many_files_a_running_bot_has_open_is_told(data, count, severity):
    [told] = look_at_open_files(data, holder=lambda _lock: OpenFiles(count, 1024))
    assert told.severity == severity
    assert f"{count} of 1024" in told.what


def test_the_process_that_holds_the_folder_is_found_by_its_lock(data):
    lock = data / LOCK_FILE
    assert open_files_of_holder(lock) is None
    with lock.open("w"):
        found = open_files_of_holder(lock)
    assert found is not None
    assert found.limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 3 < found.count < found.limit
    assert open_files_of_holder(lock, processes=data / "no such place") is None


# ── clock ──


@pytest.mark.parametrize(("leapt_s", "severity"), [(0.0, 0), (0.4, 0), (3600.0, 1), (-2.0, 1)])
def test_a_clock_that_leaps_meanwhile_is_told_with_the_seconds(data, leapt_s, severity):
    moments, seconds = iter((NOON, NOON + timedelta(seconds=5 + leapt_s))), iter((100.0, 105.0))
    watch = ClockWatch(data, now=lambda: next(moments), stopwatch_s=lambda: next(seconds))
    [told] = watch.look()
    assert told.severity == severity
    assert (f"{leapt_s:+.1f} s" in told.what) == bool(severity)


def test_a_clock_that_went_back_is_known_by_what_was_written_already(data):
    file = data / "state.sqlite3"
    file.write_bytes(b"")
    assert _severities(ClockWatch(data).look()) == [0]
    later = utc_now().timestamp() + 7200
    os.utime(file, (later, later))
    [told] = ClockWatch(data).look()
    assert told.severity is Severity.ERROR
    assert "went back" in told.what


# ── time zones, versions ──


def test_a_zone_without_data_is_an_error_by_its_name(monkeypatch, tmp_path):
    assert _severities(look_at_zones({"Asia/Shanghai", "Asia/Tashkent"})) == [0]
    [told] = look_at_zones({"Asia/Shanghai", "Mars/Olympus", "../etc/passwd"})
    assert told.severity is Severity.ERROR
    assert "../etc/passwd, Mars/Olympus" in told.what
    assert "Shanghai" not in told.what


def test_the_versions_are_told_and_packages_that_are_not_the_pinned_ones():
    installed = {"scoda-bot": "1.0.0", "aiohttp": "3.0"}
    [told] = look_at_versions({}, installed)
    assert "scoda-bot 1.0.0" in told.what
    assert "chromadb missing" in told.what
    locks = {Path("other.lock"): "".join(f"package{number}==2 \\\n" for number in range(9))}
    assert _severities(look_at_versions(locks | {Path("right.lock"): "aiohttp==3.0 \\\n"}, installed)) == [0]
    locks[Path("nearest.lock")] = "".join(f"package{number}==2 \\\n" for number in range(7))
    [_, differing] = look_at_versions(locks, installed)
    assert (differing.severity, differing.where) == (Severity.WARNING, "nearest.lock")
    assert "package4 is missing (2 is pinned) and 2 more" in differing.what
