import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grasping.grasp import Load
from grasping.tool_solids import Block, Rod
from grasping.tools import DualTool, Gripper, SuctionCup, Tool
from motion.errors import Unreachable
from motion.planning.rest_pose import top_down
from motion.robot.arm import Arm
from motion.robot.limits import Limits
from motion.robot.link_shapes import surface_points
from motion.robot.load import load_arm
from motion.robot.panda_ik import PandaInverse
from motion.robot.urdf import arm_urdf
from perception.errors import GeometryError
from perception.pose import Pose

ARM = Arm()
UR5E = Arm.load("ur5e")
INVERSE = PandaInverse(ARM)


def joints(arm, seed):
    return np.random.default_rng(seed).uniform(arm.limits.lower + 0.05, arm.limits.upper - 0.05)


SEEDS = st.integers(0, 2**32 - 1)
JOINTS = SEEDS.map(lambda seed: joints(ARM, seed))
both_arms = pytest.mark.parametrize("arm", [ARM, UR5E], ids=["panda", "ur5e"])


@both_arms
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_links_agree_with_pinocchio(arm, seed):
    q = joints(arm, seed)
    pin.forwardKinematics(arm.model, arm.data, q)
    poses = np.stack([placement.homogeneous for placement in arm.data.oMi])
    np.testing.assert_allclose(arm.links(q), poses, atol=1e-12)
    pin.updateFramePlacements(arm.model, arm.data)
    for tool, frame in ((Tool.PINCH, "tip"), (Tool.SUCTION, "cup")):
        expected = arm.data.oMf[arm.model.getFrameId(frame)].homogeneous
        np.testing.assert_allclose(arm.T_base_tool(q, tool).matrix, expected, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(JOINTS)
def test_inverse_returns_to_the_pose(q):
    T = Pose(ARM.links(q)[-1])
    for solution in INVERSE.all(T):
        np.testing.assert_allclose(ARM.links(solution)[-1], T.matrix, atol=1e-6)
    if q[3] < -0.5:  # the closed form leaves out the elbow stretched further
        best = INVERSE.best(T, q)
        np.testing.assert_allclose(ARM.links(best)[-1], T.matrix, atol=1e-6)
        assert (ARM.limits.lower <= best).all() and (best <= ARM.limits.upper).all()


@pytest.mark.parametrize("seed", [8269])
def test_inverse_finds_poses_with_little_choice_of_joint_7(seed):
    q = np.random.default_rng(seed).uniform(ARM.limits.lower + 0.05, ARM.limits.upper - 0.05)
    T = Pose(ARM.links(q)[-1])
    np.testing.assert_allclose(ARM.links(INVERSE.best(T, q))[-1], T.matrix, atol=1e-6)


def test_inverse_refuses_what_is_out_of_reach():
    with pytest.raises(Unreachable, match="no arm configuration"):
        INVERSE.best(top_down(1.1, 0.0, 0.1, 0.0), np.zeros(7))


def test_a_straight_lift_passes_the_upright_shoulder():
    last = ARM.T_last_tool(Tool.SUCTION).inverse()
    start = INVERSE.best(top_down(0.49, -0.8, -0.1, -0.8) @ last, np.array((-0.8, -0.3, 0, -2.2, 0, 1.9, 0)))
    targets = np.stack([(top_down(0.49, -0.8, z, -0.8) @ last).matrix for z in np.linspace(-0.1, 0.3, 40)])
    path, count = ARM.follow(targets, np.zeros(40), start, 0.2)
    assert count == 40 and path[0, 1] > 0 > path[-1, 1]
    np.testing.assert_allclose(path[:, 0], path[0, 0], atol=1e-6)


@both_arms
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_jacobian_by_finite_differences(arm, seed):
    q, step = joints(arm, seed), 1e-6
    for tool in Tool:
        jacobian = arm.jacobian(q, tool)
        for j in range(len(q)):
            moved = q.copy()
            moved[j] += step
            before, after = arm.T_base_tool(q, tool), arm.T_base_tool(moved, tool)
            np.testing.assert_allclose((after.position - before.position) / step, jacobian[:3, j], atol=2e-5)
            spin = (after.rotation @ before.rotation.T - np.eye(3)) / step
            np.testing.assert_allclose([spin[2, 1], spin[0, 2], spin[1, 0]], jacobian[3:, j], atol=2e-5)


@both_arms
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_torques_balance_gravity_and_power(arm, seed):
    """At rest torques are the gradient of potential energy; in motion their power is the change of energy."""
    rng, q, count = np.random.default_rng(seed), joints(arm, seed), len(arm.placements)
    v, a, step = rng.normal(size=count), rng.normal(size=count), 1e-5
    load = Load(0.7, np.array((0.01, 0.02, 0.05)), 1e-3 * np.eye(3), (0.5, 0.9))
    arm = arm.carrying(load, arm.T_last_tool(Tool.PINCH))
    model, data = arm.model, arm.data
    potential = lambda at: pin.computePotentialEnergy(model, data, at)
    energy = lambda at, speed: pin.computeKineticEnergy(model, data, at, speed) + potential(at)
    rest = arm.torques(q[None], np.zeros((1, count)), np.zeros((1, count)))[0]
    gradient = [(potential(q + step * e) - potential(q - step * e)) / (2 * step) for e in np.eye(count)]
    np.testing.assert_allclose(rest, gradient, atol=1e-4)
    torque = arm.torques(q[None], v[None], a[None])[0]
    at = lambda t: energy(q + v * t + 0.5 * a * t * t, v + a * t)
    np.testing.assert_allclose(torque @ v, (at(step) - at(-step)) / (2 * step), rtol=1e-4, atol=1e-4)


def test_a_load_weighs_what_it_weighs():
    load = Load(0.8, np.zeros(3), 1e-4 * np.eye(3), (0.8, 0.8))
    q, rest = np.array([[0.0, 0.3, 0, -2.0, 0, 2.3, 0]]), np.zeros((1, 7))
    more = ARM.carrying(load, ARM.T_last_tool(Tool.SUCTION)).torques(q, rest, rest) - ARM.torques(q, rest, rest)
    weight = np.array((0, 0, 0.8 * 9.81, 0, 0, 0))
    np.testing.assert_allclose(more[0], ARM.jacobian(q[0], Tool.SUCTION).T @ weight, atol=1e-9)


@both_arms
def test_capsules_cover_the_tool(arm):
    q = joints(arm, 0)
    flange = Pose(arm.links(q)[-1]) @ arm.T_last_tool(Tool.PINCH) @ arm.tool.T_flange_tip.inverse()
    for opening, travel in ((0.0, 0.0), (0.05, 1.0), (0.14, 0.0)):
        capsules = arm.capsules(q, opening, travel)
        points = flange.apply(surface_points(arm.tool, opening, travel))
        a, b = capsules.ends[:, 0], capsules.ends[:, 1]
        axis = b - a
        along = np.einsum("pci,ci->pc", points[:, None] - a, axis) / np.maximum((axis**2).sum(axis=1), 1e-12)
        nearest = a + np.clip(along, 0, 1)[..., None] * axis
        outside = np.linalg.norm(points[:, None] - nearest, axis=2) - capsules.radii
        assert outside.min(axis=1).max() < 1e-9


def test_fingers_pass_the_retracted_cup():
    """No solid of a closed finger may stand inside the retracted cup or its rod."""
    tool = DualTool()
    solids = [s for s in Arm(tool).solids(0.0, 0.0) if s.link == "panda_link7"]
    cups = [s for s in solids if isinstance(s, Rod) and s.radius < 0.03]
    fingers = [s for s in solids if isinstance(s, Block)][1:]
    for rod in cups:
        for block in fingers:
            low = block.T_link_box.position - block.size / 2
            high = block.T_link_box.position + block.size / 2
            level = max(low[2], rod.start) < min(high[2], rod.end) - 1e-9
            across = np.linalg.norm(np.maximum(np.maximum(low[:2], -high[:2]), 0)) < rod.radius - 1e-9
            assert not (level and across)


def test_urdf_follows_the_tool():
    slim = DualTool(Gripper(opening=(0.0, 0.10)), SuctionCup(radius=0.010))
    model = pin.buildModelFromXML(arm_urdf(load_arm("panda"), slim))
    finger = model.joints[model.getJointId("finger_left")].idx_q
    assert model.upperPositionLimit[finger] == pytest.approx(0.05)
    assert sum(inertia.mass for inertia in model.inertias) == pytest.approx(18.77, abs=0.1)
    for inertia in list(model.inertias)[1:]:
        moments = np.linalg.eigvalsh(inertia.inertia)
        assert moments[0] >= 0.99e-4 and moments[0] + moments[1] > moments[2]


def test_limits_must_make_sense():
    good = [ARM.limits.lower, ARM.limits.upper, *[np.ones(7)] * 4]
    with pytest.raises(GeometryError, match="lower < upper"):
        Limits(good[1], good[0], *good[2:])
    with pytest.raises(GeometryError, match="expected 7 values"):
        Limits(*good[:2], np.ones(6), *good[3:])
