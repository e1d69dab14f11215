"""Announcements in files: what may stand there, and what is told, by line, when something else does."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.announcements import files as announcement_files
from bot.adapters.announcements.files import AnnouncementFile, read_single, read_standing
from bot.announcements.checking import Trouble, problems_of
from bot.announcements.content import stale_locales
from bot.announcements.model import (
    AttachmentKind,
    Audience,
    LinkButton,
    MissingLanguage,
    Policy,
    QuietHours,
    Role,
    Schedule,
    Terms,
    Timing,
)
from bot.announcements.schedule import next_moment
from bot.announcements.standing import announcement_of
from bot.app import core as app
from bot.chat.wire.composer import HtmlComposer
from bot.errors import SettingsError
from bot.ids import ChatId, Locale, NewsTopic

SHIPPED = Path(app.__file__).parents[2] / "config" / "announcements.toml"

SMALL = """\
[hours]
label = "Opening hours"
topic = "expo"
cron = "30 8 * * mon-fri"
[hours.texts]
en = "Open today."
"""


def read(folder: Path, text: str) -> AnnouncementFile:
    file = folder / "announcements.toml"
    file.write_text(text, encoding="utf-8")
    return read_standing(file)


def faults(folder: Path, text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in read(folder, text).faults]


def uncommented() -> str:
    """The example that the shipped file holds behind `#`."""
    lines = [line.removeprefix("#").removeprefix(" ") for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
    return "\n".join(lines[lines.index("") :])


def test_the_shipped_file_holds_no_announcement_and_a_complete_example(tmp_path: Path):
    assert read_standing(SHIPPED).require_good() == ()
    (tmp_path / "hall.jpg").write_bytes(b"picture")
    [hours] = read(tmp_path, uncommented()).require_good()
    draft = hours.draft
    assert (hours.name, draft.label, draft.topic) == ("hours", "Opening hours", NewsTopic.EXPO)
    assert draft.schedule == Schedule(timing=Timing.RECURRING, cron="30 8 * * mon-fri", until=date(2026, 12, 31))
    assert draft.terms == Terms(
        valid_for=timedelta(hours=8),
        missing_language=MissingLanguage.FALLBACK,
        fallback=Locale.EN,
        is_silent=True,
        policy=Policy.AT_MOST_ONCE,
        quiet_hours=QuietHours.HOLD,
    )
    assert draft.audience == Audience(
        locales=frozenset({Locale.EN, Locale.ZH}),
        topics=frozenset({NewsTopic.EXPO}),
        countries=frozenset({"CN", "KZ"}),
        chats=frozenset({ChatId(-1001234567890)}),
    )
    content = draft.content
    assert content.texts[Locale.ZH] == "博览会今天 <b>{opens}</b> 开馆。"
    assert content.moments["opens"].astimezone(UTC) == datetime(2026, 11, 7, 1, tzinfo=UTC)
    assert content.buttons == (LinkButton({Locale.EN: "Programme", Locale.ZH: "日程"}, "https://example.org/expo"),)
    assert content.attachment is not None
    assert (content.attachment.kind, content.attachment.content) == (AttachmentKind.PHOTO, b"picture")
    assert not stale_locales(content)


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path):
    assert read_standing(tmp_path / "announcements.toml") == AnnouncementFile((), ())


def test_little_is_needed(tmp_path: Path):
    found = read(tmp_path, SMALL)
    [hours] = found.require_good()
    assert found.line_of("hours", ()) == 1
    assert hours.draft.content.source is Locale.EN
    assert hours.draft.terms == Terms()
    assert hours.draft.audience == Audience()


def test_the_fingerprint_changes_with_what_is_said_and_with_nothing_else(tmp_path: Path):
    def fingerprint(text: str) -> str:
        return read(tmp_path, text).require_good()[0].fingerprint

    assert fingerprint(SMALL) == fingerprint("# a remark\n\n" + SMALL)
    assert fingerprint(SMALL) != fingerprint(SMALL.replace("today", "tomorrow"))
    assert fingerprint(SMALL) != fingerprint(SMALL.replace("30 8", "30 9"))


@pytest.mark.parametrize(
    ("changed", "to", "line", "reason"),
    [
        ('topic = "expo"', 'topic = "sport"', 3, "'expo', 'forum'"),
        ('cron = "30 8 * * mon-fri"', 'cron = "30 25 * * *"', 4, "hour"),
        ('cron = "30 8 * * mon-fri"', "", 1, "cron: Field required"),
        ('cron = "30 8 * * mon-fri"', 'cron = "0 9 * * *"\nzone = "Asia/Atlantis"', 5, "Asia/Atlantis"),
        ('cron = "30 8 * * mon-fri"', 'cron = "0 9 * * *"\nat = 2026-11-07T09:00:00', 5, "at: Extra inputs"),
        ('cron = "30 8 * * mon-fri"', 'cron = "0 9 * * *"\nuntil = "soon"', 5, "until"),
        ('label = "Opening hours"', 'label = ""', 2, "1 to 100 characters"),
        ('en = "Open today."', 'xx = "Open today."', 6, "'zh'"),
        ('en = "Open today."', "en = 7", 6, "string"),
        ('en = "Open today."', "", 5, "texts"),
        ('en = "Open today."', 'en = "Open"\n[hours.terms]\nvalid_for = "soon"', 8, "30m, 12h or 1d 12h"),
        ('en = "Open today."', 'en = "Open"\n[hours.terms]\nvalid_for = "0h"', 8, "30m, 12h or 1d 12h"),
        ('en = "Open today."', 'en = "Open"\n[hours.terms]\nfallback = "en"', 7, "belong together"),
        (
            'en = "Open today."',
            'en = "Open"\n[hours.terms]\nmissing_language = "fallback"\nfallback = "zh"',
            1,
            "no such language",
        ),
        ('en = "Open today."', 'en = "Open"\n[hours.audience]\ncountries = ["China"]', 8, "countries"),
        ('en = "Open today."', 'en = "Open"\n[[hours.buttons]]\nlabels = { en = "Map" }', 7, "url: Field required"),
        ('en = "Open today."', 'en = "Open"\n[hours.attachment]\nkind = "photo"\nfile = "no.jpg"', 9, "no.jpg"),
        ("[hours]", "[Opening-hours]", 1, "small letters"),
        ("[hours]", "a = 1\n[hours]", 1, "outside of a table"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, changed: str, to: str, line: int, reason: str):
    text = SMALL.replace(changed, to)
    if changed == "[hours]":
        text = text.replace("[hours.texts]", f"[{to.strip('[]')}.texts]") if to.startswith("[") else text
    found = faults(tmp_path, text)
    assert (line, True) in [(at, reason in why) for at, why in found], found


def test_lines_are_right_after_texts_of_several_lines(tmp_path: Path):
    text = SMALL.replace('en = "Open today."', 'en = """\nOpen\ntopic = "no"\n"""\n[hours.terms]\nsilent = "?"')
    [(line, reason)] = faults(tmp_path, text)
    assert line == 11, reason


def test_broken_toml_is_told_with_its_line(tmp_path: Path):
    [(line, reason)] = faults(tmp_path, SMALL + "[hours\n")
    assert line == 7
    assert "line" not in reason


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path):
    text = SMALL.replace("expo", "sport") + SMALL.replace("hours", "later").replace('label = "Opening later"\n', "")
    found = faults(tmp_path, text)
    assert [line for line, _ in found] == [3, 7]
    with pytest.raises(SettingsError, match=r"announcements\.toml:3: .*\n.*announcements\.toml:7: "):
        read(tmp_path, text).require_good()


def test_a_single_announcement_may_be_due_once_in_wall_time_of_its_zone(tmp_path: Path):
    file = tmp_path / "forum.toml"
    file.write_text(SMALL.replace('cron = "30 8 * * mon-fri"', "at = 2026-11-07T09:30:00"), encoding="utf-8")
    schedule = read_single(file).draft.schedule
    moment = next_moment(schedule, after=datetime(2026, 11, 1, tzinfo=UTC))
    assert moment is not None
    assert moment.utc == datetime(2026, 11, 7, 1, 30, tzinfo=UTC)

    file.write_text(SMALL.replace('cron = "30 8 * * mon-fri"', "at = 2026-11-07T09:30:00+05:00"), encoding="utf-8")
    assert read_single(file).draft.schedule.at == datetime(2026, 11, 7, 12, 30)  # noqa: DTZ001 - wall time


def test_a_single_announcement_may_be_due_at_once_and_needs_one_time_only(tmp_path: Path):
    file = tmp_path / "forum.toml"
    file.write_text(SMALL.replace('cron = "30 8 * * mon-fri"', "now = true"), encoding="utf-8")
    assert read_single(file).draft.schedule.timing is Timing.NOW
    for when in ("", "now = true\nat = 2026-11-07T09:30:00"):
        file.write_text(SMALL.replace('cron = "30 8 * * mon-fri"', when), encoding="utf-8")
        with pytest.raises(SettingsError, match=re.escape(f"{file}:1: [hours] Value error, say when in one way")):
            read_single(file)


def test_a_file_of_two_announcements_is_no_single_one(tmp_path: Path):
    file = tmp_path / "two.toml"
    file.write_text(SMALL + SMALL.replace("hours", "later"), encoding="utf-8")
    with pytest.raises(SettingsError, match="holds 2 announcements"):
        read_single(file)


def test_roles_can_be_addressed(tmp_path: Path):
    [hours] = read(tmp_path, SMALL + '[hours.audience]\nroles = ["owner"]\n').require_good()
    assert hours.draft.audience.roles == {Role.OWNER}


# ── S12: what may be attached, and where buttons may lead ──

WITH_FILE = SMALL + '[hours.attachment]\nkind = "document"\nfile = "{file}"\n'


def _attached(folder: Path, file: str) -> str:
    """Why it is not attached; empty when it is."""
    found = faults(folder, WITH_FILE.format(file=file))
    assert all(line == 9 for line, _ in found)
    return "".join(reason for _, reason in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the announcements; beside it lies what is nobody's business."""
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "config"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures/hall.jpg").write_bytes(b"picture")
    return folder


