"""Tool paths up, over and down, and the arm's path along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from motion.arm import Arm
from motion.curves import b_spline, coordinates, polygon, poses
from motion.errors import Unreachable
from motion.inverse import Inverse, follow
from motion.kinematics import path_poses
from motion.timing import Path
from perception.pose import Array, Pose

JUMP = 0.6  # rad between neighbouring samples of a path beyond which it has left its branch
STRETCH = 0.69  # metres from shoulder to wrist centre that the arm reaches with ease


@dataclass(frozen=True)
class Arch:
    """The shape of a way up, over and down. Metres.

    Attributes:
        rise: straight up from the start; 0 where the start is high already.
        apex: height of the way over, in the base frame.
        drop: straight into the end, along `end_axis` of the route; 0 where the end is high.
        legs: control points of the way over, fewer are rounder.
    """

    rise: float
    apex: float
    drop: float
    legs: int = 2


class Router:
    """Finds the arm's path for arches of a frame fixed to its last link."""

    def __init__(self, arm: Arm, inverse: Inverse) -> None:
        self.arm, self.inverse = arm, inverse

    def arch(self, start: Array, end: Array, T_last_grasp: Pose, shape: Arch, end_axis: Array | None = None) -> Array:
        """Joint path (N, J) from configuration `start` to the pose of configuration `end`, each (J,).

        Args:
            end_axis: direction in the base frame from which the end is entered, by default from straight above.

        Raises:
            Unreachable: the arm cannot follow, or would leave its joint limits.
        """
        T_start = Pose(self.arm.links(start)[-1]) @ T_last_grasp
        T_end = Pose(self.arm.links(end)[-1]) @ T_last_grasp
        turn = Rotation.from_euler("z", -np.arctan2(T_start.position[1], T_start.position[0])).as_matrix()
        reference = turn @ T_start.rotation
        first = coordinates(T_start, start[2], reference)
        last = coordinates(T_end, end[2], reference)
        corners, steps = [first], []
        if shape.rise > 0:
            corners += [
                self._at(first, first[2] + shape.rise),
                self._over(first, first[2] + shape.rise, shape, T_last_grasp),
            ]
            steps += [2, 1]
        steps.append(shape.legs)
        if shape.drop > 0:
            back = np.array((0, 0, 1.0)) if end_axis is None else end_axis
            entry = Pose.from_rotation(T_end.position + shape.drop * back, T_end.rotation)
            before = coordinates(entry, end[2], reference)
            corners += [self._over(before, before[2], shape, T_last_grasp), before]
            steps += [1, 2]
        curve = b_spline(polygon(np.array([*corners, last]), steps))
        targets = poses(curve, reference) @ T_last_grasp.inverse().matrix
        path, count = follow(targets, np.ascontiguousarray(curve[:, 6]), start, self.arm.placements, JUMP)
        if count < len(curve):
            raise Unreachable(
                f"the arm cannot follow the arch beyond {curve[max(count - 1, 0), :3].round(3)} (r, phi, z)"
            )
        if not ((self.inverse.lower - 0.02 <= path) & (path <= self.inverse.upper + 0.02)).all():
            raise Unreachable("the arm would leave its joint limits along the arch")
        return np.asarray(path)

    def line(self, start: Array, T_last_grasp: Pose, height: float, samples: int = 12) -> Array:
        """Joint path (N, J) straight up by `height` metres from a configuration.

        Raises:
            Unreachable: the arm cannot follow.
        """
        T_start = Pose(self.arm.links(start)[-1])
        targets = np.repeat(T_start.matrix[None], samples, axis=0)
        targets[:, 2, 3] += np.linspace(0, height, samples)
        path, count = follow(targets, np.full(samples, start[2]), start, self.arm.placements, JUMP)
        if count < samples or not ((self.inverse.lower - 0.02 <= path) & (path <= self.inverse.upper + 0.02)).all():
            raise Unreachable(f"the arm cannot rise straight by {height:.3f} m from joints {start.round(3)}")
        return np.asarray(path)

    def _at(self, point: Array, z: float) -> Array:
        raised = point.copy()
        raised[2] = z
        return raised

    def _over(self, point: Array, least: float, shape: Arch, T_last_grasp: Pose) -> Array:
        """The corner above a point at the apex, drawn in towards the arm where it does not reach so far out."""
        corner = self._at(point, max(shape.apex, least + 0.02))
        offset = self.arm.placements[6, 0, 3]
        wrist = corner[2] + T_last_grasp.position[2] - self.arm.placements[0, 2, 3]
        corner[0] = min(corner[0], offset + np.sqrt(max(STRETCH**2 - wrist**2, 0.01)))
        return corner


def timed(arm: Arm, positions: Array, T_last_grasp: Pose, slow_start: float, slow_end: float, speed: float) -> Path:
    """A path for timing, on which the tool moves at `speed` m/s at most within so many metres of its ends."""
    tool = path_poses(arm.placements, np.ascontiguousarray(positions), T_last_grasp.matrix)[:, :3, 3]
    steps = np.linalg.norm(np.diff(tool, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    slow = (way < slow_start) | (way[-1] - way < slow_end)
    rate = np.linalg.norm(np.gradient(tool, axis=0), axis=1)
    return Path(positions, np.where(slow, speed, np.inf), np.maximum(rate, 1e-9))
