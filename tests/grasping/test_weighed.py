"""What a lift has felt of an item replaces what was guessed of its weight."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.support.scenes import box, make_scene
from grasping.beliefs.belief import Belief, believe
from grasping.beliefs.load import DensityPrior
from grasping.beliefs.overlap import Tops
from grasping.beliefs.weighed import GRAVITY, NEAR, Weighed, corrected
from grasping.grasp import Load

metres = st.floats(-0.15, 0.15)


def load_at(centre: tuple[float, float, float], mass: float = 0.3) -> Load:
    return Load(mass, np.array(centre), 1e-3 * np.eye(3), (0.1, 0.9), 0.03)


@given(mass=st.floats(0.01, 0.9), lever=st.tuples(metres, metres, metres))
def test_mass_and_middle_are_those_of_the_wrench_of_a_load_at_rest(
    mass: float, lever: tuple[float, float, float]
) -> None:
    position, force = np.array((0.4, -0.3, 0.1)), np.array((0, 0, -GRAVITY * mass))
    weighed = Weighed.of(np.concatenate([force, np.cross(lever, force)]), position)
    assert weighed.mass == pytest.approx(mass)
    np.testing.assert_allclose(weighed.middle[:2], (position + lever)[:2], atol=1e-9)


def test_only_the_item_that_lies_there_is_believed_otherwise() -> None:
    weighed = [Weighed(0.5, np.array((0.1, 0.2, 0.3)))]
    made = lambda centre: cast(Belief, SimpleNamespace(load=load_at(centre), mass_spread=0.4))
    near, far = made((0.1 + 0.5 * NEAR, 0.2, 0.05)), made((0.1 + 1.5 * NEAR, 0.2, 0.05))
    assert weighed[0].is_of(near.load) and not weighed[0].is_of(far.load)
    assert corrected([far], weighed) == [far]


def test_what_was_felt_last_counts() -> None:
    scene = make_scene([box((0, 0, 0.03), (0.12, 0.08, 0.06))])
    belief = believe(scene, scene.items[0], Tops.of(scene.occupancy), DensityPrior())
    middle = belief.load.centre + np.array((0.02, 0.01, 0.0))
    felt = corrected([belief], [Weighed(0.3, middle), Weighed(0.7, middle)])[0]
    assert felt.load.mass == 0.7 and felt.load.mass_range[0] < 0.7 < felt.load.mass_range[1]
    np.testing.assert_allclose(felt.load.centre[:2], middle[:2])
    assert felt.load.centre[2] == belief.load.centre[2] and felt.mass_spread < belief.mass_spread
    np.testing.assert_allclose(felt.load.inertia, belief.load.inertia * 0.7 / belief.load.mass)
