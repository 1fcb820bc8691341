"""An estimate of a pick's duration, made without planning it."""

from __future__ import annotations

import numpy as np

from grasping.contact.wrench_limits import rest_share
from grasping.grasp import Grasp
from perception.arrays import cross
from perception.tote import Tote

TURN_SPEED, TURN_ACCELERATION = 2.0, 13.0  # of the arm's first joint, rad/s and rad/s^2
LIFT_SPEED, LIFT_ACCELERATION = 0.9, 3.0  # of the tool up and down, m/s and m/s^2
OVERLAP = 0.6  # share of up and down that turning does not hide
DWELL = 0.22  # seconds to grip and to let go, and of slow motion near contacts


def pick_seconds(grasp: Grasp, destination: Tote, rim: float) -> float:
    """Seconds from one release to the next, at the speed that the grasp permits.

    Turning and lifting are trapezoidal motions that partly overlap; a grasp that has used the share c of its limits at
    rest accelerates by what is left of them.
    """
    position, target = grasp.T_base_tool.position, destination.T_base_tote.position
    turn = float(abs(np.arctan2(target[1], target[0]) - np.arctan2(position[1], position[0])))
    heights = max(rim + 0.05 - position[2], 0.05), destination.inner[2] * 0.8
    reach, free = float(np.hypot(position[0], position[1])), permitted(grasp)
    return DWELL + grasp.skill.seconds + _way(turn, heights, 50.0, reach) + _way(turn, heights, free, reach)


def _way(turn: float, heights: tuple[float, float], acceleration: float, reach: float) -> float:
    """Seconds from one tote to the other, the tool accelerating by no more than so many m/s^2."""
    lifts = sum(_move(height, LIFT_SPEED, min(LIFT_ACCELERATION, acceleration)) for height in heights)
    return OVERLAP * lifts + _move(turn, TURN_SPEED, min(TURN_ACCELERATION, acceleration / reach))


def permitted(grasp: Grasp) -> float:
    """The tool's acceleration, m/s^2, in whichever direction the grasp carries least: 90% of its limits."""
    load, limits = grasp.load, grasp.limits
    free = 0.9 - rest_share(load, limits, grasp.T_base_tool)
    if free <= 0:
        return 0.05
    directions = np.vstack([np.eye(3), -np.eye(3)]) @ grasp.T_base_tool.rotation
    wrenches = load.mass * np.hstack([directions, cross(load.centre, directions)])
    most = float((wrenches @ limits.rows.T / limits.bounds).max())
    return float(np.clip(free / max(most, 1e-9), 0.05, 50.0))


def _move(distance: float, speed: float, acceleration: float) -> float:
    """Seconds of a rest-to-rest move with trapezoidal speed."""
    if distance <= speed**2 / acceleration:
        return float(2 * np.sqrt(distance / acceleration))
    return distance / speed + speed / acceleration
