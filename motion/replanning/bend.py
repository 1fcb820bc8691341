"""Bent courses: the tool's way ahead, shifted smoothly to another end or past an obstacle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from motion.errors import Unreachable
from motion.paths.arches import JUMP, Router
from motion.robot.kinematics import path_poses
from motion.timing.slow_down import GRID, Course
from perception.pose import Array, Pose

STEEPEST = 7.52  # the greatest second derivative of the smooth step from 0 to 1 in a unit of time


@dataclass(frozen=True, eq=False)
class Offset:
    """How far the tool is shifted at each of the times (N,): way (N, 3) metres and turn (N, 3), a rotation vector, in
    the base frame."""

    times: Array
    way: Array
    turn: Array

    @property
    def sharpness(self) -> float:
        """The greatest acceleration that it adds to the tool's at full speed, m/s^2."""
        step = self.times[1] - self.times[0]
        return float(np.linalg.norm(np.diff(self.way, 2, axis=0), axis=1).max() / step**2)


def smoothstep(times: Array, start: float, end: float) -> Array:
    """From 0 at `start` to 1 at `end` with three derivatives that vanish at both."""
    u = np.clip((times - start) / (end - start), 0.0, 1.0)
    return np.asarray(u**4 * (35 - 84 * u + 70 * u**2 - 20 * u**3))


def to_goal(course: Course, start: float, end: float, shift: Array, turn: Array) -> Offset:
    """The course's end moved by shift (3,) and turned by turn (3,), reached between the times `start` and `end`."""
    times = _times(course)
    share = smoothstep(times, start, end)[:, None]
    return Offset(times, share * shift, share * turn)


def past(course: Course, start: float, first: float, last: float, end: float, shift: Array) -> Offset:
    """Aside by shift (3,) from `first` to `last`; leaves the course at `start` and is back on it at `end`."""
    times = _times(course)
    share = (smoothstep(times, start, first) - smoothstep(times, last, end))[:, None]
    return Offset(times, share * shift, 0 * share * shift)


def bent(course: Course, offset: Offset, router: Router, T_last_grasp: Pose) -> Course:
    """The course with the tool shifted.

    Raises:
        Unreachable: the arm cannot follow, or would leave its joint limits.
    """
    old = np.ascontiguousarray(course.spline(offset.times))
    tool = path_poses(router.arm.placements, old, T_last_grasp.matrix)
    tool[:, :3, 3] += offset.way
    tool[:, :3, :3] = Rotation.from_rotvec(offset.turn).as_matrix() @ tool[:, :3, :3]
    postures = np.array([router.arm.posture(q) for q in old])
    new, count = router.arm.follow(tool @ T_last_grasp.inverse().matrix, postures, old[0], JUMP)
    if count < len(new):
        raise Unreachable(f"the arm cannot follow the bent way beyond {tool[max(count - 1, 0), :3, 3].round(3)} m")
    lower, upper = router.inverse.lower - 0.02, router.inverse.upper + 0.02
    if not ((lower <= new) & (new <= upper)).all():
        raise Unreachable("the arm would leave its joint limits along the bent way")
    return course.shifted(offset.times, new - old)


def _times(course: Course) -> Array:
    return np.linspace(0.0, course.duration, int(np.ceil(course.duration / GRID)) + 1, dtype=np.float64)
