import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grasping.contact.wrench_limits import rest_share
from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.tools import Tool
from motion.errors import GraspTooWeak, LimitsExceeded, Unreachable
from motion.paths.arches import Arch, Router, dense_at_ends, timed
from motion.paths.splines import b_spline, coordinates, finer, polygon, poses
from motion.planning.rest_pose import top_down
from motion.robot.arm import Arm
from motion.robot.kinematics import path_poses
from motion.robot.panda_ik import PandaInverse
from motion.timing.grasp_load import believed_load, hold_of
from motion.timing.path_duration import least_times
from motion.timing.time_optimal import Pace, retime
from motion.timing.verify import usage, verify
from motion.trajectory import Trajectory

ARM = Arm()
INVERSE = PandaInverse(ARM)
ROUTER = Router(ARM, INVERSE)
TIP = ARM.T_last_tool(Tool.SUCTION)
SEEDS = st.integers(0, 2**32 - 1)


def cup_limits(radius=0.015, pressure=60e3, friction=0.5):
    """Suction's 19 rows (Pham and Pham, 2019, with facets): z points into the item, the cup pulls towards -z."""
    force = pressure * np.pi * radius**2
    rows, bounds = [np.array((0, 0, -1.0, 0, 0, 0))], [force]
    for angle in np.arange(8) * np.pi / 4:
        c, s = np.cos(angle), np.sin(angle)
        rows += [np.array((c, s, -friction, 0, 0, 0)), np.array((0, 0, -radius / 2, c, s, 0))]
        bounds += [friction * force, radius / 2 * force]
    for sign in (-1, 1):
        rows.append(np.array((0, 0, -2 / 3 * radius * friction, 0, 0, sign)))
        bounds.append(2 / 3 * radius * friction * force)
    return WrenchLimits(np.array(rows), np.array(bounds))


def make_load(mass, offset=0.03):
    inertia = mass * np.diag((0.15**2, 0.1**2, 0.15**2)) / 6
    return Load(mass, np.array((0.005, 0.0, offset)), inertia, (0.8 * mass, 1.2 * mass))


def carry_path(azimuth=0.75, lift=0.35):
    near = np.array((-azimuth, -0.3, 0, -2.2, 0, 1.9, 0))
    start = INVERSE.best(top_down(0.52, -azimuth, -0.08, -azimuth) @ TIP.inverse(), near)
    end = INVERSE.best(
        top_down(0.50, azimuth, -0.05, azimuth + 0.4) @ TIP.inverse(), start + 2 * azimuth * np.eye(7)[0]
    )
    return ROUTER.arch(start, end, TIP, Arch(0.08, lift - 0.1, 0.08))


PATH = carry_path()


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_held_load_adds_its_wrench_to_the_torques(seed):
    """J^T w equals what the load adds to inverse dynamics, for any motion."""
    rng = np.random.default_rng(seed)
    load = make_load(rng.uniform(0.1, 0.9), rng.uniform(0, 0.15))
    T_last_grasp = ARM.T_last_tool(rng.choice(list(Tool)))
    q, v, a = rng.uniform(-1, 1, 7), rng.normal(size=7), rng.normal(size=7)
    motion = (q[None], v[None], a[None])
    wrench = hold_of(ARM, load, cup_limits(), T_last_grasp).wrenches(*motion)[0]
    frame = pin.SE3(np.asarray(ARM.links(q)[-1]) @ T_last_grasp.matrix)
    jacobian = frame.toActionMatrixInverse() @ pin.computeJointJacobians(ARM.model, ARM.data, q)
    added = ARM.carrying(load, T_last_grasp).torques(*motion) - ARM.torques(*motion)
    np.testing.assert_allclose(jacobian.T @ wrench, added[0], atol=1e-9)


@pytest.mark.parametrize("mass", [0.0, 0.3, 0.6])
def test_retimed_motion_keeps_every_limit(mass):
    load = make_load(mass) if mass else None
    arm = ARM.carrying(load, TIP) if load else ARM
    hold = hold_of(ARM, load, cup_limits(), TIP) if load else None
    motion = retime(arm, timed(ARM, PATH, TIP, 0.015, 0.015, 0.1), hold)
    shares = usage(arm, motion, hold)
    assert max(shares.values()) <= 1.0
    assert max(shares["velocity"], shares["acceleration"], shares.get("hold", 0)) > 0.85  # something binds
    assert np.abs(motion.velocities[[0, -1]]).max() < 1e-9
    tool = path_poses(ARM.placements, np.ascontiguousarray(motion.positions), TIP.matrix)[:, :3, 3]
    speed = np.linalg.norm(np.diff(tool, axis=0), axis=1) / 1e-3
    near = np.linalg.norm(tool[1:] - tool[-1], axis=1) < 0.012
    assert speed[near].max() < 0.11
    np.testing.assert_allclose(motion.positions[[0, -1]], PATH[[0, -1]], atol=1e-9)


