"""What joint torques tell of the tool's surroundings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from grasping.grasp import Load
from grasping.tools import DualTool, Tool
from handpick.picking.contact_sensing import Touch
from motion.robot.arm import Arm


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
        state = cast(Any, SimpleNamespace(positions=q, velocities=v, efforts=efforts))
        assert Touch(arm).mass(state, a, tool) == pytest.approx(mass, rel=1e-6)
