"""Courses of a free-flying tool: straight and along poses at a given pace, and at rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from perception.pose import Array, Pose
from sim.robot.free_tool import Course

REACH = 0.15  # metres that count as much as a radian along a course
PEAK_SPEED, PEAK_ACCELERATION = 1.875, 5.7735  # of a minimum-jerk motion, over way / time and way / time^2


@dataclass(frozen=True)
class Pace:
    """The most that a course may ask for, m/s and m/s^2."""

    speed: float
    acceleration: float

    def seconds(self, way: float) -> float:
        """That `way` metres take from rest to rest."""
        by_speed = PEAK_SPEED * way / self.speed
        return max(by_speed, float(np.sqrt(PEAK_ACCELERATION * way / self.acceleration)))


def along(T_base_flange: Array, pace: Pace, dt: float) -> Course:
    """Through poses (N, 4, 4), from rest to rest with minimum jerk (Flash and Hogan 1985)."""
    turns = Rotation.from_matrix(T_base_flange[:, :3, :3])
    moved = np.linalg.norm(np.diff(T_base_flange[:, :3, 3], axis=0), axis=1)
    turned = (turns[:-1].inv() * turns[1:]).magnitude()
    at = np.concatenate([[0.0], np.cumsum(np.maximum(moved + REACH * turned, 1e-9))])
    count = max(2, int(np.ceil(pace.seconds(float(at[-1])) / dt)))
    share = np.arange(1, count + 1) / count
    way = at[-1] * share**3 * (10 - 15 * share + 6 * share**2)
    way[-1] = at[-1]
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, :3, 3] = np.column_stack([np.interp(way, at, T_base_flange[:, axis, 3]) for axis in range(3)])
    poses[:, :3, :3] = Slerp(at, turns)(way).as_matrix()
    return sampled(poses, dt)


def straight(start: Pose, way: Array, pace: Pace, dt: float) -> Course:
    """From a pose on by `way` (3,), metres in the base frame."""
    return along(np.stack([start.matrix, shifted(start, way).matrix]), pace, dt)


def resting(place: Pose, seconds: float, dt: float) -> Course:
    """At rest."""
    count = max(1, round(seconds / dt))
    return Course(np.repeat(place.matrix[None], count, axis=0), np.zeros((count, 6)), np.zeros((count, 6)))


def sampled(T_base_flange: Array, dt: float) -> Course:
    """The course of poses (N, 4, 4), one each dt, with twists by differences."""
    turns = Rotation.from_matrix(T_base_flange[:, :3, :3])
    twist = np.zeros((len(T_base_flange), 6))
    twist[1:, :3] = np.diff(T_base_flange[:, :3, 3], axis=0) / dt
    twist[1:, 3:] = (turns[1:] * turns[:-1].inv()).as_rotvec() / dt
    twist[-1] = 0
    rate = np.zeros_like(twist)
    rate[:-1] = np.diff(twist, axis=0) / dt
    return Course(T_base_flange, twist, rate)


def shifted(place: Pose, way: Array) -> Pose:
    """A pose moved by `way` (3,) in the base frame."""
    return Pose.from_rotation(place.position + way, place.rotation)