def test_samples_are_derivatives_of_each_other():
    motion = retime(ARM, timed(ARM, PATH, TIP, 0.0, 0.0, np.inf))
    dt = np.diff(motion.times)[:, None]
    speed = np.diff(motion.positions, axis=0) / dt
    np.testing.assert_allclose(speed, (motion.velocities[1:] + motion.velocities[:-1]) / 2, atol=2e-3)
    change = np.diff(motion.velocities, axis=0) / dt
    np.testing.assert_allclose(change, (motion.accelerations[1:] + motion.accelerations[:-1]) / 2, atol=0.5)


def test_the_path_is_kept():
    motion = retime(ARM, timed(ARM, PATH, TIP, 0.0, 0.0, np.inf))
    tool = path_poses(ARM.placements, np.ascontiguousarray(motion.positions), TIP.matrix)[:, :3, 3]
    for pose in path_poses(ARM.placements, PATH, TIP.matrix)[::7]:
        assert np.linalg.norm(tool - pose[:3, 3], axis=1).min() < 2e-3


def test_a_weaker_grasp_moves_slower():
    load = make_load(0.5)
    arm, geometry = ARM.carrying(load, TIP), timed(ARM, PATH, TIP, 0.0, 0.0, np.inf)
    seconds = [
        retime(arm, geometry, hold_of(ARM, load, cup_limits(radius), TIP)).duration
        for radius in (0.020, 0.0105, 0.0095)
    ]
    assert seconds[0] < seconds[1] - 0.005 and seconds[1] < seconds[2] - 0.03
    assert retime(arm, geometry).duration <= seconds[0] + 1e-9


def test_gentler_paces_are_slower():
    geometry = timed(ARM, PATH, TIP, 0.0, 0.0, np.inf)
    full, half = (retime(ARM, geometry, None, Pace(velocity=0.95 * k, acceleration=0.9 * k)) for k in (1.0, 0.5))
    assert half.duration > 1.3 * full.duration
    assert usage(ARM, half)["velocity"] < 0.5


def test_what_cannot_be_held_at_rest_is_refused():
    load = make_load(0.9)
    hold = hold_of(ARM, load, cup_limits(0.006), TIP)
    with pytest.raises(LimitsExceeded, match="gravity alone"):
        retime(ARM.carrying(load, TIP), timed(ARM, PATH, TIP, 0.0, 0.0, np.inf), hold)
    pose = ARM.T_base_tool(PATH[0], Tool.SUCTION)
    grasp = Grasp(Tool.SUCTION, 0, pose, 0.05, 0.0, 0.0, Odds(1, 1, 0), cup_limits(0.006), load)
    with pytest.raises(GraspTooWeak, match=r"holds 0\.90 kg at rest"):
        believed_load(grasp)
    with pytest.raises(GraspTooWeak, match="gravity takes at most 90%"):
        hold.check_rest(PATH, 0.9)


def test_a_hold_at_rest_is_checked_where_it_is_weakest():
    """A level cup, then one that points sideways: there the whole weight shears and peels."""
    load, level = make_load(0.3), PATH[0]
    turned = level.copy()
    turned[5] -= np.pi / 2
    hold = hold_of(ARM, load, cup_limits(0.015), TIP)
    rest = np.zeros((2, 7))
    used = (hold.wrenches(np.stack([level, turned]), rest, rest) @ hold.limits.rows.T / hold.bounds).max(axis=1)
    assert used[0] < used[1]
    between = (used[0] + used[1]) / 2
    hold.check_rest(level[None], between)
    with pytest.raises(GraspTooWeak):
        hold.check_rest(np.stack([level, turned, level]), between)


def test_the_heaviest_plausible_load_that_can_be_held_is_planned_for():
    pose = ARM.T_base_tool(PATH[0], Tool.SUCTION)
    for mass, expected in ((0.3, 0.36), (2.0, None)):
        grasp = Grasp(Tool.SUCTION, 0, pose, 0.05, 0.0, 0.0, Odds(1, 1, 0), cup_limits(), make_load(mass, 0.0))
        load = believed_load(grasp)
        assert load.mass >= mass
        assert load.mass == pytest.approx(expected) if expected else rest_share(load, grasp.limits, pose) < 0.86
        np.testing.assert_allclose(load.inertia, grasp.load.inertia * load.mass / mass)


def test_broken_motions_are_named():
    still = np.tile(PATH[0], (101, 1))
    times = np.arange(101) * 1e-3
    fast = 3.0 * np.sin(np.linspace(0, np.pi, 101))[:, None] * np.eye(7)[0]
    accelerations = np.gradient(fast, 1e-3, axis=0)
    moved = still + np.cumsum(fast, axis=0) * 1e-3
    named = {
        "velocity": Trajectory(times, moved, fast, 0 * accelerations),
        "acceleration": Trajectory(times, still, 0 * fast, accelerations + 20),
        "position": Trajectory(times, still + 5, 0 * fast, 0 * fast),
    }
    for name, motion in named.items():
        with pytest.raises(LimitsExceeded, match=f"limit of {name}|velocities that are"):
            verify(motion, usage(ARM, motion))
    with pytest.raises(LimitsExceeded, match="velocities that are the positions"):
        verify(Trajectory(times, still, fast, 0 * fast), {})
    with pytest.raises(LimitsExceeded, match="from rest to rest"):
        verify(Trajectory(times, still, 0 * fast + 0.1, 0 * fast), {})
    with pytest.raises(LimitsExceeded, match="1 ms apart"):
        verify(Trajectory(10 * times, still, 0 * fast, 0 * fast), {})


