"""What joint torques tell of the tool's surroundings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pinocchio as pin
import pytest

from grasping.grasp import Load
from grasping.tools import FOUR_CUPS, DualTool, Tool
from handpick.picking.contact_sensing import Touch
from motion.robot.arm import Arm
from motion.robot.load import load_arm
from motion.robot.urdf import arm_urdf


@pytest.mark.parametrize("tool", list(Tool))
@pytest.mark.parametrize("mass", [0.05, 0.4, 0.9])
def test_an_item_is_weighed_in_flight(tool: Tool, mass: float) -> None:
    """By the torques of the same arm with a point mass at the tool."""
    rng, arm = np.random.default_rng(3), Arm(DualTool())
    load = Load(mass, np.zeros(3), np.zeros((3, 3)), (mass, mass))
    for _ in range(5):
        q = np.array(arm.description.home) + rng.uniform(-0.3, 0.3, 7)
        v, a = rng.uniform(-1.5, 1.5, (2, 7))
        efforts = arm.carrying(load, arm.T_last_tool(tool)).torques(q[None], v[None], a[None])[0]
        state = cast(Any, SimpleNamespace(positions=q, velocities=v, efforts=efforts, cup_travel=0.0))
        assert Touch(arm).mass(state, a, tool) == pytest.approx(mass, rel=1e-6)


@pytest.mark.parametrize("cups", [DualTool(), FOUR_CUPS], ids=["dual", "four cups"])
@pytest.mark.parametrize("out", [0.0, 0.5, 1.0])
def test_an_empty_tool_feels_nothing_wherever_its_rod_is(cups: DualTool, out: float) -> None:
    """By gravity on the whole tool's own description: a rod that is out weighs at another place than one that is in."""
    whole = pin.buildModelFromXML(arm_urdf(load_arm("panda"), cups))
    data, own = whole.createData(), load_arm("panda").joint_names
    rng, touch = np.random.default_rng(4), Touch(Arm(cups))
    for _ in range(5):
        q = np.array(touch.arm.description.home) + rng.uniform(-0.6, 0.6, 7)
        posture = pin.neutral(whole)
        posture[[whole.joints[whole.getJointId(name)].idx_q for name in own]] = q
        posture[whole.joints[whole.getJointId("cup_slide")].idx_q] = out * cups.cup.retraction
        pulls = pin.computeGeneralizedGravity(whole, data, posture)
        efforts = pulls[[whole.joints[whole.getJointId(name)].idx_v for name in own]]
        state = cast(Any, SimpleNamespace(positions=q, velocities=np.zeros(7), efforts=efforts, cup_travel=out))
        assert np.abs(touch.wrench(state, np.zeros(7), Tool.SUCTION)).max() < 1e-6
