"""Sections written for the reader: read from their lines, and published as plain files with what is asked of them."""

from __future__ import annotations

import json
from pathlib import Path

from bot.adapters.knowledge.reader import parse_raw
from bot.calibrating.written_sections import add_plain_files, written_documents
from bot.ids import Locale

LINES = [
    {
        "lang": "zh",
        "document": "zh-lounge",
        "title": "贵宾室须知",
        "heading": heading,
        "sentences": ["开放时间为六点至二十二点。", "儿童免费。"],
        "questions": [{"lang": "en", "text": "is it free for kids", "sentence": 1}],
        "near": [{"lang": "zh", "text": "淋浴多少钱"}],
    }
    for heading in ("时间", "其他")
]


def test_documents_become_plain_files_whose_questions_name_their_section(tmp_path: Path) -> None:
    (tmp_path / "zh.jsonl").write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    documents = written_documents(tmp_path)
    assert [section.heading for section in documents["zh-lounge"]] == ["时间", "其他"]
    asked = add_plain_files(documents, tmp_path / "knowledge")
    assert [(one.wanted, one.locale) for one in asked] == [
        ("written/zh-lounge.md#s0", Locale.EN),
        ("", Locale.ZH),
        ("written/zh-lounge.md#s1", Locale.EN),
        ("", Locale.ZH),
    ]
    file = tmp_path / "knowledge/zh/written/zh-lounge.md"
    document = parse_raw(file.read_bytes(), "zh/written/zh-lounge.md", lambda _text: None).document
    assert document is not None
    assert document.title == "贵宾室须知"
    assert [(one.section_id, one.text) for one in document.sections] == [
        ("s0", "开放时间为六点至二十二点。儿童免费。"),
        ("s1", "开放时间为六点至二十二点。儿童免费。"),
    ]