def test_S12_a_file_below_the_folder_is_attached_under_its_own_name(folder: Path):
    (folder / "now.jpg").symlink_to("pictures/hall.jpg")
    for name in ("pictures/hall.jpg", "now.jpg", "pictures/../pictures/hall.jpg"):
        [hours] = read(folder, WITH_FILE.format(file=name)).require_good()
        attachment = hours.draft.content.attachment
        assert attachment is not None
        assert (attachment.filename, attachment.content) == (Path(name).name, b"picture")


def test_S12_nothing_from_elsewhere_is_attached(folder: Path):
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "outside").symlink_to(folder.parent)
    for name in (
        "../secret.txt",
        "out.txt",
        "outside/secret.txt",
        "/etc/passwd",
        "/proc/self/environ",
        "pictures/../../secret.txt",
    ):
        assert "must lie below" in _attached(folder, name), name


def test_S12_pipes_devices_folders_and_what_is_too_large_do_not_hold_the_bot_up(folder: Path, monkeypatch):
    monkeypatch.setattr(announcement_files, "_LARGEST_ATTACHMENT", 1000)
    os.mkfifo(folder / "pipe")
    (folder / "large.bin").write_bytes(b"x" * 1001)
    assert "no ordinary file" in _attached(folder, "pipe")
    assert "can't be read" in _attached(folder, "pictures")
    assert "more than 1,000 bytes" in _attached(folder, "large.bin")
    assert "can't be read" in _attached(folder, "none.jpg")
    assert "can't be read" in _attached(folder, "a\\u0000b")


