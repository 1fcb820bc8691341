"""Arms as data: what may be loaded, both kinds of inverse kinematics, and planning with arms nobody wrote code for."""

import json
import shutil

import numpy as np
import pinocchio as pin
import pytest

from benchmarks.planning import attempt, best_grasps, bin_scene
from benchmarks.verified import Verdict, judge
from grasping.tools import Tool
from handpick.layout import standard_layout
from motion.planner import Planner
from motion.planning.rest_pose import top_down
from motion.robot.arm import Arm
from motion.robot.description import ArmError
from motion.robot.inverses import inverse_of
from motion.robot.load import SHIPPED, load_arm
from motion.robot.numeric_ik import NumericInverse
from motion.robot.ur_ik import UrInverse
from perception.pose import Pose

PANDA, UR5E = Arm.load("panda"), Arm.load("ur5e")


def copied(tmp_path, name="ur5e", change=lambda data: None, urdf=lambda text: text):
    """A folder with a shipped arm, changed."""
    folder = tmp_path / "arm"
    shutil.copytree(SHIPPED / name, folder)
    data = json.loads((folder / "arm.json").read_text())
    change(data)
    (folder / "arm.json").write_text(json.dumps(data))
    (folder / "arm.urdf").write_text(urdf((folder / "arm.urdf").read_text()))
    return folder


def close(arm, q, T):
    """Within a micrometre and a microradian."""
    reached = Pose(arm.links(q)[-1])
    turn = reached.rotation.T @ T.rotation
    off = pin.log3(np.ascontiguousarray(turn))
    return np.linalg.norm(reached.position - T.position) < 1e-6 and np.linalg.norm(off) < 1e-6


@pytest.mark.parametrize("arm", [PANDA, UR5E], ids=["panda", "ur5e"])
@pytest.mark.parametrize("numeric", [False, True])
def test_inverse_kinematics_reach_every_pose_that_some_joints_reach(arm, numeric):
    inverse = NumericInverse(arm) if numeric else inverse_of(arm)
    rng, found = np.random.default_rng(1), 0
    lower, upper = inverse.lower.copy(), inverse.upper.copy()
    if arm is PANDA:
        upper[3] = -0.5  # the closed form leaves out the elbow stretched further
    for _ in range(100):
        T = Pose(arm.links(rng.uniform(lower, upper))[-1])
        solutions = inverse.all(T)
        found += len(solutions) > 0
        assert all(close(arm, q, T) for q in solutions)
        assert ((inverse.lower <= solutions) & (solutions <= inverse.upper)).all()
    assert found >= 99


def test_the_closed_form_of_ur_arms_has_eight_branches():
    arm, inverse = UR5E, UrInverse(UR5E)
    inverse.lower, inverse.upper = np.full(6, -np.pi), np.full(6, np.pi)
    for yaw in (0.3, 1.0, 2.0):
        T = top_down(0.5, 0.4, 0.3, yaw) @ arm.T_last_tool(Tool.PINCH).inverse()
        solutions = inverse.all(T)
        apart = np.abs(np.angle(np.exp(1j * (solutions[:, None] - solutions)))).max(axis=2)
        assert len(solutions) == 8 and (apart + 10 * np.eye(8) > 0.1).all()
        assert all(close(arm, q, T) for q in solutions)
        np.testing.assert_allclose(np.sort(np.sign(solutions[:, 2])), np.repeat((-1, 1), 4))


def test_the_search_finds_what_the_closed_form_finds():
    closed, search = UrInverse(UR5E), NumericInverse(UR5E)
    for azimuth in np.linspace(-1, 1, 5):
        near = UR5E.description.facing + azimuth * np.eye(6)[0]
        T = top_down(0.52, azimuth, -0.1, azimuth + 0.3) @ UR5E.T_last_tool(Tool.PINCH).inverse()
        np.testing.assert_allclose(search.best(T, near), closed.best(T, near), atol=1e-6)


def test_turns_of_a_joint_are_solutions_too():
    T = Pose(UR5E.links(UR5E.description.facing)[-1])
    for turns in (-1, 0, 1):
        near = UR5E.description.facing + turns * np.pi * np.eye(6)[5]
        best = UrInverse(UR5E).best(T, near)
        assert np.abs(best - near).max() < np.pi + 1e-6


