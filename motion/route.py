"""Tool paths up, over and down, and the arm's path along them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motion.arm import Arm
from motion.curves import b_spline, coordinates, polygon, poses
from motion.errors import Unreachable
from motion.inverse import Inverse, follow
from motion.kinematics import path_poses
from motion.timing import Path
from perception.pose import Array, Pose

JUMP = 0.6  # rad between neighbouring samples of a path beyond which it has left its branch
UP = np.array((0.0, 0.0, 1.0))
STRETCH = 0.69  # metres from shoulder to wrist centre that the arm reaches with ease


@dataclass(frozen=True, eq=False)
class Arch:
    """The shape of a way up, over and down. Metres.

    Attributes:
        rise: straight away from the start along `out`; 0 where the start is high already.
        apex: height of the way over, in the base frame.
        drop: straight into the end, against `into`; 0 where the end is high.
        legs: control points of the way over, fewer are rounder.
        out, into: (3,) directions of the base frame in which the tool leaves the start, and from which it enters the
            end.
    """

    rise: float
    apex: float
    drop: float
    legs: int = 2
    out: Array = field(default_factory=lambda: UP)
    into: Array = field(default_factory=lambda: UP)


class Router:
    """Finds the arm's path for arches of a frame fixed to its last link."""

    def __init__(self, arm: Arm, inverse: Inverse) -> None:
        self.arm, self.inverse = arm, inverse

    def arch(self, start: Array, end: Array, T_last_grasp: Pose, shape: Arch) -> Array:
        """Joint path (N, J) from configuration `start` to the pose of configuration `end`, each (J,).

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
            after = coordinates(_shifted(T_start, shape.rise * shape.out), start[2], reference)
            corners += [after, self._over(after, shape.apex, start, T_last_grasp)]
            steps += [2, 1]
        steps.append(shape.legs)
        if shape.drop > 0:
            before = coordinates(_shifted(T_end, shape.drop * shape.into), end[2], reference)
            corners += [self._over(before, shape.apex, end, T_last_grasp), before]
            steps += [1, 2]
        curve = b_spline(polygon(np.array([*corners, last]), steps))
        targets = poses(curve, reference) @ T_last_grasp.inverse().matrix
        path, count = follow(targets, np.ascontiguousarray(curve[:, 6]), start, self.arm.placements, JUMP)
        if count < len(curve):
            raise Unreachable(
                f"the arm cannot follow the arch beyond {curve[max(count - 1, 0), :3].round(3)} (r, phi, z)"
            )
        if not self._within(path).all():
            raise Unreachable("the arm would leave its joint limits along the arch")
        return np.asarray(path)

    def line(self, start: Array, T_last_grasp: Pose, way: Array, step: float = 0.01) -> Array:
        """Joint path (N, J) that shifts the tool by `way` (3,) metres from a configuration, or as far as it goes."""
        samples = int(np.ceil(np.linalg.norm(way) / step)) + 1
        targets = np.repeat(self.arm.links(start)[-1][None], samples, axis=0)
        targets[:, :3, 3] += np.linspace(0, 1, samples)[:, None] * way
        path, count = follow(targets, np.full(samples, start[2]), start, self.arm.placements, JUMP)
        within = self._within(path[:count])
        return np.asarray(path[: count if within.all() else int(np.argmin(within))])

    def _within(self, path: Array) -> NDArray[np.bool_]:
        """Which configurations (N, J) keep the joint limits."""
        return np.asarray(((self.inverse.lower - 0.02 <= path) & (path <= self.inverse.upper + 0.02)).all(axis=1))

    def _over(self, point: Array, apex: float, q: Array, T_last_grasp: Pose) -> Array:
        """The corner above a point, drawn in towards the arm where it does not reach so far out.

        q: a configuration (J,) with the tool's attitude at the point, which tells where the wrist's centre is.
        """
        links = self.arm.links(q)
        x, y, z = (Pose(links[-1]) @ T_last_grasp).position
        wrist = links[6][:3, 3]
        c, s = x / max(np.hypot(x, y), 1e-9), y / max(np.hypot(x, y), 1e-9)
        outward = c * wrist[0] + s * wrist[1] - np.hypot(x, y)
        aside, height = c * wrist[1] - s * wrist[0], wrist[2] - z
        corner = point.copy()
        corner[2] = max(apex, point[2] + 0.02)
        up = corner[2] + height - self.arm.placements[0, 2, 3]
        corner[0] = min(corner[0], np.sqrt(max(STRETCH**2 - aside**2 - up**2, 0.01)) - outward)
        return corner


def _shifted(T: Pose, way: Array) -> Pose:
    return Pose.from_rotation(T.position + way, T.rotation)


def timed(arm: Arm, positions: Array, T_last_grasp: Pose, slow_start: float, slow_end: float, speed: float) -> Path:
    """A path for timing, on which the tool moves at `speed` m/s at most within so many metres of its ends."""
    tool = path_poses(arm.placements, np.ascontiguousarray(positions), T_last_grasp.matrix)[:, :3, 3]
    steps = np.linalg.norm(np.diff(tool, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    slow = (way < slow_start) | (way[-1] - way < slow_end)
    slow |= np.append(slow[1:], False) | np.append(False, slow[:-1])  # between two rows speed may grow
    rate = np.linalg.norm(np.gradient(tool, axis=0), axis=1)
    return Path(positions, np.where(slow, speed, np.inf), np.maximum(rate, 1e-9))
