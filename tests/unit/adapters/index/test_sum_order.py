"""The means over the languages are those to which the calibration was fitted, to the last bit."""

import numpy as np
import pytest

from bot.adapters.index.section_scores import _mean_of_finite, _sum_in_pairs


@pytest.mark.parametrize("languages", [1, 2, 7, 8, 9, 12, 15])
def test_the_sum_over_the_languages_is_that_of_numbers_side_by_side(languages):
    draw = np.random.default_rng(languages)
    table = draw.standard_normal((500, languages)).astype(np.float32)
    table[draw.random(table.shape) < 0.4] = 0.0
    summed = _sum_in_pairs(np.ascontiguousarray(table.T), range(languages), of=languages)
    assert np.array_equal(summed, table.sum(axis=1))


@pytest.mark.parametrize("spoken", [[0], [3, 9], [1, 2, 3, 5, 10, 11], range(12)])
def test_languages_in_which_nothing_stands_change_no_sum(spoken):
    draw = np.random.default_rng(1)
    table = np.zeros((500, 12), dtype=np.float32)
    table[:, spoken] = draw.standard_normal((500, len(spoken)))
    assert np.array_equal(_sum_in_pairs(np.ascontiguousarray(table[:, spoken].T), spoken, of=12), table.sum(axis=1))


def test_the_mean_leaves_out_what_is_not_there():
    table = np.array([[1.0, -np.inf, -np.inf], [3.0, 5.0, -np.inf]], dtype=np.float32)
    assert _mean_of_finite(table, [0, 3]).tolist() == [2.0, 5.0, -np.inf]
