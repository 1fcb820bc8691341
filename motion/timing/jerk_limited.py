"""Jerk-limited motions from any moving state, by ruckig (Berscheid and Kroeger, Jerk-limited real-time trajectory
generation with arbitrary target states, RSS 2021), from state to state only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import ruckig

from motion.errors import LimitsExceeded
from motion.robot.limits import Limits
from motion.timing.time_optimal import STEP
from motion.trajectory import Trajectory, joined
from perception.arrays import readonly
from perception.pose import Array


@dataclass(frozen=True, eq=False)
class State:
    """Joint positions, velocities and accelerations, each (J,): rad, rad/s, rad/s^2."""

    position: Array
    velocity: Array
    acceleration: Array

    def __post_init__(self) -> None:
        for name in ("position", "velocity", "acceleration"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (None,), name))

    @staticmethod
    def still(position: Array) -> State:
        return State(position, np.zeros_like(position), np.zeros_like(position))


def brake(state: State, limits: Limits, share: float = 0.95) -> Trajectory:
    """To rest as soon as this share of the limits of acceleration and jerk allows.

    Raises:
        LimitsExceeded: the state cannot be.
    """
    return _profile(state, None, limits, share)


def bound(state: State, limits: Limits, share: float = 0.95) -> float:
    """Seconds that `brake` takes at most.

    Each joint first takes its acceleration away, which may add speed, and then brakes with a trapezoid of
    acceleration; all end with the slowest.
    """
    most, jerk = share * limits.acceleration, share * limits.jerk
    undone = np.abs(state.acceleration) / jerk
    speed = np.abs(state.velocity) + np.abs(state.acceleration) * undone / 2
    return float((undone + speed / most + most / jerk + 2 * np.sqrt(speed / jerk)).max())


def through(states: Sequence[State], limits: Limits, share: float) -> Trajectory:
    """From state to state with this share of the limits of acceleration and jerk.

    Raises:
        LimitsExceeded: a state cannot be, or cannot be reached within the limits.
    """
    legs = [_profile(a, b, limits, share) for a, b in pairwise(states)]
    return joined(legs)


def _profile(state: State, target: State | None, limits: Limits, share: float) -> Trajectory:
    """One leg, sampled at STEP and at its end; without a target to rest, wherever that is."""
    given = ruckig.InputParameter(len(state.position))
    given.current_position, given.current_velocity = state.position, state.velocity
    given.current_acceleration = state.acceleration
    given.max_velocity = np.maximum(0.985 * limits.velocity, np.abs(state.velocity))
    given.max_acceleration, given.max_jerk = share * limits.acceleration, share * limits.jerk
    if target is None:
        given.control_interface = ruckig.ControlInterface.Velocity
        given.target_velocity = given.target_acceleration = np.zeros_like(state.position)
    else:
        given.target_position, given.target_velocity = target.position, target.velocity
        given.target_acceleration = target.acceleration
    found = ruckig.Trajectory(len(state.position))
    try:
        result = ruckig.Ruckig(len(state.position)).calculate(given, found)
    except ruckig.RuckigError as error:
        raise LimitsExceeded(f"no jerk-limited motion from {state.velocity.round(2)} rad/s: {error}") from error
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise LimitsExceeded(f"no jerk-limited motion from {state.velocity.round(2)} rad/s: ruckig says {result}")
    duration = max(found.duration, STEP)
    times = np.append(np.arange(int(np.ceil(duration / STEP - 1e-6))) * STEP, duration)
    rows = np.array([found.at_time(t) for t in times])
    end = np.zeros_like(state.position) if target is None else target.acceleration
    rows[0, 2], rows[-1, 2] = state.acceleration, end
    return Trajectory(times, rows[:, 0], rows[:, 1], rows[:, 2])
