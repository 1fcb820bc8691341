"""How long a pick will take, without planning it."""

from __future__ import annotations

import numpy as np

from grasping.contact import rest_share
from grasping.grasp import Grasp
from perception.tote import Tote

TURN_SPEED, TURN_ACCELERATION = 2.0, 13.0  # of the arm's first joint, rad/s and rad/s^2
LIFT_SPEED, LIFT_ACCELERATION = 0.9, 3.0  # of the tool up and down, m/s and m/s^2
DWELL = 0.35  # seconds to grip and to let go, and of slow motion near contacts


def pick_seconds(grasp: Grasp, rest_azimuth: float, destination: Tote, rim: float) -> float:
    """Seconds of approach, grip, carry, release and retreat at the speed that the grasp permits.

    Turning and lifting are trapezoidal motions of one after the other's overlap; a grasp that has used the share c of
    its limits at rest accelerates by what is left of them.
    """
    position, target = grasp.T_base_tool.position, destination.T_base_tote.position
    azimuth, goal = np.arctan2(position[1], position[0]), np.arctan2(target[1], target[0])
    deep, low = max(rim + 0.05 - position[2], 0.05), destination.inner[2] * 0.8
    reach = float(np.hypot(position[0], position[1]))
    free = permitted(grasp)
    lift, turn = min(LIFT_ACCELERATION, free), min(TURN_ACCELERATION, free / reach)
    verticals = _move(deep, LIFT_SPEED, lift) + _move(low, LIFT_SPEED, lift)
    carry = 0.7 * verticals + _move(abs(goal - azimuth), TURN_SPEED, turn)
    approach = _move(abs(azimuth - rest_azimuth), TURN_SPEED, TURN_ACCELERATION) + 0.7 * _move(deep, LIFT_SPEED, lift)
    retreat = _move(abs(goal - rest_azimuth), TURN_SPEED, TURN_ACCELERATION) + 0.5 * _move(low, LIFT_SPEED, lift)
    return float(approach + carry + retreat + 2 * DWELL)


def permitted(grasp: Grasp) -> float:
    """The tool's acceleration, m/s^2, in whichever direction the grasp carries least: 90% of its limits."""
    load, limits = grasp.load, grasp.limits
    free = 0.9 - rest_share(load, limits, grasp.T_base_tool)
    if free <= 0:
        return 0.05
    directions = np.vstack([np.eye(3), -np.eye(3)]) @ grasp.T_base_tool.rotation
    wrenches = load.mass * np.hstack([directions, np.cross(load.centre, directions)])
    most = float((wrenches @ limits.rows.T / limits.bounds).max())
    return float(np.clip(free / max(most, 1e-9), 0.05, 50.0))


def _move(distance: float, speed: float, acceleration: float) -> float:
    """Seconds of a rest-to-rest move with trapezoidal speed."""
    if distance <= speed**2 / acceleration:
        return float(2 * np.sqrt(distance / acceleration))
    return distance / speed + speed / acceleration
