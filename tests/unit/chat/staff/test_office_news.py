"""What the staff hear of an office file in the folder: each in their language, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.announcements.model import Organiser, Role
from bot.chat.staff.office_news import tell_of_file
from bot.ids import VisitorId
from bot.proposals.model import OfficeFileNews, UnreadableFile
from tests.support.proposal_parts import AUTHOR, EDITOR, NOW, OWNER, REVIEWER
from tests.support.staff_rig import StaffRig


@pytest.fixture
async def rig(tmp_path):
    rig = await StaffRig(tmp_path).open()
    await rig.appoint()
    author = Organiser(visitor_id=VisitorId(AUTHOR), role=Role.AUTHOR, granted_by=None, granted_at=NOW)
    await rig.parts.organisers.grant(author)
    yield rig
    await rig.application.shutdown()


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (OfficeFileNews(file="ru/a.pdf", draft="drafts/ru/a.md"), "ru/a.pdf became a draft: drafts/ru/a.md"),
        (OfficeFileNews(file="ru/a.pdf", reason="x", kind=UnreadableFile.PASSWORD), "protected by a password"),
        (OfficeFileNews(file="ru/a.pdf", reason="its <language> can't be told"), "its &lt;language&gt; can't be told"),
    ],
)
async def test_everybody_of_the_staff_is_told_once_and_no_organiser(rig, news, words):
    await tell_of_file(rig.app, news, now=lambda: NOW)
    assert all(words.replace("'", "&#x27;") in rig.last(who) or words in rig.last(who) for who in (OWNER, REVIEWER))
    assert [len(rig.telegram.to(who)) for who in (OWNER, REVIEWER, EDITOR, AUTHOR)] == [1, 1, 1, 0]


async def test_without_roles_nobody_is_told(rig):
    await tell_of_file(replace(rig.app, announcements=None), OfficeFileNews(file="ru/a.pdf"), now=lambda: NOW)
    assert rig.telegram.to(OWNER) == []
