"""A probing lift: the first centimetres are slow, and what is felt then decides if the item is set down again."""

from __future__ import annotations

import numpy as np

from motion.errors import Unreachable
from motion.planning.planning_scene import Stage
from motion.planning.step import Probing, Step
from motion.planning.task import Staging, Task, Way
from motion.robot.kinematics import path_poses
from motion.timing.grasp_load import Hold
from motion.trajectory import Trajectory
from perception.pose import Array
from perception.watch.intent import Phase

RISE = 0.030  # metres: a cover lifted by so much in its middle opens by less than 30 degrees
SPEED = 0.06  # m/s at most
SHORT = 1e-3  # metres by which it may be shorter
DWELL = 0.2  # seconds at rest in which the load is felt: joints settle in 0.1 s


def probe_path(staging: Staging, task: Task, axis: Array) -> Array:
    """Joint path (N, J) from where the item is gripped, along an upward `axis` (3,) until it is RISE higher.

    Raises:
        Unreachable: the arm cannot follow.
    """
    way = RISE / axis[2] * axis
    path = staging.router.line(task.lift[-1], task.T_last_grasp, way)
    tool = path_poses(staging.arm.placements, np.ascontiguousarray(path[[0, -1]]), task.T_last_grasp.matrix)[:, :3, 3]
    if (short := float(np.linalg.norm(way) - np.linalg.norm(tool[1] - tool[0]))) > SHORT:
        raise Unreachable(f"expected a reach for a probing lift of {RISE} m, got {short:.3f} m less; grasp elsewhere")
    return path


def probe_step(staging: Staging, task: Task, stage: Stage, path: Array, hold: Hold) -> Step:
    """The step up along a path (N, J), through a stage with the item in hand, and how it is taken back.

    Raises:
        InCollision, LimitsExceeded: why there is none.
    """
    anywhere = np.inf, np.inf
    stage.check(path, *anywhere)
    loaded = staging.arm.carrying(task.load, task.T_last_grasp)
    up = staging.timed(Way(stage, path, anywhere), (np.inf, np.inf), loaded, hold, SPEED)[0]
    least = 0.0 if task.grasp.limp else task.grasp.load.mass_range[0]  # what is limp still rests on the ground
    guard = Probing(DWELL, least, task.T_last_grasp)
    return Step(Phase.PROBE, guard, rested(up, DWELL), undo=backwards(up))


def rested(motion: Trajectory, seconds: float) -> Trajectory:
    """The same motion, and so many seconds of rest at its end."""
    times = motion.duration + np.arange(1, max(round(seconds / 1e-3), 1) + 1) * 1e-3
    still = np.repeat(motion.positions[-1:], len(times), axis=0)
    zeros = np.zeros_like(still)
    return Trajectory(
        np.concatenate([motion.times, times]),
        np.vstack([motion.positions, still]),
        np.vstack([motion.velocities, zeros]),
        np.vstack([motion.accelerations, zeros]),
    )


def backwards(motion: Trajectory) -> Trajectory:
    """The same motion from rest to rest, backwards."""
    times = motion.duration - motion.times[::-1]
    return Trajectory(times, motion.positions[::-1], -motion.velocities[::-1], motion.accelerations[::-1])
