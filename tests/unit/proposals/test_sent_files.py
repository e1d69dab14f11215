"""A sent file's name is a label: it chooses the reader of the file and a harmless name, and nothing else."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.knowledge.text_files import TextFileConverter
from bot.ids import Locale
from bot.proposals.ports import ConversionRefusal, ConvertedDocument
from bot.proposals.sent_files import SentFiles, file_of, parts_of, slug_of

FILES = SentFiles([TextFileConverter()])


@pytest.mark.parametrize(
    ("label", "slug"), [("Train figures.md", "train-figures"), ("Été 2026.txt", "ete-2026"), ("trains", "trains")]
)
def test_a_name_becomes_small_ascii_letters(label, slug):
    assert slug_of(label, otherwise="x") == slug


@pytest.mark.parametrize(
    "label",
    [
        "../../etc/passwd",
        "C:\\x\\y.md",
        "CON.md",
        "nul",
        "\u202egnp.md",
        "\0",
        "...",
        "поезда.md",
        "README.md",
        "x" * 300,
    ],
)
def test_F05_names_from_outside_are_only_labels(label):
    slug = slug_of(label, otherwise="sent-abc")
    assert regex.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", slug)
    assert slug not in {"con", "nul", "readme"}


@given(st.text(max_size=60))
def test_F05_whatever_the_label_the_name_is_harmless(label):
    assert regex.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", slug_of(label, otherwise="sent-abc"))


def test_where_it_stands_can_be_read_back():
    assert parts_of(file_of(Locale.RU, "expo/halls", "trains")) == (Locale.RU, "expo/halls", "trains")


async def test_text_is_taken_as_it_is_and_what_is_none_is_refused_with_a_reason():
    assert await FILES.convert(b"## A\r\n\r\nText.", "a.MD") == ConvertedDocument("## A\n\nText.")
    for content, label in (
        (b"%PDF-1.7", "a.md"),
        (b"\xff\xd0\x9f\x00", "a.md"),
        (b"", "a.md"),
        (b"x", "a.exe"),
        (b"x" * 300_000, "a.md"),
    ):
        refused = await FILES.convert(content, label)
        assert isinstance(refused, ConversionRefusal)
        assert refused.reason


def test_without_a_reader_for_it_a_kind_is_not_fetched():
    assert FILES.most_bytes("report.docx") is None
    assert FILES.most_bytes("notes.md") == 262_144
    assert FILES.endings == ("markdown", "md")
