"""A carry is slowed by what the seal's own vacuum tells, and by no more."""

from dataclasses import replace

import numpy as np
import pytest

from grasping.contact.wrench_limits import suction_limits
from grasping.felt_grip import as_firm_as_bowed
from grasping.tools import DualTool, Tool
from handpick.picking.seal_check import KEPT, as_firm_as_felt, felt_load
from motion.replanning.reflexes import Reflexes
from motion.replanning.running import Branch, Running
from motion.timing.grasp_load import slowness
from perception.events import Event, EventKind
from perception.pose import Pose
from tests.support.planning import ONE, PLANNER, top_grasp

TOOL = DualTool()
FULL = TOOL.cup.pressure_full


def limits(vacuum, safety):
    return suction_limits(vacuum * TOOL.cup.area / safety, TOOL.cup.friction, TOOL.cup.radius)


GRASP = top_grasp(ONE, 0, Tool.SUCTION, mass=0.6, limits=limits(FULL, 1.5))
CARRY = PLANNER.plan(GRASP, ONE, PLANNER.rest).carry


def test_a_seal_as_good_as_believed_slows_nothing():
    assert as_firm_as_felt(CARRY, GRASP, np.array([FULL]), TOOL) is CARRY
    assert as_firm_as_felt(CARRY, replace(GRASP, tool=Tool.PINCH), np.zeros(1), TOOL) is CARRY


@pytest.mark.parametrize("vacuum", [30e3, 38e3, 46e3])
def test_a_weaker_seal_is_used_to_its_limit_and_not_beyond(vacuum):
    slower = as_firm_as_felt(CARRY, GRASP, np.array([vacuum]), TOOL)
    factor = slower.motion.duration / CARRY.motion.duration
    assert 1.0 < factor <= 2.0
    hold = replace(CARRY.constraints.hold, limits=limits(vacuum, KEPT))
    carry = slower.motion
    used = hold.wrenches(carry.positions, carry.velocities, carry.accelerations) @ hold.limits.rows.T / hold.bounds
    if factor < 2.0:
        assert used.max() == pytest.approx(1.0, abs=0.03)
    np.testing.assert_array_equal(carry.positions, CARRY.motion.positions)
    assert (slower.clear, slower.passed, slower.guard.due) == pytest.approx(
        (factor * CARRY.clear, factor * CARRY.passed, factor * CARRY.guard.due)
    )
    half = carry.duration / 2
    before, after = (carry.sample(half + step)[0] for step in (-1e-4, 1e-4))
    np.testing.assert_allclose((after - before) / 2e-4, carry.sample(half)[1], atol=1e-3)


def test_fingers_that_had_to_press_less_go_slower():
    grasp = replace(GRASP, tool=Tool.PINCH, force=50.0)
    felt = as_firm_as_bowed(grasp, 25.0)
    slower = as_firm_as_felt(CARRY, felt, np.zeros(1), TOOL)
    assert 1.0 < slower.motion.duration / CARRY.motion.duration <= 2.0
    np.testing.assert_array_equal(slower.constraints.hold.bounds, felt.limits.bounds)


@pytest.mark.parametrize("vacuum", [46e3, 60e3])
def test_a_motion_mended_in_flight_respects_the_seal_as_felt(vacuum):
    felt = as_firm_as_felt(CARRY, GRASP, np.array([vacuum]), TOOL)
    running = Running(felt.motion, 0.0, felt.constraints)
    shift = Pose.from_rotation((0.0, 0.04, 0.0), np.eye(3))
    mended = Reflexes().mend(running, 0.45 * felt.motion.duration, Event(EventKind.DESTINATION_MOVED, 0.9, 0.0, shift))
    motion, hold = mended.trajectory, replace(CARRY.constraints.hold, limits=limits(vacuum, KEPT))
    used = hold.wrenches(motion.positions, motion.velocities, motion.accelerations) @ hold.limits.rows.T / hold.bounds
    assert mended.kind in (Branch.SPLICE, Branch.VIAS) and used.max() <= 1.0 + 1e-3
    assert mended.running.setting.weakened(0.5).hold.bounds == pytest.approx(0.5 * hold.bounds)


def test_a_seal_that_could_not_bear_the_weight_goes_as_slowly_as_it_may():
    assert slowness(replace(CARRY.constraints.hold, limits=limits(5e3, KEPT)), CARRY.motion) == 2.0


def test_a_load_is_believed_to_be_as_it_was_weighed():
    lever, mass = np.array((0.03, -0.02, 0.05)), 0.7
    down = np.array((0.1, 0.0, np.sqrt(0.99)))  # a cup that is not quite upright
    force = 9.81 * mass * down
    load = felt_load(GRASP.load, np.concatenate([force, np.cross(lever, force)]))
    assert load.mass == pytest.approx(mass)
    np.testing.assert_allclose(np.cross(load.centre - lever, down), 0, atol=1e-12)  # apart along gravity alone
    assert load.centre @ down == pytest.approx(GRASP.load.centre @ down)


@pytest.mark.parametrize("heavier", [1.1, 1.6])
def test_what_was_weighed_heavier_than_believed_is_carried_slower(heavier):
    load = CARRY.constraints.hold.load
    mass = heavier * load.mass
    force = np.array((0.0, 0.0, 9.81 * mass))
    felt = np.concatenate([force, np.cross(load.centre, force)])
    slower = as_firm_as_felt(CARRY, GRASP, np.array([FULL]), TOOL, felt)
    assert slower.constraints.hold.load.mass == pytest.approx(mass)
    assert slower.motion.duration >= as_firm_as_felt(CARRY, GRASP, np.array([FULL]), TOOL).motion.duration
    light = as_firm_as_felt(CARRY, GRASP, np.array([FULL]), TOOL, felt * 0.2 / heavier)
    assert light.motion.duration <= slower.motion.duration
