from __future__ import annotations

import pytest

from bot.adapters.index.server_stores import superseded

CURRENT = "scoda-12-00112233aabb-10"


@pytest.mark.parametrize(
    ("names", "gone"),
    [
        pytest.param([], [], id="it is the only one"),
        pytest.param(["scoda-11-ab-10"], [], id="the one before stays"),
        pytest.param(["scoda-9-ab-10", "scoda-11-ab-10", "scoda-10-ab-10"], ["scoda-10-ab-10", "scoda-9-ab-10"], id="old"),
        pytest.param(["scoda-9-ab-10", "scoda-8-ab-10"], ["scoda-8-ab-10"], id="numbers that were never written"),
        pytest.param(["scoda-11-ab-10-draft-0f", "scoda-9-ab-10"], ["scoda-11-ab-10-draft-0f"], id="a killed writer's"),
        pytest.param([f"{CURRENT}-draft-0f"], [f"{CURRENT}-draft-0f"], id="a second writer's of the same version"),
        pytest.param(["scoda-12-ff-10", "scoda-12-00112233aabb-9"], ["scoda-12-00112233aabb-9", "scoda-12-ff-10"],
                     id="the same number of a state that was restored, and of another form"),
        pytest.param(["scoda-11-ab"], ["scoda-11-ab"], id="named as before this form"),
        pytest.param(["scoda-13-ab-10", "scoda-13-ab-10-draft-0f"], [], id="a newer leader's"),
        pytest.param(["scoda-x-ab-10", "other", "scoda-11", "my-scoda-1-ab-10"], [], id="not ours"),
    ],
)  # fmt: skip
def test_what_goes_when_a_version_was_written(names: list[str], gone: list[str]) -> None:
    assert superseded([*names, CURRENT], CURRENT) == gone
