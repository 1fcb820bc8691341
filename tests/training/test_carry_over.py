"""What weights tell is carried over to inputs that mean something else, of the same candidates alone."""

import numpy as np
import pytest

from benchmarks.carry_over import Asked, carried
from grasping.quality.learned import HEADS, INPUTS
from grasping.tools import Tool

pytest.importorskip("sklearn")


def asked(rng, count=4000):
    x = rng.uniform(-1, 1, (count, len(INPUTS)))
    return Asked(Tool.PINCH, np.arange(count) // 50, rng.uniform(-1, 1, (count, 4, 4)), x)


def told_of(asked, margins):
    named = {"bins": asked.bins, "T_base_tool": asked.T_base_tool, "x": asked.x} | margins
    return {f"pinch.{name}": values for name, values in named.items()}


def test_new_trees_tell_by_the_inputs_of_now_what_was_told():
    before = asked(np.random.default_rng(0))
    margins = {head: 2 * before.x[:, k] + before.x[:, -1 - k] for k, head in enumerate(HEADS)}
    heavier = before.x.copy()
    heavier[:, INPUTS.index("mass")] += 0.7
    now = Asked(Tool.PINCH, before.bins[500:], before.T_base_tool[500:], heavier[500:])  # some are there no more
    trees = carried(now, told_of(before, margins))
    assert set(trees) == {(Tool.PINCH, head) for head in HEADS}
    for (_, head), one in trees.items():
        assert np.corrcoef(one.margin(now.x), margins[head][500:])[0, 1] > 0.95


def test_other_candidates_are_refused():
    one, other = (asked(np.random.default_rng(seed), 100) for seed in (0, 1))
    with pytest.raises(SystemExit, match="expected the candidates of before"):
        carried(other, told_of(one, {}))
