"""Straight lifts of the tool, as joint trajectories."""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.support.engine.rig import ARM, TOOL
from grasping.tools import Tool
from motion.robot.arm import Arm
from motion.trajectory import Trajectory
from perception.pose import Array, Pose

SAMPLES = 121
JUMP = 0.2  # rad between samples that no lift has


@cache
def planner_arm() -> Arm:
    """The arm as the planner knows it."""
    return Arm(TOOL, ARM)


def tool_at_home(tool: Tool) -> Pose:
    """T_base_tool where the arm begins; it points straight down."""
    return planner_arm().T_base_tool(ARM.home, tool)


def lift(height: float, seconds: float) -> Trajectory:
    """From home straight up, with minimum jerk. Metres."""
    arm = planner_arm()
    t = np.linspace(0.0, 1.0, SAMPLES)
    poses = np.repeat(arm.links(ARM.home)[-1][None], SAMPLES, axis=0)
    poses[:, 2, 3] += height * t**3 * (10 - 15 * t + 6 * t**2)
    posture = np.full(SAMPLES, arm.posture(ARM.home))
    path, count = arm.follow(poses, posture, ARM.home, JUMP)
    if count < SAMPLES:
        raise ValueError(f"lift: expected a way straight up by {height} m, it ends after {count} of {SAMPLES} samples")
    return smooth(t * seconds, path)


def smooth(times: Array, path: Array) -> Trajectory:
    """The trajectory through positions (T, J) at times (T,); velocities and accelerations by differences."""
    velocity = np.gradient(path, times, axis=0)
    velocity[[0, -1]] = 0.0
    return Trajectory(times, path, velocity, np.gradient(velocity, times, axis=0))
