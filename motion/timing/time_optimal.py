"""Time-optimal motion along a given path under the limits of the arm and of the grasp."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import toppra
from scipy.interpolate import CubicSpline
from toppra.algorithm import TOPPRA
from toppra.constraint import DiscretizationType
from toppra.constraint.linear_constraint import LinearConstraint, canlinear_colloc_to_interpolate

from motion.errors import LimitsExceeded
from motion.robot.arm import Arm
from motion.robot.limits import Limits
from motion.timing.grasp_load import Hold
from motion.timing.verify import usage, verify
from motion.trajectory import Trajectory
from perception.pose import Array

SPACING = 0.025  # of s between a path's rows: s' is then about 1, which the solver's numbers like
STEP = 1e-3  # seconds between the samples of a trajectory
ROUNDS = 4  # of planning again with tighter limits
_SHARES = ("velocity", "acceleration", "torque", "hold")


@dataclass(frozen=True)
class Pace:
    """Shares of the limits that a plan may use, and its smoothing.

    Attributes:
        velocity, acceleration, torque, hold: shares of the limits.
        filter: least length of the box filter on s(t), seconds: it bounds the jerk and costs its own length.
    """

    velocity: float = 0.95
    acceleration: float = 0.90
    torque: float = 0.90
    hold: float = 0.90
    filter: float = 0.040

    def smoothing(self, limits: Limits) -> float:
        """Length of the filter, seconds: as long as joints need from full acceleration to full deceleration.

        The longer of its two boxes, three quarters of it, spreads such a change.
        """
        change = 2 * self.acceleration * float((limits.acceleration / limits.jerk).max())
        return max(self.filter, change / 0.75)


@dataclass(frozen=True, eq=False)
class Path:
    """A geometric path: joint positions (N, J), SPACING of s apart, with a cubic spline between them.

    Attributes:
        speed_limit: (N,) bound on the tool's speed along the path, m/s; inf where there is none.
        tool_steps: (N,) the tool's metres from row to row.
    """

    positions: Array
    speed_limit: Array
    tool_steps: Array

    @property
    def grid(self) -> Array:
        return SPACING * np.arange(len(self.positions), dtype=np.float64)

    @property
    def spline(self) -> CubicSpline:
        return CubicSpline(self.grid, self.positions)


class PathLimits(LinearConstraint):
    """All limits in the form rows of a s'' + b s'^2 + c <= 0 and s'^2 <= x, at the path's rows.

    Pham and Pham, A new approach to time-optimal path parameterization based on reachability analysis, T-RO 2018;
    the grasp as in Pham and Pham, Critically fast pick-and-place with suction cups, ICRA 2019.
    """

    def __init__(self, a: Array, b: Array, c: Array, x_max: Array, joints: int) -> None:
        super().__init__()
        self.set_discretization_type(DiscretizationType.Interpolation)
        self.identical = True
        self.dof = joints
        self._format_string = "all limits"
        self.rows = a, b, c
        self.x_max = x_max

    def compute_constraint_params(self, path: object, gridpoints: Array) -> tuple[object, ...]:
        a, b, c = self.rows
        x = np.column_stack([np.zeros(len(a)), self.x_max])
        unit, zero = np.eye(a.shape[1]), np.zeros(a.shape[1])
        a, b, c, f, g, _, _ = canlinear_colloc_to_interpolate(
            a, b, c, unit, zero, None, None, gridpoints, identical=True
        )
        return a, b, c, f, g, None, x


def path_limits(arm: Arm, path: Path, hold: Hold | None, pace: Pace) -> PathLimits:
    """Velocity, acceleration, torque, tool speed and grasp limits along a path, each row a share of its limit."""
    spline, s = path.spline, path.grid
    x_max = (path.speed_limit / (path.tool_steps / SPACING)) ** 2
    return row_limits(arm, spline(s), spline(s, 1), spline(s, 2), x_max, hold, pace)


def row_limits(arm: Arm, q: Array, q1: Array, q2: Array, x_max: Array, hold: Hold | None, pace: Pace) -> PathLimits:
    """The same for rows of a path and its derivatives by s, each (N, J), where s'^2 is at most x_max (N,)."""
    rest = np.zeros_like(q)
    gravity = arm.torques(q, rest, rest)
    a: list[Array] = []
    b: list[Array] = []
    c: list[Array] = []
    for share, limit, rows in (
        (pace.acceleration, arm.limits.acceleration, (q1, q2, rest)),
        (
            pace.torque,
            arm.limits.torque,
            (arm.torques(q, rest, q1) - gravity, arm.torques(q, q1, q2) - gravity, gravity),
        ),
    ):
        for sign in (1, -1):
            for rows_of, values in zip((a, b, c), rows):
                rows_of.append(sign * values / limit)
            c[-1] -= share
    if hold is not None:
        for rows_of, values in zip((a, b, c), hold.path_rows(q, q1, q2)):
            rows_of.append(np.round(values / hold.bounds, 9))  # its solver stumbles over what should be zero
        c[-1] -= pace.hold
    with np.errstate(divide="ignore", over="ignore"):  # joints that hardly move
        x_max = np.minimum(x_max, ((pace.velocity * arm.limits.velocity / np.abs(q1)) ** 2).min(axis=1))
    return PathLimits(np.hstack(a), np.hstack(b), np.hstack(c), np.minimum(x_max, 1e8), q.shape[1])