def test_b_spline_keeps_ends_and_straight_legs():
    corners = np.array([(0, 0, 0), (0, 0, 0.3), (0.4, 0.1, 0.3), (0.4, 0.1, 0.05)])
    curve = b_spline(polygon(corners, [4, 3, 4]))
    np.testing.assert_allclose(curve[[0, -1]], corners[[0, -1]], atol=1e-12)
    straight = curve[curve[:, 2] < 0.14]
    assert (np.abs(straight[straight[:, 0] < 0.2][:, :2]) < 1e-12).all()
    bend = np.diff(curve, 2, axis=0)
    assert np.abs(np.diff(bend, axis=0)).max() < 0.2 * np.abs(bend).max() + 1e-3  # no jump in curvature


def test_a_path_dense_at_its_ends_is_the_same_path():
    dense = dense_at_ends(PATH)
    np.testing.assert_allclose(dense[[0, -1]], PATH[[0, -1]], atol=1e-12)
    steps = np.abs(np.diff(dense, axis=0)).max(axis=1)
    assert steps[0] < 0.3 * np.abs(np.diff(PATH, axis=0)).max(axis=1)[0]
    assert (steps[1:] / steps[:-1]).max() < 2.0
    tool = path_poses(ARM.placements, np.ascontiguousarray(finer(dense, 16)), TIP.matrix)[:, :3, 3]
    for pose in path_poses(ARM.placements, PATH, TIP.matrix)[::7]:
        assert np.linalg.norm(tool - pose[:3, 3], axis=1).min() < 2e-3
    short = dense_at_ends(PATH[:5])
    np.testing.assert_allclose(short[[0, -1]], PATH[[0, 4]], atol=1e-12)


def test_gaining_speed_takes_no_longer_than_the_arm_needs():
    """Coarse rows at the ends would hold the arm to the acceleration that reaches the second row's speed limit."""
    motion = retime(ARM, timed(ARM, PATH, TIP, 0.0, 0.012, 0.1))
    tool = path_poses(ARM.placements, np.ascontiguousarray(motion.positions), TIP.matrix)[:, :3, 3]
    assert (np.linalg.norm(tool - tool[0], axis=1) < 0.012).sum() < 170  # ms; 2.5 m/s^2 and the filter make 140
    assert (np.linalg.norm(tool - tool[-1], axis=1) < 0.012).sum() < 220  # 0.12 s at 0.1 m/s, braking and the filter


@pytest.mark.parametrize("lift", [0.25, 0.35, 0.45])
def test_least_times_rank_paths_as_their_motions_do(lift):
    path = carry_path(lift=lift)
    times = least_times(path, ARM.limits)
    motion = retime(ARM, timed(ARM, path, TIP, 0.0, 0.0, np.inf))
    assert (np.diff(times) > 0).all()
    assert 0.8 * motion.duration < times[-1] < motion.duration


def test_an_arch_that_leans_is_shorter_and_keeps_its_ends():
    start, end = PATH[0], PATH[-1]
    upright, leaning = (ROUTER.arch(start, end, TIP, Arch(0.08, 0.25, 0.08, 2, (k, k))) for k in (0.0, 0.15))
    for path in (upright, leaning):
        np.testing.assert_allclose(path[0], start, atol=1e-9)
        np.testing.assert_allclose(path[-1], end, atol=1e-6)
    assert least_times(leaning, ARM.limits)[-1] < least_times(upright, ARM.limits)[-1] - 0.02


def test_an_arch_that_would_end_with_the_wrist_turned_over_is_refused():
    """The same pose in another configuration is no end: the motion after it begins at the one that was asked for."""
    start = np.array((-0.2502, -0.3722, 0, -2.2141, 0, 1.8419, -1.5))
    end = np.array((-0.3325, 0.9165, -0.5248, -2.3302, 0.2222, 3.5496, -2.3827))
    leaning = Arch(0.0, 0.072, 0.06, 1, into=np.array((0.0, 0.574, 0.819)))
    with pytest.raises(Unreachable, match="another configuration"):
        ROUTER.arch(start, end, ARM.T_last_tool(Tool.PINCH), leaning)


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_cylinder_coordinates_are_the_pose(seed):
    rng = np.random.default_rng(seed)
    T, reference = (top_down(*rng.uniform((0.2, -2, -0.5, -3), (0.7, 2, 0.5, 3))).matrix for _ in range(2))
    reference = np.ascontiguousarray(reference[:3, :3])
    np.testing.assert_allclose(poses(coordinates(T, 0.2, reference)[None], reference)[0], T, atol=1e-7)
