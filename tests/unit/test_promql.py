import pytest

from tests.support.promql import Selector, parsed


def test_metrics_labels_and_groupings_are_found_and_functions_are_none():
    found = parsed(
        'histogram_quantile(0.95, sum by (le, step) (rate(a_bucket{kind="question", le=~"3.0|5.0"}[10m] offset 5m)))'
        " / on (instance) group_left max(b_total > 0) and c:ratio_1h < 1e-3 or time() - d_seconds"
    )
    assert found.selectors == (
        Selector("a_bucket", (("kind", "=", "question"), ("le", "=~", "3.0|5.0"))),
        Selector("b_total", ()),
        Selector("c:ratio_1h", ()),
        Selector("d_seconds", ()),
    )
    assert found.grouped_by >= {"le", "step", "instance"}


def test_a_grouping_may_stand_behind_and_a_matcher_may_exclude():
    found = parsed('sum(a{b!="x"}) without (instance)')
    assert found.selectors == (Selector("a", (("b", "!=", "x"),)),)
    assert found.grouped_by == {"instance"}


@pytest.mark.parametrize("wrong", ["sum(a", 'a{b="c"', "a ? b", "a{b}"])
def test_what_is_no_expression_is_refused(wrong: str):
    with pytest.raises(ValueError, match=r"not closed|no PromQL|not compared"):
        parsed(wrong)
