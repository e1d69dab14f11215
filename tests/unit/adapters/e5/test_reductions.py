"""Whoever sums up and compares place by place, what comes out is the same to the last bit; nothing broken is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.adapters.e5 import processor, self_test
from bot.adapters.e5.engine import Machine
from bot.adapters.e5.kernel import KernelReductions
from bot.adapters.e5.lists import Lists, ranges
from bot.adapters.e5.reductions import NumpyReductions, Reductions, reductions_of
from tests.support.embedding_kernel import KERNEL, Compile

FEATURES = processor.features()
_LISTS = Lists(
    np.array([0, 2, 1, 2, 3], dtype=np.uint16), starts=np.array([0, 2, 5]), counts=np.array([2, 3, 0]), places=5
)
_ADDS_IN_FLOAT = f"""
#define scoda_sums right_sums
#include "{KERNEL}"
#undef scoda_sums
int scoda_sums(int size, const void *rows, const int64_t *starts, const int64_t *counts, const double *weights, int64_t lists, double *sums) {{
    int outcome = right_sums(size, rows, starts, counts, weights, lists, sums);
    sums[0] = (float)sums[0];
    return outcome;
}}
"""
_TAKES_THE_LAST = f"""
#define scoda_best right_best
#include "{KERNEL}"
#undef scoda_best
void scoda_best(const float *values, const int32_t *places, int64_t count, float *best) {{
    for (int64_t i = 0; i < count; i++) best[places[i]] = values[i];
}}
"""


@pytest.fixture(params=["kernel", "numpy"])
def reductions(request: pytest.FixtureRequest, library: Path) -> Reductions:
    return KernelReductions(library) if request.param == "kernel" else NumpyReductions()


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
def test_each_place_gets_the_weights_of_the_lists_that_it_stands_in(reductions: Reductions, kind: type) -> None:
    lists = Lists(_LISTS.rows.astype(kind), _LISTS.starts, _LISTS.counts, _LISTS.places)
    found = reductions.sums(lists, np.array([0, 1, 2]), np.array([1.0, 0.5, 9.0]))
    assert found.tolist() == [1.0, 0.5, 1.5, 0.5, 0.0]
    assert reductions.sums(lists, np.array([], dtype=np.int64), np.array([])).tolist() == [0.0] * 5


@pytest.mark.parametrize("most", [20, 3000])
def test_sums_are_the_same_to_the_last_bit(library: Path, most: int) -> None:
    random = np.random.default_rng(most)
    counts = random.integers(0, most, 200)
    rows = np.concatenate([random.permutation(6000)[:count] for count in counts]).astype(np.int32)
    lists = Lists(rows, np.cumsum(counts) - counts, counts, 6000)
    numbers, weights = random.permutation(200)[:150], random.standard_normal(150)
    found = [one.sums(lists, numbers, weights) for one in (KernelReductions(library), NumpyReductions())]
    assert np.array_equal(*found)
    assert found[0].any()


def test_each_place_gets_the_highest_of_its_values(reductions: Reductions) -> None:
    values = np.array([0.5, -0.25, 0.75, -np.inf], dtype=np.float32)
    found = reductions.best(values, np.array([2, 0, 2, 1], dtype=np.int32), 4)
    assert found.dtype == np.float32
    assert found.tolist() == [-0.25, -np.inf, 0.75, -np.inf]
    assert reductions.best(values[:0], np.array([], dtype=np.int32), 1).tolist() == [-np.inf]


def test_what_does_not_fit_is_refused(reductions: Reductions) -> None:
    with pytest.raises(ValueError, match=r"weights|shape|broadcast"):
        reductions.sums(_LISTS, np.array([0, 1]), np.array([1.0]))
    with pytest.raises(ValueError, match=r"places|shape|broadcast|indices"):
        reductions.best(np.zeros(3, dtype=np.float32), np.array([0, 1], dtype=np.int32), 2)


@pytest.mark.parametrize("row", [-1, 5])
def test_a_list_names_no_place_that_is_not_there(row: int) -> None:
    with pytest.raises(ValueError, match="a list names a place outside 0 to 4"):
        Lists(np.array([0, row]), np.array([0]), np.array([2]), 5)


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (1, 2), (3, 0)])
def test_a_list_reaches_not_beyond_the_rows(start: int, count: int) -> None:
    with pytest.raises(ValueError, match="a list reaches outside 0 to 2"):
        Lists(np.array([0, 1]), np.array([start]), np.array([count]), 5)


def test_ranges_follow_each_other() -> None:
    assert ranges(np.array([7, 1, 4]), np.array([2, 0, 3])).tolist() == [7, 8, 4, 5, 6]


def test_the_kernel_is_taken_where_it_was_compiled(library: Path, tmp_path: Path) -> None:
    machine = Machine(FEATURES, library, memory=tmp_path / "tested")
    assert isinstance(reductions_of(machine), KernelReductions)
    assert isinstance(reductions_of(Machine(FEATURES, None)), NumpyReductions)


@pytest.mark.parametrize("source", [_ADDS_IN_FLOAT, _TAKES_THE_LAST])
def test_a_kernel_that_reduces_wrongly_is_not_taken(compile_c: Compile, source: str) -> None:
    library = compile_c(source)
    assert not self_test.reduces_rightly(library)
    assert isinstance(reductions_of(Machine(FEATURES, library)), NumpyReductions)
