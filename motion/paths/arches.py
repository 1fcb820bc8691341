"""Tool paths up, over and down, and the arm's path along them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from motion.errors import Unreachable
from motion.paths.splines import b_spline, coordinates, level, polygon, poses
from motion.robot.arm import Arm
from motion.robot.inverse import Inverse
from motion.robot.kinematics import path_poses
from motion.timing.time_optimal import Path
from perception.pose import Array, Pose

JUMP = 0.6  # rad between neighbouring samples of a path beyond which it has left its branch
SAME = 1e-6  # rad between two configurations that are one
UP = np.array((0.0, 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Arch:
    """The shape of a way up, over and down. Metres.

    Attributes:
        rise: straight away from the start along `out`; 0 where the start is high already.
        apex: height of the way over, in the base frame.
        drop: straight into the end, against `into`; 0 where the end is high.
        legs: control points of the way over, fewer are rounder.
        lean: shares of the way over by which it cuts the corners above start and end.
        out, into: (3,) directions of the base frame in which the tool leaves the start, and from which it enters the
            end.
    """

    rise: float
    apex: float
    drop: float
    legs: int = 2
    lean: tuple[float, float] = (0.0, 0.0)
    out: Array = field(default_factory=lambda: UP)
    into: Array = field(default_factory=lambda: UP)


class Router:
    """Finds the arm's path for arches of a frame fixed to its last link."""

    def __init__(self, arm: Arm, inverse: Inverse) -> None:
        self.arm, self.inverse = arm, inverse

    def arch(self, start: Array, end: Array, T_last_grasp: Pose, shape: Arch) -> Array:
        """Joint path (N, J) from configuration `start` to configuration `end`, each (J,).

        Raises:
            Unreachable: the arm cannot follow, would leave its joint limits, or would come to the end's pose in
                another configuration.
        """
        T_start, T_end = (self.arm.links(q)[-1] @ T_last_grasp.matrix for q in (start, end))
        reference = level(-float(np.arctan2(T_start[1, 3], T_start[0, 3]))) @ T_start[:3, :3]
        postures = self.arm.posture(start), self.arm.posture(end)
        first, last = coordinates(T_start, postures[0], reference), coordinates(T_end, postures[1], reference)
        before, over = [first], first
        if shape.rise > 0:
            before.append(coordinates(_shifted(T_start, shape.rise * shape.out), postures[0], reference))
            over = self._over(before[-1], shape.apex, start, T_start[:3, 3])
        after, under = [last], last
        if shape.drop > 0:
            after.insert(0, coordinates(_shifted(T_end, shape.drop * shape.into), postures[1], reference))
            under = self._over(after[0], shape.apex, end, T_end[:3, 3])
        across = (under - over) * (np.arange(7) != 2)  # all but the height
        corners = [*before, *(over + shape.lean[0] * across,) * (shape.rise > 0)]
        corners += [*(under - shape.lean[1] * across,) * (shape.drop > 0), *after]
        steps = [2, 1] * (shape.rise > 0) + [shape.legs] + [1, 2] * (shape.drop > 0)
        curve = b_spline(polygon(np.array(corners), steps))
        targets = poses(curve, reference) @ T_last_grasp.inverse().matrix
        path, count = self.arm.follow(targets, curve[:, 6], start, JUMP)
        if count < len(curve):
            raise Unreachable(
                f"the arm cannot follow the arch beyond {curve[max(count - 1, 0), :3].round(3).tolist()} (r, phi, z)"
            )
        if not self._within(path).all():
            raise Unreachable("the arm would leave its joint limits along the arch")
        if np.abs(path[-1] - end).max() > SAME:
            raise Unreachable(
                f"the arch reaches its end's pose in another configuration, {path[-1].round(2).tolist()} rad"
            )
        return np.asarray(path)

    def line(self, start: Array, T_last_grasp: Pose, way: Array, step: float = 0.01) -> Array:
        """Joint path (N, J) that shifts the tool by `way` (3,) metres from a configuration, or as far as it goes."""
        samples = int(np.ceil(np.linalg.norm(way) / step)) + 1
        targets = np.repeat(self.arm.links(start)[-1][None], samples, axis=0)
        targets[:, :3, 3] += np.linspace(0, 1, samples)[:, None] * way
        path, count = self.arm.follow(targets, np.full(samples, self.arm.posture(start)), start, JUMP)
        within = self._within(path[:count])
        return np.asarray(path[: count if within.all() else int(np.argmin(within))])

    def through(self, targets: Array, start: Array, T_last_grasp: Pose) -> Array:
        """Joint path (N, J) through poses (N, 4, 4) of the moved frame, in one posture; `start` (J,) reaches the first.

        Raises:
            Unreachable: the arm cannot follow, or would leave its joint limits.
        """
        last = targets @ T_last_grasp.inverse().matrix
        path, count = self.arm.follow(last, np.full(len(last), self.arm.posture(start)), start, JUMP)
        if count < len(path) or not self._within(path).all():
            raise Unreachable(f"the arm cannot follow the tool's way beyond pose {count} of {len(path)}")
        return np.asarray(path)

    def _within(self, path: Array) -> NDArray[np.bool_]:
        """Which configurations (N, J) keep the joint limits."""
        return np.asarray(((self.inverse.lower - 0.02 <= path) & (path <= self.inverse.upper + 0.02)).all(axis=1))

    def _over(self, point: Array, apex: float, q: Array, tool: Array) -> Array:
        """The corner above a point, drawn in towards the arm where it does not reach so far out.

        q: a configuration (J,) with the tool's attitude at the point, which tells where the wrist's centre is.
        tool: the tool's position (3,) there.
        """
        (x, y, z), wrist = tool, self.arm.links(q)[self.arm.description.wrist][:3, 3]
        c, s = x / max(np.hypot(x, y), 1e-9), y / max(np.hypot(x, y), 1e-9)
        outward = c * wrist[0] + s * wrist[1] - np.hypot(x, y)
        aside, height = c * wrist[1] - s * wrist[0], wrist[2] - z
        corner = point.copy()
        corner[2] = max(apex, point[2] + 0.02)
        up = corner[2] + height - self.arm.placements[0, 2, 3]
        corner[0] = min(corner[0], np.sqrt(max(self.arm.description.easy_reach**2 - aside**2 - up**2, 0.01)) - outward)
        return corner


