"""What is planned at low speed is what the arm's node lets pass at that speed, and at full speed it does not."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.propose import propose
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from motion.plan import Plan
from motion.planner import Planner
from motion.robot.arm import Arm
from motion.timing.time_optimal import Pace
from motion.trajectory import Trajectory
from perception.perceiver import Perceiver
from ros_nodes.control.motion_check import check_motion
from ros_nodes.control.windows import thinned
from ros_nodes.errors import MotionRefused
from ros_nodes.pace import pace_of

LAYOUT, ARM = standard_layout(), Arm(DualTool())


def planned(pace: Pace) -> Plan:
    scene = Perceiver(LAYOUT.source, LAYOUT.destination, LAYOUT.cameras).warm_up()
    options = propose(scene, ARM.tool, frozenset(Tool))
    best = max(options, key=lambda grasp: grasp.odds.placed_undamaged)
    planner = Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras, pace)
    return planner.plan(best, scene, planner.rest)


def motions(plan: Plan) -> list[Trajectory]:
    """As they are sent: begun a little beside their start, and thinned."""
    beside = 2e-3 * np.eye(7)[0]
    steps = [step for step in plan.steps if step.trajectory is not None]
    return [thinned(step.motion.begun_at(step.motion.positions[0] + beside)) for step in steps]


@pytest.mark.parametrize("speed", [0.1, 0.4, 1.0])
def test_plans_keep_to_the_speed_that_is_allowed(speed: float) -> None:
    sent = motions(planned(pace_of(speed)))
    for motion in sent:
        check_motion(motion, ARM.limits, ARM.description.joint_names, speed)
    if speed == 1.0:
        with pytest.raises(MotionRefused, match="velocity of 15%"):
            for motion in sent:
                check_motion(motion, ARM.limits, ARM.description.joint_names, 0.1)
