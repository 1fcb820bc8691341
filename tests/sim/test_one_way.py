"""Of all that a finger presses with, only what goes along the leaves bows them."""

import numpy as np
import pytest

from sim.robot.one_way import one_way


def test_what_presses_one_way_counts_in_full_however_the_normals_are_turned():
    rng = np.random.default_rng(0)
    for _ in range(20):
        way = rng.normal(size=3)
        way /= np.linalg.norm(way)
        assert one_way(np.tile(way, (4, 1)), np.array([3.0, 1.0, 2.0, 4.0])) == pytest.approx(10.0)


def test_a_tip_on_the_rim_presses_across_the_leaves():
    normals = np.array([(0.0, 1, 0), (0, 1, 0), (0, 0, 1)])
    assert one_way(normals, np.array([6.0, 6.0, 5.0])) == pytest.approx(12.0)


def test_it_is_no_more_than_all_of_it_and_no_less_than_what_one_contact_presses_with():
    rng = np.random.default_rng(1)
    for _ in range(50):
        normals = rng.normal(size=(5, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        force = rng.uniform(0, 10, 5)
        assert force.max() * 0.55 < one_way(normals, force) <= force.sum() + 1e-9


def test_nothing_presses_with_nothing():
    assert one_way(np.zeros((0, 3)), np.zeros(0)) == 0.0