def _shifted(T: Array, way: Array) -> Array:
    moved = T.copy()
    moved[:3, 3] += way
    return moved


def timed(arm: Arm, positions: Array, T_last_grasp: Pose, slow_start: float, slow_end: float, speed: float) -> Path:
    """A path for timing, on which the tool moves at `speed` m/s at most within so many metres of its ends."""
    positions = dense_at_ends(positions)
    tool = path_poses(arm.placements, np.ascontiguousarray(positions), T_last_grasp.matrix)[:, :3, 3]
    steps = np.linalg.norm(np.diff(tool, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    slow = (way < slow_start) | (way[-1] - way < slow_end)
    slow |= np.append(slow[1:], False) | np.append(False, slow[:-1])  # between two rows speed may grow
    rate = np.linalg.norm(np.gradient(tool, axis=0), axis=1)
    return Path(positions, np.where(slow, speed, np.inf), np.maximum(rate, 1e-9))


def dense_at_ends(path: Array, share: float = 0.15, rows: int = 12) -> Array:
    """The cubic spline through the rows of a path (N, J), sampled more densely towards its ends.

    Between two rows a motion's acceleration along the path is constant: from rest it gains speed as fast as it may
    only where the first rows lie close together.

    Args:
        share: of the spacing elsewhere that the outermost rows keep. rows: over which it grows.
    """
    return np.asarray(_denser(len(path), share, rows) @ path)


@lru_cache(maxsize=64)
def _denser(count: int, share: float, rows: int) -> Array:
    """What each of `count` rows adds to each one of `dense_at_ends`."""
    spans = count - 1
    ramp = share + (1 - share) * (0.5 - 0.5 * np.cos(np.pi * (np.arange(min(rows, spans)) + 0.5) / rows))
    middle = max(int(np.ceil(spans - 2 * ramp.sum())), 0)
    steps = np.concatenate([[0.0], ramp, np.ones(middle), ramp[::-1]])
    return np.asarray(CubicSpline(np.arange(count), np.eye(count))(np.cumsum(steps) * spans / steps.sum()))
