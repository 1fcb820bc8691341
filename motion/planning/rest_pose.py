"""The rest pose: near the source, and out of every camera's view of the totes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.tools import Tool
from motion.collision.line_of_sight import Sight
from motion.errors import Unreachable
from motion.robot.arm import Arm
from motion.robot.inverse import Inverse
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.tote import Tote

UNTURN = 1.0  # rad that the wrist turns back on its way to the rest pose, where it may stay TURNED by so much
TURNED = 1.5


def top_down(radius: float, azimuth: float, height: float, yaw: float) -> Pose:
    """A tool pose that looks straight down, at cylinder coordinates about the arm's first axis."""
    c, s = np.cos(yaw), np.sin(yaw)
    rotation = np.array([[c, s, 0], [s, -c, 0], [0, 0, -1]])
    return Pose.from_rotation((radius * np.cos(azimuth), radius * np.sin(azimuth), height), rotation)


def rest_configuration(
    arm: Arm, inverse: Inverse, source: Tote, destination: Tote, cameras: Sequence[CameraModel], height: float = 0.22
) -> Array:
    """Joint positions (J,) with the retracted tool `height` metres over the rim, as near the source as may be.

    Raises:
        Unreachable: everywhere between the totes the arm is out of reach or in a camera's way.
    """
    start, end = (np.arctan2(t.T_base_tote.position[1], t.T_base_tote.position[0]) for t in (source, destination))
    radius = 0.85 * float(np.linalg.norm(source.T_base_tote.position[:2]))
    level = source.T_base_tote.position[2] + source.inner[2] + height
    sight = Sight((source, destination), cameras, (source, destination))
    for azimuth in np.linspace(start, end, 25):
        pose = top_down(radius, azimuth, level, azimuth) @ arm.T_last_tool(Tool.PINCH).inverse()
        near = arm.description.facing + azimuth * np.eye(len(arm.placements))[0]
        try:
            q = inverse.best(pose, near)
        except Unreachable:
            continue
        turned = [q + angle * np.eye(len(q))[-1] for angle in (-1.5, -0.75, 0.0, 0.75, 1.5)]
        around = [arm.capsules(way, arm.tool.cup.fingers_open, 1.0) for way in turned]
        if all(sight.free(solids) for solids in around):
            return q
    raise Unreachable(
        f"expected a place between totes {source.name} and {destination.name} where the arm hides no tote from its "
        "camera, found none; hang the cameras further from the arm or the totes closer to it"
    )


def resting(rest: Array, q: Array) -> Array:
    """The rest pose (J,) with the wrist as at q (J,), or less turned: the tool may point any way while it waits."""
    turned = rest.copy()
    turned[-1] = np.clip(q[-1] - np.clip(q[-1] - rest[-1], -UNTURN, UNTURN), rest[-1] - TURNED, rest[-1] + TURNED)
    return turned
