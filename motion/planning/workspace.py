"""A workspace: the arm, its totes and what they have in common for all plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motion.collision.line_of_sight import Sight
from motion.paths.arches import Router
from motion.planning.placing import Placing
from motion.planning.rest_pose import rest_configuration
from motion.planning.task import CLEAR, Staging
from motion.robot.arm import Arm
from motion.robot.inverses import inverse_of
from motion.timing.time_optimal import Pace
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box, Tote

CAMERA_BODY = np.array((0.10, 0.05, 0.05))


@dataclass(frozen=True, eq=False)
class Workspace:
    """The arm, its ways and its totes.

    Attributes:
        staging: makes, times and verifies ways. sight: what cameras must see.
        rest: joint positions (J,) where the arm waits, rad. rim: height of the higher tote's rim, metres.
        placing: how carefully items are put down.
    """

    arm: Arm
    router: Router
    staging: Staging
    sight: Sight
    source: Tote
    destination: Tote
    rest: Array
    rim: float
    placing: Placing

    @staticmethod
    def build(
        arm: Arm,
        source: Tote,
        destination: Tote,
        obstacles: Sequence[Box],
        cameras: Sequence[CameraModel],
        pace: Pace,
        placing: Placing,
        seed: int,
    ) -> Workspace:
        """Of an arm between two totes.

        Raises:
            Unreachable: the arm has no place to wait.
        """
        bodies = (Box(camera.T_base_camera @ _behind(CAMERA_BODY), CAMERA_BODY) for camera in cameras)
        boxes = (*source.boxes(), *destination.boxes(), *obstacles, *bodies)
        router = Router(arm, inverse_of(arm))
        rest = rest_configuration(arm, router.inverse, source, destination, cameras)
        sight = Sight((source, destination), cameras, (source,))
        rim = max(tote.T_base_tote.position[2] + tote.inner[2] for tote in (source, destination))
        staging = Staging(arm, router, boxes, pace, seed)
        return Workspace(arm, router, staging, sight, source, destination, rest, rim, placing)

    def over(self, scene: Scene) -> float:
        """Height in the base frame at which things pass over the rim and all items, metres."""
        return max(self.rim, *(float(item.points[:, 2].max()) for item in scene.items)) + CLEAR


def _behind(size: Array) -> Pose:
    return Pose.from_rotation((0, 0, -size[2] / 2 - 0.01), np.eye(3))
