"""Steps and plans: what is slowed with a motion, and where plans begin and end."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from grasping.tools import GripCommand, Tool
from motion.errors import NoPath
from motion.plan import Ending, Plan
from motion.planning.step import Gripped, Held, Landing, Released, Step, ToolCommand, Touch
from perception.watch.intent import Phase
from tests.support.clock import motion_to
from tests.support.planning import ONE, PLANNER, top_grasp

COMMANDS = tuple(ToolCommand(at, GripCommand(0.01 + at)) for at in (0.0, 0.4))
CARRY = Step(Phase.CARRY, Landing(0.3), motion_to(1, 3, 2.0), commands=COMMANDS, clear=0.5, passed=1.5, paced=True)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_all_times_of_a_step_are_slowed_and_nothing_else(factor):
    slow = CARRY.slowed(factor)
    assert slow.motion.duration == pytest.approx(2.0 * factor)
    np.testing.assert_array_equal(slow.motion.positions, CARRY.motion.positions)
    assert (slow.clear, slow.passed, slow.guard.due) == pytest.approx((0.5 * factor, 1.5 * factor, 0.3 * factor))
    assert [command.at for command in slow.commands] == pytest.approx([0.0, 0.4 * factor])
    assert [command.command for command in slow.commands] == [command.command for command in COMMANDS]
    assert (slow.phase, slow.paced, slow.constraints) == (CARRY.phase, True, None)


def test_a_step_that_always_hides_the_source_does_so_slowed():
    hiding = replace(CARRY, guard=Held(), passed=None).slowed(2.0)
    assert hiding.passed is None and hiding.guard == Held()


def test_a_plan_begins_and_ends_where_its_motions_do():
    plan = Plan(
        (
            Step(Phase.APPROACH, Touch(), motion_to(0, 1)),
            Step(Phase.GRIP, Gripped()),
            CARRY,
            Step(Phase.RELEASE, Released()),
        )
    )
    assert plan.approach is plan.steps[0] and plan.carry is CARRY
    np.testing.assert_array_equal(plan.start, np.zeros(7))
    np.testing.assert_array_equal(plan.end, np.full(7, 3.0))


@pytest.mark.parametrize("phase", [Phase.CARRY, Phase.DRAG, Phase.SET_DOWN])
def test_the_item_is_in_hand_in_every_phase_that_moves_it(phase):
    moving = replace(CARRY, phase=phase)
    assert Plan((Step(Phase.APPROACH, Touch(), motion_to(0, 1)), moving)).carry is moving


def test_the_way_home_is_planned_when_it_is_asked_for_and_once():
    asked, home = [], Plan((Step(Phase.RETREAT, trajectory=motion_to(3, 0)),))
    ending = Ending(*cast(Any, (None, None, None)), leave=lambda: asked.append(1) or home)
    plan = Plan((CARRY,), ending)
    assert not asked
    assert plan.retreat is home and plan.retreat is home
    assert len(asked) == 1


def test_what_puts_nothing_down_has_no_way_home_of_its_own():
    with pytest.raises(NoPath, match="where the arm is"):
        _ = Plan((CARRY,)).retreat


def test_a_pick_ends_at_its_release_and_leads_home_from_there():
    plan = PLANNER.plan(top_grasp(ONE, 0, Tool.SUCTION), ONE, PLANNER.rest)
    np.testing.assert_allclose(plan.start, PLANNER.rest, atol=1e-9)
    np.testing.assert_array_equal(plan.end, plan.carry.motion.positions[-1])
    np.testing.assert_allclose(plan.retreat.start, plan.end, atol=1e-9)
    np.testing.assert_allclose(plan.retreat.end[:6], PLANNER.rest[:6], atol=1e-9)
