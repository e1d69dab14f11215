"""Who is admitted, and that what they see is read once: roles, announcement and audience."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.announcements.model import Stage
from tests.support.news_rig import APPROVER, AUTHOR, NewsRig


@pytest.fixture
async def rig():
    rig = await NewsRig().open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


@pytest.fixture
def reads(rig, monkeypatch):
    """How often the roles, an announcement and an audience were read."""
    counts = Counter()

    def counted(port, method):
        inner = getattr(port, method)

        async def read(*arguments, **more):
            counts[method] += 1
            return await inner(*arguments, **more)

        monkeypatch.setattr(port, method, read)

    counted(rig.parts.organisers, "roles")
    counted(rig.parts.announcements, "find")
    counted(rig.parts.subscribers, "count")
    return counts


async def test_a_page_of_a_draft_reads_everything_once(rig, reads):
    await rig.draft()
    for label in ("Overview", "📅 Time", "Next", "Next"):
        reads.clear()
        await rig.taps(AUTHOR, label)
        assert reads == {"roles": 1, "find": 1, "count": 1}, label


async def test_a_change_reads_the_roles_again_when_it_is_carried_out_and_nothing_else_twice(rig, reads):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    await rig.taps(AUTHOR, "Recipients")
    reads.clear()
    await rig.taps(AUTHOR, "Only organisers")
    assert reads == {"roles": 2, "find": 1, "count": 1}


async def test_a_question_about_a_draft_counts_no_audience(rig, reads):
    await rig.draft()
    reads.clear()
    await rig.taps(AUTHOR, "Русский")
    assert reads == {"roles": 1, "find": 1}


async def test_a_typed_answer_is_one_change(rig, reads):
    await rig.draft()
    await rig.taps(AUTHOR, "English")
    version = (await rig.only()).version
    reads.clear()
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 90, "height": 90}]
    await rig.says(AUTHOR, None, photo=photo, caption="See the plan.")
    assert reads == {"roles": 2, "find": 1, "count": 1}
    draft = await rig.only()
    assert (draft.version, draft.content.texts["en"], bool(draft.content.attachment)) == (
        version + 1,
        "See the plan.",
        True,
    )


async def test_handing_in_and_approving_count_the_audience_for_the_check_alone(rig, reads):
    await rig.draft()
    await rig.taps(AUTHOR, "Overview")
    reads.clear()
    await rig.taps(AUTHOR, "Submit")
    readers = 2  # the approver and the owner are told
    assert reads["count"] <= 1 + readers
    reads.clear()
    await rig.taps(APPROVER, "Approve")
    assert (await rig.only()).stage is Stage.APPROVED
    assert reads["count"] == 2, "whether a number must be typed, and the check when it is carried out"
    assert reads["roles"] == 2
