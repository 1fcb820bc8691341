"""Slowing down along a course from full speed: a motion taken as a path in its own time, and timed anew.

The course's parameter is the time tau of the motion as it was planned, so the arm starts with tau' = 1, and tau' <= 1
slows it down. TOPP-RA finds the fastest tau(t) within all limits; two box filters across the start of it (before which
tau(t) = t) make tau'' continuous, and so the joints' accelerations (notes of the filter: `motion.timing.time_optimal`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import toppra
from scipy.interpolate import CubicSpline
from toppra.algorithm import TOPPRA

from motion.errors import LimitsExceeded
from motion.robot.arm import Arm
from motion.timing.grasp_load import Hold
from motion.timing.time_optimal import STEP, Pace, PathLimits, progress, row_limits, smooth
from motion.timing.verify import usage, verify
from motion.trajectory import Trajectory
from perception.pose import Array

GRID = 0.020  # seconds between the rows of a course that limits are kept at
FASTEST = 1.001  # tau'^2 at most: a course is not overtaken
ROUNDS = 2  # of timing again with tighter limits
# The arm must be able to go on from what runs, which uses less of its limits; of the hold no more than a plan does.
MENDING = Pace(velocity=0.985, acceleration=0.98, torque=0.95)
SHARES = ("velocity", "acceleration", "torque", "hold")


class FreeEnd(TOPPRA):
    """TOPP-RA where tau' is free at the end: the course itself comes to rest there."""

    def compute_controllable_sets(self, sdmin: float, sdmax: float) -> Array:
        return np.asarray(super().compute_controllable_sets(0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Course:
    """What is left of a motion, as a path in its own time from 0 to `duration`: twice differentiable, ending at rest.

    first: position, velocity and acceleration (3, J) in which the arm enters it.
    """

    spline: CubicSpline
    duration: float
    first: Array

    @staticmethod
    def of(motion: Trajectory) -> Course:
        """The whole of a motion that ends at rest."""
        first = np.stack([motion.positions[0], motion.velocities[0], motion.accelerations[0]])
        ends = ((2, first[2]), (1, motion.velocities[-1]))
        return Course(CubicSpline(motion.times, motion.positions, bc_type=ends), motion.duration, first)

    def shifted(self, times: Array, offsets: Array) -> Course:
        """With joint offsets (N, J) added at `times` (N,), which begin with zeros."""
        bend = CubicSpline(times, offsets, bc_type="clamped")
        rows = self.spline.x
        added = np.where(rows[:, None] > times[0], bend(np.minimum(rows, times[-1])), 0.0)
        ends = ((2, self.first[2]), (1, self.spline(rows[-1], 1)))
        return replace(self, spline=CubicSpline(rows, self.spline(rows) + added, bc_type=ends))

    def sampled(self, tau: Array) -> Trajectory:
        """The motion tau(t), sampled at STEP from 0 on with tau' = 1."""
        rate, change = np.gradient(tau, STEP), np.zeros_like(tau)
        change[1:-1] = np.diff(tau, 2) / STEP**2
        rate[[0, -1]] = 1.0, 0.0
        q, q1, q2 = (self.spline(tau, order) for order in range(3))
        v = q1 * rate[:, None]
        a = q1 * change[:, None] + q2 * rate[:, None] ** 2
        q[0], v[0], a[0] = self.first
        return Trajectory(STEP * np.arange(len(tau), dtype=np.float64), q, v, a)


def slowed(course: Course, arm: Arm, hold: Hold | None, pace: Pace = MENDING) -> Trajectory:
    """The fastest motion along a course within all limits, no faster than it was planned; verified.

    Args:
        arm: with its load, if any. hold: what the grasp can carry, if anything is held.

    Raises:
        LimitsExceeded: at its speed the arm cannot keep the limits.
    """
    pace = replace(pace, filter=pace.smoothing(arm.limits))
    taps = round(pace.filter / STEP) - 2
    lead = (np.arange(taps + 1) - taps // 2) * STEP  # tau(t) = t until half a filter's length after the start
    if course.duration < lead[-1] + 2 * GRID:
        raise LimitsExceeded(f"expected a course longer than {lead[-1] + 2 * GRID:.2f} s, got {course.duration:.3f} s")
    shares: dict[str, float] = {}
    for _ in range(ROUNDS):
        rates, spacing = _rates(course, arm, hold, pace, lead[-1])
        raw = np.concatenate([lead, lead[-1] + progress(rates, spacing)[1:]])
        motion = course.sampled(smooth(raw, pace.filter)[taps:])
        shares = usage(arm, motion, hold)
        over = {name: share for name, share in shares.items() if share > 0.9999 and name in SHARES}
        if not over:
            break
        pace = replace(pace, **{name: getattr(pace, name) * 0.99 / share for name, share in over.items()})
    verify(motion, shares, moving=True)
    return motion


def _rates(course: Course, arm: Arm, hold: Hold | None, pace: Pace, start: float) -> tuple[Array, float]:
    """tau' at grid points from `start` to the end of the course, and the spacing of these."""
    grid = np.linspace(start, course.duration, int(np.ceil((course.duration - start) / GRID)) + 1)
    q, q1, q2 = (course.spline(grid, order) for order in range(3))
    limits: PathLimits = row_limits(arm, q, q1, q2, np.full(len(grid), FASTEST), hold, pace)
    solver = FreeEnd([limits], toppra.SplineInterpolator(grid, q), gridpoints=grid, solver_wrapper="seidel")
    rates = solver.compute_parameterization(1.0, 1.0)[1]
    if rates is None or not np.isfinite(rates).all() or (rates[:-1] < 1e-3).any():
        raise LimitsExceeded(
            "expected a course on which the arm, at its speed, can keep the limits of joints and grasp; it cannot "
            "slow down that soon, or gravity alone breaks a limit"
        )
    return np.asarray(rates), float(grid[1] - grid[0])


def stopped(course: Course, seconds: float, length: float = MENDING.filter) -> Trajectory:
    """To rest along a course, tau' falling steadily for so many seconds."""
    taps = round(length / STEP) - 2
    lead = (np.arange(taps + 1) - taps // 2) * STEP
    t = np.minimum(np.arange(1, round(seconds / STEP) + 2) * STEP, seconds)
    raw = np.minimum(np.concatenate([lead, lead[-1] + t - t**2 / (2 * seconds)]), course.duration)
    return course.sampled(smooth(raw, length)[taps:])
