"""The commands on versions as other people's scripts meet them."""

from __future__ import annotations

import json

import pytest

from tests.support.processes import Place

PEARL = "en/venue/pearl.md"
QUESTION = "How large is the exhibition hall that is named Pearl?"
"""Of the gate, and asked by no visitor of any test: `knowledge status` shows it to whoever holds it back."""


@pytest.mark.nightly
def test_a_change_is_compared_published_held_and_taken_back(place: Place):
    gate = place.home / "gate.jsonl"
    gate.write_text(json.dumps({"question": QUESTION, "says": "160,000"}) + "\n")
    settings = {"knowledge_gate": gate}
    pearl = place.knowledge / PEARL
    original = pearl.read_bytes()
    pearl.write_bytes(original.replace(b"160,000", b"170,000"))

    diff = place.scoda("knowledge", "diff", "--json", **settings)
    assert diff.returncode == 0, diff.stderr
    told = json.loads(diff.stdout)
    [change] = told["sections"]
    assert (change["change"], change["path"], change["section"]) == ("changed", PEARL, "size")
    assert "170,000" in change["changed"][0]["now"]
    assert told["stale_translations"] == ["zh/venue/pearl.md", "ru/venue/pearl.md"]
    [answer] = told["answers"]
    assert (answer["from"], answer["question"]) == ("gate", QUESTION)
    assert "160,000" in answer["was"]["sentences"][0]
    assert "170,000" in answer["now"]["sentences"][0]

    held = place.scoda("knowledge", "publish", "--json", **settings)
    assert held.returncode == 1
    assert json.loads(held.stdout)["version"] is None
    assert QUESTION in json.loads(held.stdout)["held"][0]
    assert "held back: " in place.scoda("knowledge", "status", **settings).stderr
    assert "160,000" in place.scoda("ask", QUESTION, **settings).stdout

    published = place.scoda("knowledge", "publish", "--anyway", "--json", **settings)
    assert published.returncode == 0, published.stderr
    version = json.loads(published.stdout)["version"]
    assert "170,000" in place.scoda("ask", QUESTION, **settings).stdout
    assert "held back" not in place.scoda("knowledge", "status", **settings).stderr

    history = json.loads(place.scoda("knowledge", "history", "--json").stdout)
    assert [one["state"] for one in history] == ["published", "former"]
    assert history[0]["version"] == version
    assert (history[0]["cause"], history[0]["changed"]) == ("folder, by a person's word", "1 section changed (en)")
    before = str(history[1]["version"])
    assert "160,000" in place.scoda("ask", "--at", before, QUESTION).stdout
    assert place.scoda("knowledge", "show", before, PEARL).stdout.encode() == original
    assert "170,000" in place.scoda("knowledge", "diff", before).stdout

    back = place.scoda("knowledge", "rollback", before)
    assert back.returncode == 0, back.stderr
    assert pearl.read_bytes() == original
    assert "Nothing changed" in place.scoda("knowledge", "sync", **settings).stdout
    newest = json.loads(place.scoda("knowledge", "history", "--json").stdout)[0]
    assert (newest["state"], newest["cause"]) == ("published", f"rollback to {before}")

    gone = place.scoda("ask", "--at", "99", QUESTION)
    assert gone.returncode == 1
    assert "version 99 is not kept" in gone.stderr


def test_a_line_of_the_gate_that_can_not_be_used_is_named_by_file_and_line(place: Place):
    gate = place.home / "gate.jsonl"
    gate.write_text('\n{"question": "x", "outcom": "answered"}\n')
    for command in ("check", "diff"):
        ended = place.scoda("knowledge", command, knowledge_gate=gate)
        assert ended.returncode == 1
        assert f"{gate}:2: 'outcom' is not known here" in " ".join(ended.stderr.split())