def retime(arm: Arm, path: Path, hold: Hold | None = None, pace: Pace | None = None) -> Trajectory:
    """The fastest motion from rest to rest along `path`, with finite jerk, verified.

    Smoothing s(t) shifts accelerations along the path, so what then uses too much of a limit is planned again with
    that much less of it; where the jerk is too great, with less acceleration.

    Args:
        arm: with its load, if any.
        hold: what the grasp can carry, if anything is held.

    Raises:
        LimitsExceeded: not even the slowest motion keeps the limits.
    """
    pace = pace or Pace()
    pace, spline = replace(pace, filter=pace.smoothing(arm.limits)), path.spline
    shares: dict[str, float] = {}
    for _ in range(ROUNDS):
        rates = _fastest(path, path_limits(arm, path, hold, pace))
        motion = _trajectory(spline, smooth(progress(rates), pace.filter))
        shares = usage(arm, motion, hold)
        over = {name: share for name, share in shares.items() if share > 0.999}
        tighter = {name: getattr(pace, name) * 0.98 / share for name, share in over.items() if name in _SHARES}
        if "jerk" in over:  # it falls with the accelerations between which it leads
            gentler = pace.acceleration * 0.98 / over["jerk"]
            tighter["acceleration"] = min(gentler, tighter.get("acceleration", gentler))
        if not tighter:
            break
        pace = replace(pace, **tighter)
    verify(motion, shares)
    return motion


def _fastest(path: Path, limits: PathLimits) -> Array:
    """s' at each grid point of the time-optimal motion."""
    geometric = toppra.SplineInterpolator(path.grid, path.positions)
    rates = TOPPRA([limits], geometric, gridpoints=path.grid, solver_wrapper="seidel").compute_parameterization(0, 0)[1]
    if rates is None or not np.isfinite(rates).all() or (rates[1:-1] < 1e-4).any():
        raise LimitsExceeded(
            "expected a path that the arm and the grasp can follow slowly, got none: gravity alone breaks a limit of "
            "torque or of the grasp, or the path turns too sharply"
        )
    return np.asarray(rates)


def progress(rates: Array, spacing: float = SPACING) -> Array:
    """s from 0 at every STEP, from s' at grid points `spacing` apart, with constant s'' between them."""
    dt = 2.0 * spacing / (rates[1:] + rates[:-1])
    times = np.concatenate([[0.0], np.cumsum(dt)])
    t = np.arange(int(np.ceil(times[-1] / STEP)) + 1) * STEP
    i = np.minimum(np.searchsorted(times, t, side="right") - 1, len(dt) - 1)
    u = np.minimum(t - times[i], dt[i])
    s = spacing * i + rates[i] * u + 0.5 * (rates[i + 1] - rates[i]) / dt[i] * u**2
    return np.minimum(s, spacing * (len(rates) - 1))


def smooth(s: Array, length: float) -> Array:
    """Two box filters on s(t), together `length` seconds: s'' becomes continuous and s''' finite."""
    for taps in (round(length / STEP) * 3 // 4, round(length / STEP) // 4):
        if taps > 1:
            s = np.convolve(
                np.concatenate([np.full(taps - 1, s[0]), s, np.full(taps - 1, s[-1])]), np.ones(taps) / taps, "valid"
            )
    return np.asarray(s)


def _trajectory(spline: CubicSpline, s: Array) -> Trajectory:
    """Joint motion of s(t) sampled at STEP."""
    rate, change = np.gradient(s, STEP), np.zeros_like(s)
    change[1:-1] = np.diff(s, 2) / STEP**2
    rate[[0, -1]] = 0.0
    q1 = spline(s, 1)
    accelerations = q1 * change[:, None] + spline(s, 2) * rate[:, None] ** 2
    times = np.arange(len(s), dtype=np.float64) * STEP
    return Trajectory(times.astype(np.float64), spline(s), q1 * rate[:, None], accelerations)
