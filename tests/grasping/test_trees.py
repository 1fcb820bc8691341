"""What inputs add to a margin adds up, and is what can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grasping.trees import Trees


def test_a_line_and_a_stump_are_worked_out_by_hand() -> None:
    """Margin 2 (1 + 3 x1 + (1 where x0 > 0.5, else -1)) + 5, over rows whose mean x1 is 2, half of them beyond 0.5."""
    trees = Trees(
        *([0, -1, -1], [0.5, 0, 0], [1, 0, 0], [2, 0, 0], [9, -1, 1], [0]), base=1.0, line=[3.0], scale=2.0, shift=5.0
    )
    x = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 4.0], [1.0, 2.0]])
    np.testing.assert_allclose(trees.margin(x), [2 * 3 + 5, 2 * 5 + 5, 2 * 12 + 5, 2 * 8 + 5])
    np.testing.assert_allclose(trees.contributions(x, 1), [2 * 1, 2 * 3 * (1 - 2)])
    np.testing.assert_allclose(trees.contributions(x, 2), [2 * -1, 2 * 3 * (4 - 2)])


def test_what_decides_first_and_what_decides_next_share_what_a_leaf_adds() -> None:
    """x0 parts four rows in halves with the means 0 and 3; x1 then parts the latter in 2 and 4."""
    trees = Trees([0, -1, 1, -1, -1], [0.5] * 5, [1, 0, 3, 0, 0], [2, 0, 4, 0, 0], [0, 0, 0, 2, 4], [0], base=7.0)
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(trees.contributions(x, 3), [3 - 1.5, 4 - 3])
    np.testing.assert_allclose(trees.contributions(x, 0), [0 - 1.5, 0])


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 12))
def test_contributions_sum_to_the_margin_beyond_the_mean(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    trees, x = grown(rng, inputs=5, count=6), rng.standard_normal((rows, 5))
    margin = trees.margin(x)
    for row in range(rows):
        adds = trees.contributions(x, row)
        assert adds.sum() == pytest.approx(margin[row] - margin.mean(), abs=1e-9)


def grown(rng: np.random.Generator, inputs: int, count: int) -> Trees:
    """Trees of depth 2 with random branchings on top of a random line."""
    feature = np.tile([0, 0, 0, -1, -1, -1, -1], count)
    feature[feature == 0] = rng.integers(0, inputs, 3 * count)
    start = 7 * np.repeat(np.arange(count), 7)
    left, right = (start + np.tile(side, count) for side in ([1, 3, 5, 0, 0, 0, 0], [2, 4, 6, 0, 0, 0, 0]))
    numbers = rng.standard_normal((2, 7 * count))
    return Trees(feature, numbers[0], left, right, numbers[1], start[::7], 0.3, rng.standard_normal(2), 0.8, -0.1)