def test_joint_axes_other_than_z_make_the_same_arm(tmp_path):
    """The elbow's frame turned, so that its axis is y: the same arm for everyone who asks where its flange is."""

    def other_axis(text):
        elbow = '<joint name="elbow_joint"'
        before, after = text.split(elbow)
        joint, rest = after.split("</joint>", 1)
        joint = joint.replace('rpy="0 0 0"', 'rpy="1.57079632679 0 0"').replace('xyz="0 0 1"', 'xyz="0 1 0"')
        rest = rest.replace('xyz="-0.3922 0 0.1333" rpy="0 0 0"', 'xyz="-0.3922 0.1333 0" rpy="-1.57079632679 0 0"')
        return before + elbow + joint + "</joint>" + rest

    def turned_capsules(data):
        for capsule in data["capsules"]["links"]["forearm_link"]:
            for end in capsule[:2]:
                end[1], end[2] = end[2], -end[1]

    arm = Arm.load(copied(tmp_path, change=turned_capsules, urdf=other_axis))
    rng = np.random.default_rng(0)
    for q in rng.uniform(arm.limits.lower, arm.limits.upper, (20, 6)):
        np.testing.assert_allclose(arm.links(q)[-1], UR5E.links(q)[-1], atol=1e-8)
        np.testing.assert_allclose(arm.capsules(q, 0.05, 0.0).ends, UR5E.capsules(q, 0.05, 0.0).ends, atol=1e-8)
    assert len(UrInverse(arm).all(Pose(UR5E.links(UR5E.description.facing)[-1]))) > 0


@pytest.mark.parametrize("name", ["panda", "ur5e", "searched"])
def test_plans_keep_the_limits_and_hit_nothing(name, tmp_path):
    """Six joints without a closed form, too."""
    arm = Arm.load(copied(tmp_path, change=lambda data: data.update(inverse=None)) if name == "searched" else name)
    layout = standard_layout(base_height=arm.description.base_height)
    planner = Planner(arm, layout.source, layout.destination, layout.obstacles, layout.cameras)
    scene, verdict, positions = bin_scene(layout, 3), Verdict(), planner.rest
    for grasp in best_grasps(scene, arm, 3)[:6]:
        motion, _ = attempt(planner, grasp, scene, positions)
        if motion is not None:
            verdict.planned += 1
            judge(verdict, arm, planner.workspace.staging.boxes, scene, grasp, motion, positions)
            positions = motion.retreat.end
    assert verdict.planned >= 4
    assert not any(verdict.broken.values()), verdict.broken


def cut(data, *path):
    for key in path[:-1]:
        data = data[key]
    del data[path[-1]]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda d: cut(d, "limits", "jerk"), "expected an entry 'jerk'; add it"),
        (lambda d: cut(d, "limits", "torque", "source"), "expected an entry 'source'"),
        (lambda d: d["limits"]["velocity"].update(unit="deg/s"), "expected velocity in rad/s, got 'deg/s'"),
        (lambda d: d["limits"]["jerk"].update(values=[1.0] * 7), "expected 6 numbers for 'jerk'"),
        (lambda d: d["limits"]["jerk"].update(values=[0.0] * 6), "positive limits of motion"),
        (lambda d: d.update(home=[9.0] * 6), "'home' within the joint limits"),
        (lambda d: d.update(flange="nowhere"), "expected the flange 'nowhere' as a link"),
        (lambda d: d.update(urdf="other.urdf"), "expected a URDF at"),
        (lambda d: d.update(held_joint="elbow_joint"), "expected six joints, or seven of which `held_joint`"),
        (lambda d: d["reach"].update(wrist="hand"), "expected 'wrist' to be one of base_link, "),
        (lambda d: cut(d, "capsules", "links", "forearm_link"), "got none for forearm_link"),
        (lambda d: d["capsules"]["links"].update(arm=[]), "expected one of the links .* got 'arm'"),
        (lambda d: d["capsules"]["links"]["forearm_link"][0].pop(), "expected capsules as"),
    ],
)
def test_what_is_wrong_with_an_arm_is_named(change, message, tmp_path):
    with pytest.raises(ArmError, match=message):
        load_arm(copied(tmp_path, change=change))


@pytest.mark.parametrize(
    "urdf, message",
    [
        (lambda text: text[:200], "expected a URDF at"),
        (
            lambda text: text.replace('type="revolute"', 'type="continuous"', 1),
            "write a continuous joint",
        ),
        (lambda text: text.replace('rpy="0 0 3.14159265359"', 'rpy="0.3 0 0"'), "first joint's axis upright"),
    ],
)
def test_what_is_wrong_with_a_urdf_is_named(urdf, message, tmp_path):
    with pytest.raises(ArmError, match=message):
        load_arm(copied(tmp_path, urdf=urdf))


def test_an_unknown_arm_is_told_which_there_are():
    with pytest.raises(ArmError, match=r"arms panda, ur5e or a folder with an arm\.json, got 'ur7'"):
        load_arm("ur7")


def test_a_closed_form_of_another_build_is_refused(tmp_path):
    arm = Arm.load(copied(tmp_path, urdf=lambda text: text.replace('xyz="-0.425 0 0"', 'xyz="-0.425 0.01 0"')))
    with pytest.raises(ArmError, match="set inverse to null"):
        inverse_of(arm)
    with pytest.raises(ArmError, match="expected inverse to be one of panda, ur or null"):
        inverse_of(Arm.load(copied(tmp_path / "other", change=lambda data: data.update(inverse="abb"))))
