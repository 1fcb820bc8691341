"""A carry is slowed by what the seal's own vacuum tells, and by no more."""

from dataclasses import replace

import numpy as np
import pytest
from test_motion_planner import ONE, PLANNER, top_grasp

from grasping.contact import suction_limits
from grasping.tools import DualTool, Tool
from handpick.firmness import KEPT, as_firm_as_felt
from motion.hold import slowness

TOOL = DualTool()
FULL = TOOL.cup.pressure_full


def limits(vacuum, safety):
    return suction_limits(vacuum * TOOL.cup.area / safety, TOOL.cup.friction, TOOL.cup.radius)


GRASP = top_grasp(ONE, 0, Tool.SUCTION, mass=0.6, limits=limits(FULL, 1.5))
MOTION = PLANNER.plan(GRASP, ONE, PLANNER.rest)


def test_a_seal_as_good_as_believed_slows_nothing():
    assert as_firm_as_felt(MOTION, GRASP, FULL, TOOL) is MOTION
    assert as_firm_as_felt(MOTION, replace(GRASP, tool=Tool.PINCH), 0.0, TOOL) is MOTION


@pytest.mark.parametrize("vacuum", [30e3, 38e3, 46e3])
def test_a_weaker_seal_is_used_to_its_limit_and_not_beyond(vacuum):
    slower = as_firm_as_felt(MOTION, GRASP, vacuum, TOOL)
    factor = slower.carry.duration / MOTION.carry.duration
    assert 1.0 < factor <= 2.0
    hold = replace(MOTION.carrying.hold, limits=limits(vacuum, KEPT))
    carry = slower.carry
    used = hold.wrenches(carry.positions, carry.velocities, carry.accelerations) @ hold.limits.rows.T / hold.bounds
    if factor < 2.0:
        assert used.max() == pytest.approx(1.0, abs=0.03)
    np.testing.assert_array_equal(carry.positions, MOTION.carry.positions)
    assert (slower.lifted, slower.landing) == pytest.approx((factor * MOTION.lifted, factor * MOTION.landing))
    half = carry.duration / 2
    before, after = (carry.sample(half + step)[0] for step in (-1e-4, 1e-4))
    np.testing.assert_allclose((after - before) / 2e-4, carry.sample(half)[1], atol=1e-3)


def test_a_seal_that_could_not_bear_the_weight_goes_as_slowly_as_it_may():
    assert slowness(replace(MOTION.carrying.hold, limits=limits(5e3, KEPT)), MOTION.carry) == 2.0
