"""Joint trajectories, densely sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from perception.arrays import readonly
from perception.errors import GeometryError, HandpickError
from perception.pose import Array

NEAR = 0.3  # rad from its start at which a motion may begin: a guarded move stops a few centimetres early


class TrajectoryError(HandpickError):
    """A trajectory that no arm may be sent."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Joint motion from times[0] = 0 to its duration.

    times (T,) seconds, strictly increasing; positions, velocities, accelerations (T, J): rad, rad/s, rad/s^2.

    Raises:
        TrajectoryError: shapes that differ, values that are not finite, times that do not increase.
    """

    times: Array
    positions: Array
    velocities: Array
    accelerations: Array

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "times", readonly(self.times, np.float64, (None,), "times"))
            object.__setattr__(
                self, "positions", readonly(self.positions, np.float64, (len(self.times), None), "positions")
            )
            for name in ("velocities", "accelerations"):
                object.__setattr__(self, name, readonly(getattr(self, name), np.float64, self.positions.shape, name))
        except GeometryError as error:
            raise TrajectoryError(f"trajectory: {error}; every array has a row a sample, a column a joint") from error
        if self.positions.size == 0 or len(self.times) < 2:
            raise TrajectoryError(
                f"trajectory: expected two or more samples of one joint or more, got {self.positions.shape}"
            )
        for name in ("times", "positions", "velocities", "accelerations"):
            if not (finite := np.isfinite(getattr(self, name))).all():
                raise TrajectoryError(f"trajectory: expected finite {name}, sample {np.argwhere(~finite)[0][0]} is not")
        if self.times[0] != 0 or (np.diff(self.times) <= 0).any():
            wrong = int(np.argmax(np.diff(self.times, prepend=-1.0) <= 0)) if self.times[0] == 0 else 0
            raise TrajectoryError(
                f"trajectory: expected strictly increasing times from 0, got {self.times[wrong]} at sample {wrong}"
            )

    @cached_property
    def duration(self) -> float:
        return float(self.times[-1])

    def begun_at(self, positions: Array, within: float = 0.25) -> Trajectory:
        """The same motion from `positions` (J,), at rest near its start: the offset fades out over `within` seconds.

        The fading is the quintic that begins and ends at rest (Biagiotti and Melchiorri, Trajectory Planning, 2.1.7).

        Raises:
            TrajectoryError: that is not near.
        """
        u = np.minimum(self.times / within, 1.0)[:, None]
        offset = np.asarray(positions, dtype=np.float64) - self.positions[0]
        if (far := float(np.abs(offset).max())) > NEAR:
            raise TrajectoryError(
                f"expected to begin within {NEAR} rad of the motion's start, got {far:.3f}; plan from where the arm is"
            )
        return Trajectory(
            self.times,
            self.positions + (1 - u**3 * (10 - 15 * u + 6 * u**2)) * offset,
            self.velocities - 30 * u**2 * (1 - u) ** 2 / within * offset,
            self.accelerations - 60 * u * (1 - u) * (1 - 2 * u) / within**2 * offset,
        )

    def slowed(self, factor: float) -> Trajectory:
        """The same path in the same way, in so many times the time."""
        return Trajectory(self.times * factor, self.positions, self.velocities / factor, self.accelerations / factor**2)

    def spaced(self, step: float) -> Trajectory:
        """The same motion, told at most every `step` seconds."""
        times = np.linspace(0.0, self.duration, int(np.ceil(self.duration / step - 1e-9)) + 1)
        course = CubicHermiteSpline(self.times, self.positions, self.velocities)
        accelerations = np.stack([np.interp(times, self.times, own) for own in self.accelerations.T], axis=1)
        return Trajectory(times, course(times), course(times, 1), accelerations)

    def sample(self, time: float) -> tuple[Array, Array, Array]:
        """Position, velocity and acceleration at `time` (clamped to the ends), each of shape (J,).

        Cubic Hermite between samples, so velocity is the derivative of position.
        """
        t = min(max(time, 0.0), self.duration)
        i = min(max(int(np.searchsorted(self.times, t, side="right")) - 1, 0), len(self.times) - 2)
        h = self.times[i + 1] - self.times[i]
        u = (t - self.times[i]) / h
        p0, p1 = self.positions[i], self.positions[i + 1]
        m0, m1 = h * self.velocities[i], h * self.velocities[i + 1]
        a, b = 2 * (p0 - p1) + m0 + m1, 3 * (p1 - p0) - 2 * m0 - m1
        position = ((a * u + b) * u + m0) * u + p0
        velocity = ((3 * a * u + 2 * b) * u + m0) / h
        acceleration = (6 * a * u + 2 * b) / h**2
        return position, velocity, acceleration


def joined(parts: Sequence[Trajectory]) -> Trajectory:
    """Motions one after the other; each begins in the state in which the last one ended."""
    ends = np.cumsum([0.0, *(part.duration for part in parts)])
    rows = [slice(int(i > 0), None) for i in range(len(parts))]
    times = [part.times[row] + end for part, row, end in zip(parts, rows, ends)]
    columns = ("positions", "velocities", "accelerations")
    return Trajectory(
        np.concatenate(times),
        *(np.vstack([getattr(part, name)[row] for part, row in zip(parts, rows)]) for name in columns),
    )
