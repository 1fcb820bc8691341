"""What of a motion is sent at a time: a short window that ends at rest, so that an arm nobody speaks to comes to rest.

A joint trajectory controller has no watchdog of its own while it moves. So a motion is sent window by window, each with
a brake along the path at its end; the next one replaces the brake before it begins. A sender that dies, by whatever
means, leaves nothing but the rest of its last window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motion.robot.limits import Limits
from motion.trajectory import Trajectory
from perception.pose import Array

SAMPLE = 0.01  # seconds between the points of a window
BRAKES = 0.6  # share of the acceleration limits that braking uses
SHORTEST = 0.05  # seconds that braking takes at least


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a motion to be followed from `begins` seconds on, on the sender's clock; last: none comes after it."""

    begins: float
    motion: Trajectory
    last: bool = True


def braked(motion: Trajectory, time: float, limits: Limits) -> Trajectory:
    """Come to rest along the path of a motion, `time` seconds into it, within the joints' accelerations."""
    velocity = motion.sample(time)[1]
    seconds = max(float((np.abs(velocity) / (BRAKES * limits.acceleration)).max()), SHORTEST)
    times = _spread(0.0, seconds)
    rate = 1 - times / seconds
    along = time + times - times**2 / (2 * seconds)
    q, v, a = _sampled(motion, along)
    moving = (along < motion.duration)[:, None]  # beyond its end a motion rests
    velocities = np.where(moving, v * rate[:, None], 0.0)
    accelerations = np.where(moving, a * rate[:, None] ** 2 - v / seconds, 0.0)
    velocities[-1], accelerations[-1] = 0.0, 0.0
    return Trajectory(times, q, velocities, accelerations)


def window(motion: Trajectory, time: float, horizon: float, limits: Limits) -> tuple[Trajectory, bool]:
    """The motion from `time` on for `horizon` seconds, then a brake; or to its end, where that comes before.

    Returns:
        The part, and whether it is the last one.
    """
    start = min(max(time, 0.0), motion.duration - 1e-3)
    until = start + horizon
    if until >= motion.duration - SAMPLE:
        times = _spread(start, motion.duration)
        return Trajectory(times - start, *_sampled(motion, times)), True
    times = _spread(start, until)
    kept, tail = _sampled(motion, times), braked(motion, until, limits)
    rows = [np.vstack([a, b[1:]]) for a, b in zip(kept, (tail.positions, tail.velocities, tail.accelerations))]
    return Trajectory(np.concatenate([times - start, tail.times[1:] + horizon]), *rows), False


def thinned(motion: Trajectory, step: float = SAMPLE) -> Trajectory:
    """The same motion with points `step` seconds apart: a message of a thousand a second takes long to read."""
    times = _spread(0.0, motion.duration, step)
    return Trajectory(times, *_sampled(motion, times))


def resting(positions: Array) -> Trajectory:
    """Stay at joint positions (J,)."""
    rows = np.repeat(np.asarray(positions, np.float64)[None], 2, axis=0)
    return Trajectory(np.array((0.0, 0.1)), rows, 0 * rows, 0 * rows)


def _spread(begin: float, end: float, step: float = SAMPLE) -> Array:
    return np.linspace(begin, end, max(2, int(np.ceil((end - begin) / step)) + 1))


def _sampled(motion: Trajectory, times: Array) -> tuple[Array, Array, Array]:
    q, v, a = zip(*(motion.sample(float(time)) for time in times))
    return np.array(q), np.array(v), np.array(a)