def test_S12_settings_state_and_hidden_files_are_not_attached(folder: Path):
    (folder / "data").mkdir()
    (folder / ".git").mkdir()
    for name in ("bot.toml", "data/state.sqlite3", ".env", ".git/config"):
        (folder / name).write_text("token", encoding="utf-8")
        assert "are not sent" in _attached(folder, name), name


def test_S12_a_pipe_in_place_of_the_file_of_announcements_does_not_hold_the_bot_up(tmp_path: Path):
    os.mkfifo(tmp_path / "announcements.toml")
    [fault] = read_standing(tmp_path / "announcements.toml").faults
    assert "no ordinary file" in fault.reason


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://example.org/expo", True),
        ("https://t.me/scoda_bot?start=q_1", True),
        ("http://example.org", False),
        ("https://t.me/+AbCdEf", False),
        ("https://www.t.me//%2BAbCdEf", False),
        ("https://xn--e1afmkfd.xn--p1ai", False),
        ("https://exаmple.org", False),
        ("https://user@example.org", False),
        ("https://a b.org", False),
    ],
)
def test_S12_buttons_of_a_file_may_lead_where_those_of_the_chat_may(tmp_path: Path, url: str, is_good: bool):
    text = SMALL + f'[[hours.buttons]]\nurl = "{url}"\nlabels = {{ en = "Go" }}\n'
    [standing] = read(tmp_path, text).require_good()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    problems = problems_of(announcement_of(standing, now=now), HtmlComposer(), now=now)
    assert (Trouble.BAD_BUTTON not in {problem.trouble for problem in problems}) is is_good
