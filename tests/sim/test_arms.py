"""Arms as data in the simulated cell."""

import json
import shutil

import numpy as np
import pytest

from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from motion.robot.arm import Arm
from motion.robot.description import ArmError
from motion.robot.load import SHIPPED, load_arm, shipped
from motion.trajectory import Trajectory
from sim.plan import SimPlan
from sim.robot.arm import ArmBody
from sim.robot.fingers import Fingers, Slide
from sim.robot.visual import arm_visuals
from sim.world import World


@pytest.fixture(params=shipped())
def arm(request):
    return load_arm(request.param)


def test_the_simulated_arm_is_the_planned_one(arm):
    """Its links stand where the planner has them, its motors hold it still, and it goes where it is sent."""
    world = World(standard_layout(base_height=arm.base_height))
    body, planned = ArmBody(world.client, DualTool(), world.dt, arm=arm), Arm(DualTool(), arm)
    drives = Fingers(body, 0.04), Slide(body)
    t, way = np.linspace(0, 1, 201, dtype=np.float64), 0.1 * np.ones(len(arm.joints))
    share = (10 * t**3 - 15 * t**4 + 6 * t**5)[:, None]
    rates = (30 * t**2 - 60 * t**3 + 30 * t**4)[:, None], (60 * t - 180 * t**2 + 120 * t**3)[:, None]
    body.follow(Trajectory(t, arm.home + share * way, rates[0] * way, rates[1] * way))
    try:
        for _ in range(300):
            body.actuate()
            for drive in drives:
                drive.actuate(world.dt)
            world.step()
            body.read()
            assert body.lag < 0.01
        np.testing.assert_allclose(body.positions, arm.home + way, atol=1e-3)
        for link, T_base_link in zip(arm.links[1:], planned.links(body.positions)[1:]):
            np.testing.assert_allclose(body.T_base_link(link.name).matrix, T_base_link, atol=1e-6)
        expected = planned.T_base_tool(body.positions, Tool.PINCH).matrix
        np.testing.assert_allclose(body.T_base_link("tip").matrix, expected, atol=1e-6)
    finally:
        world.close()


def test_every_link_is_seen_with_meshes_and_without(arm, tmp_path):
    folder = shutil.copytree(SHIPPED / arm.name, tmp_path / "arm")
    urdf = (folder / "arm.urdf").read_text().replace("package://franka_panda", "package://nowhere")
    (folder / "arm.urdf").write_text(urdf)
    for description in (arm, load_arm(folder)):
        assert {link.name for link in arm.links} <= arm_visuals(description, DualTool()).keys()


def test_a_plan_takes_an_arm_by_name_or_folder(tmp_path):
    folder = shutil.copytree(SHIPPED / "ur5e", tmp_path / "arm")
    data = json.loads((folder / "arm.json").read_text())
    (folder / "arm.json").write_text(json.dumps(data | {"name": "mine", "base_height": 0.3}))
    plan = SimPlan(arm=str(folder))
    plan.check()
    assert plan.config()["arm"] == "mine"
    assert plan.layout.source.T_base_tote.position[2] == pytest.approx(-0.3 + 0.012)
    assert SimPlan().config()["arm"] == "panda"
    with pytest.raises(ArmError, match="expected one of the arms"):
        SimPlan(arm="none").check()
